/** `replay`: takes the ops of trace files again and shows what each changed. */
import { exitCode } from '../../exit.ts'
import type { ExitName } from '../../exit.ts'
import { renderLanes, renderTrace } from '../../trace/render.ts'
import { loadTraces } from '../../trace/store.ts'
import type { StoredTrace } from '../../trace/store.ts'
import { designNamed, designs } from '../../../spec/kernel/index.ts'
import { parse, suggest, usage } from '../args.ts'
import type { Verb } from '../args.ts'
import { colorOption, fullOption, jsonOption, traceStyle } from '../common.ts'
import { builtIn, editedDesign, isPath, subjectsOf } from '../designs.ts'
import type { Subject } from '../designs.ts'
import { placed, shown, themeOf } from '../io.ts'
import type { Io } from '../io.ts'
import { replayOf } from '../keep.ts'

const options = {
  expect: { value: 'violation|holds', says: 'what each trace should do: reproduce (the default), or no longer' },
  design: { value: 'FILE', says: 'module of the design, where a trace is of your own' },
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
  ],
} as const satisfies Verb<typeof options>

type Result = StoredTrace & { readonly replayed: ReturnType<typeof replayOf>; readonly asExpected: boolean }

export async function runReplay(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(replay, args)
  const { expect = 'violation' } = flags
  if (expect !== 'violation' && expect !== 'holds')
    throw usage('--expect', `'${expect}' is nothing to expect`, suggest(expect, ['violation', 'holds'], 'expect violation or holds'))
  if (operands.length === 0) throw usage('replay', 'needs a trace file', 'for example remapcheck replay traces/known')
  const own = flags.design === undefined ? [] : await subjectsOf(io, [flags.design])
  const results = loadTraces(operands.map(path => placed(io, path))).map((stored): Result => {
    const { path, trace } = stored
    const replayed = replayOf(subjectOf(path, trace.design, own), trace, path)
    return { ...stored, replayed, asExpected: replayed.reproduced === (expect === 'violation') }
  })
  const exit: ExitName = results.every(({ asExpected }) => asExpected) ? 'holds' : expect === 'holds' ? 'violated' : 'diverged'
  io.stdout.write(flags.json ? document(results, exit, io) : text(results, flags, io))
  return exit
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
  const shapes = results.map(({ path, trace, replayed }) => theme.dim(shown(io, path)) + '\n' + (flags.lanes
    ? renderLanes(replayed, { theme }) : renderTrace(replayed, trace, { ...traceStyle, theme, full: flags.full ?? false })))
  const reproduced = results.filter(({ replayed }) => replayed.reproduced).length
  const strange = results.filter(({ asExpected }) => !asExpected)
  const last = [`${reproduced} of ${results.length} ${results.length === 1 ? 'trace' : 'traces'} reproduced`, ...strange.map(({ path }) => `  not as expected: ${shown(io, path)}`)]
  return `${shapes.join('\n')}\n${(strange.length === 0 ? theme.good : theme.bad)(last.join('\n'))}\n`
}

function document(results: readonly Result[], exit: ExitName, io: Io): string {
  return JSON.stringify({
    format: 'remapcheck-replay/1', exit: { code: exitCode(exit), name: exit },
    traces: results.map(({ path, trace, replayed, asExpected }) => ({
      path: shown(io, path), design: trace.design, bounds: trace.bounds, property: trace.property, asExpected,
      reproduced: replayed.reproduced, at: replayed.at, ...replayed.loop === null ? {} : { loop: replayed.loop }, because: replayed.because, recorded: trace.because, witness: replayed.witness,
      refused: replayed.refusedCount, specChanged: replayed.specChanged,
      steps: replayed.steps.map(({ op, agent, events, refused, violated }) => ({ op, agent, refused, events, violated })),
    })),
  }, null, 2) + '\n'
}
