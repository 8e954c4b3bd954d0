/** What bounds and citations take from this vendor: data that depends on no machine. */
import { capabilities } from './caps.ts'
import { vtdClauses } from './clauses.ts'

export const vtdFacts = { capabilities, clauses: vtdClauses }
