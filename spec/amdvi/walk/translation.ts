/** What a translation is asked with and what it gives, whichever tables it walks (AMD 48882 rev 3.05: 2.2.3, 2.5.3). */
import type { Geometry } from '../../iommu/geometry.ts'
import type { AmdviClause } from '../clauses.ts'
import { causeNamed } from '../faults.ts'
import type { FaultReason } from '../faults.ts'

/** What the walk has to know of the unit. */
export interface TranslationUnit {
  readonly geometry: Geometry
  /** IommuEn */
  readonly enabled: boolean
  /** HATS: levels of the largest tables, 4 to 6 on hardware. */
  readonly levels: number
  /** Whether bits above what Mode reaches are looked at: one implementation does not. */
  readonly checksReach: boolean
  /** What Mode=7 or too many levels give: sources have either event. */
  readonly reservedMode: 'mode-reserved' | 'mode-page-fault'
  /** Whether the exclusion range is looked at before TV is. */
  readonly exclusionFirst: boolean
  /** Whether IoCtl=3 makes an entry illegal for each DMA, or for port I/O alone. */
  readonly checksIoCtl: boolean
  /** The exclusion range, ends included, and whether it is for all devices; null where it is off. */
  readonly exclusion: { readonly base: number; readonly limit: number; readonly forAll: boolean } | null
  /** GTEn: guest tables are used. */
  readonly guest: boolean
  /** Whether a request with a PASID is refused where they are not. */
  readonly refusesPasid: boolean
}
export interface DmaRequest {
  readonly device: number
  /** Below 2^53, or the first of a page: a number holds no other address. `request` of the unit takes all as bigint. */
  readonly address: number
  readonly access: 'read' | 'write'
  /** Of requests with a PASID: that, whether it is one of a user, and whether it fetches code. */
  readonly pasid?: number
  readonly user?: boolean
  readonly execute?: boolean
}

/** A range of 2^n pages with the same tag, as the caches hold it. `input` and `output` are its first addresses. */
export interface Mapping {
  readonly domain: number
  /** Of a guest's translation. */
  readonly pasid?: number
  readonly input: number
  readonly output: number
  readonly size: number
  readonly read: boolean
  readonly write: boolean
}
export type Translation =
  /** The address is used as it is. */
  | { readonly kind: 'untranslated' }
  | { readonly kind: 'translated'; readonly address: number; readonly mapping: Mapping }
  | { readonly kind: 'fault'; readonly reason: FaultReason }

/** What was read, and which rules counted. */
export interface Trail {
  readonly visited: { readonly table: number; readonly index: number; readonly level: number }[]
  readonly exercised: AmdviClause[]
}
export const newTrail = (): Trail => ({ visited: [], exercised: [] })

/** Where a walk stands: at the root, or where a directory cache has got to. */
export interface WalkStart {
  readonly table: number
  readonly level: number
  readonly read: boolean
  readonly write: boolean
}

export function blame(cause: string, trail: Trail | null): Translation & { readonly kind: 'fault' } {
  const reason = causeNamed(cause)
  trail?.exercised.push(reason.clause)
  return { kind: 'fault', reason }
}
