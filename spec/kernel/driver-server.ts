/** An L4-style driver manager: one process owns all memory (sigma0), hands frames to userland drivers, gives each a
 *  domain of its own, binds interrupts to them and delivers these as IPC. */
import type { Vocabulary } from '../iommu/vocabulary.ts'
import { design } from './design.ts'
import type { Design } from './design.ts'
import { irteUpdateOn } from './migration.ts'
import {
  allocateFrame, awaitDomainCalls, claimDeviceOrRefuse, clearAllPtes, clearPte, closeDomain, freeFrame, freeTable,
  linkTables, lockTables, receiveRequest, reclaimFrames,
  releaseDevice, replyToDriver, storePte, storeReadOnlyPte, unlinkEmptyTable, unlockTables, writeBackPte,
} from './steps/index.ts'

export const driverServerOn = <U>(v: Vocabulary<U>): Design<U> => design('driver-server', {
  says: 'userland drivers, each in a domain of its own; a manager that owns all memory maps for them on request',
  remapsDma: true, remapsInterrupts: true, userDrivers: true,
}, {
  map: [receiveRequest, allocateFrame, lockTables, linkTables, storePte, writeBackPte, unlockTables, v.flushStores,
    v.invalidateAbsentPage,
    v.awaitAbsentPage, replyToDriver],
  unmap: [receiveRequest, lockTables, clearPte, writeBackPte, unlinkEmptyTable, v.invalidatePage, v.awaitInvalidation,
    unlockTables, freeTable,
    freeFrame, replyToDriver],
  protect: [receiveRequest, storeReadOnlyPte, writeBackPte, v.invalidatePage, v.awaitInvalidation, replyToDriver],
  attach: [receiveRequest, claimDeviceOrRefuse, v.storeDevice, v.writeBackDevice, v.flushStores,
    v.invalidateAbsentDevice, v.invalidateAbsentDomain,
    v.awaitAbsentDevice, replyToDriver],
  // The driver died or was told to go: its device is taken first, its memory after that.
  detach: [closeDomain, awaitDomainCalls, v.clearDevice, v.writeBackDevice, v.invalidateDevice, clearAllPtes,
    v.invalidateDomain, v.awaitInvalidation, reclaimFrames,
    releaseDevice],
  migrateInterrupt: irteUpdateOn(v),
})
