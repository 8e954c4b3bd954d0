/** With no-lost-edge, which says that an edge leaves a place only for the next one: every raised edge reaches its
 *  driver. */
import type { Ledger } from '../../spec/ledger.ts'
import type { DeepReadonly } from '../../src/model/index.ts'
import { leadsTo, sometimes } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

type Edges = DeepReadonly<Ledger>['edges'][number]
const outside = ['pending', 'message', 'notification'] as const
interface Place {
  readonly source: number
  readonly kind: typeof outside[number] | 'irr' | 'isr'
  readonly cpu: number
  readonly vector: number
}

/** The places on the way of an edge are numbered, source by source: computed, since this is asked of every state. */
function placeAt(ledger: DeepReadonly<Ledger>, i: number): Place {
  const vectors = ledger.bound[0]!.length, all = ledger.bound.length * vectors
  const source = Math.floor(i / (3 + 2 * all)), n = i % (3 + 2 * all)
  if (n < 3) return { source, kind: outside[n]!, cpu: 0, vector: 0 }
  const at = (n - 3) % all
  return { source, kind: n - 3 < all ? 'irr' : 'isr', cpu: Math.floor(at / vectors), vector: at % vectors }
}
function namesOf(ledger: DeepReadonly<Ledger>): string[] {
  const each = 3 + 2 * ledger.bound.length * ledger.bound[0]!.length
  return Array.from({ length: ledger.edges.length * each }, (_, i) => {
    const { source, kind, cpu, vector } = placeAt(ledger, i)
    const places = {
      pending: 'under the mask', message: 'in a message', notification: 'on its way to the driver',
      irr: `in IRR of CPU ${cpu} at vector ${vector}`,
      isr: `in service on CPU ${cpu} at vector ${vector}`,
    }
    return `the stay of an edge of source ${source} ${places[kind]}`
  })
}
function holds(edges: Edges, { kind, cpu, vector }: Place): boolean {
  return kind === 'irr' || kind === 'isr' ? edges[kind][cpu]![vector]! : edges[kind]
}

export const edgesAreServed: Claim = {
  appliesTo: (_, b) => b.sources > 0,
  property: leadsTo('edges-are-served', {
    clause: 'SDM:apic/dispatch-above-ppr',
    claim: 'a raised edge stays for ever in no place on its way to its driver, unless it is for interrupts of higher '
      + 'priority on its CPU',
    each: ({ ledger }) => namesOf(ledger),
  }, ({ ledger }, i) => {
    const place = placeAt(ledger, i)
    return holds(ledger.edges[place.source]!, place)
  }, ({ state, ledger }, i) => {
    const place = placeAt(ledger, i)
    if (!holds(ledger.edges[place.source]!, place)) return true
    if (place.kind !== 'irr' && place.kind !== 'isr') return false
    const { irr, isr } = state.lapics[place.cpu]!
    // A storm of interrupts above it starves an edge on real hardware too.
    return Math.max(irr.lastIndexOf(true), isr.lastIndexOf(true)) > place.vector
  }),
  witnesses: [
    { property: sometimes('an-edge-waits-for-service', {
      claim: 'an edge waits in IRR while another is in service on its CPU',
    }, ({ state }) =>
      state.lapics.some(({ irr, isr }) => irr.includes(true) && isr.includes(true))) },
  ],
}
