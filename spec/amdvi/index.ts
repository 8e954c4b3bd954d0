/** What adapters to logs, dumps and emulators may use of AMD-Vi: the one door of this folder besides its face,
 *  `iommu.ts`. */
export {
  hasWideEntries, interruptUnitOf, ringsOf, rootsOf, rulesOf, translationUnitOf,
} from './capabilities.ts'
export type { Ring, UnitRegisters } from './capabilities.ts'
export type { AmdviClause } from './clauses.ts'
export { events, faultReason, faultReasons } from './faults.ts'
export type { FaultReason } from './faults.ts'
export { commandFor, coversDevice, coversInterrupts, coversPages, rangeOf } from './invalidation/covers.ts'
export type { Command } from './invalidation/covers.ts'
export {
  anything, commandLayouts, decode, deviceTableEntry, encode, hostPage, hostTable, irte128, irte32, irteGuest, layouts,
  registers,
} from './layout/index.ts'
export type { Register, RegisterName } from './layout/index.ts'
export { entryReader } from './layout/read-entries.ts'
export type { EntryReader } from './layout/read-entries.ts'
export { decodeMessage, remap } from './remap/remap.ts'
export type { InterruptUnit } from './remap/remap.ts'
export { rawTables } from './walk/raw-tables.ts'
export type { DeviceEntry, InterruptEntry, PageEntry } from './walk/tables.ts'
export { pageSize, translate, translateBy } from './walk/walk.ts'
export type { TranslationUnit } from './walk/walk.ts'
