/** Where a log lacks something: a line that could not be read, or a queue entry that was skipped. Whatever was known
 *  before such a place may have changed there. */

import { note } from '../numbers.ts'
import type { Places } from '../numbers.ts'

/** Lines kept; with more, there is one everywhere. */
const most = 100_000

export class Doubts {
  readonly #lines: number[] = []
  #last = 0
  #held: { readonly places: Places; readonly doubtful: Places; readonly line: number }[] = []

  /** The last such line so far, 0 for none. */
  get last(): number { return this.#last }
  /** Something is wrong that lines may explain whose lack shows at the next queue entry alone: it counts once that is
   *  sound, and else as doubtful. */
  blame(places: Places, doubtful: Places, line: number): void { this.#held.push({ places, doubtful, line }) }
  /** A queue entry follows the one before it, or the log has ended. */
  settle(): void { this.#end('places') }
  /** Queue entries are lacking before this line. */
  gap(line: number): void {
    this.#end('doubtful')
    this.note(line)
  }
  #end(as: 'places' | 'doubtful'): void {
    if (this.#held.length === 0) return
    for (const held of this.#held) note(held[as], held.line)
    this.#held = []
  }

  note(line: number): void {
    this.#last = line
    if (this.#lines.length < most) this.#lines.push(line)
  }
  /** Whether there is one after line `from` and before line `until`. */
  between(from: number, until: number): boolean {
    return this.#lines.length === most || this.#lines.some(line => line > from && line < until)
  }
}
