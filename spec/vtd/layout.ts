/** Every layout, by the name that `explain` and the documentation use. */
import type { Layout } from './layout/field.ts'
import { descriptorLayouts, pageRequest } from './layout/descriptors.ts'
import { compatibilityAddress, compatibilityData, ioapicEntry, postedDescriptor, postedIrte, remappableAddress, remappableData, remappedIrte } from './layout/interrupts.ts'
import { firstStageLeaf, firstStageTables, secondStageLeaf, secondStageTables } from './layout/paging.ts'
import { registers } from './layout/registers.ts'
import { contextEntry, pasidDirectoryEntry, pasidEntry, rootEntry, scalableContextEntry, scalableRootEntry } from './layout/structures.ts'

export const layouts: readonly Layout[] = [
  ...Object.values(registers).map(register => register.layout as Layout),
  rootEntry, contextEntry, scalableRootEntry, scalableContextEntry, pasidDirectoryEntry, pasidEntry,
  ...Object.values(secondStageTables), ...Object.values(secondStageLeaf), ...Object.values(firstStageTables), ...Object.values(firstStageLeaf),
  remappedIrte, postedIrte, postedDescriptor, compatibilityAddress, remappableAddress, compatibilityData, remappableData, ioapicEntry,
  ...Object.values(descriptorLayouts), pageRequest,
]
export * from './layout/descriptors.ts'
export * from './layout/features.ts'
export * from './layout/field.ts'
export * from './layout/interrupts.ts'
export * from './layout/paging.ts'
export * from './layout/registers.ts'
export * from './layout/structures.ts'
