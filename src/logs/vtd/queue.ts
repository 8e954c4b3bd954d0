/** Follows the invalidation queue of a log: every entry from head to tail, its words and what QEMU says it did (VT-d
 *  rev 5.10, 6.5.2). */
import { anything, decodeDescriptor, descriptorLayouts, descriptorType } from '../../../spec/vtd/index.ts'
import type { Descriptor, DescriptorType, Layout, QueueMode, RawDescriptor } from '../../../spec/vtd/index.ts'
import { padded } from '../dwords.ts'
import type { At, CarriedOut } from '../event.ts'
import { count, noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import type { Doubts } from '../replay/doubts.ts'
import type { EntryLedger } from '../replay/entries.ts'
import type { QueueReport } from '../replay/reports.ts'
import type { SoFar } from '../side.ts'

const kindOf = (d: RawDescriptor): string => 'granularity' in d ? `${d.type} ${d.granularity}` : d.type

/** Those of which the unit tells what it does. */
type Told = Extract<RawDescriptor, Descriptor>
const isTold = (d: RawDescriptor): d is Told =>
  d.type === 'context-cache' || d.type === 'iotlb' || d.type === 'iec' || d.type === 'wait'

export class QueueReplay {
  readonly #ledger: EntryLedger
  #mode: QueueMode = { bits: 128, scalable: false, rules: anything }
  /** Null where a log that begins late has not said it. */
  #scalable: boolean | null = null
  #bits: QueueMode['bits'] | null = null
  #size: number | null = null
  #tail: number | null = null
  #tailLine = 0
  /** Index the next fetch must have; null where the log has not said. */
  #next: number | null = null
  #pending: Told | null = null
  /** A tail was written that counts as a submission, and nothing fetched since. */
  #isRung = false
  /** The unit fetches nothing more, for an error of the driver's. */
  #stopped = false
  #fetched: { at: At; seen: boolean } | null = null
  #submissions = 0
  #descriptors = 0
  #waits = 0
  #completed = 0
  #sinceWait = 0
  #lastKind: string | null = null
  readonly #kinds = new Map<string, number>()
  readonly #perWait = new Map<number, number>()
  readonly #withoutWait = noPlaces()
  readonly #unseen = noPlaces()
  readonly #beyond = noPlaces()
  readonly #gaps = noPlaces()
  readonly #disagreeing = noPlaces()
  readonly #undecoded: { line: number; why: string }[] = []

  readonly #doubts: Doubts
  /** Called for an entry of scalable mode whose words the log lacks. */
  readonly #onUnseen: (at: At) => void

  constructor(ledger: EntryLedger, doubts: Doubts, onUnseen: (at: At) => void) {
    this.#ledger = ledger
    this.#doubts = doubts
    this.#onUnseen = onUnseen
  }

  /** Whether an entry of this type can only be of scalable mode, where the log has not said the mode. */
  tellsScalable(words: Uint32Array): boolean { return this.#scalable === null && descriptorType(words) > 5 }

  /** Whether the log prints descriptors of type 6: then those without words are of type 7. */
  get printsPasidIotlb(): boolean { return this.#kinds.has('pasid-iotlb pasid') || this.#kinds.has('pasid-iotlb page') }

  /** The unit begins at entry 0 again, whatever was fetched before: after a suspend, say. A tail that was written while
   *  the queue was off submits nothing. */
  setup(entries: number, line: number): void {
    this.#close(line)
    if (this.#isRung && this.#tail === 0) this.#submissions--
    this.#isRung = false
    this.#size = entries
    this.#next = 0
    this.#stopped = false
  }

  /** IQA.DW, where the log shows that it was written. */
  width(bits: QueueMode['bits']): void { this.#bits = bits; this.mode(this.#scalable) }
  mode(scalable: boolean | null): void {
    this.#scalable = scalable
    this.#mode = { bits: this.#bits ?? (scalable === true ? 256 : 128), scalable: scalable === true, rules: anything }
  }

  tail(index: number, line: number): void {
    this.#close(line)
    this.#unfetched(line)
    if (this.#size !== null && index >= this.#size) this.#refuse(line)
    if (this.#next === null && this.#tail !== null) this.#next = this.#tail
    if (this.#tail !== index && !(this.#tail === null && index === 0)) {
      this.#submissions++
      this.#isRung = true
      this.#endSubmission()
    }
    this.#tail = index
    this.#tailLine = line
  }

  /** The unit says that the tail is none of the ring. */
  refusedTail(): void { if (!this.#stopped) this.#refuse(this.#tailLine) }
  #refuse(line: number): void {
    this.#stopped = true
    note(this.#beyond, line)
  }

  soFar(): SoFar[] { return [{ claim: 'tail-in-ring', places: this.#beyond }] }

  head(index: number, at: At): void {
    const { line } = at
    this.#close(line)
    // A log that began late does not say how long the ring is, until it begins again.
    if (index === 0 && this.#size === null && this.#next !== null) this.#size = this.#next
    if (this.#next !== null && index !== this.#wrap(this.#next)) this.#lacks(this.#gaps, line)
    else this.#doubts.settle()
    this.#stopped = this.#isRung = false
    this.#next = this.#wrap(index + 1)
    this.#fetched = { at, seen: false }
  }

  /** The words of the entry, of one of 256 bits the lower half: the upper is taken as 0. Null where they make none. */
  entry(lowest: Uint32Array, line: number): RawDescriptor | null {
    if (this.#fetched === null || this.#fetched.seen) this.#lacks(this.#gaps, line)
    else this.#fetched.seen = true
    const words = padded(lowest, this.#mode.bits / 32)
    const descriptor = decodeDescriptor(words, this.#mode)
    this.#descriptors++
    const of = descriptorLayouts[descriptorType(words) as DescriptorType] as Layout | undefined
    if (of !== undefined && of.bits <= this.#mode.bits) this.#ledger.judge(of, words, line)
    if (descriptor.type === 'undecoded') {
      if (this.#undecoded.length < 20) this.#undecoded.push({ line, why: descriptor.why })
      this.#lastKind = 'undecoded'
      this.#stopped = true
    } else this.#lastKind = kindOf(descriptor)
    count(this.#kinds, this.#lastKind)
    if (descriptor.type === 'wait') this.#waits++
    else this.#sinceWait++
    if (descriptor.type === 'undecoded') return null
    if (isTold(descriptor)) this.#pending = descriptor
    return descriptor
  }

  /** What the unit says it carries out: the same, told by `kind` and the numbers that it names. */
  carriedOut(kind: CarriedOut['what'] | 'wait', numbers: readonly number[], line: number): void {
    const pending = this.#pending
    this.#pending = null
    if (pending === null || kindOf(pending) !== kind || !sameNumbers(pending, numbers))
      this.#lacks(this.#disagreeing, line)
    if (kind !== 'wait') return
    this.#completed++
    count(this.#perWait, this.#sinceWait)
    this.#sinceWait = 0
  }

  /** The status could not be written. */
  waitFailed(): void {
    this.#completed--
    this.#stopped = true
  }

  /** Told after the last line. */
  report(line: number): QueueReport {
    this.#close(line)
    this.#unfetched(line)
    this.#endSubmission()
    const byKind = [...this.#kinds].map(([kind, n]) => ({ kind, count: n })).sort((a, b) => a.kind < b.kind ? -1 : 1)
    const perWait = [...this.#perWait].sort(([a], [b]) => a - b).map(([descriptors, waits]) => ({ descriptors, waits }))
    return {
      ring: 'queue', entry: 'descriptor', submissions: this.#submissions, descriptors: this.#descriptors, byKind,
      waits: this.#waits, completed: this.#completed, perWait,
      withoutWait: this.#withoutWait, unseen: this.#unseen, beyond: this.#beyond, gaps: this.#gaps,
      disagreeing: this.#disagreeing,
      undecoded: this.#undecoded,
    }
  }

  #endSubmission(): void {
    if (this.#lastKind !== null && this.#lastKind !== 'wait') note(this.#withoutWait, this.#tailLine)
  }
  /** A tail was rung, and entries before it were not fetched: the unit does that at once. */
  #unfetched(line: number): void {
    if (this.#stopped || this.#tail === null || this.#next === null || this.#next === this.#wrap(this.#tail)) return
    if (this.#tail === 0 && this.#size === null) this.#size = this.#next
    else this.#lacks(this.#gaps, line)
  }
  #lacks(places: Places, line: number): void {
    note(places, line)
    this.#doubts.gap(line)
  }
  #wrap(index: number): number { return this.#size === null ? index : index % this.#size }

  #close(line: number): void {
    if (this.#fetched !== null && !this.#fetched.seen) {
      if (this.#scalable !== false) this.#onUnseen(this.#fetched.at)
      else this.#doubts.note(this.#fetched.at.line)
      note(this.#unseen, this.#fetched.at.line)
    }
    if (this.#pending !== null) this.#lacks(this.#disagreeing, line)
    this.#fetched = null
    this.#pending = null
  }
}

/** The numbers in the order of `CarriedOut`. */
const sameNumbers = (d: Told, numbers: readonly number[]): boolean =>
  numbersOf(d).every((value, i) => value === numbers[i])
function numbersOf(d: Told): readonly number[] {
  if (d.type === 'wait') return d.write ? [d.slot * 4] : []
  if (d.granularity === 'global') return []
  switch (d.type) {
    case 'iec': return [d.index, d.indexMask]
    case 'context-cache': return d.granularity === 'device' ? [d.sid, d.functionMask] : [d.did]
    case 'iotlb': return d.granularity === 'domain' ? [d.did] : [d.did, d.page * 4096, d.addressMask]
  }
}
