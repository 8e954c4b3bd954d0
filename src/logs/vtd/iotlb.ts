/** Replays the IOTLB of a log: fills put entries in, descriptors take out what they cover (VT-d rev 5.10, ch. 6 and
 *  table 28). */
import { coversTranslation, hardwareGeometry, leafSize } from '../../../spec/vtd/index.ts'
import type { TranslationInvalidation } from '../../../spec/vtd/index.ts'
import { sameWords } from '../dwords.ts'
import type { At, Fill, Hit, Translation } from '../event.ts'
import { count, noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import type { Doubts } from '../replay/doubts.ts'
import type { EntryLedger } from '../replay/entries.ts'
import type { Conduct, IotlbReport } from '../replay/reports.ts'
import { keep } from '../replay/trail.ts'
import type { Stay, Trail } from '../replay/trail.ts'
import type { SoFar } from '../side.ts'
import { layoutOf, pointed, Stages } from './leaves.ts'

interface Entry { readonly sid: number; page: number; readonly stay: Stay }

/** A leaf just filled or hit, whose translation comes next. */
interface Used { readonly entry: Entry; readonly isFill: boolean; readonly line: number }

const smallPage = leafSize(hardwareGeometry, 1)
const levelOf = (pages: number): 1 | 2 | 3
  | null => ([1, 2, 3] as const).find(level => leafSize(hardwareGeometry, level) === pages * smallPage) ?? null
const pageOf = (address: number): number => Math.floor(address / 4096)

const isOf = ({ stay }: Entry, leaf: Uint32Array, did: number): boolean =>
  sameWords(stay.leaf, leaf) && stay.did === did

export class IotlbReplay {
  readonly #bySource = new Map<number, Map<number, Entry>>()
  readonly #byDomain = new Map<number, { entries: Set<Entry>; fills: number; hits: number }>()
  readonly #ledger: EntryLedger
  readonly #trail: Trail | null
  readonly #capacity: number
  readonly #doubts: Doubts
  #size = 0
  #detached = 0
  #large = 0
  readonly #stages = new Stages()
  #used: Used | null = null
  #translated = 0
  #fills = 0
  #misses = 0
  #explained = 0
  #largest = 0
  /** Whether the log has told of a moment at which the IOTLB was empty. */
  #known = false
  #knownLine = 0
  /** The same of one domain, by its flushes. */
  readonly #flushed = new Map<number, number>()
  #unseenLine = 0
  readonly #beforeStart = noPlaces()
  readonly #otherContent = noPlaces()
  readonly #unexplained = noPlaces()
  readonly #refilledSame = noPlaces()
  readonly #refilledChanged = noPlaces()
  readonly #doubtful = noPlaces()
  readonly #afterUnseen = noPlaces()
  readonly #addressDiffers = noPlaces()
  readonly #removed = { global: 0, domain: 0, pasid: 0, page: 0 }
  readonly #emptied: { conduct: Conduct; line: number; entries: number }[] = []
  readonly #hits = new Map<number, number>()

  /** @param capacity the unit empties its IOTLB instead of holding more. */
  constructor(ledger: EntryLedger, trail: Trail | null, capacity: number, doubts: Doubts) {
    this.#ledger = ledger
    this.#trail = trail
    this.#capacity = capacity
    this.#doubts = doubts
  }

  mode(scalable: boolean | null): void { this.#stages.mode(scalable) }

  /** @param pasid of the request, or the RID_PASID of its device. */
  fill({ sid, address: requested, leaf, did, at }: Fill, pasid: number): void {
    this.#judgeFill(1)
    this.#fills++
    if (this.#size >= this.#capacity) this.empty('capacity', at.line)
    const page = pageOf(requested)
    const held = this.#find(sid, page)
    if (held !== undefined) {
      if (isOf(held, leaf, did)) note(this.#refilledSame, at.line)
      else this.#blame(this.#mayBeGone(held.stay), this.#refilledChanged, at.line)
      this.#remove(held, at.line)
    }
    const firstStage = this.#stages.isFirst(did, leaf)
    const { frame } = pointed(leaf, firstStage)
    const stay: Stay = { from: at, sid, leaf, did, pasid, firstStage, page, pages: 1, frame, hits: [], until: null }
    const entry: Entry = { sid, page, stay }
    this.#put(entry)
    this.#domain(did).fills++
    this.#largest = Math.max(this.#largest, this.#size)
    this.#used = { entry, isFill: true, line: at.line }
    if (this.#trail !== null) keep(this.#trail, this.#trail.stays, stay)
  }

  /** Lines that the log lacks, or a descriptor whose words it lacks, may have taken it out. */
  #mayBeGone({ from }: Stay): boolean { return Math.max(this.#doubts.last, this.#unseenLine) > from.line }

  /** A descriptor was fetched whose words the log lacks. */
  unseen(line: number): void { this.#unseenLine = line }

  /** The translation that follows a fill or a hit. Another device's, whose thread writes in between, says nothing. */
  translated({ sid, from, to, bytes, at: { line } }: Translation): void {
    if (this.#used === null) return
    const pages = bytes / smallPage
    const { entry, isFill } = this.#used
    const end = entry.page + Math.max(pages, entry.stay.pages)
    if (entry.sid !== sid || pageOf(from) < entry.page || pageOf(from) >= end) return
    const level = levelOf(pages)
    this.#judgeFill(level ?? 1)
    this.#used = null
    if (level === null) return note(this.#addressDiffers, line)
    const { frame } = isFill && level > 1 ? this.#enlarge(entry, pages) : entry.stay
    this.#translated++
    const at = pageOf(to)
    if (at - at % pages !== frame) note(this.#addressDiffers, line)
  }

  /** The leaf of the last fill is judged once its level is known; one of 4 KiB has no reserved bit that the others
   *  lack. */
  #judgeFill(level: 1 | 2 | 3): void {
    if (this.#used?.isFill !== true) return
    const { leaf, firstStage } = this.#used.entry.stay
    this.#ledger.judge(layoutOf(level, firstStage), leaf, this.#used.line)
  }

  #enlarge(entry: Entry, pages: number): Stay {
    this.#remove(entry, null)
    const first = entry.page - entry.page % pages
    const stay: Stay = { ...entry.stay, page: first, pages, frame: entry.stay.frame - entry.stay.frame % pages }
    this.#put({ ...entry, page: first, stay })
    if (this.#trail !== null && this.#trail.stays.at(-1) === entry.stay)
      this.#trail.stays[this.#trail.stays.length - 1] = stay
    return stay
  }

  hit({ sid, address, leaf, did, at }: Hit): void {
    this.#judgeFill(1)
    this.#used = null
    count(this.#hits, did)
    const entry = this.#find(sid, pageOf(address))
    if (entry === undefined) return this.#missing(did, at.line)
    if (entry.stay.from.line < this.#unseenLine) note(this.#afterUnseen, at.line)
    if (this.#trail !== null) keep(this.#trail, entry.stay.hits, at)
    if (!isOf(entry, leaf, did))
      return this.#blame(this.#mayBeGone(entry.stay), this.#otherContent, at.line)
    this.#explained++
    this.#used = { entry, isFill: false, line: at.line }
  }

  /** Where a hit of nothing counts: a fill may be older than the log, or among the lines that it lacks. */
  #missing(did: number, line: number): void {
    const flushed = this.#flushed.get(did)
    if (!this.#known && flushed === undefined) return note(this.#beforeStart, line)
    this.#blame(this.#doubts.last > Math.max(this.#knownLine, flushed ?? 0), this.#unexplained, line)
  }
  #blame(isDoubtful: boolean, places: Places, line: number): void {
    if (isDoubtful) note(this.#doubtful, line)
    else this.#doubts.blame(places, this.#doubtful, line)
  }

  /** What no line to come can mend. */
  soFar(): SoFar[] {
    return [{ claim: 'hits-explained', places: this.#unexplained },
      { claim: 'hits-explained', places: this.#otherContent },
      { claim: 'leaf-changes-invalidated', places: this.#refilledChanged }]
  }

  miss(): void { this.#misses++ }

  /** @param withTable whether an entry above was invalidated just before. */
  invalidate(descriptor: TranslationInvalidation, at: At, withTable = false): void {
    if (this.#trail !== null) keep(this.#trail, this.#trail.commands, { ...at, descriptor })
    if (descriptor.granularity === 'global') this.#emptyAt(at.line)
    else if (descriptor.granularity !== 'page') this.#flushed.set(descriptor.did, at.line)
    const domains = descriptor.granularity === 'global' ? [...this.#byDomain.keys()] : [descriptor.did]
    for (const did of domains) for (const entry of this.#byDomain.get(did)?.entries ?? []) {
      if (!coversTranslation(descriptor, entry.stay)) continue
      this.#removed[descriptor.granularity]++
      if (withTable && descriptor.granularity !== 'page') this.#detached++
      this.#remove(entry, at.line)
    }
  }

  /** PASID entries may have changed, and with them the stage of a domain's tables. */
  stagesMayChange(): void { this.#stages.forget() }

  empty(conduct: Conduct, line: number): void {
    this.#emptyAt(line)
    if (this.#size > 0 || conduct !== 'reset') this.#emptied.push({ conduct, line, entries: this.#size })
    for (const { entries } of this.#byDomain.values()) for (const entry of entries) this.#remove(entry, line)
  }

  #emptyAt(line: number): void { this.#known = true; this.#knownLine = line }

  /** The unit was reset. Told of by a line that may concern the context cache alone once the unit is in use. */
  reset(line: number): void { if (this.#fills === 0 && this.#hits.size === 0) this.empty('reset', line) }

  report(): IotlbReport {
    this.#judgeFill(1)
    this.#used = null
    for (const [did, hits] of this.#hits) this.#domain(did).hits = hits
    const byDomain = [...this.#byDomain].sort(([a], [b]) => a - b)
      .map(([did, { fills, hits }]) => ({ did, fills, hits }))
    return {
      fills: this.#fills, hits: byDomain.reduce((sum, { hits }) => sum + hits, 0), misses: this.#misses,
      explained: this.#explained, beforeStart: this.#beforeStart,
      otherContent: this.#otherContent, unexplained: this.#unexplained,
      refilledSame: this.#refilledSame, refilledChanged: this.#refilledChanged, doubtful: this.#doubtful,
      afterUnseen: this.#afterUnseen,
      byDomain, removed: this.#removed,
      detached: this.#detached, emptied: this.#emptied.slice(0, 20), largest: this.#largest, left: this.#size,
      translated: this.#translated, addressDiffers: this.#addressDiffers,
    }
  }

  #domain(did: number): { entries: Set<Entry>; fills: number; hits: number } {
    let domain = this.#byDomain.get(did)
    if (domain === undefined) this.#byDomain.set(did, domain = { entries: new Set(), fills: 0, hits: 0 })
    return domain
  }
  #find(sid: number, page: number): Entry | undefined {
    const pages = this.#bySource.get(sid)
    const small = pages?.get(page)
    if (small !== undefined || this.#large === 0) return small
    const large = pages?.get(page - page % 512) ?? pages?.get(page - page % 512 ** 2)
    return large !== undefined && page < large.page + large.stay.pages ? large : undefined
  }
  #put(entry: Entry): void {
    let pages = this.#bySource.get(entry.sid)
    if (pages === undefined) this.#bySource.set(entry.sid, pages = new Map())
    pages.set(entry.page, entry)
    this.#domain(entry.stay.did).entries.add(entry)
    this.#size++
    if (entry.stay.pages > 1) this.#large++
  }
  #remove(entry: Entry, line: number | null): void {
    this.#bySource.get(entry.sid)!.delete(entry.page)
    this.#domain(entry.stay.did).entries.delete(entry)
    this.#size--
    if (entry.stay.pages > 1) this.#large--
    entry.stay.until = line
  }
}
