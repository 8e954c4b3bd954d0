/** Interrupt remapping entries as they were read, and whether each change was invalidated before its next use (VT-d rev 5.10, table 28). */
import { coversIec } from '../../../spec/vtd/invalidation.ts'
import type { IecInvalidation } from '../../../spec/vtd/invalidation.ts'
import { entryReader } from '../../../spec/vtd/entries.ts'
import { anything, dwordsOf } from '../../../spec/vtd/layout.ts'
import type { Irte } from '../../../spec/vtd/tables.ts'
import { noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'

/** No capability is known of the unit whose log this is. */
const entries = entryReader(anything)

/** What table 28 and caching mode ask for: an entry that was present needs an invalidation; one that was not needs it only with CM=1. */
export type IrteRule = 'was present: invalidation needed' | 'was not present: needed only with CM=1'
export interface IrteChange {
  readonly index: number
  /** The last read of the old content, and the first of the new. */
  readonly oldLine: number
  readonly newLine: number
  readonly from: string
  readonly to: string
  readonly rule: IrteRule
  /** The last covering invalidation between the two reads, and the wait that completed after it; null where there was none. */
  readonly iecLine: number | null
  readonly waitLine: number | null
}
export interface IrteReport {
  readonly reads: number
  readonly entries: number
  readonly changes: number
  readonly invalidated: number
  readonly missed: readonly IrteChange[]
  readonly sample: readonly IrteChange[]
  /** Reads of an entry that is not present, or with a reserved bit set. */
  readonly odd: Places
  /** Which half the log prints as `low`: found by decoding, as one order makes no valid entry. */
  readonly halves: 'as printed' | 'swapped' | 'undecided'
  /** Entries that decode only in the other order than the one taken. */
  readonly halvesDisputed: number
  /** Remapped interrupts whose vector, trigger, delivery or destination mode is not that of the entry read just before. */
  readonly remapDiffers: Places
}
interface Known { content: string; irte: Irte; line: number; iecLine: number | null; waitLine: number | null }

const valid = (irte: Irte): boolean => irte.present && !irte.reserved && !irte.im && irte.svt !== 3
const describe = (irte: Irte): string => !irte.present ? 'not present'
  : irte.im ? `posted vector ${irte.vector}` : `vector ${irte.vector} dst 0x${irte.dst.toString(16)}`

export class IrteReplay {
  readonly #known = new Map<number, Known>()
  readonly #unwaited = new Set<Known>()
  readonly #missed: IrteChange[] = []
  readonly #sample: IrteChange[] = []
  readonly #odd = noPlaces()
  readonly #remapDiffers = noPlaces()
  #reads = 0
  #changes = 0
  #invalidated = 0
  #halves: IrteReport['halves'] = 'undecided'
  #disputed = 0
  #lastRead: Irte | null = null

  read(index: number, low: string, high: string, line: number): void {
    this.#reads++
    const content = `${low} ${high}`
    const known = this.#known.get(index)
    if (known === undefined) {
      const irte = this.#decode(low, high, line)
      this.#known.set(index, { content, irte, line, iecLine: null, waitLine: null })
      this.#lastRead = irte
      return
    }
    if (known.content !== content) {
      const irte = this.#decode(low, high, line)
      this.#changed(index, known, irte, line)
      Object.assign(known, { content, irte })
    }
    Object.assign(known, { line, iecLine: null, waitLine: null })
    this.#unwaited.delete(known)
    this.#lastRead = known.irte
  }

  /** What the unit then made of the entry; compared so that a wrong decoding cannot stay unseen. */
  remapped(vector: number, trigger: number, delivery: number, mode: number, line: number): void {
    const irte = this.#lastRead
    this.#lastRead = null
    if (irte === null || irte.im) return
    if (irte.vector !== vector || Number(irte.tm) !== trigger || irte.dlm !== delivery || Number(irte.dm) !== mode)
      note(this.#remapDiffers, line)
  }

  invalidate(descriptor: IecInvalidation, line: number): void {
    for (const [index, known] of this.#known) {
      if (!coversIec(descriptor, index)) continue
      known.iecLine = line
      known.waitLine = null
      this.#unwaited.add(known)
    }
  }
  waited(line: number): void {
    for (const known of this.#unwaited) known.waitLine = line
    this.#unwaited.clear()
  }

  report(): IrteReport {
    return {
      reads: this.#reads, entries: this.#known.size, changes: this.#changes, invalidated: this.#invalidated,
      missed: this.#missed, sample: this.#sample, odd: this.#odd,
      halves: this.#halves, halvesDisputed: this.#disputed, remapDiffers: this.#remapDiffers,
    }
  }

  #changed(index: number, known: Known, irte: Irte, line: number): void {
    this.#changes++
    const { iecLine, waitLine } = known
    const needed = known.irte.present
    const rule: IrteRule = needed ? 'was present: invalidation needed' : 'was not present: needed only with CM=1'
    const change = { index, oldLine: known.line, newLine: line, from: describe(known.irte), to: describe(irte), rule, iecLine, waitLine }
    if (!needed || waitLine !== null) this.#invalidated++
    else if (this.#missed.length < 20) this.#missed.push(change)
    if (this.#sample.length < 20) this.#sample.push(change)
  }

  /** QEMU 7.2 prints the halves in the other order than its words say. Taken is the order that first makes a valid entry alone. */
  #decode(low: string, high: string, line: number): Irte {
    const asPrinted = entries.irte(dwordsOf(BigInt(low), BigInt(high)), 0), swapped = entries.irte(dwordsOf(BigInt(high), BigInt(low)), 0)
    const says = valid(asPrinted) === valid(swapped) ? null : valid(swapped) ? 'swapped' : 'as printed'
    if (says !== null && this.#halves === 'undecided') this.#halves = says
    else if (says !== null && says !== this.#halves) this.#disputed++
    const irte = this.#halves === 'swapped' ? swapped : asPrinted
    if (!irte.present || irte.reserved) note(this.#odd, line)
    return irte
  }
}
