/** The translation structures as the walkers see them: decoded entries, and the interface that yields them (VT-d rev
 *  5.10, ch. 9).
 *  One implementation reads bounded model state, another decodes the 64-bit words of a memory image. */

export { hardwareGeometry, indexAt, inputWidth, leafSize, powersOfTwo, roundDown } from '../../iommu/geometry.ts'
export type { Geometry } from '../../iommu/geometry.ts'

/** An entry, or an access error: a poisoned line, an address no memory answers. */
export type Fetched<Entry> = Entry | 'unreadable'

/** Addresses are numbers (a host address fits in 2^52), in the unit of the geometry. In each entry `reserved` says that
 *  a reserved bit is set, given level and capabilities: the implementation knows the layout, the walker the rule. An
 *  entry with `present` false need decode nothing but `fpd`. */
export interface Tables {
  rootEntry(bus: number): Fetched<RootEntry>
  contextEntry(contextTable: number, devfn: number): Fetched<ContextEntry>
  secondStageEntry(table: number, index: number, level: number): Fetched<SecondStageEntry>
  irte(index: number): Fetched<Irte>
}

export interface RootEntry { readonly present: boolean; readonly contextTable: number; readonly reserved: boolean }

export interface ContextEntry {
  readonly present: boolean
  /** FPD: faults met through this entry are not recorded. Counts even if the entry is not present. */
  readonly fpd: boolean
  /** TT: 0 untranslated requests only, 1 also device TLB, 2 pass-through, 3 reserved. */
  readonly tt: 0 | 1 | 2 | 3
  /** SSPTPTR */
  readonly table: number
  /** From AW; 0 where the encoding means no number of levels. */
  readonly levels: number
  readonly did: number
  readonly reserved: boolean
}

export interface SecondStageEntry {
  readonly read: boolean
  readonly write: boolean
  /** PS as stored. The walker ignores it at level 1 and judges at other levels whether that size exists. */
  readonly pageSize: boolean
  /** The next table, or the first page of a leaf. */
  readonly address: number
  /** SNP */
  readonly snoop: boolean
  /** A and D as stored; they mean something only where the PASID entry has SSADE=1. */
  readonly accessed: boolean
  readonly dirty: boolean
  /** Reserved bits other than PS, and the unused low address bits of a large leaf. */
  readonly reserved: boolean
}

/** What scalable mode reads besides (9.2, 9.4 to 9.7). Of the tables of legacy mode it reads only those of the second
 *  stage. */
export interface ScalableTables extends Tables {
  /** One half of the root entry of `bus`: the lower serves devfn 00..7F, the upper 80..FF. `contextTable` is LCTP or
   *  UCTP. */
  scalableRootEntry(bus: number, upper: boolean): Fetched<RootEntry>
  /** `index`: bits 6:0 of devfn. */
  scalableContextEntry(contextTable: number, index: number): Fetched<ScalableContextEntry>
  /** `index`: bits 19:6 of the PASID. */
  pasidDirectoryEntry(directory: number, index: number): Fetched<PasidDirectoryEntry>
  /** `index`: bits 5:0 of the PASID. */
  pasidEntry(table: number, index: number): Fetched<PasidEntry>
  /** `table` is a host address, also where the pointer to it was guest-physical (nested): the walker has translated
   *  it. */
  firstStageEntry(table: number, index: number, level: number): Fetched<FirstStageEntry>
  /** Whether the atomic write that sets accessed or dirty bits of an entry of `table` succeeds. False: an access error,
   *  memory that admits no atomic access. */
  acceptsUpdate(table: number, index: number): boolean
}

/** A field whose capability is absent is reserved, so that it counts into `reserved` where it is not 0. */
export interface ScalableContextEntry {
  readonly present: boolean
  /** FPD counts even if the entry is not present. */
  readonly fpd: boolean
  /** DTE: device TLB; PASIDE: requests with PASID; PRE: page requests. */
  readonly dte: boolean
  readonly paside: boolean
  readonly pre: boolean
  /** EPTR: translated requests may carry a PASID (single source). */
  readonly eptr: boolean
  /** PDTS as stored: the directory has 2^(PDTS + 7) entries. */
  readonly pdts: number
  /** PASIDDIRPTR */
  readonly directory: number
  /** RID_PASID and RID_PRIV as stored: what requests without PASID go by. */
  readonly ridPasid: number
  readonly ridPriv: boolean
  readonly reserved: boolean
}

