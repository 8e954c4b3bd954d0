/** Where a log lacks something: a line that could not be read, or a queue entry that was skipped. Whatever was known
 *  before such a place may have changed there. */

/** Lines kept; with more, there is one everywhere. */
const most = 100_000

export class Doubts {
  readonly #lines: number[] = []
  #last = 0

  /** The last such line so far, 0 for none. */
  get last(): number { return this.#last }
  note(line: number): void {
    this.#last = line
    if (this.#lines.length < most) this.#lines.push(line)
  }
  /** Whether there is one after line `from` and before line `until`. */
  between(from: number, until: number): boolean {
    return this.#lines.length === most || this.#lines.some(line => line > from && line < until)
  }
}
