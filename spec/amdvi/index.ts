/** AMD-Vi on its own: `import … from 'remapcheck/spec/amdvi'`, and what adapters to logs, dumps and emulators may
 *  use. The one door of this folder besides its face, `iommu.ts`. */
export { MemoryImage } from '../iommu/image.ts'
export type { PhysicalMemory } from '../iommu/image.ts'
export { inputOf } from '../iommu/paging.ts'
export type { RawEntry } from '../iommu/layout.ts'
export { commandWords, entriesOf, placementOf } from './bounded/placement.ts'
export type { Placement } from './bounded/placement.ts'
export { amdviState, goesByMemory } from './bounded/state.ts'
export type { AmdviState, QueuedCommand } from './bounded/state.ts'
export {
  gcr3IsGuestPhysical, hasSegments, hasWideEntries, interruptUnitOf, ringsOf, rootsOf, rulesOf, translationUnitOf,
} from './capabilities.ts'
export type { Ring, UnitRegisters } from './capabilities.ts'
export type { AmdviClause } from './clauses.ts'
export { disputes, usualAnswers } from './disputes.ts'
export type { DisputeName, Disputes } from './disputes.ts'
export { events, faultReason, faultReasons } from './faults.ts'
export type { FaultReason } from './faults.ts'
export { commandFor, coversDevice, coversInterrupts, coversPages, rangeOf } from './invalidation/covers.ts'
export type { Command } from './invalidation/covers.ts'
export {
  anySet, anything, commandLayouts, decode, deviceTableEntry, dwordsOf, encode, eventLayouts, gaLogEntry, gcr3Entry,
  getter, guestPageEntry, hostPage, hostTable, irte128, irte32, irteGuest, layouts, maskOf, pciCapability, pprLogEntry,
  put, qwordsOf, registers, reservedMask, reservedSet, shortNames, show,
} from './layout/index.ts'
export type {
  AccessKind, CommandCode, Dwords, Field, Layout, Register, RegisterName, Rules,
} from './layout/index.ts'
export { entryReader } from './layout/read-entries.ts'
export type { EntryReader } from './layout/read-entries.ts'
export { deviceEntryWords, interruptEntryWords, pageEntryWords } from './layout/write-entries.ts'
export { decodeMessage, remap, remapIn } from './remap/remap.ts'
export type { Interrupt, InterruptRequest, InterruptUnit, Remapped } from './remap/remap.ts'
export { post } from './remap/post.ts'
export type { Posted } from './remap/post.ts'
export { illegal, perform, run } from './unit/program.ts'
export type { Illegal, Op } from './unit/program.ts'
export { message, record, request, viewOf } from './unit/requests.ts'
export type { Refusal, View } from './unit/requests.ts'
export { advance, illegalities, offsetOf, progress, quiesce, read, registerNameAt, reset, write } from './unit/unit.ts'
export type { Effect, IllegalName, Made, Outcome, Progress, UnitConfig, UnitState, Width } from './unit/unit.ts'
export { perSegment, rawTables } from './walk/raw-tables.ts'
export type { DeviceEntry, Fetched, GuestMap, InterruptEntry, PageEntry, Tables } from './walk/tables.ts'
export { exclusionFor, guestRootOf, guestTargetOf, newTrail, pageSize, translate, translateBy } from './walk/walk.ts'
export type { DmaRequest, Mapping, Translation, TranslationUnit } from './walk/walk.ts'
