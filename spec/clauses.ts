/** Every clause of a manual that the model exercises: id -> where it stands and what it says, in our words. One row a rule. */
import { vtdClauses } from './vtd/clauses.ts'
import type { VtdClause } from './vtd/clauses.ts'
import { apicClauses } from './apic/clauses.ts'
import type { ApicClause } from './apic/clauses.ts'

export interface Clause {
  /** `VTD` = Intel VT-d Architecture Specification rev 5.10; `SDM` = Intel SDM vol. 3; `APM` = AMD64 APM vol. 2; `PCI` = PCI Express base 5.0. */
  readonly manual: 'VTD' | 'SDM' | 'APM' | 'PCI'
  readonly section: string
  readonly says: string
}
export type Clauses = Readonly<Record<string, Clause>>
export type ClauseId = VtdClause | ApicClause

export const clauses: Clauses = { ...vtdClauses, ...apicClauses }
