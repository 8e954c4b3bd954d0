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
/** 6.5.2.4; `page`: as of an IOTLB invalidation, of one PASID. */
export interface PasidIotlbInvalidation {
  readonly type: 'pasid-iotlb'; readonly granularity: 'pasid' | 'page'; readonly did: number; readonly pasid: number
  readonly page: number; readonly addressMask: number; readonly hint: boolean
}
/** 6.5.2.2 */
export interface PasidCacheInvalidation {
  readonly type: 'pasid-cache'; readonly granularity: 'domain' | 'pasid' | 'global'; readonly did: number
  readonly pasid: number
}
/** Whatever takes translations out of the IOTLB. */
export type TranslationInvalidation = IotlbInvalidation | PasidIotlbInvalidation
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
export interface PasidTag { readonly did: number; readonly pasid: number }
/** A cached translation of `pages` pages from `page`. `pasid` and `firstStage` are of scalable mode: without them it is
 *  one of second stage, or passes through, for a request that has no PASID and no RID_PASID but 0. */
export interface IotlbTag {
  readonly did: number; readonly page: number; readonly pages: number
  readonly pasid?: number; readonly firstStage?: boolean
}

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

/** A page invalidation takes all translations of first stage that its domain has. */
export function coversIotlb(d: IotlbInvalidation, tag: IotlbTag): boolean {
  switch (d.granularity) {
    case 'global': return true
    case 'domain': return d.did === tag.did
    case 'page': return d.did === tag.did && (tag.firstStage === true || overlaps(d, tag))
  }
}
function overlaps(d: TranslationInvalidation, tag: IotlbTag): boolean {
  const size = 2 ** d.addressMask
  const first = Math.floor(d.page / size) * size
  return tag.page < first + size && first < tag.page + tag.pages
}

/** One of a PASID takes every translation of it, one of pages those of first stage alone. */
export function coversPasidIotlb(d: PasidIotlbInvalidation, tag: IotlbTag): boolean {
  const isOf = d.did === tag.did && d.pasid === (tag.pasid ?? 0)
  return isOf && (d.granularity === 'pasid' || tag.firstStage === true && overlaps(d, tag))
}

export const coversTranslation = (d: TranslationInvalidation, tag: IotlbTag): boolean =>
  d.type === 'iotlb' ? coversIotlb(d, tag) : coversPasidIotlb(d, tag)

export function coversPasid(d: PasidCacheInvalidation, tag: PasidTag): boolean {
  switch (d.granularity) {
    case 'global': return true
    case 'domain': return d.did === tag.did
    case 'pasid': return d.did === tag.did && d.pasid === tag.pasid
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
