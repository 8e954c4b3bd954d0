/** A CPU that waits for hardware does not wait for ever, whatever devices go on sending. */
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { iommu as standard } from '../../spec/iommus.ts'
import type { State } from '../../spec/state.ts'
import type { DeepReadonly } from '../../src/model/index.ts'
import { leadsTo, sometimes } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'
import { waitEndsOn } from './wait-ends.ts'

export const invalidationsCompleteOn = (iommu: Iommu): Claim => ({
  appliesTo: waitEndsOn(iommu).appliesTo,
  property: leadsTo('invalidations-complete', {
    clause: iommu.clauseOf['invalidations-complete'],
    claim: 'each wait for an invalidation ends, unless two devices whose requests it drains keep some in flight by '
      + 'turns',
    each: ({ state }) => state.lapics.map((_, cpu) => `the wait of CPU ${cpu}`),
  }, ({ state }, cpu) => iommu.waitStatus(state.unit, cpu) === 'pending',
  ({ state }, cpu) => iommu.waitStatus(state.unit, cpu) !== 'pending' || takeTurns(state, iommu.drainsAll(state.unit))),
  witnesses: [
    { property: sometimes('a-dma-is-in-flight-during-a-wait', {
      claim: 'a DMA is on its way while a CPU waits for an invalidation',
    }, ({ state }) =>
      state.lapics.some((_, cpu) => iommu.waitStatus(state.unit, cpu) === 'pending')
        && state.inFlight.some(request => request !== null)),
    appliesTo: (_, b) => b.frames > 0 },
  ],
})
export const invalidationsComplete = invalidationsCompleteOn(standard)

/** Hardware drains the requests that came before; the bounded unit knows no before, and waits until none of the domain
 *  is in flight, or none of any domain after a global command (docs/decisions/0001). One device alone gives it that
 *  moment, each time its request lands; two need not. */
function takeTurns({ inFlight }: DeepReadonly<State>, ofAllDomains: boolean): boolean {
  const domains = inFlight.flatMap(request => request === null || request.domain === null ? [] : [request.domain])
  return (ofAllDomains ? Math.min(1, domains.length) : new Set(domains).size) < domains.length
}
