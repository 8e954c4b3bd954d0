/** The kernel's steps on VT-d, and the words of the vocabulary that they fill. */
import type { Vocabulary } from '../../iommu/vocabulary.ts'
import type { Unit } from '../bounded/state.ts'
import * as context from './context.ts'
import * as interrupt from './interrupt.ts'
import * as invalidation from './invalidation.ts'

export * from './context.ts'
export * from './interrupt.ts'
export * from './invalidation.ts'

export const vtdVocabulary: Vocabulary<Unit> = {
  storeDevice: [context.storeContext], clearDevice: [context.clearContext], writeBackDevice: [context.writeBackContext],
  invalidateDevice: [invalidation.invalidateContext], invalidateAbsentDevice: [invalidation.invalidateAbsentContext],
  invalidatePage: [invalidation.invalidatePage], invalidateDomain: [invalidation.invalidateDomain],
  invalidateAbsentPage: [invalidation.invalidateIfCachingMode],
  invalidateAbsentDomain: [invalidation.invalidateDomainIfCachingMode],
  awaitInvalidation: invalidation.awaitInvalidation, awaitAbsentPage: invalidation.awaitIfCachingMode,
  awaitAbsentDevice: invalidation.awaitIfCachingMode,
  flushStores: [invalidation.flushWriteBuffer],
  storeInterrupt: [interrupt.storeIrte], writeBackInterrupt: [interrupt.writeBackIrte],
  invalidateInterrupt: [invalidation.invalidateIec],
  buildInterruptTable: [interrupt.buildInterruptTable], setInterruptTable: [interrupt.setInterruptTable],
  // The register names the table: once it has moved, nothing reads the old one.
  invalidateInterrupts: [invalidation.invalidateIecAll], freeInterruptTable: [],
}
