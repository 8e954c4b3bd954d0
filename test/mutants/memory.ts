/** Bugs of mapping, unmapping, table pages and device assignment; names as in the bug reports they come from. */
import { newMappingWorks } from '../../properties/isolation/new-mapping-works.ts'
import { noAccessAfterUnmap } from '../../properties/isolation/no-access-after-unmap.ts'
import { noDmaEscape } from '../../properties/isolation/no-dma-escape.ts'
import { noForeignPort } from '../../properties/isolation/no-foreign-port.ts'
import { noFreedTable } from '../../properties/isolation/no-freed-table.ts'
import { noWrongPermission } from '../../properties/isolation/no-wrong-permission.ts'
import { moved, replaced, swapped, without } from '../../spec/kernel/design.ts'
import type { Design, Step } from '../../spec/index.ts'
import type { Step as StepOf } from '../../spec/kernel/design.ts'
import type { Unit } from '../../spec/vtd/bounded/state.ts'
import { driverServer } from '../../spec/designs.ts'
import { ring0Deferred, ring0Register, ring0Strict } from '../../spec/designs.ts'
import { callsCanEnd } from '../../properties/progress/calls-can-end.ts'
import { noDoubleFree } from '../../properties/progress/no-double-free.ts'
import { nothingLeftBehind } from '../../properties/progress/nothing-left-behind.ts'
import { userPortIo } from '../../spec/kernel/unprotected.ts'
import * as steps from '../../spec/steps.ts'
import { store } from '../../spec/iommu/cells.ts'
import { mutant, onePage, reassigning, twoLevels } from './mutant.ts'

const strict = ring0Strict
const rangeFlush = replaced(ring0Deferred, 'flush', steps.invalidateDomain, steps.invalidateBatch)

/** Builds its tables before it switches translation on: the hardware's caches have no part in a deadlock. */
const notEnabled: Design = { ...strict, name: 'ring0-strict, not yet enabled', remapsDma: false }
/** Waits for a table page while it holds the lock that an unmap needs to free one. */
const linkTablesWaiting: Step = {
  ...steps.linkTables, name: 'linkTablesWaiting',
  when: ({ s, call }) => s.memory.roots[call.domain!]![call.iova! >> 1]!.now !== null || s.kernel.pages.includes(null),
}

/** Requests pass untranslated from here on. */
const switchOff: StepOf<Unit> = { name: 'switchOff', says: 'clear TE', then: ({ s }) => { s.unit.tes = false } }

/** Gives a device that comes its reserved region anew, though the domain has it mapped. */
const clearRegion: Step = {
  name: 'clearRegion', says: 'clear the leaf entry of the reserved region, page 0',
  clause: 'VTD:table-28/second-stage-leaf',
  then: ({ s, call, caps }) => { store(s.memory.roots[call.domain!]![0]!, null, caps) },
}
const storeRegion: Step = {
  name: 'storeRegion', says: 'store it again', clause: 'VTD:table-28/second-stage-leaf',
  then: ({ s, call, caps }) => {
    const region = s.kernel.mappings[call.domain!]![0]!
    if (region?.phase === 'live')
      store(s.memory.roots[call.domain!]![0]!, { kind: 'leaf', frame: region.frame, write: region.write }, caps)
  },
}

