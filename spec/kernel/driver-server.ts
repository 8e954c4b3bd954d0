/** An L4-style driver manager: one process owns all memory (sigma0), hands frames to userland drivers, gives each a domain of its
 *  own, binds interrupts to them and delivers these as IPC. */
import { design } from './design.ts'
import {
  allocateFrame, awaitDomainCalls, awaitIfCachingMode, awaitInvalidation, claimDeviceOrRefuse, clearAllPtes, clearContext, clearPte, closeDomain, flushWriteBuffer, freeFrame,
  freeTable, invalidateAbsentContext, invalidateContext, invalidateDomain, invalidateDomainIfCachingMode, invalidateIfCachingMode,
  invalidatePage, linkTables, lockTables, receiveRequest, reclaimFrames, releaseDevice, replyToDriver, storeContext, storePte,
  storeReadOnlyPte, unlinkEmptyTable, unlockTables, writeBackContext, writeBackPte,
} from './steps/index.ts'
import { irteUpdate } from './migration.ts'

export const driverServer = design('driver-server', {
  says: 'userland drivers, each in a domain of its own; a manager that owns all memory maps for them on request',
  remapsDma: true, remapsInterrupts: true, userDrivers: true,
}, {
  map: [receiveRequest, allocateFrame, lockTables, linkTables, storePte, writeBackPte, unlockTables, flushWriteBuffer, invalidateIfCachingMode,
    awaitIfCachingMode, replyToDriver],
  unmap: [receiveRequest, lockTables, clearPte, writeBackPte, unlinkEmptyTable, invalidatePage, awaitInvalidation, unlockTables, freeTable,
    freeFrame, replyToDriver],
  protect: [receiveRequest, storeReadOnlyPte, writeBackPte, invalidatePage, awaitInvalidation, replyToDriver],
  attach: [receiveRequest, claimDeviceOrRefuse, storeContext, writeBackContext, flushWriteBuffer, invalidateAbsentContext, invalidateDomainIfCachingMode,
    awaitIfCachingMode, replyToDriver],
  // The driver died or was told to go: its device is taken first, its memory after that.
  detach: [closeDomain, awaitDomainCalls, clearContext, writeBackContext, invalidateContext, clearAllPtes, invalidateDomain, awaitInvalidation, reclaimFrames, releaseDevice],
  migrateInterrupt: irteUpdate,
})
