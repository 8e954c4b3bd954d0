/** The hypervisor moves virtual CPUs that have assigned devices. Interrupts are posted, as in vm-posted, and a virtual
 *  CPU runs on any CPU: its entry there says whom to notify from then on, and no interrupt entry changes. What was sent
 *  to the old CPU arrives there and says nothing; the entry looks for it. One that sleeps is moved without being woken,
 *  as Xen moves those of a CPU that goes offline: from the list of the old CPU to that of the new one. */
import type { Iommu, Posting } from '../iommu/iommu.ts'
import type { OwnScope } from '../step.ts'
import type { Design } from './design.ts'
import { cpuCalls } from './pmap-unified.ts'
import { sleeping } from './steps/vcpus.ts'
import { moveSleeper, movingProtocol, postedCalls } from './steps/posting.ts'
import { postingOn } from './vm-posted.ts'

const moving: OwnScope = {
  name: 'moving', says: 'a virtual CPU moves between two CPUs, whether it runs, is ready or sleeps',
  bounds: { cpus: 2, callers: 2, sources: 1, vectors: 3 },
}
const turns: OwnScope = {
  name: 'turns', says: 'two virtual CPUs by turns on one CPU, each with the interrupt of its device',
  bounds: { devices: 2, sources: 2, vectors: 4 },
}
export const vcpuMigrationOn = <U>(iommu: Iommu<U>, how: Posting<U>): Design<U> => {
  const from = postingOn(iommu, how)
  return { ...from, name: 'vcpu-migration',
    says: 'as vm-posted; virtual CPUs move between CPUs, and those that sleep between the lists of whom to wake',
    scopes: [moving, turns],
    costs: [sleeping({ cpus: 2, callers: 2, vectors: 3 }, { action: 'moveSleeper', args: { cpu: 1, source: 0 } })],
    calls: { ...cpuCalls, ...postedCalls(() => true), moveSleeper } as never,
    protocols: { ...from.protocols, moveSleeper: movingProtocol(how) as never } }
}
