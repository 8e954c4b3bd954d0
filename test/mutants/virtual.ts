/** The hazards of virtual machines: each of these designs falls into its own. */
import { noMisdelivery } from '../../properties/interrupts/no-misdelivery.ts'
import { noStrandedInterrupt } from '../../properties/interrupts/no-stranded-interrupt.ts'
import { noWakeUpLost } from '../../properties/interrupts/no-wake-up-lost.ts'
import { newMappingWorks } from '../../properties/isolation/new-mapping-works.ts'
import { noDmaEscape } from '../../properties/isolation/no-dma-escape.ts'
import { noStaleCopy } from '../../properties/isolation/no-stale-copy.ts'
import { unmappedOnBothSides } from '../../properties/isolation/unmapped-on-both-sides.ts'
import { callsCanEnd } from '../../properties/progress/calls-can-end.ts'
import { nothingLeftBehind } from '../../properties/progress/nothing-left-behind.ts'
import type { Design, StepContext, Own } from '../../spec/kernel/design.ts'
import { moved } from '../../spec/kernel/design.ts'
import { storeLeaf } from '../../spec/kernel/steps/access.ts'
import { serveDevice, vcpuOf } from '../../spec/kernel/steps/vcpus.ts'
import type { Running } from '../../spec/kernel/steps/vcpus.ts'
import { broken, changed, onePage } from './mutant.ts'

const oneVcpu = { cpus: 2, callers: 2, sources: 1, vectors: 1 }
const injection = [
  broken('vcpu-sleeps-without-a-second-look', 'vm-emulated', 'halt/lookForPending', noWakeUpLost, oneVcpu, 15),
  broken('vcpu-looks-before-it-is-marked-halted', 'vm-emulated', 'halt/markHalted<>lookForPending', noWakeUpLost,
    oneVcpu, 16),
  broken('vcpu-woken-before-its-interrupt-is-recorded', 'vm-emulated', 'handleInterrupt/recordInterrupt<>wakeOrKick',
    noWakeUpLost, oneVcpu, 16),
  broken('vcpu-loaded-after-its-interrupts-are-injected', 'vm-emulated', 'runVcpu/loadVcpu<>injectPending',
    noStrandedInterrupt, oneVcpu, 12),
  broken('guest-resumed-without-its-interrupt', 'vm-emulated', 'handleInterrupt/returnToGuest', noStrandedInterrupt,
    oneVcpu, 7),
]

const copyEarly = (from: Design): Design => {
  const steps = from.protocols['unmap']!, at = (name: string) => steps.find(one => one.name === name)!
  return moved(from, 'unmap', at('copyToGuest'), at('clearPte'))
}
/** Whichever page is unmapped, the buffer of the first one is copied. */
const copyFirst = changed('unmap', 'copyToGuest', () => ({
  then: ({ s, call: { domain }, emit }: StepContext<unknown, Own>) => {
    const row = s.kernel.mappings[domain!]!, iova = row.findIndex(one => one !== null)
    emit.observe({ what: 'copied', domain: domain!, iova, frame: row[iova]!.frame, into: null })
  },
}))
const bouncing = [
  broken('bounce-buffer-of-another-page-copied', 'vm-emulated', copyFirst, noStaleCopy, { frames: 2, iovas: 2 }, 22),
  broken('bounce-buffer-not-copied', 'vm-emulated', 'unmap/copyToGuest', noStaleCopy, onePage, 17),
  broken('bounce-buffer-copied-before-the-device-is-cut-off', 'vm-emulated', copyEarly, noStaleCopy, onePage, 18),
  broken('bounce-buffer-copied-before-the-wait-ends', 'vm-emulated', 'unmap/copyToGuest<>pollStatus', noStaleCopy,
    onePage, 18),
  broken('bounce-buffer-copied-after-it-is-freed', 'vm-emulated', 'unmap/copyToGuest<>freeFrame', noStaleCopy, onePage,
    13),
]

