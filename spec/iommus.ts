/** The IOMMUs that there are: with `steps.ts` the only file outside a vendor's folder that imports its inside. A new
 *  vendor is one more entry in each list. */
import type { Iommu, Rule } from './iommu/iommu.ts'
import { vtdFacts } from './vtd/facts.ts'
import { vtd } from './vtd/iommu.ts'

const vendors = [vtd] as const, facts = [vtdFacts] as const
export const iommus: readonly Iommu<never>[] = vendors

/** The one that a machine has where none is named; its type knows the unit. */
export const [standardIommu] = vendors
export type StandardUnit = typeof standardIommu extends Iommu<infer U> ? U : never
/** The same, for those who know an IOMMU by its face alone. */
export const iommu: Iommu = standardIommu as Iommu

/** Apart from the vendors' types, which depend on the names that are here. */
type All<K extends 'capabilities' | 'clauses'> = Joined<(typeof facts)[number][K]>
type Joined<T> = (T extends unknown ? (of: T) => void : never) extends (of: infer I) => void ? I : never
const joined = <K extends 'capabilities' | 'clauses'>(part: K): All<K> =>
  Object.assign({}, ...facts.map(one => one[part])) as All<K>

/** Of all vendors: bounds are one list. */
export const capabilities = joined('capabilities')
export type CapabilityName = keyof typeof capabilities
export const vendorClauses = joined('clauses')
export type VendorClause = keyof typeof vendorClauses

/** Rules that every vendor's manual has, which steps may name. */
export const ruleNames = Object.keys(standardIommu.rules) as Rule[]

/** Hardware on which no step of a kernel is spared. */
export const demanding = Object.fromEntries(Object.entries(capabilities)
  .flatMap(([name, { demanding: value }]) =>
    value === null ? [] : [[name, value]])) as Partial<Record<CapabilityName, number>>
/** Hardware that sees stores late and caches refusals; and hardware whose interrupt entries name eight bits of a CPU's
 *  id. */
export const { weakest, narrow } = standardIommu
