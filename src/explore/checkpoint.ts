/** What a search leaves behind so that another can go on where it stopped: all but the trees, which are learnt
 *  again. */
import type { ModelEvent, Observation } from '../model/index.ts'
import type { Decided, Standings } from './standings.ts'
import type { Learner } from './learner.ts'
import type { StateStore } from './store.ts'

/** Where a search stood between two parents, as plain data. */
export interface SearchFacts extends Decided {
  readonly states: number
  /** Runs of each component. */
  readonly runs: readonly number[]
  /** The state whose successors come next; states of each depth so far. */
  readonly next: number
  readonly levels: readonly number[]
  /** Labels from 1 on, in the order of their numbers: instance, events, and how often it fired. */
  readonly labels: readonly {
    readonly instance: number
    readonly events: readonly ModelEvent<Observation>[]
    readonly fired: number
  }[]
  readonly refused: readonly { readonly scalarset: string; readonly because: string }[]
  /** Which trace is told of several is still to be decided. */
  readonly ambiguous: boolean
}
/** Between two parents: where a search can go on. */
export interface ResumePoint {
  readonly next: number
  readonly levels: readonly number[]
  readonly states: number
  readonly runs: readonly number[]
  readonly fired: readonly number[]
}
/** `parts`: bytes of the states, their parents, labels and runs, and of what labels change and judgements read. They
 *  are views of the search's own memory, good until it goes on. */
export interface Snapshot { readonly facts: SearchFacts; readonly parts: readonly Uint8Array[] }
/** A snapshot that was kept. `read` fills what it is given with the bytes of a part. */
export interface SavedSearch { readonly facts: SearchFacts; read(part: number, into: Uint8Array): void }

export interface Checkpoints {
  /** Where to go on. */
  readonly resume: SavedSearch | null
  /** Keeps a snapshot: when the search is stopped, and now and then. */
  readonly save: ((snapshot: Snapshot) => void) | null
  /** Seconds between two; 180 where not given. */
  readonly every?: number
}

/** What is to be kept of a search that stood at a place. */
export function snapshotOf<S, L, O extends Observation>(
  { standings, learner, store }: { readonly standings: Standings<S, L, O>; readonly learner: Learner<S, L, O>;
    readonly store: StateStore },
  { fired, ...place }: ResumePoint, rest: Pick<SearchFacts, 'refused' | 'ambiguous'>): Snapshot {
  return {
    facts: {
      ...place, ...rest, violations: [...standings.violations.values()], reachedBy: [...standings.reachedBy],
      apart: [...standings.apart],
      labels: learner.labels.slice(1).map((label, i) =>
        ({ instance: label!.number, events: label!.events, fired: fired[i + 1] ?? 0 })),
    },
    parts: [...store.parts(place.states, place.runs), ...learner.parts()],
  }
}
