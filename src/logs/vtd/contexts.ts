/** Replays the context cache of a log (VT-d rev 5.10, ch. 6 and 6.5.2.1), for legacy and scalable mode. */
import { contextEntry, coversContext, getter, scalableContextEntry } from '../../../spec/vtd/index.ts'
import type { ContextCacheInvalidation } from '../../../spec/vtd/index.ts'
import { padded, sameWords } from '../dwords.ts'
import { noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import type { Doubts } from '../replay/doubts.ts'
import type { EntryLedger } from '../replay/entries.ts'
import type { ContextReport } from '../replay/reports.ts'
import { keep } from '../replay/trail.ts'
import type { ContextStay, TableTrail } from '../replay/trail.ts'
import { PasidReplay } from './pasids.ts'

const didOf = getter(contextEntry, 'DID')
const ridPasidOf = getter(scalableContextEntry, 'RID_PASID')

export class ContextReplay {
  readonly #ledger: EntryLedger
  readonly #trail: TableTrail | null
  readonly #doubts: Doubts
  readonly pasids = new PasidReplay()
  readonly #held = new Map<number, { content: Uint32Array; did: number; pasid: number; stay: ContextStay }>()
  /** Whether the log has told of a moment at which the cache was empty. */
  #known = false
  #knownLine = 0
  readonly #beforeStart = noPlaces()
  readonly #unexplained = noPlaces()
  readonly #refilledChanged = noPlaces()
  readonly #doubtful = noPlaces()
  #scalable: boolean | null = null
  #fills = 0
  #hits = 0
  #explained = 0
  #passThrough = 0
  notPresent = 0

  constructor(ledger: EntryLedger, trail: TableTrail | null, doubts: Doubts) {
    this.#ledger = ledger
    this.#trail = trail
    this.#doubts = doubts
  }

  /** In scalable mode the domain stands in the PASID entry, which the log does not show. */
  mode(scalable: boolean | null): void { this.#scalable = scalable }
  /** Of requests of the device that have none. */
  ridPasidOf(sid: number): number { return this.#held.get(sid)?.pasid ?? 0 }
  /** A fill used the PASID entry of this domain. */
  used(sid: number, did: number, line: number): void {
    if (this.#scalable === true) this.pasids.used(sid, this.ridPasidOf(sid), did, line)
  }

  fill(sid: number, content: Uint32Array, line: number): void {
    this.#fills++
    const held = this.#held.get(sid)
    if (held !== undefined && !sameWords(held.content, content))
      this.#blame(held.stay.line, this.#refilledChanged, line)
    if (held !== undefined) held.stay.until = line
    const of = this.#scalable ? scalableContextEntry : contextEntry
    const entry = padded(content, of.bits / 32)
    // A log that begins late does not say which layout the entry has.
    if (this.#scalable !== null) this.#ledger.judge(of, entry, line)
    const stay: ContextStay = { line, sid, words: entry.subarray(0, 4), until: null }
    this.#held.set(sid, { content, stay, did: this.#scalable === false ? didOf(entry, 0) : 0,
      pasid: this.#scalable ? ridPasidOf(entry, 0) : 0 })
    if (this.#trail !== null) keep(this.#trail, this.#trail.contexts, stay)
  }

  hit(sid: number, content: Uint32Array, line: number): void {
    this.#hits++
    const held = this.#held.get(sid)
    if (held !== undefined && sameWords(held.content, content)) this.#explained++
    else if (held === undefined && !this.#known) note(this.#beforeStart, line)
    else this.#blame(this.#knownLine, this.#unexplained, line)
  }
  /** @param since the line up to which all was known. */
  #blame(since: number, places: Places, line: number): void {
    if (this.#doubts.last > since) note(this.#doubtful, line)
    else this.#doubts.blame(places, this.#doubtful, line)
  }

  /** A translation under an entry that says pass-through. */
  pass(sid: number, address: number, line: number): void {
    this.#passThrough++
    if (this.#trail !== null) keep(this.#trail, this.#trail.passed, { line, sid, address: address - address % 4096 })
  }

  /** Scalable mode: an invalidation by domain is global, one by device does not look at the domain. */
  invalidate(descriptor: ContextCacheInvalidation, line: number): void {
    if (descriptor.granularity === 'global') this.#emptied(line)
    for (const [sid, { did, stay }] of this.#held) {
      if (!coversContext(descriptor, { sid, did: this.#scalable === false ? did : descriptor.did })) continue
      stay.until = line
      this.#held.delete(sid)
    }
  }

  empty(line: number): void {
    for (const { stay } of this.#held.values()) stay.until = line
    this.#held.clear()
    this.pasids.empty()
    this.#emptied(line)
  }

  #emptied(line: number): void { this.#known = true; this.#knownLine = line }

  report(): ContextReport {
    return {
      fills: this.#fills, hits: this.#hits, explained: this.#explained, unexplained: this.#unexplained,
      beforeStart: this.#beforeStart, refilledChanged: this.#refilledChanged, doubtful: this.#doubtful,
      pasids: this.pasids.report(), notPresent: this.notPresent,
      passThrough: this.#passThrough,
    }
  }
}
