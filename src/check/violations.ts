/** Traces of violations: made from what a driver found, kept in files, and found again. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../errors.ts'
import { claimsOf } from '../../properties/index.ts'
import type { DesignReport, Overall, Regression } from '../report/check.ts'
import { overallOf } from '../report/check.ts'
import type { Evidence, RemapReplayed } from '../report/replay.ts'
import { makeTrace } from '../trace/format.ts'
import type { Trace } from '../trace/format.ts'
import { replay } from '../trace/replay.ts'
import { loadTraces, saveTrace } from '../trace/store.ts'
import { boundsOf, boundsOfTrace, changesOf } from './bounds-text.ts'
import { withDesignErrors } from './design-errors.ts'
import { machineOf } from './subject.ts'
import type { Subject } from './subject.ts'

/** Where unexpected counterexamples go, below the user's folder. */
export const regressionFolder = join('traces', 'regressions')

/** The ops of the trace taken again by the design. @throws UserError E-DESIGN-STEP when a step of a user's design
 *  fails. */
export const replayOf = (subject: Subject, trace: Trace, path: string): RemapReplayed =>
  withDesignErrors(subject, () => replay(machineOf(subject, boundsOfTrace(trace, path)), trace, path))

/** A violation, and the scope that it was found in. */
type Found = Pick<Overall, 'violation' | 'in'>
export function traceOf(subject: Subject, { violation, in: scope }: Found): Trace {
  if (violation === null) throw new RangeError('nothing was violated')
  const { exploration } = scope
  const b = boundsOf(scope.bounds)
  return makeTrace(machineOf(subject, b), {
    design: subject.design.name, bounds: changesOf(b), property: violation.property, because: violation.because,
    ops: violation.ops,
    ...violation.loop === null ? {} : { loop: violation.loop },
    found: {
      driver: exploration.driver,
      ...exploration.random === null ? {} : { seed: exploration.random.seed, runs: exploration.random.runs },
      shortest: violation.shortest,
    },
  })
}

/** The violations of these designs, taken again when they are asked for. */
export function evidenceOf(subjects: readonly Subject[]):
(report: Pick<DesignReport, 'design'>, found: Found) => Evidence | null {
  return (report, overall) => {
    const subject = subjects.find(({ design }) => design.name === report.design)
    if (subject === undefined) return null
    const trace = traceOf(subject, overall)
    const flags = [...subject.path === null ? [] : [`--design ${subject.path}`],
      ...subject.claimsPath === undefined ? [] : [`--claims ${subject.claimsPath}`]]
    return { trace, replayed: replayOf(subject, trace, trace.property),
      ...flags.length === 0 ? {} : { replayFlags: flags.join(' ') } }
  }
}

/** Writes the violations of this standing, one file each, and adds their paths to the report.
 *  @throws UserError E-TRACE-WRITE. */
export function saveViolations(folder: string, standing: 'unexpected' | 'known', report: DesignReport,
  subject: Subject): DesignReport {
  const found = overallOf(report).filter(one => one.standing === standing && one.violation !== null)
  const paths = found.map(one => [one.property, saveTrace(folder, traceOf(subject, one))] as const)
  return { ...report, saved: { ...report.saved, ...Object.fromEntries(paths) } }
}

/** Replays the counterexamples of these designs that are saved in a folder. `warn`: told of those whose claim this run
 *  does not have. @throws UserError when one of the files cannot be read. */
export function replayRegressions(folder: string, subjects: readonly Subject[],
  warn: (text: string) => void): Regression[] {
  if (!existsSync(folder)) return []
  let stored: ReturnType<typeof loadTraces>
  try { stored = loadTraces([folder]) } catch (cause) {
    if (cause instanceof UserError && cause.code === 'E-TRACE-NONE') return []
    throw cause
  }
  return stored.flatMap(({ path, trace }) => {
    const subject = subjects.find(({ design }) => design.name === trace.design)
    if (subject === undefined) return []
    if (!claimsOf(subject.design).some(({ property }) => property.name === trace.property)) {
      warn(`${path}: not replayed: it is about the claim ${trace.property}, which this run does not have; `
        + 'name its module: --claims FILE')
      return []
    }
    const { because, unknown } = replayOf(subject, trace, path)
    if (because === null && unknown !== null) {
      warn(`${path}: shows nothing: the design has not what it does (${unknown}); delete it, or find it again`)
      return []
    }
    return [{ path, design: trace.design, property: trace.property, because,
      known: Object.hasOwn(subject.design.givesUp, trace.property) }]
  })
}
