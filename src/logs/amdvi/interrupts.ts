/** Interrupt entries as they were read, and whether each change was invalidated (AMD 48882 rev 3.05: 2.2.5, 2.4.5). The
 *  log does not say whose table INVALIDATE_INTERRUPT_TABLE names: any counts. */
import { anything, decodeMessage, entryReader, irte128, irte32, irteGuest } from '../../../spec/amdvi/index.ts'
import type { EntryReader, InterruptEntry } from '../../../spec/amdvi/index.ts'
import { sameWords } from '../dwords.ts'
import { noPlaces, note } from '../numbers.ts'
import type { EntryLedger, Judged } from '../replay/entries.ts'
import type { IrteChange, IrteReport } from '../replay/irtes.ts'
import { keep } from '../replay/trail.ts'
import type { IrteSpan, TableTrail } from '../replay/trail.ts'
import type { Became, Entry } from './event.ts'

/** No feature is known of the unit whose log this is. */
const readers: Readonly<Record<number, EntryReader>> =
  { 1: entryReader(anything, false), 4: entryReader(anything, true) }

interface Change {
  readonly is: Omit<IrteChange, 'iecLine' | 'waitLine'>
  iecLine: number | null
  waitLine: number | null
  waitsAfter: number
}
interface Known {
  content: Uint32Array
  entry: InterruptEntry
  judged: Judged
  span: IrteSpan
  line: number
  /** Of the content that it has. */
  iecLine: number | null
  waitLine: number | null
  /** The last change, until it is settled. */
  change: Change | null
}

const describe = ({ enabled, vector, destination, guestMode }: InterruptEntry): string => {
  if (!enabled) return 'not enabled'
  return `${guestMode ? 'guest ' : ''}vector ${vector} dst 0x${destination.toString(16)}`
}

export class InterruptReplay {
  readonly #ledger: EntryLedger
  readonly #trail: TableTrail | null
  /** By host address. */
  readonly #known = new Map<number, Known>()
  readonly #sample: IrteChange[] = []
  readonly #missed: IrteChange[] = []
  readonly #odd = noPlaces()
  readonly #remapDiffers = noPlaces()
  #address = 0
  #reads = 0
  #changes = 0
  #invalidated = 0
  #remapped = 0
  #lastRead: InterruptEntry | null = null

  constructor(ledger: EntryLedger, trail: TableTrail | null) { this.#ledger = ledger; this.#trail = trail }

  message(): void { this.#lastRead = null }
  at(address: number): void { this.#address = address }

  read({ words, at: { line } }: Entry): void {
    this.#reads++
    const reader = readers[words.length]
    if (reader === undefined) return note(this.#odd, line)
    let known = this.#known.get(this.#address)
    if (known === undefined) {
      known = { ...this.#first(words, reader, line), line, iecLine: null, waitLine: null, change: null }
      this.#known.set(this.#address, known)
    } else if (sameWords(known.content, words)) this.#ledger.again(known.judged, line)
    else this.#changed(known, words, reader, line)
    known.line = line
    known.iecLine = known.waitLine = null
    this.#lastRead = known.entry
    if (this.#trail !== null) keep(this.#trail, known.span.reads, line)
  }

  /** Compared with the entry, so that a wrong decoding cannot stay unseen. */
  became({ to, at: { line } }: Became): void {
    const entry = this.#lastRead
    this.#lastRead = null
    if (entry === null || entry.guestMode) return
    this.#remapped++
    const message = decodeMessage(to.address % 2 ** 32, to.data)
    if (message === null) return note(this.#remapDiffers, line)
    const { vector, type, logical, destination } = message.unmapped
    // Bits 31:8 of a destination stand above the address that a message has.
    const whole = destination + Math.floor(to.address / 2 ** 40) * 256
    if (vector !== entry.vector || type !== entry.type || logical !== entry.logical
      || whole !== entry.destination && whole !== (entry.destination & 0xff)) note(this.#remapDiffers, line)
  }

  invalidate(line: number): void {
    for (const known of this.#known.values()) {
      known.iecLine = line
      known.waitLine = null
      if (known.change !== null) known.change.iecLine = line
    }
  }
  waited(line: number): void {
    for (const known of this.#known.values()) {
      if (known.iecLine !== null) known.waitLine ??= line
      const { change } = known
      if (change === null) continue
      change.waitsAfter++
      if (change.iecLine !== null) change.waitLine ??= line
      if (change.waitLine !== null) this.#settle(known)
    }
  }

  report(): IrteReport {
    for (const known of this.#known.values()) this.#settle(known)
    return {
      reads: this.#reads, entries: this.#known.size, changes: this.#changes, invalidated: this.#invalidated,
      missed: this.#missed, sample: this.#sample, odd: this.#odd, halves: 'as printed', halvesDisputed: 0,
      remapped: this.#remapped, remapDiffers: this.#remapDiffers,
    }
  }

  /** An interrupt may read the new entry before the invalidation is sent. A breach is a change that none follows; of
   *  one after which the log has no wait, nothing can be said. */
  #changed(known: Known, words: Uint32Array, reader: EntryReader, line: number): void {
    this.#settle(known)
    const old = known.entry
    const next = this.#first(words, reader, line)
    const is = { index: this.#address % 4096 / (4 * words.length), oldLine: known.line, newLine: line,
      from: describe(old), to: describe(next.entry),
      rule: old.enabled ? 'was present: invalidation needed' : 'was not present: needed only with CM=1' } as const
    known.change = { is, iecLine: known.iecLine, waitLine: known.waitLine, waitsAfter: 0 }
    Object.assign(known, next)
    if (!old.enabled || known.change.waitLine !== null) this.#settle(known)
  }

  #settle(known: Known): void {
    const { change } = known
    known.change = null
    if (change === null) return
    const needed = change.is.rule === 'was present: invalidation needed'
    const said: IrteChange = { ...change.is, iecLine: change.iecLine, waitLine: change.waitLine }
    const isDone = !needed || change.waitLine !== null
    if (!isDone && change.waitsAfter === 0) return
    this.#changes++
    if (isDone) this.#invalidated++
    else if (this.#missed.length < 20) this.#missed.push(said)
    if (this.#sample.length < 20) this.#sample.push(said)
  }

  #first(words: Uint32Array, reader: EntryReader, line: number): Pick<Known, 'content' | 'entry' | 'judged' | 'span'> {
    const entry = reader.interruptEntry(words, 0)
    const wide = entry.guestMode ? irteGuest : irte128
    const of = words.length === 1 ? irte32 : wide
    if (!entry.enabled || entry.reserved) note(this.#odd, line)
    const span = { index: this.#address, words, reads: [] }
    if (this.#trail !== null) keep(this.#trail, this.#trail.irtes, span)
    return { content: words, entry, span,
      judged: entry.enabled ? this.#ledger.judge(of, words, line) : this.#ledger.unused(of) }
  }
}