/** `fpd` counts even if the entry is not present. `table` is SMPTBLPTR. */
export interface PasidDirectoryEntry {
  readonly present: boolean
  readonly fpd: boolean
  readonly table: number
  readonly reserved: boolean
}

export interface PasidEntry {
  readonly present: boolean
  /** FPD counts even if the entry is not present. */
  readonly fpd: boolean
  /** Levels of the second stage, from AW; 0 where the encoding means no number of levels. */
  readonly levels: number
  /** PGTT as stored: 1 first stage, 2 second, 3 nested, 4 pass-through; the walker judges the others. */
  readonly pgtt: number
  /** SSADE: the second stage keeps accessed and dirty bits. */
  readonly ssade: boolean
  /** SSPTPTR */
  readonly table: number
  readonly did: number
  /** PWSNP: walks snoop; PGSNP: accesses to pages snoop. */
  readonly pwsnp: boolean
  readonly pgsnp: boolean
  /** SRE: privileged requests are allowed; WPE: they obey R/W; EAFE: the first stage keeps EA bits. */
  readonly sre: boolean
  readonly wpe: boolean
  readonly eafe: boolean
  /** Levels of the first stage, from FSPM: 4, 5, or 0 where the encoding means no number of levels. */
  readonly firstStageLevels: number
  /** FSPTPTR: a host address, guest-physical where nested. */
  readonly firstStageTable: number
  /** Reserved bits and fields whose capability is absent. PGTT, AW and FSPM are the walker's to judge. */
  readonly reserved: boolean
}

/** IA-32e format (9.7). P=1 is the permission to read. */
export interface FirstStageEntry {
  readonly present: boolean
  /** R/W */
  readonly write: boolean
  /** U/S */
  readonly user: boolean
  /** Bit 7 as stored: PS. It is PAT at level 1, where the walker ignores it; elsewhere it judges whether that size
   *  exists. */
  readonly pageSize: boolean
  readonly accessed: boolean
  /** D: of leaves only. */
  readonly dirty: boolean
  /** EA: only where the PASID entry has EAFE=1. */
  readonly extendedAccessed: boolean
  /** The next table, or the first page of a leaf: host address, guest-physical where nested. */
  readonly address: number
  /** Reserved bits other than PS, and the unused low address bits of a large leaf. */
  readonly reserved: boolean
}

/** The control part of a posted-interrupt descriptor and its PIR (5.2.2), one read of 512 bits. It is no part of the
 *  tables interface. */
export interface PostedDescriptor {
  /** PIR: 256 requests in eight words, vector v at bit v mod 32 of word v / 32. */
  readonly pir: readonly number[]
  /** ON and SN */
  readonly outstanding: boolean
  readonly suppressed: boolean
  /** NV and NDST; `ndst` is the whole 32-bit field, an 8-bit id stands in bits 15:8 of it. */
  readonly nv: number
  readonly ndst: number
  /** Reserved bits other than those of `ndst`, which the poster judges. */
  readonly reserved: boolean
}

interface IrteHead {
  readonly present: boolean
  readonly fpd: boolean
  readonly vector: number
  readonly sid: number
  /** How many function bits the comparison of `sid` ignores: 0 none, 1 bit 2, 2 bits 2:1, 3 bits 2:0. */
  readonly sq: 0 | 1 | 2 | 3
  /** 0 any source, 1 `sid` under `sq`, 2 bus from sid 15:8 to sid 7:0, 3 reserved. */
  readonly svt: 0 | 1 | 2 | 3
  /** Reserved bits other than those of `dst`, `dlm` and `svt`, which the remapper judges. */
  readonly reserved: boolean
}
/** IM=0 (9.9). `dst` is the whole 32-bit field; an 8-bit id stands in bits 15:8 of it. */
export interface RemappedIrte extends IrteHead {
  readonly im: false
  readonly dm: boolean; readonly rh: boolean; readonly tm: boolean
  readonly dlm: number
  readonly dst: number
}
/** IM=1 (9.10). `pda` is the address of the posted-interrupt descriptor. */
export interface PostedIrte extends IrteHead { readonly im: true; readonly urg: boolean; readonly pda: number }
export type Irte = RemappedIrte | PostedIrte

/** The conditions that hold, in the manual's order: the first is the reason to report, the others are what the open
 *  priority between several faults of one entry lets hardware report instead. */
export const reasonsOf = (...checks: readonly (readonly [wrong: boolean, reason: number])[]): readonly number[] =>
  checks.filter(([wrong]) => wrong).map(([, reason]) => reason)
