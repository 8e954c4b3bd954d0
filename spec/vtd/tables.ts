/** The translation structures as the walkers see them: decoded entries, and the interface that yields them (VT-d rev 5.10, ch. 9).
 *  One implementation reads bounded model state, another decodes the 64-bit words of a memory image. */

/** How an address splits: `levelBits` of index per level above `pageShift` bits of offset. */
export interface Geometry { readonly levelBits: number; readonly pageShift: number }

/** 512 entries a table, pages of 4096 bytes. */
export const hardwareGeometry: Geometry = { levelBits: 9, pageShift: 12 }

/** What a leaf at `level` maps, in address units; level 1 is a small page. */
export const leafSize = (g: Geometry, level: number): number => 2 ** (g.pageShift + (level - 1) * g.levelBits)
/** Width in bits of the input of a table with `levels` levels: 39, 48 and 57 for 3, 4 and 5 levels of hardware. */
export const inputWidth = (g: Geometry, levels: number): number => g.pageShift + levels * g.levelBits
export const indexAt = (g: Geometry, address: number, level: number): number =>
  Math.floor(address / leafSize(g, level)) % 2 ** g.levelBits
export const roundDown = (address: number, size: number): number => address - address % size

/** An entry, or an access error: a poisoned line, an address no memory answers. */
export type Fetched<Entry> = Entry | 'unreadable'

/** Addresses are numbers (a host address fits in 2^52), in the unit of the geometry. In each entry `reserved` says that a reserved
 *  bit is set, given level and capabilities: the implementation knows the layout, the walker the rule. An entry with `present`
 *  false need decode nothing but `fpd`. */
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
  /** Reserved bits other than PS, and the unused low address bits of a large leaf. */
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

/** The conditions that hold, in the manual's order: the first is the reason to report, the others are what the open priority between
 *  several faults of one entry lets hardware report instead. */
export const reasonsOf = (...checks: readonly (readonly [wrong: boolean, reason: number])[]): readonly number[] =>
  checks.filter(([wrong]) => wrong).map(([, reason]) => reason)
