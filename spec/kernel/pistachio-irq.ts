/** Interrupts as L4Ka::Pistachio and other L4 kernels hand them out: each source has a thread of the kernel, which
 *  sends an IPC to the driver's thread and keeps the source masked until the driver replies (L4 X.2 reference manual,
 *  "Interrupts as threads"). What arrives before the mask takes hold waits for the reply. Memory is that of a driver
 *  server. The mask bit has two users where a hand-over to another CPU masks the source too. */
import { maskSource, unmaskSource } from './steps/sources.ts'
import type { Vocabulary } from '../iommu/vocabulary.ts'
import { eoi, boundedLapic } from '../apic/lapic.ts'
import { driverServerOn } from './driver-server.ts'
import { withProtocol } from './design.ts'
import type { Design, NeutralStep as Step } from './design.ts'
import type { OwnScope } from '../step.ts'
import { migrations } from './migration.ts'
import { findHandler, sendEoi } from './steps/index.ts'

export const maskUntilReply: Step = {
  name: 'maskUntilReply',
  says: 'mask the source; while its driver has not replied, leave the interrupt for the reply and end',
  then: k => {
    const { s, call, emit, end } = k
    if (call.source === null) return
    if (!s.sources[call.source]!.masked) { maskSource.then(k); return }
    s.kernel.notifications[call.source] = true
    emit.observe({ what: 'handled', ...call.from!, by: call.source, notifies: true })
    eoi(s.lapics[call.from!.cpu]!, boundedLapic, emit.clause)
    emit.cost('eoi')
    end()
  },
}
export const runDriver: Step = {
  name: 'runDriver', says: 'send the IPC to the driver\'s thread, which serves its device',
  then: ({ call, emit }) => {
    if (call.source !== null) { emit.cost('irq-to-user'); emit.cost('handler') }
    emit.observe({ what: 'handled', ...call.from!, by: call.source, notifies: false })
  },
}
export const awaitReply: Step = {
  name: 'awaitReply', says: 'take the driver\'s reply; serve what came meanwhile, else unmask the source',
  goesTo: ['awaitReply'],
  when: k => k.call.source === null || k.s.kernel.notifications[k.call.source]! || unmaskSource.when!(k),
  then: k => {
    const { s, call, emit, go } = k
    if (call.source === null) return
    emit.cost('syscall')
    if (!s.kernel.notifications[call.source]) { unmaskSource.then(k); return }
    s.kernel.notifications[call.source] = false
    emit.cost('handler')
    emit.observe({ what: 'received', source: call.source, by: call.source })
    go('awaitReply')
  },
}

/** Two sources take a million states: the second one has no part in who masks the first. */
const handOver: OwnScope = {
  name: 'hand-over', says: 'one source moves between two CPUs at any time',
  bounds: { cpus: 2, sources: 1, vectors: 2, migrate: 1 },
}
export const pistachioIrqOn = <U>(v: Vocabulary<U>): Design<U> => ({
  ...withProtocol(driverServerOn(v), 'handleInterrupt',
    [findHandler, maskUntilReply, sendEoi, runDriver, awaitReply], 'pistachio-irq'),
  memoryOf: 'driver-server', userDrivers: false, scopes: ['together', handOver],
  says: 'as driver-server; a source stays masked until its driver replies (L4Ka::Pistachio)',
})
/** The hand-over by the source's own registers, under the same mask bit. */
export const pistachioReprogrammingOn = <U>(v: Vocabulary<U>): Design<U> => {
  const by = migrations.find(({ name }) => name === 'source-masked')!.apply(pistachioIrqOn(v), v)
  return { ...by, memoryOf: 'driver-server', scopes: ['hostile', ...by.scopes ?? []], givesUp: {
    ...by.givesUp,
    'no-lost-edge': 'the reply clears the mask bit while the hand-over is between address and data: the message names '
      + 'a place where no handler waits',
    'edges-are-served': 'an interrupt that arrives under the mask of the hand-over is left for a reply that does not '
      + 'come',
    'one-handler-at-a-time': 'the hand-over clears the mask bit before the driver has replied',
  } }
}
