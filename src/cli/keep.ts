/** Traces of violations: made from what a driver found, kept in files, and found again. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../errors.ts'
import type { DesignReport, Overall, Regression } from '../report/check.ts'
import { overallOf } from '../report/check.ts'
import { makeTrace } from '../trace/format.ts'
import type { Trace } from '../trace/format.ts'
import { replay } from '../trace/replay.ts'
import type { Replayed } from '../trace/replay.ts'
import { loadTraces, saveTrace } from '../trace/store.ts'
import { badBounds, boundNames, bounds, boundSpecs } from '../../spec/bounds.ts'
import type { BoundName, Bounds } from '../../spec/bounds.ts'
import type { Ledger } from '../../spec/ledger.ts'
import type { Seen } from '../../spec/observations.ts'
import type { State } from '../../spec/state.ts'
import { suggest } from './args.ts'
import { blamed } from './blame.ts'
import type { Subject } from './designs.ts'
import { machineOf } from './explore.ts'
import { placed } from './io.ts'
import type { Io } from './io.ts'

/** Where counterexamples go that nobody expected, below the user's folder. */
export const regressionFolder = join('traces', 'regressions')

/** The bounds of `cpus=2,frames=2`, the others standard. @throws UserError E-BOUNDS with the place in the text. */
export function boundsOf(text: string, subject = '--bounds'): Bounds {
  const changes: Partial<Record<BoundName, number>> = {}
  let column = 1
  const fail = (problem: string, next: string): never => {
    throw new UserError({ code: 'E-BOUNDS', subject: `${subject}, column ${column}`, problem, next })
  }
  for (const part of text === 'standard' ? [] : text.split(',')) {
    const [name, value] = part.split(/=(.*)/s) as [string, string?]
    if (!boundNames.includes(name as BoundName))
      fail(`no bound is named '${name}'`, suggest(name!, boundNames, `there are ${boundNames.join(', ')}`))
    const { least, most } = boundSpecs[name as BoundName]
    if (value === undefined || !/^\d{1,9}$/.test(value)) fail(`'${part}' gives no whole number from ${least} to ${most}`, `for example ${name}=${most}`)
    if (Object.hasOwn(changes, name!)) fail(`${name} is given twice`, 'give it once')
    changes[name as BoundName] = Number(value)
    column += part.length + 1
  }
  const given = bounds(changes)
  const why = badBounds(given)
  if (why !== null) throw new UserError({ code: 'E-BOUNDS', subject, problem: why, next: '`remapcheck list bounds` shows each with its range' })
  return given
}

/** What differs from the standard bounds, as a trace holds it. */
export const changesOf = (b: Bounds): Record<string, number> => {
  const standard = bounds()
  return Object.fromEntries(boundNames.filter(name => b[name] !== standard[name]).map(name => [name, b[name]]))
}
/** @throws UserError E-BOUNDS naming the file. */
export const boundsOfTrace = (trace: Trace, path: string): Bounds =>
  boundsOf(Object.entries(trace.bounds).map(([name, value]) => `${name}=${String(value)}`).join(',') || 'standard', `${path}: bounds`)

/** The ops of the trace taken again by the design. @throws UserError E-DESIGN-STEP when a step of a user's design fails. */
export const replayOf = (subject: Subject, trace: Trace, path: string): Replayed<State, Ledger, Seen> =>
  blamed(subject, () => replay(machineOf(subject, boundsOfTrace(trace, path)), trace, path))

export function traceOf(subject: Subject, { violation, in: scope }: Overall): Trace {
  if (violation === null) throw new RangeError('nothing was violated')
  const { exploration } = scope
  const b = boundsOf(scope.bounds)
  return makeTrace(machineOf(subject, b), {
    design: subject.design.name, bounds: changesOf(b), property: violation.property, because: violation.because, ops: violation.ops,
    ...violation.loop === null ? {} : { loop: violation.loop },
    found: {
      driver: exploration.driver, ...exploration.random === null ? {} : { seed: exploration.random.seed, runs: exploration.random.runs },
      shortest: violation.shortest,
    },
  })
}

/** Writes the violations that stand so, one file each, and tells the report where. @throws UserError E-TRACE-WRITE. */
export function saved(io: Io, folder: string, standing: 'unexpected' | 'known', report: DesignReport, subject: Subject): DesignReport {
  const found = overallOf(report).filter(one => one.standing === standing && one.violation !== null)
  const paths = found.map(one => [one.property, saveTrace(placed(io, folder), traceOf(subject, one))] as const)
  return { ...report, saved: { ...report.saved, ...Object.fromEntries(paths) } }
}

/** Replays the saved counterexamples of these designs. @throws UserError when one of the files cannot be read. */
export function replayRegressions(io: Io, subjects: readonly Subject[]): Regression[] {
  const folder = placed(io, regressionFolder)
  if (!existsSync(folder)) return []
  let stored: ReturnType<typeof loadTraces>
  try { stored = loadTraces([folder]) } catch (cause) {
    if (cause instanceof UserError && cause.code === 'E-TRACE-NONE') return []
    throw cause
  }
  return stored.flatMap(({ path, trace }) => {
    const subject = subjects.find(({ design }) => design.name === trace.design)
    if (subject === undefined) return []
    const { because } = replayOf(subject, trace, path)
    return [{ path, design: trace.design, property: trace.property, because, known: Object.hasOwn(subject.design.givesUp, trace.property) }]
  })
}
