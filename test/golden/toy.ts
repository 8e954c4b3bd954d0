/** A small machine for tests of traces: one page, a cache that unmap forgets to flush, and a device that reads whatever
 *  is cached. */
import {
  actionsOf, bool, list, machine, oneOf, optional, propertiesOf, range, scalarset, struct, table,
} from '../../src/model/index.ts'
import type { State } from '../../src/model/index.ts'
import { makeTrace } from '../../src/trace/format.ts'
import type { Trace } from '../../src/trace/format.ts'

export const device = scalarset('device', 2)
export const frame = scalarset('frame', 2)
export const page = range(0, 1)
const entry = struct({ frame, write: bool })

const domain = struct({
  pte: table([page], optional(entry)),
  iotlb: table([device, page], optional(entry)),
  queue: list(struct({ type: oneOf('iotlb', 'wait'), page }), 2),
})
const ledgerDomain = struct({ granted: table([frame], bool) })
type Seen =
  | { readonly what: 'granted'; readonly frame: number }
  | { readonly what: 'revoked'; readonly frame: number }
  | { readonly what: 'landed'; readonly device: number; readonly frame: number; readonly write: boolean }
type Toy = NonNullable<typeof domain.value>
type Ledger = NonNullable<typeof ledgerDomain.value>

const action = actionsOf<Toy, Seen>()
const { always, step, monitor, sometimes, eventually } =
  propertiesOf<State<typeof domain>, State<typeof ledgerDomain>, Seen>()

const actions = [
  action('map', {
    agent: 'cpu0', path: 'map', params: { page, frame, write: bool },
    when: (s, p) => s.pte[p.page] === null,
    then: (d, p, emit) => {
      d.pte[p.page] = { frame: p.frame, write: p.write }
      emit.cost('pte-store')
      emit.cost('write-back', 2)
      emit.observe({ what: 'granted', frame: p.frame })
    },
  }),
  action('unmap', {
    agent: 'cpu0', path: 'unmap', params: { page },
    when: (s, p) => s.pte[p.page] !== null,
    then: (d, p, emit) => {
      const { frame: freed } = d.pte[p.page]!
      d.pte[p.page] = null
      d.queue.push({ type: 'iotlb', page: p.page })
      emit.cost('pte-store')
      emit.observe({ what: 'revoked', frame: freed })
    },
  }),
  action('iotlb.fill', {
    agent: 'iommu', params: { device, page },
    when: (s, p) => s.pte[p.page] !== null && s.iotlb[p.device]![p.page] === null,
    then: (d, p, emit) => { d.iotlb[p.device]![p.page] = { ...d.pte[p.page]! }; emit.clause('TOY:1/fill') },
  }),
  action('queue.process', {
    agent: 'iommu',
    when: s => s.queue.length > 0,
    then: d => { const { page: p } = d.queue.shift()!; for (const row of d.iotlb) row[p] = null },
  }),
  action('dma', {
    agent: p => `device${p.device}`, params: { device, page, write: bool },
    when: (s, p) => s.iotlb[p.device]![p.page] !== null,
    then: (d, p, emit) => {
      emit.clause('TOY:2/hit')
      emit.observe({ what: 'landed', device: p.device, frame: d.iotlb[p.device]![p.page]!.frame, write: p.write })
    },
  }),
]

const claim = 'A device reaches a frame only while it is granted.'
const noAccess = step('no-access-after-unmap', { claim, clause: 'TOY:2/hit', on: 'landed' },
  (seen, { ledger }) => ledger.granted[seen.frame]! || {
    because: `DMA ${seen.write ? 'write' : 'read'} reached frame ${seen.frame}, which was taken back before`,
    witness: { device: seen.device, frame: seen.frame, write: seen.write },
  })

export const toy = machine<Toy, Ledger, Seen>({
  name: 'toy', domain,
  initial: { pte: [null, null], iotlb: [[null, null], [null, null]], queue: [] },
  ledger: {
    domain: ledgerDomain, initial: { granted: [false, false] },
    observe: (draft, seen) => { if (seen.what !== 'landed') draft.granted[seen.frame] = seen.what === 'granted' },
  },
  actions,
  properties: [
    noAccess,
    always('queue-has-room', { claim: 'The queue is never full.' },
      ({ state }) => state.queue.length < 2 || { because: 'the queue holds 2 entries' }),
    monitor('one-write', { claim: 'At most one write lands.', domain: struct({ writes: range(0, 9) }) },
      () => {}, () => true),
    sometimes('a-dma-lands', { claim: 'Some DMA lands.' }, (_world, seen) => seen.some(one => one.what === 'landed')),
    eventually('settles', { claim: 'The queue drains.' }, ({ state }) => state.queue.length === 0),
  ],
})

/** A file and line in a fixed place, so that golden files do not move with this one. */
export const placed = { ...toy,
  properties: toy.properties.map(property => ({ ...property, at: `toy/${property.name}.ts:1` })) }

export function toyTrace(over: Partial<Trace> = {}): Trace {
  return {
    ...makeTrace(toy, {
      design: 'toy-deferred', bounds: { devices: 2, pages: 2, PSI: true, CM: false }, property: 'no-access-after-unmap',
      because: 'DMA write reached frame 1, which was taken back before',
      ops: [
        { action: 'map', args: { page: 0, frame: 1, write: true } },
        { action: 'iotlb.fill', args: { device: 0, page: 0 } },
        { action: 'unmap', args: { page: 0 } },
        { action: 'dma', args: { device: 0, page: 0, write: true } },
      ],
      found: { driver: 'random', seed: 7, run: 17, runs: 1000, shrunkFrom: 38, shortest: false },
    }),
    ...over,
  }
}
