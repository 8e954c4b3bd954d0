/** A CPU that waits for hardware is waited for by nobody for ever: its wait stands in the queue, or its status is
 *  written. */
import { protocolOn } from '../../spec/kernel/calls.ts'
import { callNames } from '../../spec/state.ts'
import { always, sometimes } from '../claim.ts'
import type { Claim } from '../claim.ts'

export const waitEnds: Claim = {
  on: (b, design) => callNames.some(name => protocolOn(design, name, b).some(step => step.uses === 'queue')),
  property: always('wait-ends', {
    clause: 'VTD:6.5.2.9/wait',
    claim: 'a pending status word has exactly one wait descriptor on its way',
  }, ({ state }) => {
    for (let cpu = 0; cpu < state.unit.waits.length; cpu++) {
      if (state.unit.waits[cpu] !== 'pending') continue
      const queued = state.unit.queue.filter(entry => entry.type === 'wait' && entry.cpu === cpu).length
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
        ({ state }) => state.unit.waits.includes('done')),
    },
  ],
}
