/** Decoded entries as the manual's words, by the layouts (VT-d rev 5.10, chapter 9): what entries.ts reads back.
 *  `reserved` is not written: which bits are reserved depends on the unit. */
import {
  contextEntry, descriptorLayouts, encode, firstStageLeaf, pasidDirectoryEntry, pasidEntry, postedIrte, remappedIrte,
  rootEntry, scalableContextEntry,
  scalableRootEntry, secondStageLeaf,
} from './index.ts'
import type { Descriptor } from '../invalidation/covers.ts'
import type {
  ContextEntry, FirstStageEntry, Irte, PasidDirectoryEntry, PasidEntry, RootEntry, ScalableContextEntry,
  SecondStageEntry,
} from '../walk/tables.ts'

const page = (address: number): number => address / 4096
/** AW; 0 is no number of levels. */
const awOf = (levels: number): number => levels === 0 ? 0 : levels - 2

/** Each throws RangeError where a value does not fit its field; addresses are multiples of 4096. */
export const rootEntryWords = ({ present, contextTable }: RootEntry): Uint32Array =>
  encode(rootEntry, { P: +present, CTP: page(contextTable) })

export const contextEntryWords = (e: ContextEntry): Uint32Array =>
  encode(contextEntry, { P: +e.present, FPD: +e.fpd, TT: e.tt, SSPTPTR: page(e.table), AW: awOf(e.levels), DID: e.did })

/** The fields of all levels stand in the same bits, and a larger leaf has zeros below its address: one layout serves
 *  all. */
export const secondStageWords = (e: SecondStageEntry): Uint32Array => encode(secondStageLeaf[1], {
  R: +e.read, W: +e.write, PS: +e.pageSize, A: +e.accessed, D: +e.dirty, SNP: +e.snoop, ADDR: page(e.address),
})
/** As `secondStageWords`; bit 7 is PAT in a leaf of 4 KiB. */
export const firstStageWords = (e: FirstStageEntry): Uint32Array => encode(firstStageLeaf[1], {
  P: +e.present, RW: +e.write, US: +e.user, PAT: +e.pageSize, A: +e.accessed, D: +e.dirty, EA: +e.extendedAccessed,
  ADDR: page(e.address),
})

export const scalableRootWords = (lower: RootEntry, upper: RootEntry): Uint32Array =>
  encode(scalableRootEntry,
    { LP: +lower.present, LCTP: page(lower.contextTable), UP: +upper.present, UCTP: page(upper.contextTable) })

export const scalableContextWords = (e: ScalableContextEntry): Uint32Array => encode(scalableContextEntry, {
  P: +e.present, FPD: +e.fpd, DTE: +e.dte, PASIDE: +e.paside, PRE: +e.pre, EPTR: +e.eptr, PDTS: e.pdts,
  PASIDDIRPTR: page(e.directory),
  RID_PASID: e.ridPasid, RID_PRIV: +e.ridPriv,
})
export const pasidDirectoryWords = (e: PasidDirectoryEntry): Uint32Array =>
  encode(pasidDirectoryEntry, { P: +e.present, FPD: +e.fpd, SMPTBLPTR: page(e.table) })

export const pasidEntryWords = (e: PasidEntry): Uint32Array => encode(pasidEntry, {
  P: +e.present, FPD: +e.fpd, AW: awOf(e.levels), PGTT: e.pgtt, SSADE: +e.ssade, SSPTPTR: page(e.table), DID: e.did,
  PWSNP: +e.pwsnp, PGSNP: +e.pgsnp,
  SRE: +e.sre, WPE: +e.wpe, EAFE: +e.eafe, FSPM: e.firstStageLevels === 0 ? 2 : e.firstStageLevels - 4,
  FSPTPTR: page(e.firstStageTable),
})

export function irteWords(e: Irte): Uint32Array {
  const head = { P: +e.present, FPD: +e.fpd, IM: +e.im, V: e.vector, SID: e.sid, SQ: e.sq, SVT: e.svt }
  if (e.im) return encode(postedIrte,
    { ...head, URG: +e.urg, PDAL: e.pda % 2 ** 32 / 64, PDAH: Math.floor(e.pda / 2 ** 32) })
  return encode(remappedIrte, { ...head, DM: +e.dm, RH: +e.rh, TM: +e.tm, DLM: e.dlm, DST: e.dst })
}

/** Of 128 bits (6.5.2). An IOTLB invalidation drains reads and writes; a wait writes `data` to its slot times 4. */
export function descriptorWords(d: Descriptor, data = 0): Uint32Array {
  switch (d.type) {
    case 'context-cache':
      return encode(descriptorLayouts[1],
        { TYPE: 1, G: { global: 1, domain: 2, device: 3 }[d.granularity], DID: d.did, SID: d.sid, FM: d.functionMask })
    case 'iotlb': return encode(descriptorLayouts[2], {
      TYPE: 2, G: { global: 1, domain: 2, page: 3 }[d.granularity], DW: 1, DR: 1, DID: d.did, AM: d.addressMask,
      IH: +d.hint, ADDR: d.page,
    })
    case 'iec':
      return encode(descriptorLayouts[4], { TYPE: 4, G: +(d.granularity === 'index'), IM: d.indexMask, IIDX: d.index })
    case 'wait': return encode(descriptorLayouts[5], { TYPE: 5, SW: 1, DATA: data, STATUS: d.slot })
  }
}
