/** Replays the context cache of a log (VT-d rev 5.10, ch. 6 and 6.5.2.1), for legacy and scalable mode. */
import { contextEntry, coversContext, getter, scalableContextEntry } from '../../../spec/vtd/index.ts'
import type { ContextCacheInvalidation } from '../../../spec/vtd/index.ts'
import { padded, sameWords } from '../dwords.ts'
import { noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import type { EntryLedger } from './entries.ts'
import { keep } from './trail.ts'
import type { ContextStay, TableTrail } from './trail.ts'

export interface ContextReport {
  readonly fills: number
  readonly hits: number
  readonly explained: number
  readonly unexplained: Places
  /** Hits of entries that may be older than the log. */
  readonly beforeStart: Places
  /** Entries fetched with other content while no descriptor had removed the old one. */
  readonly refilledChanged: Places
  readonly notPresent: number
  readonly passThrough: number
}

const didOf = getter(contextEntry, 'DID')

export class ContextReplay {
  readonly #ledger: EntryLedger
  readonly #trail: TableTrail | null
  readonly #held = new Map<number, { content: Uint32Array; did: number; stay: ContextStay }>()
  /** Whether the log has told of a moment at which the cache was empty. */
  #known = false
  readonly #beforeStart = noPlaces()
  readonly #unexplained = noPlaces()
  readonly #refilledChanged = noPlaces()
  #scalable = false
  #fills = 0
  #hits = 0
  #explained = 0
  #passThrough = 0
  notPresent = 0

  constructor(ledger: EntryLedger, trail: TableTrail | null) { this.#ledger = ledger; this.#trail = trail }

  /** In scalable mode the domain stands in the PASID entry, which the log does not show. */
  mode(scalable: boolean): void { this.#scalable = scalable }

  fill(sid: number, content: Uint32Array, line: number): void {
    this.#fills++
    const held = this.#held.get(sid)
    if (held !== undefined && !sameWords(held.content, content)) note(this.#refilledChanged, line)
    if (held !== undefined) held.stay.until = line
    const of = this.#scalable ? scalableContextEntry : contextEntry
    const entry = padded(content, of.bits / 32)
    this.#ledger.judge(of, entry, line)
    const stay: ContextStay = { line, sid, words: entry.subarray(0, 4), until: null }
    this.#held.set(sid, { content, did: this.#scalable ? 0 : didOf(entry, 0), stay })
    if (this.#trail !== null) keep(this.#trail, this.#trail.contexts, stay)
  }

  hit(sid: number, content: Uint32Array, line: number): void {
    this.#hits++
    const held = this.#held.get(sid)
    if (held !== undefined && sameWords(held.content, content)) this.#explained++
    else if (held === undefined && !this.#known) note(this.#beforeStart, line)
    else note(this.#unexplained, line)
  }

  /** A translation under an entry that says pass-through. */
  pass(sid: number, address: number, line: number): void {
    this.#passThrough++
    if (this.#trail !== null) keep(this.#trail, this.#trail.passed, { line, sid, address: address - address % 4096 })
  }

  /** Scalable mode: an invalidation by domain is global, one by device does not look at the domain. */
  invalidate(descriptor: ContextCacheInvalidation, line: number): void {
    if (descriptor.granularity === 'global') this.#known = true
    for (const [sid, { did, stay }] of this.#held) {
      if (!coversContext(descriptor, { sid, did: this.#scalable ? descriptor.did : did })) continue
      stay.until = line
      this.#held.delete(sid)
    }
  }

  empty(line: number): void {
    for (const { stay } of this.#held.values()) stay.until = line
    this.#held.clear()
    this.#known = true
  }

  report(): ContextReport {
    return {
      fills: this.#fills, hits: this.#hits, explained: this.#explained, unexplained: this.#unexplained,
      beforeStart: this.#beforeStart, refilledChanged: this.#refilledChanged, notPresent: this.notPresent,
      passThrough: this.#passThrough,
    }
  }
}
