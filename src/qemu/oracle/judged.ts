/** One request judged: what the model allows beside what QEMU did. */

/** Side by side, for people. */
export interface Comparison {
  readonly request: string
  readonly model: string
  readonly qemu: string
  /** Of the manual; null where no clause speaks of it. */
  readonly clause: string | null
}
/** Names: of the exceptions that together explain a difference. */
export type Verdict = 'same' | 'different' | readonly string[]

export interface Judged {
  /** Of a request, which is a case; or of registers, memory and messages between requests. */
  readonly of: 'request' | 'unit'
  readonly verdict: Verdict
  readonly compare: () => Comparison
}

/** What the cases of a run have reached, counted. Keys: `reason` codes in hexadecimal, cache states, kinds of outcome,
 *  names of exceptions. */
export class Tally {
  readonly reasons = new Map<number, number>()
  readonly states = new Map<string, number>()
  readonly outcomes = new Map<string, number>()
  readonly exceptions = new Map<string, number>()

  reason(code: number): void { bump(this.reasons, code) }
  state(name: string): void { bump(this.states, name) }
  outcome(name: string): void { bump(this.outcomes, name) }
  verdict(verdict: Verdict): void {
    if (typeof verdict !== 'string') for (const name of verdict) bump(this.exceptions, name)
  }
  add(other: Tally): void {
    for (const name of ['reasons', 'states', 'outcomes', 'exceptions'] as const)
      for (const [key, count] of other[name]) bump(this[name] as Map<unknown, number>, key, count)
  }
}
function bump<K>(counts: Map<K, number>, key: K, by = 1): void { counts.set(key, (counts.get(key) ?? 0) + by) }

/** Of a page. */
export function sizeText(bytes: number): string {
  if (bytes >= 2 ** 30) return `${bytes / 2 ** 30} GiB`
  return bytes >= 2 ** 20 ? `${bytes / 2 ** 20} MiB` : `${bytes / 1024} KiB`
}
