/** `replay`: takes the ops of trace files again and shows what each changed. */
import { boundsOfTrace } from '../../check/bounds-text.ts'
import { onQemu, qemuReport, sideOf } from '../../check/on-qemu.ts'
import { editedDesign } from '../../check/subject.ts'
import type { Subject } from '../../check/subject.ts'
import { replayOf } from '../../check/violations.ts'
import type { ExitName } from '../../exit.ts'
import type { ReplayedTrace } from '../../report/replay.ts'
import { loadTraces } from '../../trace/store.ts'
import { suggest, usage } from '../../errors.ts'
import { designNamed, designs } from '../../../spec/designs.ts'
import { parse } from '../args.ts'
import { isPath } from '../paths.ts'
import type { Command } from '../args.ts'
import { claimsOption, colorOption, fullOption, reportOptions } from '../shared-flags.ts'
import { builtIn, subjectsOf } from '../designs.ts'
import { shown } from '../io.ts'
import type { Io } from '../io.ts'
import { forms, print } from '../print.ts'
import { sampled } from '../samples.ts'

const options = {
  expect: { value: 'violation|holds', says: 'what each trace must do: violate again (the default), or no longer' },
  design: { value: 'FILE', says: 'your module, for traces of a design of your own' },
  ...claimsOption,
  on: { value: 'qemu', says: 'run the steps on QEMU too, and say whether it shows the violation (docs/on-qemu.md)' },
  lanes: { says: 'print a column for each agent: who did what, and when' },
  mermaid: { says: 'print each trace as a Mermaid sequence diagram' },
  dot: { says: 'print each trace as a graph for Graphviz' },
  markdown: { says: 'short for --reporter markdown: for an issue or a mail' },
  ...fullOption, ...reportOptions, ...colorOption,
} as const

export const replay = {
  name: 'replay', operands: 'FILE…', options, run: runReplay,
  says: 'Replay saved traces, and show what each step changes. FILE is a trace, a folder or a pattern.',
  examples: [
    ['remapcheck replay traces/known', 'every trace of a folder'],
    ['remapcheck replay traces/known/no-lost-edge-*.json --lanes', 'one trace, with a column for each agent'],
    ['remapcheck replay traces/known/no-dma-escape-no-iommu-5fc6.json --mermaid', 'for a page of GitHub'],
    ['remapcheck replay traces/regressions --expect holds', 'after a fix: none may reproduce'],
    ['remapcheck replay traces/known/no-access-after-unmap-*.json --on qemu', 'stale accesses, on QEMU too'],
  ],
} as const satisfies Command<typeof options>

async function runReplay(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(replay, args)
  const { expect = 'violation' } = flags
  if (expect !== 'violation' && expect !== 'holds')
    throw usage('--expect', `'${expect}' is no outcome of a trace`,
      suggest(expect, ['violation', 'holds'], 'expect violation or holds'))
  if (operands.length === 0) throw usage('replay', 'needs a trace file', 'for example remapcheck replay traces/known')
  if (flags.on !== undefined && flags.on !== 'qemu')
    throw usage('--on', `'${flags.on}' is no machine to replay on`, suggest(flags.on, ['qemu'], 'replay --on qemu'))
  const onMachine = flags.on === 'qemu'
  const [form, second] = forms.filter(one => flags[one])
  if (second !== undefined) throw usage(`--${form}`, `cannot be combined with --${second}`, 'give one of the two')
  if (onMachine && (expect === 'holds' || form !== undefined))
    throw usage('--on', `cannot be combined with ${form === undefined ? '--expect holds' : `--${form}`}`,
      'give one of the two')
  const own = flags.design === undefined && flags.claims === undefined ? []
    : await subjectsOf(io, flags.design === undefined ? [] : [flags.design],
      { claims: flags.claims, machines: true })
  const traces: ReplayedTrace[] = []
  for (const { path, trace } of loadTraces(operands.map(path => sampled(io, path)))) {
    const subject = subjectOf(path, trace.design, own)
    const side = onMachine ? sideOf(subject.design) : null
    const replayed = replayOf(subject, trace, path)
    const b = boundsOfTrace(trace, path)
    const report = side === null ? null
      : qemuReport(side, await onQemu(side, replayed, trace, b, io.env['REMAPCHECK_QEMU'],
        one => replayOf(subject, one, path)), b, subject.design)
    traces.push({
      path: shown(io, path), trace, replayed, onQemu: report,
      asExpected: replayed.reproduced === (expect === 'violation'),
    })
  }
  return await print(io, flags, { kind: 'replay', exit: exitOf(traces, expect === 'holds'), traces })
}

function exitOf(traces: readonly ReplayedTrace[], holds: boolean): ExitName {
  if (traces.some(one => !one.asExpected || one.onQemu?.verdict === 'differs')) return holds ? 'violated' : 'diverged'
  // Ops that the machine does not have show nothing of it.
  const isBlank = ({ replayed, onQemu }: ReplayedTrace): boolean =>
    onQemu?.verdict === 'cannot' || !replayed.reproduced && replayed.unknown !== null
  return traces.some(isBlank) ? 'vacuous' : 'holds'
}

function subjectOf(path: string, name: string, own: readonly Subject[]): Subject {
  const mine = own.find(({ design }) => design.name === name)
  if (mine !== undefined) return mine
  const from = own.find(({ design }) => name.startsWith(`${design.name}~`))
  if (from !== undefined) return { ...from, design: editedDesign(from.design, name.slice(from.design.name.length + 1)) }
  if (designNamed(name) !== null) return { design: builtIn(name), path: null }
  const next = own.length === 0 ? suggest(name, designs.map(one => one.name), 'name its module: --design ./mine.mjs')
    : `the module has ${own.map(({ design }) => design.name).join(', ')}`
  throw usage(path, `the trace is of the design '${name}', which is not built in`,
    isPath(name) ? 'the field "design" holds a name' : next, 'TRACE-DESIGN')
}
