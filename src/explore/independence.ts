/** Steps that need not be stored, because where they lead is stored already.
 *
 *  Say that state `s` was first found from `p` by instance `b`, and that `a`, an instance before `b`, is independent of
 *  it there: neither writes what the other reads or writes. Then both orders lead from `p` to one state, and in `p` `a`
 *  came before `b`: `a(p)` was found before `s`, and has been expanded before it. Threads expand the states of a level
 *  in any order: of all steps from that level to a new state, the one of the last instance is never left out, and one
 *  is enough. Proof: docs/decisions/0007-diamonds.md. */
import type { ReadLog } from '../model/run.ts'
import type { Effect } from '../model/effect.ts'
import { independent } from './wasm/memory.ts'

/** The bits of each word that steps read and write. */
interface Footprint { readonly instance: number; readonly reads: Uint32Array; readonly writes: Uint32Array }

export class Independence {
  private readonly words: number
  /** Of each label a row of bits: which leaves are superfluous in states that it led to first. Threads read them. */
  private readonly rows: Uint32Array
  private readonly labels: Footprint[] = []
  private readonly leaves: Footprint[] = []

  constructor(words: number, rows: Uint32Array) { this.words = words; this.rows = rows }

  /** Books a run. It must be told before others can find the leaf, or a state that the step leads to. `leaf`: null
   *  where the step has none. */
  learn(label: number, leaf: number | null, instance: number, { at, bits }: ReadLog,
    { keep, set, moves }: Effect): void {
    const one = this.empty(instance)
    const read = (from: number, n: number): void => {
      one.reads[from >>> 5]! |= (n === 32 ? -1 : 2 ** n - 1) << (from & 31)
    }
    at.forEach((from, i) => { read(from, bits[i]!) })
    moves.forEach(({ from, bits }) => { read(from, bits) })
    for (let w = 0; w < this.words; w++) one.writes[w] = ~keep[w]! | set[w]!
    const isLabelNew = label < independent.labels && this.widen(this.labels, label, one)
    const isLeafNew = leaf !== null && leaf < independent.leaves && this.widen(this.leaves, leaf, one)
    if (isLabelNew) this.leaves.forEach((_, other) => { this.tell(label, other) })
    if (isLeafNew) this.labels.forEach((_, other) => { this.tell(other, leaf) })
  }

  /** A label of another search: what it read is not known here. */
  restore(label: number, instance: number): void {
    if (label >= independent.labels) return
    const one = this.labels[label] = this.empty(instance)
    one.reads.fill(0xffffffff)
  }

  private empty(instance: number): Footprint {
    return { instance, reads: new Uint32Array(this.words), writes: new Uint32Array(this.words) }
  }

  /** Whether that was news. */
  private widen(of: Footprint[], index: number, { instance, reads, writes }: Footprint): boolean {
    let isNew = of[index] === undefined
    const all = of[index] ??= this.empty(instance)
    for (let w = 0; w < this.words; w++) {
      if ((reads[w]! & ~all.reads[w]! | writes[w]! & ~all.writes[w]!) === 0) continue
      all.reads[w]! |= reads[w]!
      all.writes[w]! |= writes[w]!
      isNew = true
    }
    return isNew
  }

  private tell(label: number, leaf: number): void {
    const { rows } = this, word = label * (independent.leaves >>> 5) + (leaf >>> 5), bit = 1 << (leaf & 31)
    if (this.isSuperfluous(this.leaves[leaf]!, this.labels[label]!)) rows[word]! |= bit
    else rows[word]! &= ~bit
  }
  private isSuperfluous(a: Footprint, b: Footprint): boolean {
    if (a.instance >= b.instance) return false
    for (let w = 0; w < this.words; w++)
      if ((a.writes[w]! & (b.reads[w]! | b.writes[w]!) | a.reads[w]! & b.writes[w]!) !== 0) return false
    return true
  }
}
