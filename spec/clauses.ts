/** Every clause of a manual that the model exercises: id -> where it stands and what it says, in our words. One row a
 *  rule. */
import { apicClauses } from './apic/clauses.ts'
import type { ApicClause } from './apic/clauses.ts'
import type { Clauses } from './iommu/citation.ts'
import { vendorClauses } from './iommus.ts'
import type { VendorClause } from './iommus.ts'

export type { Clause, Clauses } from './iommu/citation.ts'
export type ClauseId = VendorClause | ApicClause

export const clauses: Clauses = { ...vendorClauses, ...apicClauses }
