/** Bugs of kernels on AMD-Vi: what differs from other IOMMUs, and what was reported there (docs/bug-zoo.md). */
import { noForgedInterrupt } from '../../properties/interrupts/no-forged-interrupt.ts'
import { noLostEdge } from '../../properties/interrupts/no-lost-edge.ts'
import { noMisdelivery } from '../../properties/interrupts/no-misdelivery.ts'
import { newMappingWorks } from '../../properties/isolation/new-mapping-works.ts'
import { noAccessAfterUnmap } from '../../properties/isolation/no-access-after-unmap.ts'
import { noDmaEscape } from '../../properties/isolation/no-dma-escape.ts'
import { noFreedTable } from '../../properties/isolation/no-freed-table.ts'
import { noWrongPermission } from '../../properties/isolation/no-wrong-permission.ts'
import { callsCanEnd } from '../../properties/progress/calls-can-end.ts'
import { invalidationsComplete } from '../../properties/progress/invalidations-complete.ts'
import { nothingLeftBehind } from '../../properties/progress/nothing-left-behind.ts'
import { waitEnds } from '../../properties/progress/wait-ends.ts'
import type { Unit } from '../../spec/amdvi/bounded/state.ts'
import { storeFields } from '../../spec/amdvi/steps/device.ts'
import { designNamed } from '../../spec/designs.ts'
import { moved, replaced, swapped, without } from '../../spec/kernel/design.ts'
import type { Step } from '../../spec/kernel/design.ts'
import { scopeNamed } from '../../spec/scopes.ts'
import * as steps from '../../spec/steps.ts'
import { forging, mutant, onePage, oneSource, reassigning, twoLevels, twoSources } from './mutant.ts'

const strict = designNamed('ring0-strict@amdvi')!, deferred = designNamed('ring0-deferred@amdvi')!
const words = designNamed('ring0-words@amdvi')!, switching = designNamed('ring0-strict@amdvi+table-switch')!
const server = designNamed('driver-server@amdvi')!
const move = 'migrateInterrupt'
const ranged = replaced(deferred, 'flush', steps.invalidateAllPages, steps.invalidatePageRange)
/** One command that empties every cache, for those that name what they forget. */
const all = replaced(without(strict, 'detach', steps.invalidateDevtabEntry, steps.fenceCommands), 'detach',
  steps.invalidateAllPages, steps.invalidateIommuAll)
const allAtMove = replaced(strict, move, steps.invalidateInterruptTable, steps.invalidateIommuAll)
/** Two devices change domains at will. */
const sharing = { ...reassigning, devices: 2 }

const unmapping = [
  mutant('amd-unmap-not-flushed', without(strict, 'unmap', steps.invalidateIommuPages),
    { from: strict, breaks: noDmaEscape, at: onePage, shortest: 11 }),
  mutant('amd-unmap-not-awaited', without(strict, 'unmap', steps.awaitCompletion),
    { from: strict, breaks: noAccessAfterUnmap, at: onePage, shortest: 10 }),
  mutant('amd-protect-not-flushed', without(strict, 'protect', steps.invalidateIommuPages),
    { from: strict, breaks: noWrongPermission, at: { ...onePage, readOnly: 1 }, shortest: 11 }),
  mutant('amd-update-domain-not-awaited', without(strict, 'unmap', steps.awaitCompletion),
    { from: strict, breaks: noFreedTable, at: twoLevels, shortest: 10 }),
  mutant('amd-pde-kept-when-table-unlinked',
    replaced(strict, 'unmap', steps.invalidateIommuPages, steps.invalidateIommuPagesLeaf),
    { from: strict, breaks: noFreedTable, at: twoLevels, shortest: 14 }),
  mutant('amd-range-flush-one-bit-set',
    replaced(ranged, 'flush', steps.invalidatePageRange, steps.invalidatePageRangeOneBit),
    { from: ranged, breaks: noDmaEscape, at: { frames: 2, iovas: 3 }, shortest: 20, runLength: 400 }),
  mutant('amd-np-cache-map-not-flushed', without(strict, 'map', steps.invalidateIfNpCache),
    { from: strict, breaks: newMappingWorks, at: { ...onePage, npCache: 1 }, shortest: 8 }),
  mutant('amd-write-back-unordered', swapped(strict, 'unmap', steps.writeBackPte, steps.completionWait),
    { from: strict, breaks: noDmaEscape, at: { ...onePage, coherent: 0 }, shortest: 14, runLength: 400 }),
  mutant('amd-wait-slot-reused-after-time-out', without(strict, 'protect', steps.pollStore),
    { from: strict, breaks: noAccessAfterUnmap, at: { ...onePage, readOnly: 1 }, shortest: 18 }),
  mutant('amd-hardware-does-not-drain', strict,
    { from: strict, breaks: noDmaEscape, at: { ...onePage, drain: 0 }, soundAt: onePage, shortest: 13 }),
]

