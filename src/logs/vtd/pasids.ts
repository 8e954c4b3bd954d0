/** Replays the PASID cache of a log in scalable mode, as far as it shows: each fill of the IOTLB tells the domain of
 *  the PASID entry that was used (VT-d rev 5.10, 6.2.1 and table 28). */
import { coversPasid } from '../../../spec/vtd/index.ts'
import type { PasidCacheInvalidation } from '../../../spec/vtd/index.ts'
import { noPlaces, note } from '../numbers.ts'
import type { PasidReport } from '../replay/reports.ts'

export class PasidReplay {
  /** By source and PASID. */
  readonly #held = new Map<number, Map<number, number>>()
  readonly #changed = noPlaces()
  #invalidations = 0

  used(sid: number, pasid: number, did: number, line: number): void {
    let entries = this.#held.get(sid)
    if (entries === undefined) this.#held.set(sid, entries = new Map())
    const held = entries.get(pasid)
    if (held !== undefined && held !== did) note(this.#changed, line)
    entries.set(pasid, did)
  }

  invalidate(descriptor: PasidCacheInvalidation): void {
    this.#invalidations++
    for (const entries of this.#held.values())
      for (const [pasid, did] of entries) if (coversPasid(descriptor, { did, pasid })) entries.delete(pasid)
  }

  /** All may be gone: a descriptor whose words the log lacks, another root table. */
  empty(): void { this.#held.clear() }

  report(): PasidReport { return { changed: this.#changed, invalidations: this.#invalidations } }
}
