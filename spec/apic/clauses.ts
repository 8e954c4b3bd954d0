/** Clauses of the local APIC, MSI and x2APIC chapters. Ids are `SDM:<chapter>/<what>`, `APM:...`, `PCI:...`. */
import type { Clauses } from '../clauses.ts'

export const apicClauses = {} as const satisfies Clauses
