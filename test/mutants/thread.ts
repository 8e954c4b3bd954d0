/** The hazards of the designs that stand for systems of the forum thread (docs/systems.md): each falls into its own. */
import { noDuplicate } from '../../properties/interrupts/no-duplicate.ts'
import { noMisdelivery } from '../../properties/interrupts/no-misdelivery.ts'
import { noLostEdge } from '../../properties/interrupts/no-lost-edge.ts'
import { noWakeUpLost } from '../../properties/interrupts/no-wake-up-lost.ts'
import { oneHandlerAtATime } from '../../properties/interrupts/one-handler-at-a-time.ts'
import { immutableWhileShared } from '../../properties/isolation/immutable-while-shared.ts'
import { keptWhileShared } from '../../properties/isolation/kept-while-shared.ts'
import { noDmaEscape } from '../../properties/isolation/no-dma-escape.ts'
import { noForeignPort } from '../../properties/isolation/no-foreign-port.ts'
import { noStaleCopy } from '../../properties/isolation/no-stale-copy.ts'
import { revokedReachesNothing } from '../../properties/isolation/revoked-reaches-nothing.ts'
import { callsCanEnd } from '../../properties/progress/calls-can-end.ts'
import { unmappedOnBothSides } from '../../properties/isolation/unmapped-on-both-sides.ts'
import { edgesAreServed } from '../../properties/progress/edges-are-served.ts'
import { noDoubleFree } from '../../properties/progress/no-double-free.ts'
import { nothingLeftBehind } from '../../properties/progress/nothing-left-behind.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { designNamed } from '../../spec/designs.ts'
import { moved, replaced, withProtocol } from '../../spec/kernel/design.ts'
import type { Design, StepContext, Own } from '../../spec/kernel/design.ts'
import { enterKernel, freeFrame, retriggerAtNew, unmaskSource } from '../../spec/steps.ts'
import type { CallName } from '../../spec/state.ts'
import { broken, changed, onePage, oneSource, reassigning } from './mutant.ts'
import type { Mutant } from './mutant.ts'
import { virtualMutants } from './virtual.ts'

/** With interrupts off, it waits for an answer and gives none. */
const deaf = (call: string) => changed(call, 'awaitOthers', () => ({
  when: ({ s, cpu }: { s: { own: { asked: boolean[] } }; cpu: number }) =>
    s.own.asked.every((is, other) => !is || other === cpu),
  then: () => {},
}))

const bitmaps = { cpus: 2, callers: 2, devices: 2, domains: 2, ports: 1, reassign: 1 }
const ports = [
  broken('port-bitmap-closed-on-one-cpu', 'user-port-bitmap', 'detach/askOthers', noForeignPort, bitmaps, 4),
  broken('port-bitmap-reload-not-awaited', 'user-port-bitmap', 'detach/awaitOthers', noForeignPort, bitmaps, 4),
  broken('cpus-that-ask-each-other-do-not-answer', 'user-port-bitmap', deaf('detach'), callsCanEnd, bitmaps, 2),
]

const interrupts = [
  broken('interrupt-runs-beside-the-one-before', 'pistachio-irq', 'handleInterrupt/maskUntilReply', oneHandlerAtATime,
    oneSource, 12),
  broken('reply-forgets-what-came-meanwhile', 'pistachio-irq',
    changed('handleInterrupt', 'awaitReply', () => ({ when: unmaskSource.when, then: unmaskSource.then })),
    edgesAreServed, oneSource, 22),
  broken('source-reprogrammed-before-the-reply', 'pistachio-irq',
    () => designNamed('pistachio-irq+source-masked')!, noLostEdge, oneSource, 26),
  broken('hand-over-sends-the-edge-again', 'pistachio-irq',
    changed('migrateInterrupt', 'releaseOldVector', step => ({
      then: (k: never) => { retriggerAtNew.then(k); step.then(k) },
    })), noDuplicate, oneSource, 14),
]

