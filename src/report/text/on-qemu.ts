/** A trace whose steps were done to QEMU: both sides, step by step. */
import { hang, packLines, wrapWords } from '../../text/layout.ts'
import type { Piece } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import { opTexts } from '../../trace/render.ts'
import type { Evidence, QemuDone, QemuLimit, QemuReport, RemapReplayed } from '../replay.ts'

const verdicts = {
  shown: 'QEMU shows it too', cannot: 'QEMU cannot show it',
  differs: 'QEMU does something else, for no known reason',
} as const satisfies Readonly<Record<QemuReport['verdict'], string>>

/** The report on one trace, ready to print. */
export function onQemuText({ replayed, trace }: Evidence, shown: QemuReport, theme: Theme): string {
  const { property, because } = replayed
  const paint = { shown: theme.good, cannot: theme.warn, differs: theme.bad }[shown.verdict]
  const row = (title: string, lines: readonly string[]): string[] => hang(`  ${title.padEnd(10)}`, 12, lines)
  const text = (title: string, value: string): string[] => row(title, wrapWords(value, theme.width - 12))
  const title = [{ text: property.name }, { text: trace.design, paint: theme.strong },
    { text: `QEMU ${shown.version}`, paint: theme.dim }]
  return [
    ...hang('', 2, packLines(title, theme.width - 2, '   ')),
    ...text('because', because ?? `the trace recorded "${trace.because}"; the model no longer shows it`),
    ...row('verdict', wrapWords(because === null ? 'nothing to show' : verdicts[shown.verdict], theme.width - 12)
      .map(line => paint(line))),
    ...shown.limits.flatMap(limit => text('', limitText(limit))), '',
    ...stepLines(replayed, shown, theme),
  ].join('\n') + '\n'
}
const limitText = ({ says, clause }: QemuLimit): string => clause === null ? says : `${says} (${clause})`

function stepLines(replayed: RemapReplayed, shown: QemuReport, theme: Theme): string[] {
  const ops = opTexts(replayed, { theme })
  const digits = String(ops.length).length
  const lane = Math.max(5, ...replayed.steps.map(({ agent }) => agent.length))
  const indent = 2 + digits + 2 + lane + 2
  const below = (lines: readonly string[]): string[] => hang(' '.repeat(indent), indent + 2, lines)
  return replayed.steps.flatMap(({ agent }, i) => [
    `  ${String(i + 1).padStart(digits)}  ${theme.dim(agent.padEnd(lane))}  `
      + `${ops[i]!}${replayed.at === i + 1 ? `   ${theme.bad('← violates')}` : ''}`,
    ...shown.steps[i]!.done.flatMap(done => {
      const pieces = piecesOf(done, theme)
      return [...below(wrapWords(done.says, theme.width - indent - 2)),
        ...pieces.length === 0 ? []
          : hang(' '.repeat(indent + 2), indent + 2, packLines(pieces, theme.width - indent - 2))]
    }),
    ...shown.steps[i]!.limits.flatMap(limit =>
      below(wrapWords(limitText(limit), theme.width - indent - 2)).map(line => theme.dim(line))),
  ])
}

/** What QEMU made of it, and beside it the model's where that differs, with its clause. */
function piecesOf({ same, words: { qemu, model, clause } }: QemuDone, theme: Theme): Piece[] {
  if (qemu === '') return []
  if (same === null || model === null) return [{ text: `→ ${qemu}` }]
  if (same) return [{ text: `→ ${qemu}`, paint: theme.strong }, { text: '= model', paint: theme.good }]
  return [{ text: `→ ${qemu}`, paint: theme.strong }, { text: `≠ model: ${model}`, paint: theme.warn },
    ...clause === null ? [] : [{ text: clause, paint: theme.dim }]]
}
