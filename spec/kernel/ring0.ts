/** Drivers in the kernel behind an IOMMU, as Linux has them: strict, and lazy with the frames freed late or early. */
import type { Vocabulary } from '../iommu/vocabulary.ts'
import { design, withProtocol } from './design.ts'
import type { Design } from './design.ts'
import { irteUpdateOn } from './migration.ts'
import {
  allocateFrame, claimDevice, clearPte, deferInvalidation, freeBatchFrames, freeBatchIovas, freeFrame, freeTable,
  linkTables, lockTables, releaseDevice, returnToDriver,
  storePte, storeReadOnlyPte, takeBatch, unlinkEmptyTable, unlockTables, writeBackPte,
} from './steps/index.ts'

/** Unmap returns only when no IOTLB can still hold the page (Linux `iommu.strict=1`). */
export const ring0StrictOn = <U>(v: Vocabulary<U>): Design<U> => design('ring0-strict', {
  says: 'drivers in the kernel, IOMMU on; unmap returns only when no IOTLB can still hold the page',
  remapsDma: true, remapsInterrupts: true,
}, {
  map: [allocateFrame, lockTables, linkTables, storePte, writeBackPte, unlockTables, v.flushStores,
    v.invalidateAbsentPage, v.awaitAbsentPage, returnToDriver],
  // A table linked in the place of one that hardware still holds would not be seen: the lock is kept until the old one
  // is forgotten.
  unmap: [lockTables, clearPte, writeBackPte, unlinkEmptyTable, v.invalidatePage, v.awaitInvalidation, unlockTables,
    freeTable, freeFrame, returnToDriver],
  protect: [storeReadOnlyPte, writeBackPte, v.invalidatePage, v.awaitInvalidation, returnToDriver],
  attach: [claimDevice, v.storeDevice, v.writeBackDevice, v.flushStores, v.invalidateAbsentDevice,
    v.invalidateAbsentDomain, v.awaitAbsentDevice, returnToDriver],
  detach: [v.clearDevice, v.writeBackDevice, v.invalidateDevice, v.invalidateDomain, v.awaitInvalidation,
    releaseDevice],
  migrateInterrupt: irteUpdateOn(v),
})

/** Unmap puts the page on a list and returns; a flush of the whole domain follows later. The frame goes back to its
 *  owner's allocator only after the flush: what lazy mode would have to do to let no DMA escape. */
export const ring0DeferredOn = <U>(v: Vocabulary<U>): Design<U> => withProtocol(withProtocol({
  ...ring0StrictOn(v), interruptsOf: 'ring0-strict',
  says: 'drivers in the kernel, IOMMU on; unmap defers the invalidation, frames are reused only after it',
  givesUp: {
    'no-access-after-unmap': 'that is the bargain of deferred invalidation: a window until the flush, in which the '
      + 'frame is still its owner\'s',
  },
}, 'unmap', [lockTables, clearPte, writeBackPte, unlockTables, deferInvalidation]),
'flush', [takeBatch, v.invalidateDomain, v.awaitInvalidation, freeBatchFrames, freeBatchIovas, returnToDriver],
'ring0-deferred')

/** Linux's lazy mode: the frame is the allocator's as soon as unmap returns; only the I/O virtual address waits. */
export const ring0DeferredEarlyOn = <U>(v: Vocabulary<U>): Design<U> => {
  const deferred = ring0DeferredOn(v)
  return withProtocol(withProtocol({
    ...deferred, says: 'as ring0-deferred, but frames are reused at once, before the flush',
    givesUp: {
      ...deferred.givesUp,
      'no-dma-escape': 'a frame that is reused before the flush is reachable through the stale entry of its former '
        + 'owner',
    },
  }, 'unmap', [lockTables, clearPte, writeBackPte, unlockTables, freeFrame, deferInvalidation]),
  'flush', [takeBatch, v.invalidateDomain, v.awaitInvalidation, freeBatchIovas, returnToDriver], 'ring0-deferred-early')
}
