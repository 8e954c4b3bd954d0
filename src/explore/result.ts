/** What every driver reports, so that random and exhaustive runs share one report. */
import type { Op, PropertyKind } from '../model/index.ts'

/** `holds` is said only after a complete search; `passed` by a random run; `reached`/`unreached` of a `sometimes`;
 *  `incomplete` of what a run that was cut short, or ended early, cannot say. */
export type Outcome = 'holds' | 'passed' | 'violated' | 'incomplete' | 'reached' | 'unreached' | 'unchecked'

export interface Violation {
  readonly property: string
  readonly because: string
  readonly witness: Readonly<Record<string, unknown>>
  /** From the initial state; the last op is the one that violates, or ends a loop. Empty when the initial state
   *  does. */
  readonly ops: readonly Op[]
  /** Of an endless run: how many ops come before those that repeat for ever; all of them where it rests for ever. Null
   *  where the ops end it. */
  readonly loop: number | null
  /** True when no shorter trace exists; of an endless run, when none is shorter up to its loop. */
  readonly shortest: boolean
  /** Taken again, the ops do not violate: some step depends on something else than the state. */
  readonly unrepeated?: true
}

export interface PropertyResult {
  readonly property: string
  readonly kind: PropertyKind
  readonly outcome: Outcome
  readonly violation: Violation | null
  /** For a `sometimes`: how it was reached first. */
  readonly reachedBy: readonly Op[] | null
  /** It holds, or passed, because nothing came that it judges: no observation of its kind, nothing that begins. Absent
   *  where something did. */
  readonly vacuous?: true
}

/** `refused`: a random run whose ops were mostly refused, which shows nothing. `violation`: the search had seen enough
 *  of a machine that breaks a claim. `mistake`: a step or a claim failed. */
export type StopReason = 'time' | 'states' | 'interrupted' | 'memory' | 'refused' | 'violation' | 'mistake'

export interface Exploration {
  readonly driver: 'exhaustive' | 'random'
  readonly machine: string
  /** Whether everything within the bounds was seen. Never true of a random run. */
  readonly complete: boolean
  /** What cut the run short. Null also when the search ended early because every safety property was violated. */
  readonly stopped: StopReason | null
  readonly results: readonly PropertyResult[]
  /** Distinct states; steps taken. */
  readonly states: number
  readonly transitions: number
  /** Longest shortest path (exhaustive), longest run (random). */
  readonly depth: number
  readonly seconds: number
  readonly coverage: Coverage
  /** Random runs only. */
  readonly random: RandomFacts | null
  /** Exhaustive searches only. */
  readonly engine: EngineFacts | null
}
/** How a search went about it: bits of a packed state; bytes that all of them take with their table, parents and
 *  labels; how often recipes and properties were really run; nodes of the trees learnt from that; actions whose trees
 *  grew too large, so that they run anew each time. */
export interface EngineFacts {
  readonly bits: number; readonly bytes: number; readonly recordings: number; readonly nodes: number
  readonly direct: readonly string[]
  /** Scalarsets under whose renamings one state stands for all, and those whose ids something tells apart. */
  readonly symmetry: readonly { readonly scalarset: string; readonly size: number }[]
  readonly refused: readonly { readonly scalarset: string; readonly because: string }[]
  /** Threads that had a part in it. */
  readonly workers: number
  /** States by their distance from the initial one; the last ones may be more than `depth`: found, and not looked at
   *  yet. */
  readonly levels: readonly number[]
}
export interface RandomFacts {
  readonly seed: number; readonly runs: number; readonly ops: number
  readonly refused: number; readonly meanLength: number; readonly distinctStates: number
}
export interface Coverage {
  /** Kinds of observations that some step told. */
  readonly observations: readonly string[]
  /** Per action: how often it fired. Zero is the alarm; those that only a mistake lets happen are here if they did. */
  readonly actions: Readonly<Record<string, { readonly fired: number }>>
  /** Per clause id: how often it was exercised. */
  readonly clauses: Readonly<Record<string, number>>
}
