/** The time of a log with stamps. */

export interface Stamps {
  /** Lines with a stamp, of all lines with an event. */
  readonly stamped: number
  /** From the first stamp to the last. */
  readonly span_us: number
  /** Stamps earlier than one before them (threads write side by side); such a line is taken to stand at the latest time
   *  so far. */
  readonly backward: number
}

export class Clock {
  #first: { readonly s: number; readonly us: number } | null = null
  #stamped = 0
  #now_us = 0
  #backward = 0

  /** Since the first stamp. */
  get now_us(): number { return this.#now_us }

  stamp(s: number, us: number): void {
    this.#stamped++
    this.#first ??= { s, us }
    const time_us = (s - this.#first.s) * 1e6 + us - this.#first.us
    if (time_us < this.#now_us) this.#backward++
    else this.#now_us = time_us
  }

  report(): Stamps { return { stamped: this.#stamped, span_us: this.#now_us, backward: this.#backward } }
}
