/** Replays the context cache of a log (VT-d rev 5.10, ch. 6 and 6.5.2.1), for legacy and scalable mode. */
import { coversContext } from '../../../spec/vtd/invalidation.ts'
import type { ContextCacheInvalidation } from '../../../spec/vtd/invalidation.ts'
import { contextEntry, decode, dwordsOf } from '../../../spec/vtd/layout.ts'
import { noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'

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

export class ContextReplay {
  readonly #held = new Map<number, { content: string; did: number }>()
  /** Whether the log has told of a moment at which the cache was empty. */
  #known = false
  readonly #beforeStart = noPlaces()
  readonly #unexplained = noPlaces()
  readonly #refilledChanged = noPlaces()
  #scalable = false
  #fills = 0
  #hits = 0
  #explained = 0
  notPresent = 0
  passThrough = 0

  /** In scalable mode the domain stands in the PASID entry, which the log does not show. */
  mode(scalable: boolean): void { this.#scalable = scalable }

  fill(sid: number, high: string, low: string, line: number): void {
    this.#fills++
    const content = `${high} ${low}`
    const held = this.#held.get(sid)
    if (held !== undefined && held.content !== content) note(this.#refilledChanged, line)
    const did = this.#scalable ? 0 : decode(contextEntry, dwordsOf(BigInt(low), BigInt(high))).DID
    this.#held.set(sid, { content, did })
  }

  hit(sid: number, high: string, low: string, line: number): void {
    this.#hits++
    const held = this.#held.get(sid)
    if (held?.content === `${high} ${low}`) this.#explained++
    else if (held === undefined && !this.#known) note(this.#beforeStart, line)
    else note(this.#unexplained, line)
  }

  /** Scalable mode: an invalidation by domain is global, one by device does not look at the domain. */
  invalidate(descriptor: ContextCacheInvalidation): void {
    if (descriptor.granularity === 'global') this.#known = true
    for (const [sid, { did }] of this.#held)
      if (coversContext(descriptor, { sid, did: this.#scalable ? descriptor.did : did })) this.#held.delete(sid)
  }

  empty(): void { this.#held.clear(); this.#known = true }

  report(): ContextReport {
    return {
      fills: this.#fills, hits: this.#hits, explained: this.#explained, unexplained: this.#unexplained,
      beforeStart: this.#beforeStart, refilledChanged: this.#refilledChanged, notPresent: this.notPresent, passThrough: this.passThrough,
    }
  }
}
