/** Runs designs through scopes: the loop behind `check` and `start`. */
import type { Checkpoints, Snapshot } from '../explore/checkpoint.ts'
import { suggest, usage, UserError } from '../errors.ts'
import { NotInterchangeable } from '../explore/symmetry.ts'
import type { ExhaustiveOptions } from '../explore/exhaustive.ts'
import { checkMachine } from '../explore/full.ts'
import { ModelError } from '../model/index.ts'
import { exploreRandomly } from '../explore/random.ts'
import { scalarsetsOf } from '../explore/groups.ts'
import type { Progress } from '../explore/pace.ts'
import type { Exploration, PropertyResult, Violation } from '../explore/result.ts'
import type { DesignReport, Failure, LeftOut, Named, ScopeReport } from '../report/check.ts'
import { namesAmong } from '../report/with-iommus.ts'
import { counted } from '../text/count.ts'
import { shellWord } from '../text/shell.ts'
import { specHash } from '../trace/format.ts'
import { showBounds } from '../../spec/bounds.ts'
import { iommuNameOf } from '../../spec/designs.ts'
import { scopesOn } from '../../spec/scopes.ts'
import type { Claim } from '../../spec/claim.ts'
import type { Design } from '../../spec/kernel/design.ts'
import type { RemapMachine, RemapProperty } from '../../spec/machine.ts'
import type { Scope } from '../../spec/scopes.ts'
import { badBoundsError } from './bounds-text.ts'
import { codeOf } from './code.ts'
import { checkWritable, readCheckpoint, writeCheckpoint } from './checkpoint-file.ts'
import { failureOf } from './design-errors.ts'
import { positionText, progressLine } from './progress.ts'
import type { Position } from './progress.ts'
import { machineOf, machineWith, propertiesOf } from './subject.ts'
import type { Subject } from './subject.ts'

export interface Plan {
  readonly subjects: readonly Subject[]
  /** Names of built-in designs that are left to `--all`. */
  readonly left: readonly string[]
  readonly leftOut: readonly LeftOut[]
  readonly scopes: readonly Scope[]
  /** Every standard scope and property is asked. */
  readonly full: boolean
  /** Names of the claims to judge, witnesses included; null for all. */
  readonly properties: ReadonlySet<string> | null
  readonly named: Named
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
  /** A violation that is not known ends no search. */
  readonly all: boolean
  /** It ends the run. */
  readonly bail: boolean
}
export interface Watch {
  readonly signal: AbortSignal
  /** What goes on, in a line that the next one replaces. */
  readonly say: (text: string) => void
  /** What was found, or went wrong, in lines that stay. */
  readonly note: (text: string) => void
  /** The command line, without `--resume`: a kept search says how it goes on. */
  readonly command: string
  /** Of this program: a kept search goes on with the same only. */
  readonly version: string
  /** The user's files that were loaded: a kept search goes on with the same only. */
  readonly files?: readonly string[]
}

/** Names of a claim's property and of its witnesses. */
export function withWitnesses(claims: readonly Claim[], names: readonly string[]): ReadonlySet<string> {
  const chosen = claims.filter(({ property, witnesses }) =>
    names.includes(property.name) || witnesses.some(witness => names.includes(witness.property.name)))
  return new Set(chosen.flatMap(({ property, witnesses }) => [property, ...witnesses.map(witness => witness.property)])
    .map(({ name }) => name))
}

/** With fewer states a search goes on past a violation: that takes about a second, and shows what else is wrong. */
const enoughStates = 100_000
/** Violations of what should hold. */
export const surprisesIn = ({ givesUp }: Design, { results }: Exploration): readonly PropertyResult[] =>
  results.filter(({ property, violation }) => violation !== null && !Object.hasOwn(givesUp, property))

/** Each design with its scopes, in order; ends early when the signal is aborted, or at the first violation where that
 *  is wanted, with what it has. Of the time that is left each search may take an equal share. What fails in a scope
 *  ends that scope. */
export async function explore(plan: Plan, watch: Watch): Promise<DesignReport[]> {
  const end = plan.maxSeconds === undefined ? Infinity : performance.now() + plan.maxSeconds * 1000
  const reports: DesignReport[] = []
  const chosen = plan.subjects.map(({ design }) => scopesOn(design, plan.scopes))
  let left = chosen.reduce((sum, { length }) => sum + length, 0), isOver = false
  for (const [i, subject] of plan.subjects.entries()) {
    isOver ||= watch.signal.aborted
    if (isOver) break
    const { design } = subject
    const scopes: ScopeReport[] = [], told: Told = { violated: new Set(), failed: new Set() }
    for (const [number, scope] of chosen[i]!.entries()) {
      isOver ||= watch.signal.aborted
      if (isOver) break
      const position = (): Position => ({ design: nameIn(plan, subject), designs: plan.subjects.length,
        scope: scope.name,
        number: number + 1, of: chosen[i]!.length, violated: [...told.violated] })
      const one = await exploreOne(plan, subject, scope, (end - performance.now()) / left--, {
        ...watch, told, say: text => { watch.say(`${positionText(position())}${text}`) },
      })
      scopes.push({ scope: scope.name, says: scope.says, bounds: showBounds(scope.bounds), ...one })
      isOver = plan.bail && surprisesIn(design, one.exploration).length > 0
    }
    const cutShort = watch.signal.aborted || scopes.length < chosen[i]!.length
    reports.push({ ...aboutOf(subject), full: plan.full && !cutShort, cutShort, scopes, saved: {} })
  }
  return reports
}