/** Xen XSA-78, Fiasco.OC, Xen commits and others: see docs/bug-zoo.md. */
const unmapping = [
  mutant('unmap-flush-elided-as-nonpresent', without(strict, 'unmap', steps.invalidatePage),
    { from: strict, breaks: noDmaEscape, at: onePage, shortest: 12 }),
  mutant('unmap-returns-before-flush', without(strict, 'unmap', steps.awaitInvalidation),
    { from: strict, breaks: noAccessAfterUnmap, at: onePage, shortest: 11 }),
  mutant('submission-not-locked', replaced(strict, 'unmap', steps.invalidatePage, steps.invalidatePageUnlocked),
    { from: strict, breaks: noDmaEscape, at: { frames: 2, iovas: 2, cpus: 2, callers: 2, queue: 4 }, shortest: 19,
      runLength: 400 }),
  mutant('translation-off-in-unmap', replaced(strict, 'unmap', steps.clearPte, switchOff, steps.clearPte),
    { from: strict, breaks: noDmaEscape, at: onePage, shortest: 13 }),
  mutant('frame-freed-twice', replaced(strict, 'unmap', steps.freeFrame, steps.freeFrame, steps.freeFrame),
    { from: strict, breaks: noDoubleFree, at: onePage, shortest: 11 }),
  mutant('frame-freed-before-wait', moved(strict, 'unmap', steps.freeFrame, steps.submitWait),
    { from: strict, breaks: noDmaEscape, at: onePage, shortest: 10 }),
  mutant('invalidated-before-cleared', moved(strict, 'unmap', steps.invalidatePage, steps.clearPte),
    { from: strict, breaks: noAccessAfterUnmap, at: onePage, shortest: 16 }),
  mutant('iova-released-before-sync', replaced(strict, 'unmap', steps.submitWait, steps.freeIova, steps.submitWait),
    { from: strict, breaks: noAccessAfterUnmap, at: onePage, shortest: 10 }),
  mutant('flush-decision-ignores-permission-change', without(strict, 'protect', steps.invalidatePage),
    { from: strict, breaks: noWrongPermission, at: { ...onePage, readOnly: 1 }, shortest: 12 }),
  mutant('protect-returns-before-flush', without(strict, 'protect', steps.awaitInvalidation),
    { from: strict, breaks: noWrongPermission, at: { ...onePage, readOnly: 1 }, shortest: 10 }),
  mutant('flush-all-turns-into-one-page',
    replaced(ring0Deferred, 'flush', steps.invalidateDomain, steps.invalidatePageZero),
    { from: ring0Deferred, breaks: noDmaEscape, at: { frames: 1, iovas: 2 }, shortest: 16 }),
  mutant('flush-range-one-bit-too-narrow',
    replaced(rangeFlush, 'flush', steps.invalidateBatch, steps.invalidateBatchTooNarrow),
    { from: rangeFlush, breaks: noDmaEscape, at: { frames: 2, iovas: 2 }, shortest: 21 }),
  mutant('batched-flush-frees-page-early', moved(ring0Deferred, 'flush', steps.freeBatchFrames, steps.submitWait),
    { from: ring0Deferred, breaks: noDmaEscape, at: onePage, shortest: 12 }),
  mutant('batch-taken-after-flush', moved(ring0Deferred, 'flush', steps.takeBatch, steps.freeBatchFrames),
    { from: ring0Deferred, breaks: noDmaEscape, at: { frames: 2, iovas: 2, cpus: 2, callers: 2 }, shortest: 22 }),
  mutant('register-invalidation-not-polled', without(ring0Register, 'unmap', steps.pollRegister),
    { from: ring0Register, breaks: noDmaEscape, at: onePage, shortest: 10 }),
]

const tables = [
  mutant('table-page-freed-while-psc-live', replaced(strict, 'unmap', steps.invalidatePage, steps.invalidateLeafOnly),
    { from: strict, breaks: noFreedTable, at: twoLevels, shortest: 15 }),
  mutant('table-freed-before-wait', moved(strict, 'unmap', steps.freeTable, steps.submitWait),
    { from: strict, breaks: noFreedTable, at: twoLevels, shortest: 11 }),
  mutant('tables-unlocked-before-flush', moved(strict, 'unmap', steps.unlockTables, steps.invalidatePage),
    { from: strict, breaks: newMappingWorks, at: { ...twoLevels, frames: 2, tables: 2, cpus: 2, callers: 2 },
      shortest: 20, runLength: 400 }),
  mutant('tables-changed-without-lock',
    without(without(strict, 'unmap', steps.lockTables, steps.unlockTables), 'map', steps.lockTables,
      steps.unlockTables),
    { from: strict, breaks: newMappingWorks, at: { ...twoLevels, frames: 2, cpus: 2, callers: 2 }, shortest: 12 }),
]

