/** VT-d on its own: `import … from 'remapcheck/spec/vtd'`, and what adapters to logs, dumps and emulators may use. The
 *  one door of this folder besides its face, `iommu.ts`. */
export { MemoryImage } from '../iommu/image.ts'
export type { PhysicalMemory } from '../iommu/image.ts'
export { inputOf } from '../iommu/paging.ts'
export type { RawEntry } from '../iommu/layout.ts'
export { entriesOf, irtaOf, memoryOf, placedDescriptor, placementOf, rtaddrOf } from './bounded/placement.ts'
export type { Placement } from './bounded/placement.ts'
export { descriptorOf, vtdState } from './bounded/state.ts'
export type { VtdState } from './bounded/state.ts'
export { geometryOf, tablesOf } from './bounded/tables.ts'
export type { Memory } from './bounded/tables.ts'
export { interruptUnitOf, rootsOf, rulesOf, translationUnitOf } from './capabilities.ts'
export type { UnitRegisters } from './capabilities.ts'
export type { VtdClause } from './clauses.ts'
export { faultReason, faultReasons, recordFault } from './faults.ts'
export type { FaultState } from './faults.ts'
export { coversContext, coversIec, coversIotlb, coversPasid, coversTranslation } from './invalidation/covers.ts'
export type {
  ContextCacheInvalidation, Descriptor, IecInvalidation, IotlbInvalidation, IotlbTag, PasidCacheInvalidation,
  PasidIotlbInvalidation, PasidTag, TranslationInvalidation,
} from './invalidation/covers.ts'
export {
  anySet, anything, compatibilityAddress, compatibilityData, contextEntry, decode, descriptorLayouts, dwordsOf,
  encode, firstStageLeaf, getter, ioapicEntry, layouts, maskOf, pasidDirectoryEntry, pasidEntry, postedIrte, put,
  qwordsOf, registers, remappableAddress, remappedIrte, reservedMask, reservedSet, rootEntry, scalableContextEntry,
  scalableRootEntry, secondStageLeaf, secondStageTables, shortNames, show,
} from './layout/index.ts'
export type {
  AccessKind, DescriptorType, Dwords, Feature, Field, Layout, Register, RegisterName, Rules,
} from './layout/index.ts'
export { decodeDescriptor, descriptorType } from './layout/read-descriptors.ts'
export type { QueueMode, RawDescriptor } from './layout/read-descriptors.ts'
export { entryReader } from './layout/read-entries.ts'
export type { EntryReader } from './layout/read-entries.ts'
export { descriptorWords } from './layout/write-entries.ts'
export { post } from './remap/post.ts'
export type { Written } from './remap/post.ts'
export { decodeMessage, remap } from './remap/remap.ts'
export type { Interrupt, InterruptRequest, InterruptUnit, Remapped } from './remap/remap.ts'
export { PossibleCaches } from './unit/possible-caches.ts'
export type { Possible } from './unit/possible-caches.ts'
export { illegal, perform, run } from './unit/program.ts'
export type { Illegal, Op } from './unit/program.ts'
export { message, record, recordOfDma, recordOfInterrupt, request, viewOf } from './unit/requests.ts'
export type { DmaResult, View } from './unit/requests.ts'
export { advance, illegalities, offsetOf, progress, quiesce, read, reset, write } from './unit/unit.ts'
export type { Effect, IllegalName, Outcome, Progress, UnitState, Width } from './unit/unit.ts'
export { rawTables } from './walk/raw-tables.ts'
export { identityOf, lookupPasid, lookupScalableContext } from './walk/scalable.ts'
export { hardwareGeometry, indexAt, inputWidth, leafSize } from './walk/tables.ts'
export type {
  Fetched, FirstStageEntry, Irte, PasidEntry, ScalableContextEntry, ScalableTables, SecondStageEntry, Tables,
} from './walk/tables.ts'
export { hasScalableMode } from './walk/translation.ts'
export type { PasidUnit } from './walk/translation.ts'
export { checkBeforeTables, lookupContext, newTrail, noSingleSource, translate, translateLegacy } from './walk/walk.ts'
export type { DmaRequest, Mapping, Translation, TranslationUnit, Update } from './walk/walk.ts'