/** How the report of a design begins. */
export function aboutOf({ design, path }: Subject): Omit<DesignReport, 'full' | 'cutShort' | 'scopes' | 'saved'> {
  const { name, says, givesUp } = design, iommu = iommuNameOf(design)
  return { design: name, ...path === null ? {} : { path }, ...iommu === null ? {} : { iommu }, says, givesUp }
}
/** As people read it. */
export const nameIn = ({ subjects }: Plan, subject: Subject): string => namesAmong(subjects, aboutOf)(subject)

/** What was noted of a design by now: claims that are violated, and what failed. */
export interface Told { readonly violated: Set<string>; readonly failed: Set<string> }
export interface Found extends Pick<ScopeReport, 'exploration' | 'failure'> {}
/** One search, of so many milliseconds. @throws UserError where flags do not fit. */
export async function exploreOne(plan: Plan, subject: Subject, scope: Scope, most_ms: number,
  watch: Watch & { readonly told: Told }): Promise<Found> {
  const { design } = subject
  let asked: readonly RemapProperty[] = [], failure: Failure | null = null
  const fail = (cause: unknown): void => {
    failure ??= failureOf(subject, cause)
    if (!watch.told.failed.has(failure.problem)) watch.note(new UserError(failure).text())
    watch.told.failed.add(failure.problem)
  }
  const limits = {
    signal: watch.signal, maxSeconds: most_ms === Infinity ? undefined : Math.max(0, most_ms / 1000),
    onProgress: (progress: Progress): void => { watch.say(`: ${progressLine(progress)}`) },
    onViolation: teller(nameIn(plan, subject), subject, scope, watch), onMistake: fail,
  }
  watch.say('')
  const found = (exploration: Exploration): Found => ({ exploration, ...failure === null ? {} : { failure } })
  let machine: RemapMachine
  try {
    const bad = badBoundsError(scope.bounds, `--bounds, scope ${scope.name}`)
    if (bad !== null) throw bad
    asked = propertiesOf(subject, scope.bounds).filter(({ name }) => plan.properties?.has(name) ?? true)
    machine = machineWith(subject, scope.bounds, asked)
  } catch (cause) {
    fail(cause)
    return found(nothingOf(plan, design, asked))
  }
  try {
    return found(plan.driver === 'exhaustive' ? await checkMachine(machine, {
      ...limits, ...plan.limits, symmetry: symmetryIn(plan, machine),
      checkpoints: checkpointsOf(plan, subject, machine, scope, watch),
      enough: plan.all ? undefined : { known: Object.keys(design.givesUp), states: plan.bail ? 0 : enoughStates },
    })
      : await exploreRandomly(machine, { ...limits, seed: plan.seed, runs: plan.runs, length: plan.length }))
  } catch (cause) {
    if (cause instanceof NotInterchangeable)
      throw usage('--symmetry', cause.message, `leave '${cause.group}' out; --symmetry alone uses all that pass`)
    if (!(cause instanceof ModelError)) throw cause
    fail(cause)
    return found(nothingOf(plan, design, asked))
  }
}

/** Says of each claim that should hold, and was not told of before, that it does not. */
const teller = (shown: string, { design }: Subject, { name }: Scope,
  { note, told }: Parameters<typeof exploreOne>[4]) => ({ property, ops, because }: Violation): void => {
  if (Object.hasOwn(design.givesUp, property) || told.violated.has(property)) return
  told.violated.add(property)
  note(`✗ ${property}  ${shown}, scope ${name}, ${counted(ops.length, 'op')}: ${because}`)
}

/** Of a scope in which the design makes no machine. */
const nothingOf = ({ driver }: Plan, { name }: Design, asked: readonly RemapProperty[]): Exploration => ({
  driver, machine: name, complete: false, stopped: 'mistake', states: 0, transitions: 0, depth: 0, seconds: 0,
  results: asked.map(one =>
    ({ property: one.name, kind: one.kind, outcome: 'incomplete', violation: null, reachedBy: null })),
  coverage: { observations: [], actions: {}, clauses: {} }, random: null, engine: null,
})

function checkpointsOf({ checkpoint, resume, symmetry }: Plan, subject: Subject, machine: RemapMachine, scope: Scope,
  { command, version, note, files = [] }: Watch): Checkpoints | undefined {
  if (checkpoint === null && resume === null) return undefined
  const about = { version, design: machine.name, machine: specHash(machine), bounds: showBounds(scope.bounds),
    symmetry: symmetryText(symmetry), code: codeOf(subject, files) }
  if (checkpoint !== null) checkWritable(checkpoint)
  const write = (file: string, snapshot: Snapshot): void => {
    // The search has found more than the file is worth.
    try { writeCheckpoint(file, about, `${command} --resume ${shellWord(file)}`, snapshot) } catch (cause) {
      if (!(cause instanceof UserError)) throw cause
      note(cause.text())
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
    scopesOn(subject.design, scopes).map(scope => machineOf(subject, scope.bounds)))
  const known = [...new Set(machines.flatMap(machine => scalarsetsOf(machine).map(({ name }) => name)))]
  const missing = symmetry.find(name => !known.includes(name))
  if (missing !== undefined)
    throw usage('--symmetry', `no scalarset of two or more ids is named '${missing}' here`,
      suggest(missing, known, `there are ${known.join(', ') || 'none'}`))
}