/** A command with the id of another device: of an alias, or from the wrong field. */
const toOther = (step: Step<Unit>): Step<Unit> => ({
  ...step, name: `${step.name}OfOther`,
  then: k => {
    step.then(k)
    const command = k.s.unit.commands.at(-1)!
    if ('device' in command) command.device = (command.device + 1) % k.b.devices
  },
})
const invalidateOtherDevtab = toOther(steps.invalidateDevtabEntry)

/** Stores some fields of the device table entry. */
const storing = (name: string, fields: Parameters<typeof storeFields>[1]): Step<Unit> =>
  ({ name, says: `store ${name}`, then: k => { storeFields(k, fields) } })
/** IV=0 too: what the device sends as an interrupt passes unmapped. */
const blankWhole = storing('blankWhole',
  { tv: false, mode: 0, root: null, domain: null, ir: false, iw: false, iv: false, intCtl: 0 })
/** IR=0 and IW=0 block a device as TV=0 does. */
const revoked = replaced(strict, 'detach', steps.blockDte, storing('noRights', { ir: false, iw: false }))

const assignment = [
  mutant('amd-detach-leaves-mode-zero-and-reads',
    replaced(strict, 'detach', steps.blockDte, storing('readsPass', { mode: 0, root: null, domain: null, iw: false })),
    { from: strict, breaks: noDmaEscape, at: reassigning, shortest: 4 }),
  mutant('amd-detach-blanks-the-whole-entry', replaced(strict, 'detach', steps.blockDte, blankWhole),
    { from: strict, breaks: noForgedInterrupt, at: scopeNamed('device-entry')!.bounds, shortest: 3 }),
  mutant('amd-rights-taken-and-devtab-kept', without(revoked, 'detach', steps.invalidateDevtabEntry),
    { from: revoked, breaks: noDmaEscape, at: sharing, shortest: 12 }),
  mutant('amd-rights-given-and-not-awaited', without(revoked, 'attach', steps.awaitCompletion),
    { from: revoked, breaks: newMappingWorks, at: { ...reassigning, domains: 1 }, shortest: 17 }),
  mutant('amd-detach-zeroes-the-entry', replaced(strict, 'detach', steps.blockDte, steps.zeroDte),
    { from: strict, breaks: noDmaEscape, at: reassigning, shortest: 4 }),
  mutant('amd-detach-leaves-mode-zero', replaced(strict, 'detach', steps.blockDte, steps.passDte),
    { from: strict, breaks: noDmaEscape, at: reassigning, shortest: 4 }),
  mutant('amd-devtab-not-invalidated', without(strict, 'detach', steps.invalidateDevtabEntry),
    { from: strict, breaks: noDmaEscape, at: reassigning, shortest: 12 }),
  mutant('amd-old-domain-not-flushed', without(strict, 'detach', steps.invalidateAllPages),
    { from: strict, breaks: noDmaEscape, at: reassigning, shortest: 13 }),
  mutant('amd-all-where-it-is-illegal', all,
    { from: all, breaks: callsCanEnd, at: { ...reassigning, ia: 0 }, soundAt: reassigning, shortest: 1 }),
  mutant('amd-all-not-awaited', without(all, 'detach', steps.awaitCompletion),
    { from: all, breaks: noDmaEscape, at: reassigning, shortest: 8 }),
  mutant('amd-all-before-the-entry', swapped(all, 'detach', steps.blockDte, steps.invalidateIommuAll),
    { from: all, breaks: noDmaEscape, at: reassigning, shortest: 13 }),
  mutant('amd-pages-before-devtab',
    swapped(strict, 'detach', steps.invalidateDevtabEntry, steps.invalidateAllPages),
    { from: strict, breaks: noDmaEscape, at: reassigning, shortest: 15 }),
  mutant('amd-unordered-unit-not-fenced', without(strict, 'detach', steps.fenceCommands),
    { from: strict, breaks: noDmaEscape, at: { ...reassigning, ordered: 0 }, shortest: 15 }),
  mutant('amd-dte-root-before-domain-id', swapped(words, 'attach', steps.storeDteDomainId, steps.storeDteRoot),
    { from: words, breaks: noDmaEscape, at: sharing, shortest: 32, runLength: 400 }),
  mutant('amd-attach-not-flushed', without(strict, 'attach', steps.invalidateDevtabEntry),
    { from: strict, breaks: newMappingWorks, at: { ...reassigning, domains: 1 }, shortest: 19 }),
  mutant('amd-attach-not-awaited', without(strict, 'attach', steps.awaitCompletion),
    { from: strict, breaks: newMappingWorks, at: { ...reassigning, domains: 1 }, shortest: 17 }),
  mutant('amd-devtab-names-another-device',
    replaced(strict, 'detach', steps.invalidateDevtabEntry, invalidateOtherDevtab),
    { from: strict, breaks: noDmaEscape, at: { ...reassigning, devices: 2 }, shortest: 14 }),
  mutant('amd-dte-not-written-back', without(strict, 'detach', steps.writeBackDte),
    { from: strict, breaks: noDmaEscape, at: { ...reassigning, coherent: 0 }, shortest: 15 }),
  mutant('amd-dead-drivers-frames-taken-before-wait',
    moved(server, 'detach', steps.reclaimFrames, steps.completionWait),
    { from: server, breaks: noDmaEscape, at: reassigning, shortest: 14 }),
]