const assignment = [
  mutant('context-cleared-only-iotlb-flushed', without(strict, 'detach', steps.invalidateContext),
    { from: strict, breaks: noDmaEscape, at: reassigning, shortest: 13 }),
  mutant('dte-change-without-iotlb-flush', without(strict, 'detach', steps.invalidateDomain),
    { from: strict, breaks: noDmaEscape, at: reassigning, shortest: 14 }),
  mutant('iotlb-flushed-before-context', swapped(strict, 'detach', steps.invalidateContext, steps.invalidateDomain),
    { from: strict, breaks: noDmaEscape, at: reassigning, shortest: 16 }),
  mutant('detach-returns-before-flush', without(strict, 'detach', steps.awaitInvalidation),
    { from: strict, breaks: noDmaEscape, at: reassigning, shortest: 10 }),
  mutant('dead-drivers-frames-taken-before-wait', moved(driverServer, 'detach', steps.reclaimFrames, steps.submitWait),
    { from: driverServer, breaks: noDmaEscape, at: reassigning, shortest: 15 }),
  mutant('dead-driver-still-maps', without(driverServer, 'detach', steps.closeDomain),
    { from: driverServer, breaks: noDmaEscape, at: { ...reassigning, domains: 1, cpus: 2, callers: 2 }, shortest: 23,
      runLength: 400 }),
  mutant('dead-drivers-domain-opened-early',
    replaced(driverServer, 'attach', steps.claimDeviceOrRefuse, steps.claimDevice),
    { from: driverServer, breaks: noDmaEscape, at: { ...reassigning, domains: 1, devices: 2, cpus: 2, callers: 2 },
      shortest: 36, runLength: 400 }),
  mutant('dead-drivers-mappings-survive', without(driverServer, 'detach', steps.clearAllPtes),
    { from: driverServer, breaks: noDmaEscape, at: { ...reassigning, domains: 1 }, shortest: 23 }),
  mutant('reserved-region-unmapped-in-attach',
    replaced(strict, 'attach', steps.returnToDriver, clearRegion, storeRegion, steps.returnToDriver),
    { from: strict, breaks: newMappingWorks, at: { ...reassigning, domains: 1 }, shortest: 17 }),
  mutant('frame-never-freed', without(strict, 'unmap', steps.freeFrame),
    { from: strict, breaks: nothingLeftBehind, at: onePage, shortest: 10 }),
  mutant('table-lock-kept', without(strict, 'map', steps.unlockTables),
    { from: strict, breaks: nothingLeftBehind, at: { ...twoLevels, cpus: 2, callers: 2 }, shortest: 5 }),
  mutant('table-lock-kept-stops-the-next-call', without(strict, 'map', steps.unlockTables),
    { from: strict, breaks: callsCanEnd, at: { ...twoLevels, cpus: 2, callers: 2 }, shortest: 6 }),
  mutant('table-waited-for-under-the-lock', replaced(notEnabled, 'map', steps.linkTables, linkTablesWaiting),
    { from: notEnabled, breaks: callsCanEnd, at: { frames: 2, iovas: 3, levels: 2, tables: 1, cpus: 2, callers: 2 },
      shortest: 7 }),
  mutant('iommu-never-engaged', { ...strict, name: 'ring0-strict, never enabled', remapsDma: false },
    { from: strict, breaks: noDmaEscape, at: onePage, shortest: 2 }),
]

const ports = [
  mutant('port-bitmap-not-checked', without(userPortIo, 'portAccess', steps.checkPort),
    { from: userPortIo, breaks: noForeignPort, at: { devices: 2, domains: 2, ports: 1 }, shortest: 2 }),
]

const capabilities = [
  mutant('coherency-capability-ignored', without(strict, 'unmap', steps.writeBackPte),
    { from: strict, breaks: noDmaEscape, at: { ...onePage, coherent: 0 }, shortest: 15 }),
  mutant('map-not-written-back', without(strict, 'map', steps.writeBackPte),
    { from: strict, breaks: newMappingWorks, at: { ...onePage, coherent: 0 }, shortest: 5 }),
  mutant('context-not-written-back', without(strict, 'detach', steps.writeBackContext),
    { from: strict, breaks: noDmaEscape, at: { ...reassigning, coherent: 0 }, shortest: 16 }),
  mutant('write-buffer-not-drained', without(strict, 'map', steps.flushWriteBuffer),
    { from: strict, breaks: newMappingWorks, at: { ...onePage, rwbf: 1 }, shortest: 5 }),
  mutant('caching-mode-map-not-flushed', without(strict, 'map', steps.invalidateIfCachingMode),
    { from: strict, breaks: newMappingWorks, at: { ...onePage, cm: 1 }, shortest: 9 }),
  mutant('caching-mode-flush-wrong-domain-id',
    replaced(strict, 'attach', steps.invalidateAbsentContext, steps.invalidateContext),
    { from: strict, breaks: newMappingWorks, at: { ...reassigning, domains: 1, cm: 1 }, shortest: 29, runLength: 400 }),
  mutant('hardware-does-not-drain', strict,
    { from: strict, breaks: noDmaEscape, at: { ...onePage, drain: 0 }, soundAt: onePage, shortest: 14 }),
]

export const memoryMutants = [...unmapping, ...tables, ...assignment, ...ports, ...capabilities]
