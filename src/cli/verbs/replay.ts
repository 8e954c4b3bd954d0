/** `replay`: takes the ops of trace files again and shows what each changed. */
import { printable } from '../../errors.ts'
import type { OnQemu } from '../../qemu/counterexample/run.ts'
import { exitCode } from '../../exit.ts'
import type { ExitName } from '../../exit.ts'
import { renderLanes, renderTrace } from '../../trace/render.ts'
import { loadTraces } from '../../trace/store.ts'
import type { StoredTrace } from '../../trace/store.ts'
import { designNamed, designs } from '../../../spec/designs.ts'
import { parse, suggest, usage } from '../args.ts'
import type { Verb } from '../args.ts'
import { colorOption, fullOption, jsonOption, traceStyle } from '../common.ts'
import { builtIn, editedDesign, isPath, subjectsOf } from '../designs.ts'
import type { Subject } from '../designs.ts'
import { placed, shown, themeOf } from '../io.ts'
import type { Io } from '../io.ts'
import { boundsOfTrace, replayOf } from '../keep.ts'
import { onQemu, qemuJson, qemuText } from '../on-qemu.ts'

const options = {
  expect: { value: 'violation|holds', says: 'what each trace should do: reproduce (the default), or no longer' },
  design: { value: 'FILE', says: 'module of the design, where a trace is of your own' },
  on: { value: 'qemu', says: 'do the steps to a QEMU, and say whether it shows the violation too (docs/on-qemu.md)' },
  lanes: { says: 'who did what when: a column for each agent' },
  ...fullOption, ...jsonOption, ...colorOption,
} as const

export const replay = {
  name: 'replay', operands: 'FILE…', options,
  says: 'Take the steps of saved traces again, and show what each changed. FILE is a trace, a folder or a pattern.',
  examples: [
    ['remapcheck replay traces/known', 'every trace of a folder'],
    ['remapcheck replay traces/known/no-lost-edge-*.json --lanes', 'one, in a column for each agent'],
    ['remapcheck replay traces/regressions --expect holds', 'after a fix: none may reproduce'],
    ['remapcheck replay traces/known/no-access-after-unmap-*.json --on qemu', 'stale accesses, on QEMU too'],
  ],
} as const satisfies Verb<typeof options>

type Result = StoredTrace & { readonly replayed: ReturnType<typeof replayOf>; readonly asExpected: boolean; readonly shown: OnQemu | null }

export async function runReplay(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(replay, args)
  const { expect = 'violation' } = flags
  if (expect !== 'violation' && expect !== 'holds')
    throw usage('--expect', `'${expect}' is nothing to expect`, suggest(expect, ['violation', 'holds'], 'expect violation or holds'))
  if (operands.length === 0) throw usage('replay', 'needs a trace file', 'for example remapcheck replay traces/known')
  if (flags.on !== undefined && flags.on !== 'qemu') throw usage('--on', `'${flags.on}' is nothing to replay on`, suggest(flags.on, ['qemu'], 'replay --on qemu'))
  const onMachine = flags.on === 'qemu'
  if (onMachine && (expect === 'holds' || flags.lanes)) throw usage('--on', `does not go with ${flags.lanes ? '--lanes' : '--expect holds'}`, 'give one of the two')
  const own = flags.design === undefined ? [] : await subjectsOf(io, [flags.design])
  const results: Result[] = []
  for (const { path, trace } of loadTraces(operands.map(path => placed(io, path)))) {
    const subject = subjectOf(path, trace.design, own)
    const replayed = replayOf(subject, trace, path)
    const shown = onMachine ? await onQemu(replayed, trace, boundsOfTrace(trace, path), io.env['REMAPCHECK_QEMU'], one => replayOf(subject, one, path)) : null
    results.push({ path, trace, replayed, shown, asExpected: replayed.reproduced === (expect === 'violation') })
  }
  const exit = exitOf(results, expect === 'holds')
  io.stdout.write(flags.json ? document(results, exit, io) : text(results, flags, io))
  return exit
}

function exitOf(results: readonly Result[], holds: boolean): ExitName {
  if (results.some(({ asExpected, shown }) => !asExpected || shown?.verdict === 'differs')) return holds ? 'violated' : 'diverged'
  return results.some(({ shown }) => shown?.verdict === 'cannot') ? 'vacuous' : 'holds'
}

function subjectOf(path: string, name: string, own: readonly Subject[]): Subject {
  const mine = own.find(({ design }) => design.name === name)
  if (mine !== undefined) return mine
  const from = own.find(({ design }) => name.startsWith(`${design.name}~`))
  if (from !== undefined) return { ...from, design: editedDesign(from.design, name.slice(from.design.name.length + 1)) }
  if (designNamed(name) !== null) return { design: builtIn(name), path: null }
  const next = own.length === 0 ? suggest(name, designs.map(one => one.name), 'name its module: --design ./mine.mjs') : `the module has ${own.map(({ design }) => design.name).join(', ')}`
  throw usage(path, `the trace is of the design '${name}', which is not built in`, isPath(name) ? 'the field "design" holds a name' : next, 'TRACE-DESIGN')
}

function text(results: readonly Result[], flags: { readonly lanes?: boolean; readonly full?: boolean; readonly 'no-color'?: boolean }, io: Io): string {
  const theme = themeOf(io, flags)
  const shapes = results.map(({ path, trace, replayed, shown: seen }) => theme.dim(printable(shown(io, path))) + '\n' + (seen !== null
    ? qemuText(replayed, trace, boundsOfTrace(trace, path), seen, theme) : flags.lanes ? renderLanes(replayed, { theme }) : renderTrace(replayed, trace, { ...traceStyle, theme, full: flags.full ?? false })))
  const reproduced = results.filter(({ replayed }) => replayed.reproduced).length
  const strange = results.filter(({ asExpected }) => !asExpected)
  const verdicts = results.flatMap(({ shown: seen }) => seen === null ? [] : [seen.verdict])
  const counted = (verdict: OnQemu['verdict']): number => verdicts.filter(one => one === verdict).length
  const onMachine = verdicts.length === 0 ? [] : [`QEMU shows ${counted('shown')} of them, cannot show ${counted('cannot')}, does something else in ${counted('differs')}`]
  const last = [`${reproduced} of ${results.length} ${results.length === 1 ? 'trace' : 'traces'} reproduced`, ...onMachine, ...strange.map(({ path }) => `  not as expected: ${printable(shown(io, path))}`)]
  return `${shapes.join('\n')}\n${(strange.length === 0 ? theme.good : theme.bad)(last.join('\n'))}\n`
}

function document(results: readonly Result[], exit: ExitName, io: Io): string {
  return JSON.stringify({
    format: 'remapcheck-replay/1', exit: { code: exitCode(exit), name: exit },
    traces: results.map(({ path, trace, replayed, asExpected, shown: seen }) => ({
      path: shown(io, path), design: trace.design, bounds: trace.bounds, property: trace.property, asExpected,
      reproduced: replayed.reproduced, at: replayed.at, ...replayed.loop === null ? {} : { loop: replayed.loop }, because: replayed.because, recorded: trace.because, witness: replayed.witness,
      refused: replayed.refusedCount, specChanged: replayed.specChanged,
      steps: replayed.steps.map(({ op, agent, events, refused, violated }) => ({ op, agent, refused, events, violated })),
      ...seen === null ? {} : { qemu: qemuJson(seen, boundsOfTrace(trace, path)) },
    })),
  }, null, 2) + '\n'
}
