/** Every layout, by the name that `explain` and the documentation use. */
import type { Layout } from '../../iommu/layout.ts'
import { descriptorLayouts, pageRequest } from './descriptors.ts'
import {
  compatibilityAddress, compatibilityData, ioapicEntry, postedDescriptor, postedIrte, remappableAddress, remappableData,
  remappedIrte,
} from './interrupts.ts'
import { firstStageLeaf, firstStageTables, secondStageLeaf, secondStageTables } from './paging.ts'
import { registers } from './registers.ts'
import {
  contextEntry, pasidDirectoryEntry, pasidEntry, rootEntry, scalableContextEntry, scalableRootEntry,
} from './structures.ts'

export const layouts: readonly Layout[] = [
  ...Object.values(registers).map(register => register.layout as Layout),
  rootEntry, contextEntry, scalableRootEntry, scalableContextEntry, pasidDirectoryEntry, pasidEntry,
  ...Object.values(secondStageTables), ...Object.values(secondStageLeaf), ...Object.values(firstStageTables),
  ...Object.values(firstStageLeaf),
  remappedIrte, postedIrte, postedDescriptor, compatibilityAddress, remappableAddress, compatibilityData,
  remappableData, ioapicEntry,
  ...Object.values(descriptorLayouts), pageRequest,
]
/** What people call several for short. */
export const shortNames: Readonly<Record<string, readonly Layout[]>> = { descriptor: Object.values(descriptorLayouts) }
export * from './descriptors.ts'
export * from './features.ts'
export * from '../../iommu/layout.ts'
export * from './interrupts.ts'
export * from './paging.ts'
export * from './registers.ts'
export * from './structures.ts'
