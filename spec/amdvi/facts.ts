/** What bounds and citations take from this vendor: data that depends on no machine. */
import { capabilities } from './caps.ts'
import { amdviClauses } from './clauses.ts'

export const amdviFacts = { capabilities, clauses: amdviClauses }
