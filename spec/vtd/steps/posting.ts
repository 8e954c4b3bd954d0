/** Steps that change a posted-interrupt descriptor (VT-d rev 5.10, 5.2.2 to 5.2.5). Hardware writes the same 64 bits,
 *  so each is one compare-and-exchange of them. */
import type { Posting } from '../../iommu/iommu.ts'
import type { StepContext, Step as StepOf } from '../../kernel/design.ts'
import type { Unit } from '../bounded/state.ts'
import type { VtdClause } from '../clauses.ts'

type Step = StepOf<Unit>
type Descriptor = NonNullable<Unit['tables']['descriptors']>[number]

const changes = (name: string, says: string, change: (k: StepContext<Unit>, now: Descriptor) => Partial<Descriptor>,
  clause: VtdClause = 'VTD:5.2.5/software-update'): Step => ({
  name, says, clause, interruptsOff: true,
  then: k => {
    const descriptor = k.s.unit.tables.descriptors![k.call.source!]!
    Object.assign(descriptor, change(k, descriptor))
    k.emit.cost('lock')
  },
})
export const notifyGuest = changes('notifyGuest', 'NV: the vector that the guest takes; NDST: this CPU; SN=0',
  ({ cpu }) => ({ sn: false, wakes: false, cpu }))
export const notifyHost = changes('notifyHost', 'NV: the vector that wakes; NDST: this CPU; SN=0',
  ({ cpu }) => ({ sn: false, wakes: true, cpu }))
export const suppressNotification = changes('suppressNotification', 'SN=1: what is posted from here on notifies nobody',
  () => ({ sn: true }))
/** Under SN a post sets no ON. */
export const setOnIfPosted = changes('setOnIfPosted', 'after SN=0: set ON where PIR is not empty',
  ({ s, call }, { on }) => ({ on: on || s.kernel.notifications[call.source!]! }), 'VTD:5.2.5/suppressed')
export const clearOn: Step = {
  name: 'clearOn', says: 'clear ON: what is posted from here on notifies anew', clause: 'VTD:5.2.5/take',
  interruptsOff: true,
  then: ({ s, call }) => { if (call.source !== null) s.unit.tables.descriptors![call.source]!.on = false },
}

export const vtdPosting: Posting<Unit> = {
  announceToGuest: [notifyGuest], announceToHost: [notifyHost], announceNothing: [suppressNotification],
  announceWaiting: [setOnIfPosted], endAnnouncement: [clearOn],
  isAnnounced: ({ unit }, vcpu) => unit.tables.descriptors![vcpu]!.on,
}
