/** What a search says of itself, whoever made it; and what two searches of one model must have in common. */

export interface Figures {
  readonly states: number
  readonly transitions: number
  readonly depth: number
  /** Of the search, by its own clock. */
  readonly seconds: number
  /** Peak of the process; null where the system does not tell. */
  readonly rssBytes: number | null
  /** Null where `rssBytes` is. */
  readonly bytesPerState: number | null
  /** What the search itself counts for its states, with table, parents and labels; null where it tells nothing. */
  readonly storedBytes: number | null
  readonly engine: string
  readonly complete: boolean
  readonly violated: boolean
}
/** A search in its own process: seconds from start to exit, and the share of them in which some task of the machine
 *  waited for a core. */
export interface Timed extends Figures { readonly process_s: number; readonly waited: number | null }

/** What pan tells beyond the model: it counts its initial state as a transition and, where a first step sets fields,
 *  the state before that step, the step, and one level more. */
export interface PanExtra { readonly states: number; readonly transitions: number; readonly depth: number }
export const panExtra = (promela: string): PanExtra =>
  /^ {2}d_step/m.test(promela) ? { states: 1, transitions: 2, depth: 1 } : { states: 0, transitions: 1, depth: 0 }

/** Complaints with both numbers; none when the searches agree. A depth-first search has no depth to compare. */
export function disagreements(ours: Figures, pan: Figures, extra: PanExtra, depthToo = true): string[] {
  const differs = (what: 'states' | 'transitions' | 'depth'): string[] =>
    pan[what] - extra[what] === ours[what] ? []
      : [`${what}: ours ${ours[what]}, pan ${pan[what]} less ${extra[what]} = ${pan[what] - extra[what]}`]
  return [
    ...ours.complete ? [] : ['ours did not see the whole space'],
    ...pan.complete ? [] : ['pan did not see the whole space'],
    ...differs('states'), ...differs('transitions'), ...depthToo ? differs('depth') : [],
    ...ours.violated === pan.violated ? [] : [`verdict: ours ${verdict(ours)}, pan ${verdict(pan)}`],
  ]
}
export const verdict = ({ violated }: Figures): string => violated ? 'violated' : 'holds'

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
