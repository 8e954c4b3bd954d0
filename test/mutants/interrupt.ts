/** Bugs of interrupt migration, remapping tables and forged messages; and of waiting for hardware. */
import { noDuplicate } from '../../properties/interrupts/no-duplicate.ts'
import { noForgedInterrupt } from '../../properties/interrupts/no-forged-interrupt.ts'
import { noLostEdge } from '../../properties/interrupts/no-lost-edge.ts'
import { noMisdelivery } from '../../properties/interrupts/no-misdelivery.ts'
import { edgesAreServed } from '../../properties/progress/edges-are-served.ts'
import { invalidationsComplete } from '../../properties/progress/invalidations-complete.ts'
import { nothingLeftBehind } from '../../properties/progress/nothing-left-behind.ts'
import { waitEnds } from '../../properties/progress/wait-ends.ts'
import { moved, replaced, without, withProtocol } from '../../spec/kernel/design.ts'
import type { Design, Step } from '../../spec/index.ts'
import { designNamed } from '../../spec/designs.ts'
import { driverServer } from '../../spec/designs.ts'
import { ring0Strict } from '../../spec/designs.ts'
import { userPortIo } from '../../spec/kernel/unprotected.ts'
import * as steps from '../../spec/steps.ts'
import { forging, mutant, onePage, oneSource, twoSources } from './mutant.ts'

const strict = ring0Strict
const masked = designNamed('ring0-strict+source-masked')!
const unmasked = designNamed('ring0-strict+source-unmasked')!
const switching = designNamed('ring0-strict+table-switch')!
const move = 'migrateInterrupt'
const handling = withProtocol(strict, 'handleInterrupt', [steps.findHandler, steps.runHandler, steps.sendEoi],
  'ring0-strict, handling')

const migration = [
  mutant('iec-not-invalidated', without(strict, move, steps.invalidateIec),
    { from: strict, breaks: noLostEdge, at: oneSource, shortest: 12 }),
  mutant('iec-invalidation-not-awaited', without(strict, move, steps.awaitInvalidation),
    { from: strict, breaks: noLostEdge, at: oneSource, shortest: 10 }),
  mutant('iec-invalidated-before-store', moved(strict, move, steps.invalidateIec, steps.storeIrte),
    { from: strict, breaks: noLostEdge, at: oneSource, shortest: 14 }),
  mutant('old-vector-reused-under-stale-entry', without(strict, move, steps.invalidateIec),
    { from: strict, breaks: noMisdelivery, at: twoSources, soundAt: { ...twoSources, migrate: 1 }, shortest: 11 }),
  mutant('cleanup-before-last-inflight', without(strict, move, steps.awaitOldVectorIdle),
    { from: strict, breaks: noLostEdge, at: oneSource, shortest: 12 }),
  mutant('irte-cleared-under-live-source', replaced(strict, move, steps.storeIrte, steps.clearIrte, steps.storeIrte),
    { from: strict, breaks: noLostEdge, at: oneSource, shortest: 4 }),
  mutant('eoi-before-handler-lookup',
    withProtocol(strict, 'handleInterrupt', [steps.sendEoi, steps.findHandler, steps.runHandler]),
    { from: handling, breaks: noLostEdge, at: oneSource, shortest: 24, runLength: 200 }),
  mutant('handler-installed-after-entry', moved(strict, move, steps.storeIrte, steps.claimVector),
    { from: strict, breaks: noLostEdge, at: oneSource, shortest: 5 }),
  mutant('edge-sent-again-just-in-case',
    replaced(strict, move, steps.releaseOldVector, steps.retriggerAtNew, steps.releaseOldVector),
    { from: strict, breaks: noDuplicate, at: oneSource, shortest: 11 }),
  mutant('manager-frees-vector-early', without(driverServer, move, steps.awaitOldVectorIdle),
    { from: driverServer, breaks: noLostEdge, at: oneSource, shortest: 12 }),
  mutant('irte-not-written-back', without(strict, move, steps.writeBackIrte),
    { from: strict, breaks: noLostEdge, at: { ...oneSource, coherent: 0 }, shortest: 13 }),
  mutant('x58-inflight-not-drained', strict,
    { from: strict, breaks: noLostEdge, at: { ...oneSource, interruptDrain: 0 }, soundAt: oneSource, shortest: 14 }),
  mutant('ir-table-switch-before-it-is-visible', without(switching, move, steps.flushWriteBuffer),
    { from: switching, breaks: noLostEdge, at: { ...oneSource, rwbf: 1 }, shortest: 5 }),
  mutant('ir-tables-built-side-by-side', without(switching, move, steps.lockInterruptTable, steps.unlockInterruptTable),
    { from: switching, breaks: noLostEdge, at: { ...twoSources, callers: 2 }, soundAt: { ...oneSource, callers: 2 },
      shortest: 8 }),
  mutant('ir-table-switch-before-iec-flush', without(switching, move, steps.invalidateIecAll),
    { from: switching, breaks: noLostEdge, at: oneSource, shortest: 13 }),
]

