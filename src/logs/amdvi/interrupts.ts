/** Interrupt entries as they were read, and whether each change was invalidated (AMD 48882 rev 3.05: 2.2.5, 2.4.5). The
 *  log does not say whose table INVALIDATE_INTERRUPT_TABLE names: any counts. */
import { anything, decodeMessage, entryReader, irte128, irte32, irteGuest } from '../../../spec/amdvi/index.ts'
import type { EntryReader, InterruptEntry } from '../../../spec/amdvi/index.ts'
import { sameWords } from '../dwords.ts'
import type { At } from '../event.ts'
import { noPlaces, note } from '../numbers.ts'
import type { Doubts } from '../replay/doubts.ts'
import type { EntryLedger, Judged } from '../replay/entries.ts'
import type { IrteChange, IrteReport, IrteWindow } from '../replay/reports.ts'
import { keep } from '../replay/trail.ts'
import type { IrteSpan, TableTrail } from '../replay/trail.ts'
import type { Became, Entry } from './event.ts'

/** No feature is known of the unit whose log this is. */
const readers: Readonly<Record<number, EntryReader>> =
  { 1: entryReader(anything, false), 4: entryReader(anything, true) }

interface Change {
  readonly is: Omit<IrteChange, 'iecLine' | 'waitLine'>
  readonly at: At
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
  readonly #doubts: Doubts
  readonly #early = noPlaces()
  readonly #doubtful = noPlaces()
  readonly #ending = noPlaces()
  readonly #odd = noPlaces()
  readonly #remapDiffers = noPlaces()
  #longest: IrteWindow | null = null
  #address = 0
  #isNamed = false
  #reads = 0
  #changes = 0
  #invalidated = 0
  #remapped = 0
  #lastRead: InterruptEntry | null = null

  constructor(ledger: EntryLedger, trail: TableTrail | null, doubts: Doubts) {
    this.#ledger = ledger
    this.#trail = trail
    this.#doubts = doubts
  }

  message(): void { this.#lastRead = null }
  at(address: number): void { this.#address = address; this.#isNamed = true }

  read({ words, at }: Entry): void {
    const { line } = at
    this.#reads++
    // The line is lacking that says which entry it is.
    if (!this.#isNamed) return this.#doubts.note(line)
    this.#isNamed = false
    const reader = readers[words.length]
    if (reader === undefined) return note(this.#odd, line)
    let known = this.#known.get(this.#address)
    if (known === undefined) {
      known = { ...this.#first(words, reader, line), line, iecLine: null, waitLine: null, change: null }
      this.#known.set(this.#address, known)
    } else if (sameWords(known.content, words)) this.#ledger.again(known.judged, line)
    else this.#changed(known, words, reader, at)
    known.line = line
    known.iecLine = known.waitLine = null
    this.#lastRead = known.entry
    if (this.#trail !== null) keep(this.#trail, known.span.reads, line)
  }

  /** Compared with the entry, so that a wrong decoding cannot stay unseen. False where no entry was read. */
  became({ to, at: { line } }: Became): boolean {
    const entry = this.#lastRead
    this.#lastRead = null
    if (entry === null) return false
    if (entry.guestMode) return true
    this.#remapped++
    if (!this.#isOf(entry, to)) note(this.#remapDiffers, line)
    return true
  }
  #isOf(entry: InterruptEntry, to: Became['to']): boolean {
    const message = decodeMessage(to.address % 2 ** 32, to.data)
    if (message === null) return false
    const { vector, type, logical, destination } = message.unmapped
    // Bits 31:8 of a destination stand above the address that a message has.
    const whole = destination + Math.floor(to.address / 2 ** 40) * 256
    return vector === entry.vector && type === entry.type && logical === entry.logical
      && (whole === entry.destination || whole === (entry.destination & 0xff))
  }

  invalidate(line: number): void {
    for (const known of this.#known.values()) {
      known.iecLine = line
      known.waitLine = null
      if (known.change !== null) known.change.iecLine = line
    }
  }
  waited({ line, time_us }: At): void {
    for (const known of this.#known.values()) {
      if (known.iecLine !== null) known.waitLine ??= line
      const { change } = known
      if (change === null) continue
      change.waitsAfter++
      if (change.iecLine !== null) change.waitLine ??= line
      if (change.waitLine !== null) {
        this.#wasOpen(change, line, time_us)
        this.#settle(known)
      }
    }
  }

  report(): IrteReport {
    for (const known of this.#known.values()) this.#settle(known)
    return {
      reads: this.#reads, entries: this.#known.size, changes: this.#changes, invalidated: this.#invalidated,
      early: this.#early, longest: this.#longest, doubtful: this.#doubtful, ending: this.#ending,
      missed: this.#missed, sample: this.#sample, odd: this.#odd,
      anySource: { ...noPlaces(), indices: [] }, halves: 'as printed', halvesDisputed: 0,
      remapped: this.#remapped, remapDiffers: this.#remapDiffers,
    }
  }

  /** An interrupt may read the new entry before the invalidation is sent. A breach is a change that none follows; of
   *  one after which the log has no wait, nothing can be said. */
  #changed(known: Known, words: Uint32Array, reader: EntryReader, at: At): void {
    const { line } = at
    this.#settle(known)
    const old = known.entry
    const next = this.#first(words, reader, line)
    const is = { index: this.#address % 4096 / (4 * words.length), oldLine: known.line, newLine: line,
      from: describe(old), to: describe(next.entry),
      rule: old.enabled ? 'was present: invalidation needed' : 'was not present: needed only with CM=1' } as const
    known.change = { is, at, iecLine: known.iecLine, waitLine: known.waitLine, waitsAfter: 0 }
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
    this.#changes++
    if (isDone) this.#invalidated++
    else if (change.waitsAfter === 0) note(this.#ending, said.newLine)
    else if (this.#doubts.last > said.oldLine) note(this.#doubtful, said.newLine)
    else if (this.#missed.length < 20) this.#missed.push(said)
    if (this.#sample.length < 20) this.#sample.push(said)
  }

  #wasOpen({ is: { index, newLine }, at }: Change, waitLine: number, time_us: number): void {
    note(this.#early, newLine)
    const open_us = time_us - at.time_us, most = this.#longest
    const isLonger = most === null || open_us > most.open_us
      || open_us === most.open_us && waitLine - newLine > most.waitLine - most.newLine
    if (isLonger) this.#longest = { index, newLine, waitLine, open_us }
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
