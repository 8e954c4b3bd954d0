/** Runs designs through scopes: the loop behind `check` and `start`. */
import type { Checkpoints, Snapshot } from '../explore/checkpoint.ts'
import { suggest, usage, UserError } from '../errors.ts'
import { NotInterchangeable } from '../explore/symmetry.ts'
import type { ExhaustiveOptions } from '../explore/exhaustive.ts'
import { exploreFully } from '../explore/full.ts'
import { exploreRandomly } from '../explore/random.ts'
import { scalarsetsOf } from '../explore/groups.ts'
import type { Progress } from '../explore/pace.ts'
import type { Exploration } from '../explore/result.ts'
import type { DesignReport, ScopeReport } from '../report/check.ts'
import { shellWord } from '../text/shell.ts'
import { specHash } from '../trace/format.ts'
import { claims, propertiesFor } from '../../properties/index.ts'
import { showBounds } from '../../spec/bounds.ts'
import { remapMachine } from '../../spec/machine.ts'
import type { RemapMachine } from '../../spec/machine.ts'
import { scopesOf } from '../../spec/scopes.ts'
import type { Scope } from '../../spec/scopes.ts'
import { checkWritable, readCheckpoint, writeCheckpoint } from './checkpoint-file.ts'
import { asDesignError, withDesignErrors } from './design-errors.ts'
import { progressLine } from './progress.ts'
import { machineOf } from './subject.ts'
import type { Subject } from './subject.ts'

export interface Plan {
  readonly subjects: readonly Subject[]
  readonly scopes: readonly Scope[]
  /** Every standard scope and property is asked. */
  readonly full: boolean
  /** Names of the claims to judge, witnesses included; null for all. */
  readonly properties: ReadonlySet<string> | null
  readonly driver: 'exhaustive' | 'random'
  readonly seed: number
  readonly runs: number | undefined
  readonly length: number | undefined
  /** Of each search. */
  readonly limits: Pick<ExhaustiveOptions, 'maxStates' | 'maxMemory' | 'workers'>
  /** Of all scalarsets that pass, or of those named in the machines that have them. */
  readonly symmetry: boolean | readonly string[]
  /** Files that a search is kept in, and goes on from. */
  readonly checkpoint: string | null
  readonly resume: string | null
  /** For everything together. */
  readonly maxSeconds: number | undefined
}
export interface Watch {
  readonly signal: AbortSignal
  readonly say: (text: string) => void
  readonly warn: (text: string) => void
  /** The command line, without `--resume`: a kept search says how it goes on. */
  readonly command: string
  /** Of this program: a kept search goes on with the same only. */
  readonly version: string
}

/** Names of a claim's property and of its witnesses. */
export function withWitnesses(names: readonly string[]): ReadonlySet<string> {
  const chosen = claims.filter(({ property, witnesses }) =>
    names.includes(property.name) || witnesses.some(witness => names.includes(witness.property.name)))
  return new Set(chosen.flatMap(({ property, witnesses }) => [property, ...witnesses.map(witness => witness.property)])
    .map(({ name }) => name))
}

/** Each design with its scopes, in order; ends early when the signal is aborted, with what it has.
 *  @throws UserError E-DESIGN-STEP when a step of a user's design fails. @throws ModelError when one of ours does. */
export async function explore(plan: Plan, watch: Watch): Promise<DesignReport[]> {
  const end = plan.maxSeconds === undefined ? Infinity : performance.now() + plan.maxSeconds * 1000
  const reports: DesignReport[] = []
  for (const subject of plan.subjects) {
    if (watch.signal.aborted) break
    const { name, says, givesUp } = subject.design
    const scopes: ScopeReport[] = []
    for (const scope of scopesOf(subject.design, plan.scopes)) {
      if (watch.signal.aborted) break
      const exploration = await exploreOne(plan, subject, scope, end, watch)
      scopes.push({ scope: scope.name, says: scope.says, bounds: showBounds(scope.bounds), exploration })
    }
    reports.push({ design: name, says, givesUp, full: plan.full && !watch.signal.aborted,
      cutShort: watch.signal.aborted, scopes, saved: {} })
  }
  return reports
}

