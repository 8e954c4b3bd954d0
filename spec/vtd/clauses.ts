/** Clauses of the VT-d Architecture Specification, rev 5.10. Ids are `VTD:<section>/<what>`. */
import type { Clauses } from '../clauses.ts'

export const vtdClauses = {
  'VTD:6.5.2.3/iotlb': { manual: 'VTD', section: '6.5.2.3', says: 'An IOTLB invalidation removes the entries of its domain and range; hardware may remove more.' },
} as const satisfies Clauses
