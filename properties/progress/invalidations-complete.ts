/** A CPU that waits for hardware does not wait for ever, whatever devices go on sending. */
import type { State } from '../../spec/state.ts'
import type { DeepReadonly } from '../../src/model/index.ts'
import { leadsTo, sometimes } from '../claim.ts'
import type { Claim } from '../claim.ts'
import { waitEnds } from './wait-ends.ts'

export const invalidationsComplete: Claim = {
  on: waitEnds.on,
  property: leadsTo('invalidations-complete', {
    clause: 'VTD:6/drain',
    claim: 'each wait for an invalidation ends, unless two devices of one domain keep requests in flight by turns',
    each: ({ state }) => state.unit.waits.map((_, cpu) => `the wait of CPU ${cpu}`),
  }, ({ state }, cpu) => state.unit.waits[cpu] === 'pending',
  ({ state }, cpu) => state.unit.waits[cpu] !== 'pending' || takeTurns(state)),
  witnesses: [
    { property: sometimes('a-dma-is-in-flight-during-a-wait', {
      claim: 'a DMA is on its way while a CPU waits for an invalidation',
    }, ({ state }) =>
      state.unit.waits.includes('pending') && state.inFlight.some(request => request !== null)),
    on: (_, b) => b.frames > 0 },
  ],
}

/** Hardware drains the requests that came before; the bounded unit knows no before, and waits until none of the domain
 *  is in flight (docs/decisions/0001). One device alone gives it that moment, each time its request lands; two need
 *  not. */
function takeTurns({ inFlight }: DeepReadonly<State>): boolean {
  const domains = inFlight.flatMap(request => request === null || request.domain === null ? [] : [request.domain])
  return new Set(domains).size < domains.length
}
