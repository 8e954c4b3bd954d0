/** Descriptors of the invalidation queue decoded from raw words (VT-d rev 5.10, 6.5.2). */
import type {
  ContextCacheInvalidation, IecInvalidation, IotlbInvalidation, PasidCacheInvalidation, PasidIotlbInvalidation,
  WaitDescriptor,
} from '../invalidation/covers.ts'
import { anySet, decode, descriptorLayouts, getter, reservedMask } from './index.ts'
import type { DescriptorType, Dwords, Rules } from './index.ts'

/** 6.5.2.3 with its drain hints. */
export interface RawIotlbInvalidation extends IotlbInvalidation {
  readonly drainReads: boolean
  readonly drainWrites: boolean
}
/** 6.5.2.9. `slot` is the status address / 4; `write` says whether `data` goes there. */
export interface RawWait extends WaitDescriptor {
  readonly interrupt: boolean; readonly write: boolean; readonly fence: boolean; readonly pageDrain: boolean
  readonly data: number
}
/** 6.5.2.5 and 6.5.2.6: 2^(12+sizeBits) bytes from `page` * 4096; `pasid` null in the form without. */
export interface DeviceTlbInvalidation {
  readonly type: 'device-tlb'; readonly sid: number; readonly pasid: number | null; readonly global: boolean
  readonly page: number; readonly sizeBits: number
}
/** 6.5.2.7 */
export interface PageGroupResponse {
  readonly type: 'page-group-response'
  readonly rid: number
  readonly pasid: number | null
  readonly code: number
  readonly group: number
}

export type RawDescriptor =
  | ContextCacheInvalidation | RawIotlbInvalidation | IecInvalidation | RawWait
  | DeviceTlbInvalidation | PasidIotlbInvalidation | PasidCacheInvalidation | PageGroupResponse

/** A descriptor that hardware refuses. `code` is its type; `iqei` is what IQERCD says of it: 3 bad type, 4 reserved
 *  field, 5 bad width. */
export interface Undecoded {
  readonly type: 'undecoded'
  readonly code: number
  readonly iqei: 3 | 4 | 5
  readonly why: string
}

/** `bits`: width of the queue's entries, 256 with IQA.DW=1. `scalable`: RTADDR.TTM is 01 or 11, which needs 256 and
 *  admits the types from 6. */
export interface QueueMode { readonly bits: 128 | 256; readonly scalable: boolean; readonly rules: Rules }

const low = descriptorLayouts[1]
const typeLow = getter(low, 'TYPE'), typeHigh = getter(low, 'TYPEH')
/** The type in a descriptor's first dword: bits 11:9 above bits 3:0. */
export const descriptorType = (words: Dwords, at = 0): number => typeHigh(words, at) * 16 + typeLow(words, at)
const isType = (code: number): code is DescriptorType => Object.hasOwn(descriptorLayouts, code)

/** Made once for each rules: queues are decoded by the million. */
const masks = new WeakMap<Rules, Map<DescriptorType, Uint32Array>>()
function maskUnder(rules: Rules, code: DescriptorType): Uint32Array {
  let known = masks.get(rules)
  if (known === undefined) masks.set(rules, known = new Map())
  let mask = known.get(code)
  if (mask === undefined) known.set(code, mask = reservedMask(descriptorLayouts[code], rules))
  return mask
}

/** The entry of the queue whose first dword is at `at`; it has `mode.bits` / 32 of them. */
export function decodeDescriptor(words: Dwords, mode: QueueMode, at = 0): RawDescriptor | Undecoded {
  const code = descriptorType(words, at)
  const refuse = (iqei: Undecoded['iqei'], why: string): Undecoded => ({ type: 'undecoded', code, iqei, why })
  if (!isType(code)) return refuse(3, 'no such type')
  const of = descriptorLayouts[code]
  if (of.bits > mode.bits) return refuse(5, `${of.name}: needs descriptors of 256 bits`)
  if (mode.scalable && mode.bits === 128) return refuse(5, `${of.name}: scalable mode needs descriptors of 256 bits`)
  if (code > 5 && !mode.scalable) return refuse(3, `${of.name}: not in legacy mode`)
  if (anySet(maskUnder(mode.rules, code), words, at)) return refuse(4, `${of.name}: a reserved bit is set`)
  for (let i = of.bits / 32; i < mode.bits / 32; i++)
    if (words[at + i] !== 0) return refuse(4, `${of.name}: its upper half is not 0`)
  return decodeType(code, words, at) ?? refuse(4, `${of.name}: no such granularity`)
}

/** Null where the granularity is none. */
function decodeType(code: DescriptorType, words: Dwords, at: number): RawDescriptor | null {
  switch (code) {
    case 1: {
      const f = decode(descriptorLayouts[1], words, at)
      const granularity = ([null, 'global', 'domain', 'device'] as const)[f.G]!
      return granularity && { type: 'context-cache', granularity, did: f.DID, sid: f.SID, functionMask: f.FM }
    }
    case 2: {
      const f = decode(descriptorLayouts[2], words, at)
      const granularity = ([null, 'global', 'domain', 'page'] as const)[f.G]!
      return granularity && { type: 'iotlb', granularity, did: f.DID, page: f.ADDR, addressMask: f.AM, hint: f.IH === 1,
        drainReads: f.DR === 1, drainWrites: f.DW === 1 }
    }
    case 3: {
      const f = decode(descriptorLayouts[3], words, at)
      return { type: 'device-tlb', sid: f.SID, pasid: null, global: false, ...range(f.S, f.ADDR) }
    }
    case 4: {
      const f = decode(descriptorLayouts[4], words, at)
      return { type: 'iec', granularity: f.G === 0 ? 'global' : 'index', index: f.IIDX, indexMask: f.IM }
    }
    case 5: {
      const f = decode(descriptorLayouts[5], words, at)
      return { type: 'wait', slot: f.STATUS, interrupt: f.IF === 1, write: f.SW === 1, fence: f.FN === 1,
        pageDrain: f.PD === 1, data: f.DATA }
    }
    case 6: {
      const f = decode(descriptorLayouts[6], words, at)
      const granularity = ([null, null, 'pasid', 'page'] as const)[f.G]!
      return granularity && { type: 'pasid-iotlb', granularity, did: f.DID, pasid: f.PASID, page: f.ADDR,
        addressMask: f.AM, hint: f.IH === 1 }
    }
    case 7: {
      const f = decode(descriptorLayouts[7], words, at)
      const granularity = (['domain', 'pasid', null, 'global'] as const)[f.G]!
      return granularity && { type: 'pasid-cache', granularity, did: f.DID, pasid: f.PASID }
    }
    case 8: {
      const f = decode(descriptorLayouts[8], words, at)
      return { type: 'device-tlb', sid: f.SID, pasid: f.PASID, global: f.GI === 1, ...range(f.S, f.ADDR) }
    }
    case 9: {
      const f = decode(descriptorLayouts[9], words, at)
      return { type: 'page-group-response', rid: f.RID, pasid: f.PASIDP === 1 ? f.PASID : null, code: f.RC,
        group: f.PRGI }
    }
  }
}

/** S=1: the lowest zero bit of the page number says the size, and stands for nothing else. */
function range(sized: number, page: number): { readonly page: number; readonly sizeBits: number } {
  if (sized === 0) return { page, sizeBits: 0 }
  let bits = 1
  for (let rest = page; rest % 2 === 1; rest = Math.floor(rest / 2)) bits++
  return { page: page - page % 2 ** bits, sizeBits: bits }
}
