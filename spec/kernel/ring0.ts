/** Drivers in the kernel behind an IOMMU, as Linux has them: strict, and lazy with the frames freed late or early. */
import { design, replaced, without, withProtocol } from './design.ts'
import {
  allocateFrame, awaitIfCachingMode, awaitInvalidation, claimDevice, clearContext, clearPte, deferInvalidation, flushWriteBuffer,
  freeBatchFrames, freeBatchIovas, freeFrame, freeTable, invalidateAbsentContext, invalidateContext, invalidateDomain,
  invalidateDomainIfCachingMode, invalidateIfCachingMode, invalidatePage, linkTables, lockTables, pollRegister, invalidatePageByRegister,
  releaseDevice, returnToDriver, storeContext, storePte, storeReadOnlyPte, takeBatch, unlinkEmptyTable, unlockTables, writeBackContext,
  writeBackPte, submitWait, pollStatus,
} from './steps/index.ts'
import { irteUpdate } from './migration.ts'

/** Unmap returns only when no IOTLB can still hold the page (Linux `iommu.strict=1`). */
export const ring0Strict = design('ring0-strict', {
  says: 'drivers in the kernel, IOMMU on; unmap returns only when no IOTLB can still hold the page',
  remapsDma: true, remapsInterrupts: true,
}, {
  map: [allocateFrame, lockTables, linkTables, storePte, writeBackPte, unlockTables, flushWriteBuffer, invalidateIfCachingMode,
    awaitIfCachingMode, returnToDriver],
  // A table linked in the place of one that hardware still holds would not be seen: the lock is kept until the old one is forgotten.
  unmap: [lockTables, clearPte, writeBackPte, unlinkEmptyTable, invalidatePage, awaitInvalidation, unlockTables, freeTable, freeFrame,
    returnToDriver],
  protect: [storeReadOnlyPte, writeBackPte, invalidatePage, awaitInvalidation, returnToDriver],
  attach: [claimDevice, storeContext, writeBackContext, flushWriteBuffer, invalidateAbsentContext, invalidateDomainIfCachingMode,
    awaitIfCachingMode, returnToDriver],
  detach: [clearContext, writeBackContext, invalidateContext, invalidateDomain, awaitInvalidation, releaseDevice],
  migrateInterrupt: irteUpdate,
})

/** Unmap puts the page on a list and returns; a flush of the whole domain follows later (Linux lazy mode). The frame is given back
 *  to its owner's allocator only after the flush. */
export const ring0Deferred = withProtocol(withProtocol({
  ...ring0Strict, interruptsOf: 'ring0-strict', says: 'drivers in the kernel, IOMMU on; unmap defers the invalidation, frames are reused only after it',
  givesUp: { 'no-access-after-unmap': 'that is the bargain of deferred invalidation: a window until the flush, in which the frame is still its owner\'s' },
}, 'unmap', [lockTables, clearPte, writeBackPte, unlockTables, deferInvalidation]),
'flush', [takeBatch, invalidateDomain, awaitInvalidation, freeBatchFrames, freeBatchIovas, returnToDriver], 'ring0-deferred')

/** The same, with the frame free for anybody as soon as unmap returns. */
export const ring0DeferredEarly = withProtocol(withProtocol({
  ...ring0Deferred, says: 'as ring0-deferred, but frames are reused at once, before the flush',
  givesUp: {
    ...ring0Deferred.givesUp,
    'no-dma-escape': 'a frame that is reused before the flush is reachable through the stale entry of its former owner',
  },
}, 'unmap', [lockTables, clearPte, writeBackPte, unlockTables, freeFrame, deferInvalidation]),
'flush', [takeBatch, invalidateDomain, awaitInvalidation, freeBatchIovas, returnToDriver], 'ring0-deferred-early')

/** Strict, with the invalidation registers in place of the queue (units without QI). */
export const ring0Register = {
  ...replaced(without(ring0Strict, 'unmap', submitWait, pollStatus), 'unmap', invalidatePage, invalidatePageByRegister, pollRegister),
  name: 'ring0-register', interruptsOf: 'ring0-strict', says: 'as ring0-strict, with register-based IOTLB invalidation in unmap',
}
