/** A virtual machine whose device's interrupts the IOMMU posts (posted interrupts, as KVM and Xen use them). Its memory
 *  is as in vm-assigned. The unit writes an interrupt into a descriptor of the virtual CPU. One that runs takes it in
 *  the guest, without an exit. One that is preempted is not disturbed: nothing is announced, and its next entry looks.
 *  One that halts has the host notified, and is on the list of those that its CPU wakes. Here each virtual CPU stays on
 *  one CPU. */
import type { Iommu, Posting } from '../iommu/iommu.ts'
import type { OwnScope, Sizes } from '../step.ts'
import type { Design } from './design.ts'
import { cpuCalls, cpuSide } from './pmap-unified.ts'
import { postedCalls, postedProtocols, postedState, startPosted } from './steps/posting.ts'
import { sleeping } from './steps/vcpus.ts'
import { vmAssignedOn } from './vm-assigned.ts'

const posting: OwnScope = {
  name: 'posting', says: 'a virtual CPU runs, is preempted and halts on one CPU, while its interrupts are posted',
  bounds: { sources: 1, vectors: 3 },
}
/** What virtual machines do to which interrupts are posted; memory calls are those of vm-assigned. */
export const postingOn = <U>({ steps }: Iommu<U>, posting_: Posting<U>): Design<U> => {
  const { map, unmap, attach, detach, touch, flushTlb } = vmAssignedOn(steps).protocols
  return { ...vmAssignedOn(steps), postsInterrupts: true, givesUp: {}, costs: [sleeping({ vectors: 3 })],
    state: (of: Sizes) => ({ ...cpuSide(of), ...postedState(of) }), start: startPosted as never,
    protocols: { map, unmap, attach, detach, touch, flushTlb, ...postedProtocols(posting_) } as never }
}
export const vmPostedOn = <U>(iommu: Iommu<U>, how: Posting<U>): Design<U> => ({
  ...postingOn(iommu, how), name: 'vm-posted',
  says: 'as vm-assigned; the IOMMU posts interrupts to virtual CPUs, which take them without an exit',
  scopes: [posting], calls: { ...cpuCalls, ...postedCalls((vcpu, cpu, b) => vcpu % b.cpus === cpu) } as never,
})