/** All new but RemapEn, which nobody carried over. */
const exchangeIrteDisabled: Step<Unit> = { ...steps.disableIrte, name: 'exchangeIrteDisabled' }
/** The new table has room for all; the field that says so is as it was when there was half as much. */
const storeShortTable: Step<Unit> = {
  ...steps.storeIntTabRoot, name: 'storeShortTable',
  then: k => {
    steps.storeIntTabRoot.then(k)
    k.s.unit.tables.devices[0]!.now!.intTabLen = 0
  },
}
/** Messages of the device are stopped while its entry changes: aborted ones are lost. */
const stopInterrupts = storing('stopInterrupts', { intCtl: 0 }), goOn = storing('goOn', { intCtl: 2 })
const migration = [
  mutant('amd-interrupts-aborted-while-entry-changes',
    replaced(strict, move, steps.exchangeIrte, stopInterrupts, steps.exchangeIrte, goOn),
    { from: strict, breaks: noLostEdge, at: oneSource, shortest: 5 }),
  mutant('amd-irte-disabled-window', replaced(strict, move, steps.exchangeIrte, steps.disableIrte, steps.exchangeIrte),
    { from: strict, breaks: noLostEdge, at: oneSource, shortest: 4 }),
  mutant('amd-irte-remapen-not-carried-over', replaced(strict, move, steps.exchangeIrte, exchangeIrteDisabled),
    { from: strict, breaks: noLostEdge, at: oneSource, shortest: 4 }),
  mutant('amd-irte-torn-halves', replaced(strict, move, steps.exchangeIrte, steps.storeIrteLow, steps.storeIrteHigh),
    { from: strict, breaks: noLostEdge, at: oneSource, shortest: 6 }),
  mutant('amd-irte-torn-onto-neighbour',
    replaced(strict, move, steps.exchangeIrte, steps.storeIrteLow, steps.storeIrteHigh),
    { from: strict, breaks: noMisdelivery, at: { ...twoSources, migrate: 1 }, shortest: 4 }),
  mutant('amd-irte-update-no-flush', without(strict, move, steps.invalidateInterruptTable),
    { from: strict, breaks: noLostEdge, at: oneSource, shortest: 12 }),
  mutant('amd-interrupt-table-of-alias-not-flushed',
    replaced(strict, move, steps.invalidateInterruptTable, toOther(steps.invalidateInterruptTable)),
    { from: strict, breaks: noLostEdge, at: { ...oneSource, devices: 2 }, shortest: 14 }),
  mutant('amd-irte-flush-not-awaited', without(strict, move, steps.awaitCompletion),
    { from: strict, breaks: noLostEdge, at: oneSource, shortest: 10 }),
  mutant('amd-all-at-move-not-awaited', without(allAtMove, move, steps.awaitCompletion),
    { from: allAtMove, breaks: noLostEdge, at: oneSource, shortest: 10 }),
  mutant('amd-irte-not-written-back', without(strict, move, steps.writeBackInterruptEntry),
    { from: strict, breaks: noLostEdge, at: { ...oneSource, coherent: 0 }, shortest: 13 }),
  mutant('amd-interrupts-not-drained', strict,
    { from: strict, breaks: noLostEdge, at: { ...oneSource, interruptDrain: 0 }, soundAt: oneSource, shortest: 14 }),
  mutant('amd-irt-switched-in-cached-entry', without(switching, move, steps.invalidateDevtabEntry),
    { from: switching, breaks: noLostEdge, at: oneSource, shortest: 11 }),
  mutant('amd-irt-freed-before-wait', moved(switching, move, steps.freeIrt, steps.completionWait),
    { from: switching, breaks: noLostEdge, at: oneSource, shortest: 8 }),
  mutant('amd-inttablen-mismatch', replaced(switching, move, steps.storeIntTabRoot, storeShortTable),
    { from: switching, breaks: noLostEdge, at: { cpus: 2, sources: 2, vectors: 2, migrate: 1 }, shortest: 6 }),
  mutant('amd-x2apic-without-xt', { ...strict, name: 'ring0-strict@amdvi, XT assumed', wideDestinations: 'always' },
    { from: strict, breaks: noLostEdge, at: { ...oneSource, wideIds: 1, xt: 0 }, shortest: 6 }),
]

