/** Invalidation descriptors and what each removes (VT-d rev 5.10, 6.5.2 and table 28). One predicate a cache, used by
 *  the bounded model and by the replay of recorded logs alike. */

/** Decoded descriptors of the queue, legacy translation mode. Pages are 4 KiB page numbers (address >> 12). */
export type Descriptor = ContextCacheInvalidation | IotlbInvalidation | IecInvalidation | WaitDescriptor

/** 6.5.2.1; `functionMask` ignores the low 1, 2 or 3 bits of the function number: FM as encoded, 0..3. */
export interface ContextCacheInvalidation {
  readonly type: 'context-cache'; readonly granularity: 'global' | 'domain' | 'device'
  readonly did: number; readonly sid: number; readonly functionMask: number
}
/** 6.5.2.3; covers 2^addressMask pages from `page` rounded down. `hint` (IH): only leaf entries changed. */
export interface IotlbInvalidation {
  readonly type: 'iotlb'; readonly granularity: 'global' | 'domain' | 'page'
  readonly did: number; readonly page: number; readonly addressMask: number; readonly hint: boolean
}
/** 6.5.2.8; covers 2^indexMask entries from `index` rounded down. */
export interface IecInvalidation {
  readonly type: 'iec'
  readonly granularity: 'global' | 'index'
  readonly index: number
  readonly indexMask: number
}
/** 6.5.2.9; `slot` says which status word is written. */
export interface WaitDescriptor { readonly type: 'wait'; readonly slot: number }

export interface ContextTag { readonly did: number; readonly sid: number }
/** A cached translation of `pages` pages from `page`. */
export interface IotlbTag { readonly did: number; readonly page: number; readonly pages: number }

export function coversContext(d: ContextCacheInvalidation, tag: ContextTag): boolean {
  switch (d.granularity) {
    case 'global': return true
    case 'domain': return d.did === tag.did
    case 'device':
      return d.did === tag.did && functionBits(d.sid, d.functionMask) === functionBits(tag.sid, d.functionMask)
  }
}
/** FM 1, 2, 3 mask function bits 2, 2:1, 2:0 (6.5.2.1). */
function functionBits(sid: number, mask: number): number { return sid & ~([0, 0b100, 0b110, 0b111][mask] ?? 0) }

export function coversIotlb(d: IotlbInvalidation, tag: IotlbTag): boolean {
  switch (d.granularity) {
    case 'global': return true
    case 'domain': return d.did === tag.did
    case 'page': {
      const size = 2 ** d.addressMask
      const first = Math.floor(d.page / size) * size
      return d.did === tag.did && tag.page < first + size && first < tag.page + tag.pages
    }
  }
}

/** IH=1 keeps non-leaf entries; a page invalidation with IH=0 removes those on the way to the page (table 28). */
export function coversPagingStructure(d: IotlbInvalidation, tag: IotlbTag): boolean {
  return !(d.granularity === 'page' && d.hint) && coversIotlb(d, tag)
}

export function coversIec(d: IecInvalidation, index: number): boolean {
  const size = 2 ** d.indexMask
  return d.granularity === 'global' || Math.floor(index / size) === Math.floor(d.index / size)
}
