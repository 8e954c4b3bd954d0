/** The time of a log with stamps. */

export interface Stamps {
  /** Lines with a stamp, of all lines with an event. */
  readonly stamped: number
  /** From the first stamp to the last. */
  readonly span_us: number
  /** Stamps earlier than one before them (threads write side by side); such a line is taken to stand at the latest time
   *  so far. */
  readonly backward: number
  /** By how much the farthest of them was earlier: much means that the clock was set, or that logs are mixed. */
  readonly farthest_us: number
}
/** Threads that write side by side are this far apart at most. */
export const apart_us = 100_000

export class Clock {
  #first: { readonly s: number; readonly us: number } | null = null
  #stamped = 0
  #now_us = 0
  #backward = 0
  #farthest_us = 0

  /** Since the first stamp. */
  get now_us(): number { return this.#now_us }
  get isUsed(): boolean { return this.#stamped > 0 }

  stamp(s: number, us: number): void {
    this.#stamped++
    this.#first ??= { s, us }
    const time_us = (s - this.#first.s) * 1e6 + us - this.#first.us
    if (time_us < this.#now_us) {
      this.#backward++
      this.#farthest_us = Math.max(this.#farthest_us, this.#now_us - time_us)
    } else this.#now_us = time_us
  }

  report(): Stamps {
    return { stamped: this.#stamped, span_us: this.#now_us, backward: this.#backward,
      farthest_us: this.#farthest_us }
  }
}
