/** A driver that masks its source until it has replied serves one interrupt at a time, on whichever CPU. */
import type { State } from '../../spec/state.ts'
import type { DeepReadonly } from '../../src/model/index.ts'
import { always, sometimes } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

/** CPUs whose handler has masked the source of this number, and has no reply yet. */
const servingOn = ({ kernel: { handlers = [] } }: DeepReadonly<State>, source: number): number =>
  handlers.filter(one => one !== null && one.source === source && one.step > 1).length

export const oneHandlerAtATime: Claim = {
  appliesTo: (design, b) => b.sources > 0
    && (design.protocols['handleInterrupt']?.some(step => step.name === 'maskUntilReply') ?? false),
  property: always('one-handler-at-a-time', {
    claim: 'no two CPUs are between the mask and the reply of one source',
    parts: ({ state }) => state.sources.length, partsBy: 'source',
  }, ({ state }, source) => servingOn(state, source) <= 1
    || { because: `two CPUs serve source ${source}, and its driver has replied to neither`, witness: { source } }),
  witnesses: [
    { property: sometimes('an-interrupt-waits-for-the-reply', {
      claim: 'an interrupt arrives while the driver has not replied to the one before',
    }, ({ state }) => state.kernel.notifications.some((waits, source) => waits && servingOn(state, source) > 0)),
    appliesTo: (_, b) => b.cpus > 1 && b.migrate > 0 },
  ],
}