const forgery = [
  mutant('amd-global-irt-shared', { ...strict, name: 'ring0-strict@amdvi, one table', verifiesSource: false },
    { from: strict, breaks: noForgedInterrupt, at: forging, shortest: 1 }),
  mutant('amd-interrupt-map-left-invalid', { ...strict, name: 'ring0-strict@amdvi, IV=0', blocksUnremapped: false },
    { from: strict, breaks: noForgedInterrupt, at: forging, shortest: 1 }),
]

/** The slot of an earlier command is used again, and what that left in it makes a reserved bit. */
const invalidateUnzeroed: Step<Unit> = {
  ...steps.invalidateIommuPages, name: 'invalidateUnzeroed',
  then: ({ s }) => { s.unit.commands.push({ type: 'illegal' }) },
}
/** The ring is full, and nobody looks. */
const completionWaitIfRoom: Step<Unit> = {
  ...steps.completionWait, name: 'completionWaitIfRoom', when: () => true,
  then: ({ s, cpu, b }) => {
    s.unit.waits[cpu] = 'pending'
    if (s.unit.commands.length < b.queue) s.unit.commands.push({ type: 'wait', cpu })
  },
}
const waiting = [
  mutant('amd-command-slot-not-zeroed', replaced(strict, 'unmap', steps.invalidateIommuPages, invalidateUnzeroed),
    { from: strict, breaks: invalidationsComplete, at: onePage, shortest: 7 }),
  mutant('amd-command-slot-not-zeroed-stops-the-call',
    replaced(strict, 'unmap', steps.invalidateIommuPages, invalidateUnzeroed),
    { from: strict, breaks: callsCanEnd, at: onePage, shortest: 4 }),
  mutant('amd-command-dropped-when-ring-full',
    replaced(strict, 'unmap', steps.completionWait, completionWaitIfRoom),
    { from: strict, breaks: waitEnds, at: { ...onePage, queue: 1 }, shortest: 6 }),
  mutant('amd-vector-never-freed', without(strict, move, steps.releaseOldVector),
    { from: strict, breaks: nothingLeftBehind, at: oneSource, shortest: 8 }),
]

export const amdviMutants = [...unmapping, ...assignment, ...migration, ...forgery, ...waiting]