type View = StepContext<unknown, Own> & { readonly s: { own: { runsOn: (number | null)[] } } }
/** Whoever runs on the CPU that the interrupt comes to is taken for the one that it is for. */
const injectIntoWhoRuns = changed('handleInterrupt', 'recordInterrupt', () => ({
  then: ({ s, call: { source, from }, cpu, emit }: View) => {
    emit.observe({ what: 'handled', ...from!, by: source, notifies: source !== null })
    if (source === null) return
    const into = vcpuOf(s, cpu) ?? source
    s.kernel.notifications[into] = true
    emit.observe({ what: 'injected', source, into })
  },
}))
/** The guest that is entered gets whatever waits, whoever it is for. */
const serveAnybody = (call: string, name: string) => changed(call, name, () => ({
  then: (k: StepContext<unknown, Running>) => {
    const source = k.s.kernel.notifications.indexOf(true)
    if (source >= 0) serveDevice(k, source)
  },
}))
/** With interrupts off, it waits for the lock and answers nobody. */
const deafForLock = changed('detach', 'lockMemory', () => ({
  when: ({ s, call }: View) => s.kernel.tableLock[call.domain!] === null,
  then: ({ s, call, cpu }: View) => { s.kernel.tableLock[call.domain!] = cpu },
}))
/** Whether the guest has another device is not looked at. */
const unpinAtOnce = changed('detach', 'unpinGuest', () => ({
  then: (k: View) => {
    k.s.kernel.mappings[k.call.domain!]!.forEach((_, iova) => {
      storeLeaf({ ...k, call: { ...k.call, iova } } as never, null)
    })
  },
}))
/** A CPU that runs the guest elsewhere is left alone. */
const wakeOnly = changed('handleInterrupt', 'wakeOrKick', step => ({
  then: (k: View & { readonly s: { own: { halted: boolean[] } } }) => {
    const { source } = k.call
    if (source !== null && k.s.own.halted[source]) step.then(k as never)
  },
}))
const twoGuests = { devices: 2, sources: 2, vectors: 2 }
const ballooning = { cpus: 2, callers: 2, frames: 1, iovas: 1, reassign: 1 }
const assigned = [
  broken('balloon-takes-the-page-from-the-cpus-alone', 'vm-assigned', 'unmap/clearPte', noDmaEscape, ballooning, 24),
  broken('ballooned-frame-freed-before-the-iotlb-is-flushed', 'vm-assigned', 'unmap/submitWait+pollStatus', noDmaEscape,
    ballooning, 21),
  broken('ballooned-page-left-in-the-tlb-of-a-cpu', 'vm-assigned', 'unmap/awaitOthers', unmappedOnBothSides, ballooning,
    21),
  broken('page-taken-while-its-guest-is-given-a-device', 'vm-assigned', 'unmap/lockMemory+unlockMemory', noDmaEscape,
    ballooning, 37),
  broken('guest-pinned-behind-a-write-buffer', 'vm-assigned', 'attach/flushWriteBuffer', newMappingWorks,
    { frames: 1, iovas: 1, reassign: 1, rwbf: 1 }, 22),
  broken('guest-left-pinned-when-its-device-is-taken', 'vm-assigned', 'detach/unpinGuest', noDmaEscape, ballooning, 37),
  broken('guest-unpinned-with-the-first-of-its-devices', 'vm-assigned', unpinAtOnce, newMappingWorks,
    { devices: 2, frames: 1, iovas: 1, reassign: 1 }, 10),
  broken('cpu-that-waits-for-the-memory-of-a-guest-does-not-answer', 'vm-assigned', deafForLock, callsCanEnd,
    ballooning, 10),
  broken('interrupt-injected-into-the-vcpu-that-runs-there', 'vm-assigned', injectIntoWhoRuns, noMisdelivery,
    twoGuests, 5),
  broken('cpu-of-a-guest-not-interrupted', 'vm-assigned', wakeOnly, noStrandedInterrupt, oneVcpu, 12),
  broken('interrupt-of-a-guest-left-in-service', 'vm-assigned', 'handleInterrupt/sendEoi', nothingLeftBehind,
    twoGuests, 7),
  broken('guest-entered-with-the-interrupt-of-another', 'vm-assigned', serveAnybody('runVcpu', 'injectPending'),
    noMisdelivery, twoGuests, 12),
]

