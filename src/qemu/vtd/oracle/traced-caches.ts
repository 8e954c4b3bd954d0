/** What QEMU's caches hold: each fill that it traces, until an invalidation that removes it by the model's rules. QEMU
 *  drops nothing else, so a hit where nothing is left and a miss where something is are both differences. */
import { coversContext, coversTranslation } from '../../../../spec/vtd/index.ts'
import type { ContextCacheInvalidation, TranslationInvalidation } from '../../../../spec/vtd/index.ts'
import type { ExceptionName } from './exceptions.ts'
import type { CachesSeen } from './sequence-seen.ts'

/** `doomed`: QEMU removes it though no invalidation asks for that. */
interface Entry { readonly sid: number; readonly did: number; doomed: ExceptionName | null }
interface Page extends Entry { readonly page: number; readonly pages: number; readonly firstStage: boolean }
type Invalidation = ContextCacheInvalidation | TranslationInvalidation

/** What a look into one cache had to find: all right, all right by an exception, or what was wrong. */
export type Look = 'same' | ExceptionName | { readonly wrong: string }

export class TracedCaches {
  #contexts: Entry[] = []
  #pages: Page[] = []

  /** What hardware removes. */
  invalidate(d: Invalidation): void {
    if (d.type !== 'context-cache') {
      this.#pages = this.#pages.filter(one => !coversTranslation(d, one))
      for (const one of this.#pages) if (byLowBits(d, one)) one.doomed ??= 'pages-by-low-bits'
      return
    }
    this.#contexts = this.#contexts.filter(one => !coversContext(d, one))
    for (const one of this.#contexts) one.doomed ??= excess(d, one)
  }

  /** One request of `sid` to a page of 4 KiB: judges what QEMU found, then takes in what it has filled. */
  look(sid: number, page: number, seen: CachesSeen, pages: number): readonly Look[] {
    const looks = [this.lookForPage(sid, page, seen.page, pages, false)]
    // QEMU asks for the context only where its IOTLB has nothing.
    if (seen.page !== 'hit')
      looks.push(lookOf('context cache', this.#contexts.find(one => one.sid === sid), seen.context === 'hit'))
    if (seen.context !== null && seen.context !== 'hit') {
      this.#contexts = this.#contexts.filter(one => one.sid !== sid)
      this.#contexts.push({ sid, did: seen.context.did, doomed: null })
    }
    return looks
  }
  /** The same of its IOTLB alone. */
  lookForPage(sid: number, page: number, seen: CachesSeen['page'], pages: number, firstStage: boolean): Look {
    const held = this.#pages.find(one => one.sid === sid && one.page <= page && page < one.page + one.pages)
    if (seen !== null && seen !== 'hit')
      this.#pages.push({ sid, did: seen.did, page: page - page % pages, pages, firstStage, doomed: null })
    return lookOf('IOTLB', held, seen === 'hit')
  }
}

function lookOf(cache: string, held: Entry | undefined, hit: boolean): Look {
  if ((held !== undefined) === hit) return 'same'
  if (held === undefined) return { wrong: `found in its ${cache}, from which an invalidation has removed it` }
  return held.doomed ?? { wrong: `not in its ${cache} any more, though no invalidation has removed it` }
}

/** The low bits are those named, and the page is not: QEMU compares no others. */
function byLowBits(d: TranslationInvalidation, { did, page }: Page): boolean {
  if (d.type !== 'iotlb') return false
  const size = 2 ** d.addressMask
  return d.granularity === 'page' && did === d.did && ((page ^ d.page) & ~(size - 1) & 0xff) === 0
    && Math.floor(page / size) !== Math.floor(d.page / size)
}
/** What QEMU removes besides, which hardware may. */
function excess(d: ContextCacheInvalidation, { sid }: Entry): ExceptionName | null {
  if (d.granularity === 'domain') return 'contexts-of-all-domains'
  return coversContext({ ...d, did: 0 }, { did: 0, sid }) ? 'contexts-of-any-domain' : null
}
