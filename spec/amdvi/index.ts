/** What adapters to logs, dumps and emulators may use of AMD-Vi: the one door of this folder besides its face,
 *  `iommu.ts`. */
export type { AmdviClause } from './clauses.ts'
export { events, faultReason, faultReasons } from './faults.ts'
export { commandFor, rangeOf } from './invalidation/covers.ts'
export { layouts } from './layout/index.ts'
export { entryReader } from './layout/read-entries.ts'
export { decodeMessage, remap } from './remap/remap.ts'
export { rawTables } from './walk/raw-tables.ts'
export { translate } from './walk/walk.ts'
