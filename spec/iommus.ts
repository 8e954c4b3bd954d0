/** The IOMMUs that there are: the one file outside a vendor's folder that imports from it, but for adapters to logs, dumps and emulators. */
import type { Iommu } from './iommu/iommu.ts'
import { capabilities as vtdCapabilities } from './vtd/caps.ts'
import { vtdClauses } from './vtd/clauses.ts'
import type { Unit } from './vtd/bounded/state.ts'
import { vtd } from './vtd/iommu.ts'

export const iommus: readonly Iommu<never>[] = [vtd]
/** The one that a machine has where none is named. */
export const standardIommu = vtd
export type StandardUnit = Unit
/** Rules that every vendor's manual has, which steps may name. */
export const ruleNames = Object.keys(vtd.rules) as (keyof typeof vtd.rules)[]
/** The same, for those who know an IOMMU by its face alone. */
export const iommu: Iommu = vtd as Iommu

/** Of all vendors: bounds are one list. */
export const capabilities = { ...vtdCapabilities }
export type CapabilityName = keyof typeof capabilities

/** Hardware on which no step of a kernel is spared. */
export const demanding = Object.fromEntries(Object.entries(capabilities).flatMap(([name, { demanding: value }]) => value === null ? [] : [[name, value]])) as Partial<Record<CapabilityName, number>>

/** Hardware that sees stores late and caches refusals; and hardware whose interrupt entries name eight bits of a CPU's id. */
export const { weakest, narrow } = standardIommu

export const vendorClauses = { ...vtdClauses }
export type VendorClause = keyof typeof vendorClauses
