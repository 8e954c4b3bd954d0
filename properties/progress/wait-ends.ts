/** A CPU that waits for hardware is waited for by nobody for ever: its wait stands in the queue, or its status is
 *  written. */
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { iommu as standard } from '../../spec/iommus.ts'
import { protocolOn, protocolsOf } from '../../spec/kernel/calls.ts'
import { always, sometimes } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const waitEndsOn = (iommu: Iommu): Claim => ({
  appliesTo: (design, b) => protocolsOf(design).some(name =>
    protocolOn(design, name, b).some(step => step.uses === iommu.queueTag)),
  property: always('wait-ends', {
    clause: iommu.clauseOf['wait-ends'],
    claim: 'a pending status word has exactly one wait on its way',
  }, ({ state }) => {
    for (let cpu = 0; cpu < state.lapics.length; cpu++) {
      if (iommu.waitStatus(state.unit, cpu) !== 'pending') continue
      const queued = iommu.queuedWaits(state.unit, cpu)
      if (queued !== 1) return {
        because: `CPU ${cpu} waits for its status word, and ${queued} wait descriptors for it are queued`,
        witness: { cpu, queued },
      }
    }
    return true
  }),
  witnesses: [
    {
      property: sometimes('a-wait-completes', { claim: 'hardware writes a status word' },
        ({ state }) => state.lapics.some((_, cpu) => iommu.waitStatus(state.unit, cpu) === 'done')),
    },
  ],
})
export const waitEnds = waitEndsOn(standard)