const reprogramming = [
  mutant('nonmaskable-msi-torn', unmasked, { from: masked, breaks: noLostEdge, at: oneSource, shortest: 6 }),
  mutant('nonmaskable-msi-torn-onto-neighbour', unmasked,
    { from: masked, breaks: noMisdelivery, at: { ...twoSources, migrate: 1 }, shortest: 4 }),
  mutant('masked-msi-drops-pending', replaced(masked, move, steps.unmaskSource, steps.unmaskSourceDroppingPending),
    { from: masked, breaks: noLostEdge, at: oneSource, shortest: 7 }),
  mutant('mask-write-not-flushed', without(masked, move, steps.readBackSource),
    { from: masked, breaks: noLostEdge, at: oneSource, shortest: 11 }),
  mutant('old-vector-freed-with-irr-set', without(masked, move, steps.awaitOldVectorIdle),
    { from: masked, breaks: noLostEdge, at: oneSource, shortest: 11 }),
]

const leftovers = [
  mutant('old-vector-never-freed', without(strict, move, steps.releaseOldVector),
    { from: strict, breaks: nothingLeftBehind, at: oneSource, shortest: 8 }),
  mutant('source-left-masked', without(masked, move, steps.unmaskSource),
    { from: masked, breaks: nothingLeftBehind, at: oneSource, shortest: 7 }),
]

const forgery = [
  mutant('msi-injection-no-ir', designNamed('no-iommu')!,
    { from: strict, breaks: noForgedInterrupt, at: forging, shortest: 1 }),
  mutant('source-id-not-verified', { ...strict, name: 'ring0-strict, SVT=0', verifiesSource: false },
    { from: strict, breaks: noForgedInterrupt, at: forging, shortest: 1 }),
  mutant('compat-format-let-through', { ...strict, name: 'ring0-strict, CFI=1', blocksUnremapped: false },
    { from: strict, breaks: noForgedInterrupt, at: { ...forging, eim: 0 }, shortest: 1 }),
  mutant('source-check-lost-in-migration', replaced(strict, move, steps.storeIrte, steps.storeIrteWithoutSource),
    { from: strict, breaks: noForgedInterrupt, at: { ...forging, vectors: 2, migrate: 1 }, shortest: 3 }),
  mutant('x2apic-without-eim', { ...strict, name: 'ring0-strict, EIME assumed', wideDestinations: 'always' },
    { from: strict, breaks: noLostEdge, at: { ...oneSource, wideIds: 1, eim: 0 }, shortest: 4 }),
]

/** The vector was free when the call was made, and nobody looks again. */
const claimVectorAsAsked: Step = {
  ...steps.claimVector, name: 'claimVectorAsAsked',
  then: k => {
    k.s.kernel.vectors[k.call.to!.cpu]![k.call.to!.vector] = null
    steps.claimVector.then(k)
  },
}
/** As user-port-io moves interrupts; without its notifications, which have no part in it, there are fewer states. */
const entering: Design = { ...userPortIo, name: 'user-port-io, not notifying', userDrivers: false }
const racing = [
  mutant('vector-claimed-by-two', replaced(entering, move, steps.claimVector, claimVectorAsAsked),
    { from: entering, breaks: noMisdelivery, at: { ...twoSources, callers: 2 }, shortest: 11 }),
]

/** The ring is full, and nobody looks. */
const submitWaitIfRoom: Step = {
  ...steps.submitWait, name: 'submitWaitIfRoom', when: () => true,
  then: ({ s, cpu, b }) => {
    s.unit.waits[cpu] = 'pending'
    if (s.unit.queue.length < b.queue) s.unit.queue.push({ type: 'wait', cpu })
  },
}
const waiting = [
  mutant('command-dropped-when-ring-full', replaced(strict, 'unmap', steps.submitWait, submitWaitIfRoom),
    { from: strict, breaks: waitEnds, at: { ...onePage, queue: 1 }, shortest: 6 }),
  mutant('command-dropped-and-waited-for', replaced(strict, 'unmap', steps.submitWait, submitWaitIfRoom),
    { from: strict, breaks: invalidationsComplete, at: { ...onePage, queue: 1 }, shortest: 7 }),
  mutant('edge-left-under-the-mask', without(masked, move, steps.unmaskSource),
    { from: masked, breaks: edgesAreServed, at: oneSource, shortest: 8 }),
]

export const interruptMutants = [...migration, ...reprogramming, ...leftovers, ...forgery, ...racing, ...waiting]