/** Takes any place that the source has, such as one that another move is leaving. */
const readAnyPlace = changed('migrateInterrupt', 'readPlace', () => ({
  then: ({ s: { kernel: { vectors } }, call }: StepContext<unknown, Own>) => {
    const cpu = vectors.findIndex(row => row.includes(call.source))
    call.from = { cpu, vector: vectors[cpu]!.indexOf(call.source) }
  },
}))
/** Makes room for its own by ending the clean-up of the move before. */
const forgetLastMove = changed('migrateInterrupt', 'readPlace', step => ({
  then: (k: StepContext<unknown, Own>) => {
    step.then(k as never)
    const { cpu, vector } = k.call.from!, { to } = k.call
    k.s.kernel.vectors.forEach((row, at) => { row.forEach((source, of) => {
      const isKept = at === cpu && of === vector || at === to!.cpu && of === to!.vector
      if (source !== k.call.source || isKept) return
      row[of] = null
      k.emit.observe({ what: 'bound', cpu: at, vector: of, to: null })
    }) })
  },
}))
const balancing = { ...oneSource, callers: 2 }
const moves = [
  broken('two-moves-leave-one-place', 'irq-balancer', 'migrateInterrupt/lockSource', noDoubleFree, balancing, 22),
  broken('move-leaves-the-place-that-the-last-one-left', 'irq-balancer', readAnyPlace, noLostEdge, balancing, 28),
  broken('move-ends-the-clean-up-of-the-last', 'irq-balancer', forgetLastMove, noLostEdge, balancing, 17),
]

/** A rule of the entry of a call left out. */
const without = (call: string, rule: string) => (from: Design): Design => ({
  ...from, name: `${from.name} ${call} without ${rule}`,
  calls: { ...from.calls, [call]: { ...from.calls[call]!, rules: { ...from.calls[call]?.rules, [rule]: null } } },
})
const asBuiltIn = (call: CallName) => (from: Design): Design =>
  ({ ...from, name: `${from.name}, ${call} as it comes`, calls: { ...from.calls, [call]: {} } })
const passPageItself = changed('copyOut', 'copyBuffer', () => ({
  then: ({ s, call, emit }: StepContext<unknown, Own>) => {
    emit.observe({ what: 'shared', frame: s.kernel.mappings[call.domain!]![call.iova!]!.frame })
  },
}))
/** The page is found first, and copied some time later. */
const copyLater = (from: Design): Design => withProtocol(from, 'copyOut', [enterKernel, ...from.protocols['copyOut']!])
/** What the step makes known comes first, what it does comes in a step of its own. */
const passThenCopy = (from: Design): Design => withProtocol(from, 'copyOut', [{
  name: 'passFrame', says: 'pass the frame on that the copy will be in',
  then: ({ call, emit }: StepContext<unknown, Own>) => { emit.observe({ what: 'shared', frame: call.frame! }) },
}, {
  name: 'copyPage', says: 'copy the page', then: ({ call, emit }: StepContext<unknown, Own & Buffer>) => {
    const { domain, iova, buffer, frame } = call
    emit.observe({ what: 'copied', domain: domain!, iova: iova!, frame: buffer!, into: frame })
  },
}] as never)
interface Buffer { readonly registers: { readonly buffer: number | null } }
const sealing = { frames: 1, iovas: 1, readOnly: 1 }, await_ = 'submitWait+pollStatus'
const buffers = [
  broken('buffer-passed-unsealed', 'io-lite', without('pass', 'isSealed'), immutableWhileShared, sealing, 8),
  broken('buffer-passed-before-the-seal-holds', 'io-lite', `protect/${await_}`, immutableWhileShared, sealing, 11),
  broken('buffer-recycled-while-it-is-held', 'io-lite', asBuiltIn('unmap'), keptWhileShared, sealing, 11),
  broken('buffer-recycled-while-dma-is-pending', 'io-lite', `unmap/${await_}`, noDmaEscape, sealing, 10),
  broken('page-passed-in-place-of-its-copy', 'mbuf-copy', passPageItself, immutableWhileShared,
    { frames: 2, iovas: 1 }, 8),
  broken('copy-passed-on-before-it-is-made', 'mbuf-copy', passThenCopy, noStaleCopy, { frames: 2, iovas: 1 }, 4),
  broken('copy-made-after-its-page-is-unmapped', 'mbuf-copy', copyLater, noStaleCopy,
    { cpus: 2, callers: 2, frames: 2, iovas: 1 }, 12),
  broken('ring-freed-before-the-device-is-cut-off', 'polling-longlived', 'detach/pollStatus<>reclaimFrames',
    noDmaEscape, reassigning, 17),
  broken('ring-left-mapped-at-the-end', 'polling-longlived', 'detach/clearAllPtes', noDmaEscape,
    { ...reassigning, domains: 1 }, 24),
  broken('ring-freed-while-the-application-reads', 'polling-longlived', 'detach/endApplication', keptWhileShared,
    reassigning, 18),
  broken('ring-written-while-the-application-reads', 'io-lite',
    () => designNamed('polling-longlived')!, immutableWhileShared, { frames: 1, iovas: 1, readOnly: 1 }, 9),
]

