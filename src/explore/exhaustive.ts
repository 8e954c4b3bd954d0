/** Exhaustive search: every state within the bounds, breadth first, exact; so counterexamples are shortest and `holds`
 *  is a proof. */
import type { Machine, Observation } from '../model/index.ts'
import type { Checkpoints } from './checkpoint.ts'
import { NotInterchangeable } from './symmetry.ts'
import { tooLargeIn } from './groups.ts'
import type { Refused } from './groups.ts'
import { Pace } from './pace.ts'
import type { Limits } from './pace.ts'
import type { Exploration } from './result.ts'
import { Search } from './search.ts'

/** How a search takes steps whose trees are known: by walking them, or by code made of them. */
export type Backend = 'walk' | 'javascript' | 'wasm'

/** For tests and benches: what a search decides for itself, and when. */
export interface Tuning {
  /** One way from the first state on; else walking, and WebAssembly when that is worth it. */
  readonly backend?: Backend | undefined
  /** States from which further threads help: where given, the search waits for them. */
  readonly firstShared?: number | undefined
  /** A recipe runs anew each time after so many runs, when they are more than this share of the states. */
  readonly patientRuns?: number | undefined
  readonly patientShare?: number | undefined
}

/** When a search has seen enough of a machine that breaks a claim. */
export interface Enough {
  /** Claims that are known to be broken: they end no search. */
  readonly known: readonly string[]
  /** With fewer states it goes on all the same. */
  readonly states: number
}

export interface ExhaustiveOptions extends Limits, Tuning {
  /** The search stops before it stores more. */
  readonly maxStates?: number | undefined
  /** Bytes that the stored states may take; 4 GiB at most, which is also the default. */
  readonly maxMemory?: number | undefined
  /** Threads that search; 1 where not given. */
  readonly workers?: number | undefined
  /** Stores one state for all that differ in the names of interchangeable ids only: of the scalarsets named, or (true)
   *  of all that pass:
   *  then one whose ids a recipe or property tells apart is left out, and named in the result. Default: none. */
  readonly symmetry?: boolean | readonly string[] | undefined
  /** States farther away than a violation are not expanded, once there are enough states: what was not decided by then
   *  is `incomplete`. Where not given, a violation of one claim leaves the others as they are. */
  readonly enough?: Enough | undefined
  /** Keeps where the search stands, and goes on where another stood: of the same machine with the same properties and
   *  symmetry. Memory and workers may differ. */
  readonly checkpoints?: Checkpoints | undefined
}

/** Visits every reachable state and judges every step, until the space is done or every safety property is violated.
 *  Cut short by a limit, it gives what it had, with `incomplete` for what it cannot say. Same machine, same counts,
 *  same traces, whatever the number of workers: which of several shortest traces is told, one thread decides that goes
 *  the same way again as far as is needed. Of what `maxStates` cuts short, several workers store as many states as one,
 *  and no more is the same: they leave other parents of the last depth, and may find other violations there.
 *  @throws ModelError when a guard, recipe or property fails or leaves its domain; its `trace` leads there. */
export async function exploreExhaustively<S, L, O extends Observation>(
  machine: Machine<S, L, O>, options: ExhaustiveOptions = {}): Promise<Exploration> {
  const pace = new Pace(options)
  let { checkpoints } = options
  const refused = [...checkpoints?.resume?.facts.refused ?? (options.symmetry === true ? tooLargeIn(machine) : [])]
  for (;;) {
    try { return await explore(machine, { ...options, checkpoints }, refused, pace) } catch (error) {
      if (!(error instanceof NotInterchangeable) || options.symmetry !== true) throw error
      // Other names, other states: nothing that was kept fits.
      if (checkpoints !== undefined) checkpoints = { ...checkpoints, resume: null }
      refused.push({ scalarset: error.group, because: error.message })
    }
  }
}

async function explore<S, L, O extends Observation>(
  machine: Machine<S, L, O>, options: ExhaustiveOptions, refused: Refused, pace: Pace): Promise<Exploration> {
  const search = new Search(machine, options, refused)
  try {
    const stopped = await search.run(pace)
    if (stopped !== null) search.keep()
    return await toldByOne(search, options, refused, pace) ?? search.exploration(stopped, pace)
  } finally { await search.end() }
}

/** Where threads had a part in which of several ways was found first, one thread goes the same way again, as far as is
 *  needed: the search takes its traces. What it found, where it decided all too; else null. */
export async function toldByOne<S, L, O extends Observation>(search: Search<S, L, O>, options: ExhaustiveOptions,
  refused: Refused, pace: Pace): Promise<Exploration | null> {
  if (!search.isAmbiguous) return null
  const single = new Search(search.machine,
    { ...options, workers: 1, checkpoints: undefined, onViolation: undefined }, refused)
  try {
    const stopped = await single.run(pace, { like: search.standings })
    const isAll = search.standings.decided && single.standings.decided
    search.standings.adopt(single.standings)
    return isAll ? single.exploration(stopped, pace) : null
  } finally { await single.end() }
}
