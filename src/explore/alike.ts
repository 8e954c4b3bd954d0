/** Whether a step does the same under other names: in this state, and in all others of which the same is known. */
import type { ReadLog } from '../model/run.ts'
import { apply } from '../model/effect.ts'
import type { Effect } from '../model/effect.ts'
import type { Renamed } from './renaming.ts'

/** What is known of the states that are taken for alike: where they were read. Grows. */
export class Known {
  readonly own: Uint32Array
  private readonly log: ReadLog
  private readonly bits: Uint32Array
  /** How many bits. */
  count = 0

  /** @param own a state where the log was made; `log` gets what is added. */
  constructor(log: ReadLog, own: Uint32Array) {
    this.own = own
    this.log = log
    this.bits = new Uint32Array(own.length)
    log.at.forEach((at, i) => { this.mark(at, log.bits[i]!) })
  }

  has(bit: number): boolean { return (this.bits[bit >>> 5]! >>> (bit & 31) & 1) === 1 }
  add(at: number, bits: number): void {
    const before = this.count
    this.mark(at, bits)
    if (this.count === before) return
    this.log.at.push(at)
    this.log.bits.push(bits)
    this.log.raw.push(this.own[at >>> 5]! >>> (at & 31) & 2 ** bits - 1)
  }
  /** All: what holds of this state is said of no other. */
  addAll(): void { for (let at = 0; at < 32 * this.own.length; at += 8) this.add(at, 8) }
  private mark(at: number, bits: number): void {
    for (let bit = at; bit < at + bits; bit++) {
      if (this.has(bit)) continue
      this.bits[bit >>> 5]! |= 1 << (bit & 31)
      this.count++
    }
  }

  /** Whether the state looks the same under the names: known are the same bits, with the same values. */
  looksSame({ words, to }: Renamed): boolean {
    for (let bit = 0; bit < to.length; bit++)
      if (this.has(bit) && (!this.has(to[bit]!)
        || ((words[bit >>> 5]! ^ this.own[bit >>> 5]!) >>> (bit & 31) & 1) !== 0)) return false
    return true
  }
}

/** Where each bit after a step comes from: a bit before it, or a constant. */
export type Sources = Int32Array
const constant = -1

export function sourcesOf({ keep, moves }: Effect): Sources {
  const sources = Int32Array.from({ length: 32 * keep.length },
    (_, bit) => (keep[bit >>> 5]! >>> (bit & 31) & 1) === 1 ? bit : constant)
  for (const { from, to, bits } of moves) for (let i = 0; i < bits; i++) sources[to + i] = from + i
  return sources
}

export function after(effect: Effect, words: Uint32Array): Uint32Array {
  const out = new Uint32Array(words.length)
  apply(effect, words, 0, out, 0)
  return out
}

/** Whether two steps from a state, of which the second was taken under other names, leave it alike: `before` and `end`
 *  are the state before and after the first one under those names. */
export const endsAlike = (end: Renamed, other: Effect, before: Renamed): boolean =>
  after(other, before.words).every((word, i) => word === end.words[i])

/** Whether they also take each bit from the same place, or from where its value is known: then they leave every state
 *  alike of which the same is known. */
export function movesAlike(sources: Sources, end: Renamed, other: Sources, before: Renamed, known: Known): boolean {
  const back = new Int32Array(sources.length)
  before.to.forEach((to, bit) => { back[to] = bit })
  for (let bit = 0; bit < sources.length; bit++) {
    const from = sources[bit]!, there = other[end.to[bit]!]!
    const mine = from === constant || known.has(from) ? constant : from
    const its = there === constant || known.has(back[there]!) ? constant : back[there]!
    if (mine !== its) return false
  }
  return true
}