type CpuView = StepContext<unknown, Own> & { readonly s: { own: { tlb: (number | null)[][][] } } }
/** The TLB of this CPU is flushed first: until the entry is cleared, the CPU may fill it again, asked or not. */
const flushFirst = (call: string, clear: string) => (from: Design): Design => {
  const step = from.protocols[call]!.find(({ name }) => name === clear)!
  return replaced(from, call, step, {
    name: 'flushOwnTlb', says: 'flush the TLB of this CPU',
    then: ({ s, cpu }: CpuView) => { for (const row of s.own.tlb[cpu]!) row.fill(null) },
  } as never, {
    name: 'clearEntry', says: 'clear the entry, and flush nothing', then: (k: CpuView) => {
      const held = k.s.own.tlb[k.cpu]!.map(row => [...row])
      step.then(k as never)
      k.s.own.tlb[k.cpu]!.forEach((row, domain) => { held[domain]!.forEach((frame, at) => { row[at] = frame }) })
    },
  } as never)
}
const twoCallers = { cpus: 2, callers: 2, frames: 1, iovas: 1 }
const bothSides = [
  broken('tlb-left-when-iotlb-is-flushed', 'pmap-unified', 'unmap/awaitOthers', unmappedOnBothSides, twoCallers, 15),
  broken('iotlb-left-when-tlb-is-flushed', 'pmap-unified', `unmap/${await_}`, unmappedOnBothSides, twoCallers, 15),
  broken('frame-freed-before-the-other-cpu-answers', 'pmap-unified', 'unmap/awaitOthers<>freeFrame',
    unmappedOnBothSides, twoCallers, 15),
  broken('tlb-flushed-before-the-entry-is-cleared', 'pmap-unified', flushFirst('unmap', 'clearCpuPte'),
    unmappedOnBothSides, onePage, 16),
  broken('page-mapped-for-a-cpu-before-it-is-taken', 'pmap-unified', 'map/storeCpuPte<>allocateFrame',
    unmappedOnBothSides, twoCallers, 2),
  broken('cpus-that-shoot-down-each-other-do-not-answer', 'pmap-unified', deaf('unmap'), callsCanEnd,
    { ...twoCallers, frames: 2, iovas: 2 }, 10),
]

const sleepAnyway = changed('driverRuns', 'sleepIfClear', () => ({
  then: (
    { s, call, emit }: { s: { own: { asleep: boolean[] } } } & Pick<StepContext<unknown, Own>, 'call' | 'emit'>,
  ) => {
    s.own.asleep[call.source!] = true
    emit.observe({ what: 'slept', source: call.source! })
  },
}))
const twoDrivers = { cpus: 2, callers: 2, devices: 2, sources: 2, vectors: 1 }
const wakeUps = [
  broken('driver-sleeps-without-a-second-look', 'darbat-like', sleepAnyway, noWakeUpLost, twoDrivers, 9),
  broken('driver-woken-before-its-word-is-set', 'darbat-like', 'handleInterrupt/setWord<>wakeDriver', noWakeUpLost,
    twoDrivers, 9),
  broken('interrupt-of-a-driver-left-in-service', 'darbat-like', 'handleInterrupt/sendEoi', nothingLeftBehind,
    { sources: 1, vectors: 1 }, 6),
]

/** The frames of a batch go back with the unmap, before the hypercall that takes them from the views. */
const freeAtOnce = (from: Design): Design => replaced(from, 'unmap', from.protocols['unmap']![0]!, freeFrame,
  from.protocols['unmap']![0]!)
/** Of a batch, the first page alone is taken from the devices. */
const firstOfBatch = changed('flush', 'clearBatchDma', step => ({
  then: (k: StepContext<unknown, Own>) => {
    const [, ...others] = k.s.kernel.mappings[k.call.domain!]!.filter(one => one?.phase === 'flushing')
    for (const one of others) one!.phase = 'live'
    step.then(k as never)
    for (const one of others) one!.phase = 'flushing'
  },
}))
const batches = [
  broken('batch-taken-from-devices-in-part', 'single-server', firstOfBatch, unmappedOnBothSides,
    { frames: 2, iovas: 2 }, 28),
  broken('batch-taken-from-the-cpu-alone', 'single-server', 'flush/clearBatchDma', unmappedOnBothSides, twoCallers, 23),
  broken('batch-taken-from-devices-alone', 'single-server', 'flush/clearBatchCpu', unmappedOnBothSides, twoCallers, 20),
  broken('tlb-flushed-before-the-batch-is-cleared', 'single-server', flushFirst('flush', 'clearBatchCpu'),
    unmappedOnBothSides, onePage, 21),
  broken('page-of-a-batch-reused-before-the-hypercall', 'single-server', freeAtOnce, unmappedOnBothSides, twoCallers,
    7),
]

