/** What `replay` found of each trace, and how many did as they should. */
import { printable } from '../../errors.ts'
import { renderLanes } from '../../trace/render.ts'
import type { ReplayedTrace } from '../replay.ts'
import type { ReportOf } from '../report.ts'
import type { View } from '../view.ts'
import { dot } from '../diagrams/dot.ts'
import { mermaid } from '../diagrams/mermaid.ts'
import { traceData } from '../page/trace.ts'
import { onQemuText } from './on-qemu.ts'
import { wholeTrace } from './trace.ts'

export function replayText({ traces }: ReportOf<'replay'>, view: View): string {
  const { theme, full, form } = view
  // What is read by a program has nothing besides.
  if (form === 'mermaid' || form === 'dot') return diagrams(traces, form, view)
  const textOf = (one: ReplayedTrace): string | null => {
    if (one.onQemu !== null) return onQemuText(one, one.onQemu, theme)
    return form === 'lanes' ? renderLanes(one.replayed, { theme }) : wholeTrace(one, view, full)
  }
  const texts = traces.map(one => `${theme.dim(printable(one.path))}\n${textOf(one)}`)
  const reproduced = traces.filter(({ replayed }) => replayed.reproduced).length
  const strange = traces.filter(({ asExpected }) => !asExpected)
  const last = [
    `${reproduced} of ${traces.length} ${traces.length === 1 ? 'trace' : 'traces'} reproduced`, ...onQemu(traces),
    ...strange.map(({ path }) => `  not as expected: ${printable(path)}`),
  ]
  return `${texts.join('\n')}\n${(strange.length === 0 ? theme.good : theme.bad)(last.join('\n'))}\n`
}

function diagrams(traces: readonly ReplayedTrace[], form: 'mermaid' | 'dot', view: View): string {
  return traces.map(({ replayed, trace, path }) => {
    const data = traceData(replayed, trace, view.traces, { id: 'trace', file: path, accepted: null })
    return form === 'mermaid' ? mermaid(data) : dot(data)
  }).join('\n')
}

function onQemu(traces: readonly ReplayedTrace[]): string[] {
  const verdicts = traces.flatMap(one => one.onQemu === null ? [] : [one.onQemu.verdict])
  const counted = (verdict: (typeof verdicts)[number]): number => verdicts.filter(one => one === verdict).length
  return verdicts.length === 0 ? []
    : [`QEMU shows ${counted('shown')} of them, cannot show ${counted('cannot')}, does something else in `
      + `${counted('differs')}`]
}
