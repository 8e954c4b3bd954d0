/** Steps of the handler of an interrupt, from dispatch to EOI, for designs that give `handleInterrupt` a protocol. The
 *  CPU runs it with interrupts off: what else it is in waits. `call.from` is the place that the interrupt came to. */
import type { NeutralStep as Step } from '../design.ts'
import { boundedLapic, eoi } from '../../apic/lapic.ts'

/** What the vector table says now: another CPU may have changed it since the interrupt was accepted. */
export const findHandler: Step = {
  name: 'findHandler', says: 'look up whose handler is installed at the vector',
  then: ({ s, call }) => { call.source = s.kernel.vectors[call.from!.cpu]![call.from!.vector]! },
}
/** The driver drains its device: one run serves all edges that have merged. Without a handler nobody does. */
export const runHandler: Step = {
  name: 'runHandler', says: 'run the handler that was found: it serves its device',
  then: ({ call, emit }) => {
    if (call.source !== null) emit.cost('handler')
    emit.observe({ what: 'handled', ...call.from!, by: call.source, notifies: false })
  },
}
export const notifyDriver: Step = {
  name: 'notifyDriver', says: 'hand the interrupt to its userland driver by IPC',
  then: ({ s, call, emit }) => {
    if (call.source !== null) s.kernel.notifications[call.source] = true
    emit.observe({ what: 'handled', ...call.from!, by: call.source, notifies: call.source !== null })
  },
}
export const sendEoi: Step = {
  name: 'sendEoi', says: 'write the EOI register: the vector may be taken into service again',
  then: ({ s, call, emit }) => {
    eoi(s.lapics[call.from!.cpu]!, boundedLapic, emit.clause)
    emit.cost('eoi')
  },
}
