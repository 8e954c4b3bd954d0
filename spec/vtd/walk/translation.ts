/** DMA translation: what goes in (unit, request), what comes out (mapping or fault), and what is told on the way (VT-d
 *  rev 5.10). */
import type { VtdClause } from '../clauses.ts'
import { faultOf } from '../faults.ts'
import type { Fault } from '../faults.ts'
import type { Geometry } from './tables.ts'

/** What the walk has to know of the unit. Widths in bits, addresses in the unit of the geometry. */
export interface TranslationUnit {
  readonly geometry: Geometry
  /** GSTS.TES */
  readonly tes: boolean
  /** RTADDR.TTM as latched: 0 legacy, 1 scalable, 2 reserved, 3 abort-DMA. */
  readonly ttm: 0 | 1 | 2 | 3
  /** HAW */
  readonly hostAddressWidth: number
  /** CAP.MGAW + 1 */
  readonly maxGuestAddressWidth: number
  /** Numbers of levels that CAP.SAGAW admits. */
  readonly levels: readonly number[]
  /** Levels (2, 3) at which CAP.SSLPS admits a leaf. */
  readonly superpages: readonly number[]
  /** ECAP.PT */
  readonly passThrough: boolean
  /** ECAP.DT */
  readonly deviceTlb: boolean
  /** CAP.ZLR: a zero-length read needs only W where R is missing. */
  readonly zlr: boolean
  /** ECAP.ADMS: TTM=11 aborts; without it that encoding is unsupported. */
  readonly abortMode: boolean
  /** FEEx_xxxx: first and last address; null where a bounded model has none. */
  readonly interruptRange: { readonly first: number; readonly last: number } | null
  /** What scalable mode can do; null without ECAP.SMTS. */
  readonly scalable: ScalableUnit | null
  /** Rules that only one source has; a unit obeys none of them unless it is told to. */
  readonly singleSource: SingleSource
}

export interface ScalableUnit {
  /** ECAP.FSTS, SSTS and NEST: PGTT 001, 010, 011. That of 100 is ECAP.PT. */
  readonly firstStage: boolean
  readonly secondStage: boolean
  readonly nested: boolean
  /** Numbers of levels of a first stage: 4, and 5 with CAP.FS5LP. */
  readonly firstStageLevels: readonly number[]
  /** Levels at which a first-stage leaf may stand above level 1: 2, and 3 with CAP.FS1GP. */
  readonly firstStageSuperpages: readonly number[]
  /** ECAP.ERS */
  readonly executeRequests: boolean
  /** ECAP.PSS + 1; counts with `SingleSource.pasidWidth`. */
  readonly pasidWidth: number
}

export interface SingleSource {
  /** RTADDR.SSIRWE is set: wrong in legacy mode (30). */
  readonly ssirwe: boolean
  /** New major versions block any request for execute permission (34). */
  readonly executeBlocked: boolean
  /** A PASID wider than ECAP.PSS is refused (89). */
  readonly pasidWidth: boolean
  /** ECAP.PTRS: the context entry has EPTR, which says whether translated requests may carry a PASID (43, 49). */
  readonly translatedPasid: boolean
}
export const noSingleSource: SingleSource = { ssirwe: false, executeBlocked: false, pasidWidth: false,
  translatedPasid: false }

/** A unit that has scalable mode. */
export interface PasidUnit extends TranslationUnit { readonly scalable: ScalableUnit }
export const hasScalableMode = (unit: TranslationUnit): unit is PasidUnit => unit.scalable !== null

/** AT: untranslated, ATS translation request, ATS translated request. A page request is a message of PRI. */
export type RequestType = 'untranslated' | 'translation' | 'translated' | 'page-request'
export type Access = 'read' | 'write' | 'atomic' | 'zero-length-read'
/** `dword`: the payload is four bytes. An address of 2^53 and above must be the base of its page, to be exact as a
 *  number. */
export interface DmaRequest {
  readonly sid: number; readonly type: RequestType; readonly access: Access; readonly address: number
  readonly dword: boolean
  /** Null without a PASID prefix; such a request asks for neither privilege nor execution. */
  readonly pasid: number | null; readonly privileged: boolean; readonly execute: boolean
}

/** Where a walk goes on: a table, its level, and the permissions ANDed above it. What a paging-structure cache entry
 *  holds. */
export interface WalkStart {
  readonly table: number
  readonly level: number
  readonly read: boolean
  readonly write: boolean
}
/** A paging entry that was read, and the point from which the walk could resume at it. `table` is a host address. */
export interface Visit extends WalkStart { readonly stage: 1 | 2; readonly index: number }

/** PGTT of the PASID entry a translation went by; 0 in legacy mode. */
export type Pgtt = 0 | 1 | 2 | 3 | 4

/** What the IOTLB holds: `pages` small pages from `input` go to those from `output`. */
export interface Mapping {
  readonly pgtt: Pgtt
  readonly did: number; readonly input: number; readonly output: number; readonly pages: number
  readonly read: boolean; readonly write: boolean
  /** First stage: U/S in every entry, so that user requests may pass. True where there is no first stage. */
  readonly user: boolean
  /** What a privileged request has for `write`: more, where WPE=0. */
  readonly privilegedWrite: boolean
  /** No D bit is left for a write to set. A write by a mapping with `dirty` false has to walk again. */
  readonly dirty: boolean
  readonly snoop: boolean
}

/** Bits that hardware sets in one paging entry: true is set now, false left as it is. */
export interface Update {
  readonly stage: 1 | 2; readonly table: number; readonly index: number; readonly level: number
  readonly accessed: boolean; readonly extendedAccessed: boolean; readonly dirty: boolean
}

/** Told on the way, where a caller gives one: the paging entries read, from the top, and the clauses exercised. */
export interface Trail { readonly visited: Visit[]; readonly exercised: VtdClause[] }
export const newTrail = (): Trail => ({ visited: [], exercised: [] })

export interface Translated {
  readonly kind: 'translated'
  /** Host address of the page accessed. */
  readonly page: number
  readonly mapping: Mapping
  /** To be made before the access, in this order. */
  readonly updates: readonly Update[]
}
/** `updates`: accessed bits that hardware may have set before it found the fault, any of them or none. */
export type TranslationFault = Fault & { readonly updates: readonly Update[] }
export type Translation = Translated | TranslationFault

export const noReasons: readonly never[] = []

/** The fault of the first of `reasons`, with the others as alternatives. FPD does not count where `fpd` is false. */
export function toFault(reasons: readonly number[], fpd: boolean, trail: Trail | null,
  updates: readonly Update[] = noReasons): TranslationFault {
  const { reason, alternatives, suppressed, clause } = faultOf(reasons, fpd)
  if (trail !== null) {
    trail.exercised.push(clause)
    if (suppressed) trail.exercised.push('VTD:9/fault-processing-disable')
  }
  return { kind: 'fault', reason, alternatives, suppressed, updates }
}

export const inInterruptRange = ({ interruptRange: range }: TranslationUnit, address: number): boolean =>
  range !== null && range.first <= address && address <= range.last