const posting = { sources: 1, vectors: 3 }
const sleepAnyway = changed('halt', 'sleepUnlessAnnounced', () => ({
  then: ({ s, call, emit, end }: View) => {
    s.own.runsOn[call.source!] = null
    emit.observe({ what: 'slept', source: call.source! })
    end()
  },
}))
const posted = [
  broken('sn-cleared-on-not-recomputed', 'vm-posted', 'runVcpu/setOnIfPosted', noStrandedInterrupt, posting, 8),
  broken('vcpu-entered-under-suppression', 'vm-posted', 'runVcpu/notifyGuest', noStrandedInterrupt, posting, 8),
  broken('posted-taken-before-the-announcement-ends', 'vm-posted', 'runVcpu/clearOn<>takePosted', noStrandedInterrupt,
    posting, 13),
  broken('vcpu-sleeps-though-something-was-announced', 'vm-posted', sleepAnyway, noWakeUpLost, posting, 6),
  broken('vcpu-looks-before-the-host-is-notified', 'vm-posted', 'halt/notifyHost<>sleepUnlessAnnounced', noWakeUpLost,
    posting, 5),
  broken('wakeup-vector-not-set-on-hotplug', 'vm-posted', 'halt/notifyHost', noWakeUpLost, posting, 5),
  broken('vcpu-sleeps-on-no-list', 'vm-posted', 'halt/joinList', noWakeUpLost, posting, 5),
  broken('notification-left-in-service', 'vm-posted', 'handleInterrupt/sendEoi', nothingLeftBehind, posting, 6),
]

type Descriptors = View & { readonly s: { unit: { tables: { descriptors: object[] } } } }
const keepDestination = changed('runVcpu', 'notifyGuest', () => ({
  then: ({ s, call }: Descriptors) =>
    void Object.assign(s.unit.tables.descriptors[call.source!]!, { sn: false, wakes: false }),
}))
const movedTwice = (from: Design): Design => ({
  ...from, name: `${from.name}, two moves at once`,
  calls: { ...from.calls, moveSleeper: { ...from.calls['moveSleeper'],
    rules: { ...from.calls['moveSleeper']!.rules, oneMoveAtATime: null } } },
})
/** The CPU that is notified takes whatever was posted for a virtual CPU that was there. */
const takeForAnybody = changed('handleInterrupt', 'takePostedInGuest', () => ({
  then: ({ s, call, emit, go }: View) => {
    const source = s.kernel.notifications.indexOf(true)
    if (source >= 0) {
      s.kernel.notifications[source] = false
      emit.observe({ what: 'injected', source, into: call.source! })
    }
    go('sendEoi')
  },
}))
const turns = { devices: 2, sources: 2, vectors: 4 }
const moving = { cpus: 2, callers: 2, sources: 1, vectors: 3 }
const migration = [
  broken('vcpu-notified-on-its-old-cpu', 'vcpu-migration', keepDestination, noStrandedInterrupt, moving, 9),
  broken('cpu-offline-blocked-list', 'vcpu-migration', 'moveSleeper/wakeIfAnnounced', noWakeUpLost, moving, 8),
  broken('sleeper-moved-without-its-notification', 'vcpu-migration', 'moveSleeper/notifyHost', noWakeUpLost, moving, 8),
  broken('sleeper-left-on-the-list-of-its-old-cpu', 'vcpu-migration', 'moveSleeper/joinList', noWakeUpLost, moving, 8),
  broken('sleeper-moved-by-two-cpus-at-once', 'vcpu-migration', movedTwice, noWakeUpLost, moving, 12),
  broken('posted-taken-for-the-vcpu-that-was-there', 'vcpu-migration', takeForAnybody, noMisdelivery,
    turns, 13),
  broken('guest-entered-with-what-was-posted-for-another', 'vcpu-migration', serveAnybody('runVcpu', 'takePosted'),
    noMisdelivery, turns, 13),
]

export const virtualMutants = [...injection, ...bouncing, ...assigned, ...posted, ...migration]