/** One search. `end`: by when, on the clock of `performance`. */
export async function exploreOne(plan: Plan, subject: Subject, scope: Scope, end: number,
  watch: Watch): Promise<Exploration> {
  const { design } = subject
  const asked = withDesignErrors(subject, () => propertiesFor(design, scope.bounds))
    .filter(({ name }) => plan.properties?.has(name) ?? true)
  const limits = {
    signal: watch.signal, maxSeconds: end === Infinity ? undefined : Math.max(0, (end - performance.now()) / 1000),
    onProgress: (progress: Progress): void => { watch.say(`${design.name} ${scope.name}: ${progressLine(progress)}`) },
  }
  const machine = withDesignErrors(subject, () => remapMachine(design, scope.bounds, asked))
  watch.say(`${design.name} ${scope.name}`)
  try {
    return plan.driver === 'exhaustive' ? await exploreFully(machine, {
      ...limits, ...plan.limits, symmetry: symmetryIn(plan, machine),
      checkpoints: checkpointsOf(plan, machine, scope, watch),
    })
      : await exploreRandomly(machine, { ...limits, seed: plan.seed, runs: plan.runs, length: plan.length })
  } catch (cause) {
    if (cause instanceof NotInterchangeable)
      throw usage('--symmetry', cause.message, `leave '${cause.group}' out; --symmetry alone uses all that pass`)
    throw asDesignError(subject, cause)
  }
}

function checkpointsOf({ checkpoint, resume, symmetry }: Plan, machine: RemapMachine, scope: Scope,
  { command, version, warn }: Watch): Checkpoints | undefined {
  if (checkpoint === null && resume === null) return undefined
  const about = { version, design: machine.name, machine: specHash(machine), bounds: showBounds(scope.bounds),
    symmetry: symmetryText(symmetry) }
  if (checkpoint !== null) checkWritable(checkpoint)
  const write = (file: string, snapshot: Snapshot): void => {
    // The search has found more than the file is worth.
    try { writeCheckpoint(file, about, `${command} --resume ${shellWord(file)}`, snapshot) } catch (cause) {
      if (!(cause instanceof UserError)) throw cause
      warn(cause.text())
    }
  }
  return {
    resume: resume === null ? null : readCheckpoint(resume, about),
    save: checkpoint === null ? null : snapshot => { write(checkpoint, snapshot) },
  }
}

function symmetryText(symmetry: Plan['symmetry']): string {
  if (typeof symmetry === 'object') return symmetry.join(',')
  return symmetry ? 'all names' : 'none'
}

/** The names that this machine has. */
function symmetryIn({ symmetry }: Plan, machine: RemapMachine): boolean | readonly string[] {
  if (typeof symmetry === 'boolean') return symmetry
  const own = scalarsetsOf(machine).map(({ name }) => name)
  const used = symmetry.filter(name => own.includes(name))
  return used.length > 0 && used
}

/** @throws UserError naming a scalarset that no machine of the plan has. */
export function checkNames({ symmetry, subjects, scopes }: Plan): void {
  if (typeof symmetry === 'boolean') return
  const machines = subjects.flatMap(subject =>
    scopesOf(subject.design, scopes).map(scope => machineOf(subject, scope.bounds)))
  const known = [...new Set(machines.flatMap(machine => scalarsetsOf(machine).map(({ name }) => name)))]
  const missing = symmetry.find(name => !known.includes(name))
  if (missing !== undefined)
    throw usage('--symmetry', `no scalarset of two or more ids is named '${missing}' here`,
      suggest(missing, known, `there are ${known.join(', ') || 'none'}`))
}
