/** Conservation: each raised edge is in exactly one place, from the device to its own driver. No one rule asks for it:
 *  where an edge is lost to a refusal, the trace cites the rule of that. */
import { handlerOf } from '../../spec/state.ts'
import type { State } from '../../spec/state.ts'
import type { Ledger } from '../../spec/ledger.ts'
import type { DeepReadonly, Verdict } from '../../src/model/index.ts'
import { always, sometimes } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const noLostEdge: Claim = {
  appliesTo: (_, b) => b.sources > 0,
  property: always('no-lost-edge', {
    claim: 'each raised edge is pending at its source, in a message, in an IRR, in service, or on its way to its '
      + 'driver: nowhere else, and not gone',
    parts: ({ ledger }) => ledger.edges.length, partsBy: 'source',
  }, ({ state, ledger }, source) => accounted(state, ledger, source)),
  witnesses: [
    { property: sometimes('an-edge-is-handled', { claim: 'an edge reaches the handler of its source' }, (_, seen) =>
      seen.some(one => one.what === 'handled' && one.by !== null)), appliesTo: design => !design.postsInterrupts },
    { property: sometimes('a-posted-edge-is-taken', { claim: 'an edge that was posted reaches its virtual CPU' },
      (_, seen) => seen.some(one => one.what === 'received')), appliesTo: design => design.postsInterrupts },
    { property: sometimes('edges-merge', {
      claim: 'an edge merges into a set IRR bit, or into one that is posted',
    }, (_, seen) =>
      seen.some(one => (one.what === 'accepted' || one.what === 'posted') && one.source !== null && one.merged)) },
    { property: sometimes('an-edge-waits-under-the-mask', { claim: 'an edge is kept as a pending bit' }, (_, seen) =>
      seen.some(one => one.what === 'raised' && one.pended)),
    appliesTo: (design, b) => b.migrate > 0
      && (design.protocols.migrateInterrupt?.some(step => step.name === 'maskSource') ?? false) },
    { property: sometimes('an-old-vector-is-released', { claim: 'a migration ends' }, (_, seen) =>
      seen.some(one => one.what === 'bound' && one.to === null)),
    appliesTo: (design, b) => b.migrate > 0 && design.protocols.migrateInterrupt !== undefined },
  ],
}

/** Whether the places the ledger knows of still hold the source's edges. */
function accounted(state: DeepReadonly<State>, ledger: DeepReadonly<Ledger>, source: number): Verdict {
  const edges = ledger.edges[source]!
  const lost = (because: string): Verdict =>
    ({ because: `an edge of source ${source} ${because}`, witness: { source } })
  if (edges.lost) return lost('was raised and never reached its driver')
  if (edges.pending && !state.sources[source]!.pending)
    return lost('was pending at its source, and the pending bit is gone')
  if (edges.message && state.sources[source]!.message === null) return lost('was in a message, and the message is gone')
  if (edges.notification && !state.kernel.notifications[source]!)
    return lost('was handed to its driver, and the notification is gone')
  for (let cpu = 0; cpu < edges.irr.length; cpu++)
    for (let vector = 0; vector < edges.irr[cpu]!.length; vector++) {
      if (edges.irr[cpu]![vector]! && !state.lapics[cpu]!.irr[vector]!)
        return lost(`was in IRR of CPU ${cpu} at vector ${vector}, and the bit is clear`)
      if (edges.isr[cpu]![vector]! && !state.lapics[cpu]!.isr[vector]! && !isHandling(state, cpu, vector))
        return lost(`was in service on CPU ${cpu} at vector ${vector}, and no handler served it`)
    }
  return true
}

/** A handler that is a protocol may write EOI before it serves its device. */
const isHandling = ({ kernel }: DeepReadonly<State>, cpu: number, vector: number): boolean =>
  handlerOf(kernel, cpu)?.from?.vector === vector