/** A step of a call moved to before another one, each by its name. */
const before = (call: string, name: string, other: string) => (from: Design): Design => {
  const at = (one: string) => from.protocols[call]!.find(step => step.name === one)!
  return moved(from, call, at(name), at(other))
}
const bus = { frames: 1, iovas: 1, reassign: 1 }
const busWindows = { cpus: 2, callers: 2, ports: 1, reassign: 1 }
const busInterrupts = { cpus: 2, callers: 2, sources: 1, vectors: 1, reassign: 1 }
const revoking = (name: string, edit: Parameters<typeof broken>[2], at: Partial<Bounds>, shortest: number,
  from = 'l4re-io'): Mutant => broken(name, from, edit, revokedReachesNothing, at, shortest)
/** Io takes the same client for every device. */
const alwaysFind = (client: number) => changed('handleInterrupt', 'findClient', () => ({
  then: ({ s, call }: StepContext<unknown, Own> & { readonly s: { own: { hasClient: boolean[] } } }) => {
    if (call.source !== null && s.own.hasClient[call.source]) call.domain = client
  },
}))
/** A client that comes again is served, and its interrupts stay with Io. */
const openUnbound = changed('connect', 'openClient', () => ({
  then: ({ s, call }: StepContext<unknown, Own>) => { s.kernel.closed[call.domain!] = false },
}))
const twoClients = { devices: 2, domains: 2, sources: 2, vectors: 2 }
const buses = [
  broken('interrupt-sent-to-the-client-of-another-bus', 'l4re-io', alwaysFind(0), noMisdelivery,
    twoClients, 6),
  revoking('interrupt-sent-to-who-has-not-the-device', alwaysFind(1),
    { devices: 2, domains: 2, sources: 1, vectors: 1, reassign: 1 }, 6),
  revoking('bus-frames-freed-before-the-space-is-flushed', before('revoke', 'reclaimFrames', 'submitWait'), bus, 16),
  revoking('bus-frames-freed-before-its-device-is-cut-off', before('revoke', 'reclaimFrames', 'pickDevice'), bus, 11),
  revoking('bus-frames-freed-before-the-wait-ends', 'revoke/pollStore<>reclaimFrames', bus, 16, 'l4re-io@amdvi'),
  revoking('bus-space-flushed-before-its-device-is-cut-off', before('revoke', 'invalidateDomain', 'pickDevice'), bus,
    22),
  revoking('bus-space-left-mapped-for-the-next-client', 'revoke/clearAllPtes', bus, 24),
  revoking('second-device-of-the-bus-left-in-its-space', 'revoke/nextDevice', { ...bus, devices: 2 }, 21),
  revoking('second-device-left-in-its-space-on-amdvi', 'revoke/nextDevice', { ...bus, devices: 2 }, 20,
    'l4re-io@amdvi'),
  revoking('client-taken-down-while-io-maps-for-it', 'revoke/awaitClient', { ...bus, cpus: 2, callers: 2 }, 24),
  revoking('window-granted-to-a-client-that-is-gone', 'revoke/awaitClient', busWindows, 23),
  revoking('device-memory-left-mapped', 'revoke/takeMemory', busWindows, 23),
  revoking('device-ports-left-open', 'revoke/takePorts', busWindows, 23),
  revoking('device-window-closed-on-one-cpu', 'revoke/askOthers', busWindows, 23),
  revoking('device-window-flushed-before-it-is-unmapped', 'revoke/takeMemory<>awaitOthers', busWindows, 24),
  broken('interrupts-kept-from-a-client-that-comes-again', 'l4re-io', openUnbound, nothingLeftBehind,
    { sources: 1, vectors: 1, reassign: 1 }, 22),
  revoking('interrupt-left-bound-to-a-dead-client', 'revoke/unbindInterrupts', busInterrupts, 23),
  revoking('interrupt-unbound-while-its-handler-runs', 'revoke/awaitHandlers', busInterrupts, 23),
  revoking('message-left-for-a-dead-client', 'revoke/dropMessages', busInterrupts, 25),
  revoking('messages-dropped-of-a-client-that-is-served', before('revoke', 'closeClient', 'releaseBus'),
    { sources: 1, vectors: 1, reassign: 1 }, 24),
  revoking('messages-dropped-before-the-handler-ends', 'revoke/awaitHandlers<>dropMessages', busInterrupts, 26),
]

export const threadMutants = [...ports, ...interrupts, ...moves, ...buffers, ...bothSides, ...wakeUps, ...batches,
  ...buses, ...virtualMutants]
