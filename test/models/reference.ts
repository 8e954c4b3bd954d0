/** The reference protocol that searches are measured on: DMA remapping and interrupt remapping of a small machine, one
 *  field an array.
 *  The same model in Promela and TLA+ has the state counts of `reference` below, found alike by Spin, TLC and
 *  Stateright. */
import {
  actionsOf, bool, initial, list, machine, optional, propertiesOf, scalarset, struct, table, variant,
} from '../../src/index.ts'
import type { Action, Machine, Value } from '../../src/index.ts'

export interface Sizes {
  readonly devices: number; readonly iovas: number; readonly pages: number; readonly queue: number
  readonly sources: number; readonly slots: number
  /** Unmap waits until its invalidation is done. */
  readonly strict: boolean
}
/** Configurations by their usual names, with states, transitions and depth. */
export const reference = {
  s: { sizes: { devices: 2, iovas: 1, pages: 2, queue: 2, sources: 1, slots: 2, strict: true },
    states: 191_232, transitions: 1_500_544, depth: 28 },
  m: { sizes: { devices: 2, iovas: 2, pages: 2, queue: 2, sources: 1, slots: 2, strict: true },
    states: 894_336, transitions: 7_013_856, depth: 28 },
  l: { sizes: { devices: 2, iovas: 2, pages: 3, queue: 2, sources: 1, slots: 2, strict: true },
    states: 20_802_496, transitions: 191_014_672, depth: 30 },
} as const

const idsOf = (sizes: Sizes) => ({
  device: scalarset('device', sizes.devices), iova: scalarset('iova', sizes.iovas),
  page: scalarset('page', sizes.pages),
  source: scalarset('source', sizes.sources), slot: scalarset('slot', sizes.slots),
})
/** `pte` and `write` are the page table, `tlb` and `tlbWrite` its possibly stale copy; a slot is a vector on a CPU. */
const domainOf = (sizes: Sizes) => {
  const { device, iova, page, source, slot } = idsOf(sizes)
  return struct({
    owner: table([page], optional(device)),
    pte: table([device, iova], optional(page)), write: table([device, iova], bool),
    tlb: table([device, iova], optional(page)), tlbWrite: table([device, iova], bool),
    inFlight: table([device], optional(page)),
    unmap: table([device],
      variant('phase', { idle: {}, cleared: { iova, page }, waiting: { iova, page }, done: { iova, page } })),
    queue: list(variant('of', { iotlb: { device, iova }, iec: { source } }), sizes.queue),
    edge: table([source], bool), message: table([source], bool),
    irte: table([source], slot), iec: table([source], optional(slot)),
    migration: table([source],
      variant('phase', { idle: {}, changed: { old: slot }, waiting: { old: slot }, done: { old: slot } })),
    irr: table([slot], optional(source)), handler: table([slot], optional(source)),
  })
}
type State = Value<ReturnType<typeof domainOf>>
type Ledger = Record<never, never>
type Seen =
  | { readonly what: 'landed'; readonly device: number; readonly page: number }
  | { readonly what: 'delivered' | 'handled'; readonly source: number; readonly slot: number }

const action = actionsOf<State, Seen>()
export const { always, step, sometimes } = propertiesOf<State, Ledger, Seen>()

function memory(sizes: Sizes): Action<State, Seen>[] {
  const { device, iova, page } = idsOf(sizes)
  const one = { device }, both = { device, iova }
  return [
    action('map', { agent: 'cpu', params: { device, iova, page, write: bool },
      when: (s, p) => s.unmap[p.device]!.phase === 'idle' && s.pte[p.device]![p.iova] === null
        && s.owner[p.page] === null,
      then: (d, p) => {
        d.pte[p.device]![p.iova] = p.page
        d.write[p.device]![p.iova] = p.write
        d.owner[p.page] = p.device
      } }),
    action('write', { agent: 'device', params: both,
      when: (s, p) => s.inFlight[p.device] === null && s.tlb[p.device]![p.iova] !== null
        && s.tlbWrite[p.device]![p.iova]!,
      then: (d, p) => { d.inFlight[p.device] = d.tlb[p.device]![p.iova]! } }),
    action('fill', { agent: 'iommu', params: both,
      when: (s, p) => s.tlb[p.device]![p.iova] === null && s.pte[p.device]![p.iova] !== null,
      then: fillIotlb }),
    action('evict', { agent: 'iommu', params: both, when: (s, p) => s.tlb[p.device]![p.iova] !== null,
      then: dropIotlb }),
    action('land', { agent: 'device', params: one, when: (s, p) => s.inFlight[p.device] !== null,
      then: (d, p, emit) => {
        emit.observe({ what: 'landed', device: p.device, page: d.inFlight[p.device]! })
        d.inFlight[p.device] = null
      } }),
    action('unmap', { agent: 'cpu', params: both,
      when: (s, p) => s.unmap[p.device]!.phase === 'idle' && s.pte[p.device]![p.iova] !== null,
      then: (d, p) => {
        d.unmap[p.device] = { phase: 'cleared', iova: p.iova, page: d.pte[p.device]![p.iova]! }
        d.pte[p.device]![p.iova] = null
        d.write[p.device]![p.iova] = false
      } }),
    action('submitIotlb', { agent: 'cpu', params: one,
      when: (s, p) => s.unmap[p.device]!.phase === 'cleared' && s.queue.length < sizes.queue,
      then: (d, p) => {
        const unmap = d.unmap[p.device]!
        if (unmap.phase === 'idle') return
        d.queue.push({ of: 'iotlb', device: p.device, iova: unmap.iova })
        unmap.phase = sizes.strict ? 'waiting' : 'done'
      } }),
    action('invalidateIotlb', { agent: 'iommu', params: both,
      when: (s, p) => {
        const head = s.queue[0]
        return head?.of === 'iotlb' && head.device === p.device && head.iova === p.iova && s.inFlight[p.device] === null
      },
      then: (d, p) => {
        dropIotlb(d, p)
        d.queue.shift()
        if (sizes.strict && d.unmap[p.device]!.phase !== 'idle') d.unmap[p.device]!.phase = 'done'
      } }),
    action('free', { agent: 'cpu', params: one, when: (s, p) => s.unmap[p.device]!.phase === 'done',
      then: (d, p) => {
        const unmap = d.unmap[p.device]!
        if (unmap.phase !== 'idle') d.owner[unmap.page] = null
        d.unmap[p.device] = { phase: 'idle' }
      } }),
  ]
}
function fillIotlb(d: State, p: { readonly device: number; readonly iova: number }): void {
  d.tlb[p.device]![p.iova] = d.pte[p.device]![p.iova]!
  d.tlbWrite[p.device]![p.iova] = d.write[p.device]![p.iova]!
}
function dropIotlb(d: State, p: { readonly device: number; readonly iova: number }): void {
  d.tlb[p.device]![p.iova] = null
  d.tlbWrite[p.device]![p.iova] = false
}

function interrupts(sizes: Sizes): Action<State, Seen>[] {
  const { source, slot } = idsOf(sizes)
  const one = { source }
  return [
    action('raise', { agent: 'device', params: one, when: (s, p) => !s.edge[p.source],
      then: (d, p) => { d.edge[p.source] = true } }),
    action('send', { agent: 'device', params: one, when: (s, p) => s.edge[p.source]! && !s.message[p.source],
      then: (d, p) => { d.edge[p.source] = false; d.message[p.source] = true } }),
    action('fillIec', { agent: 'iommu', params: one, when: (s, p) => s.iec[p.source] === null,
      then: (d, p) => { d.iec[p.source] = d.irte[p.source]! } }),
    action('evictIec', { agent: 'iommu', params: one, when: (s, p) => s.iec[p.source] !== null,
      then: (d, p) => { d.iec[p.source] = null } }),
    action('deliver', { agent: 'iommu', params: one, when: (s, p) => s.message[p.source]!,
      then: (d, p, emit) => {
        const to = d.iec[p.source] ??= d.irte[p.source]!
        d.irr[to] = p.source
        d.message[p.source] = false
        emit.observe({ what: 'delivered', source: p.source, slot: to })
      } }),
    action('handle', { agent: 'cpu', params: { slot }, when: (s, p) => s.irr[p.slot] !== null,
      then: (d, p, emit) => {
        emit.observe({ what: 'handled', source: d.irr[p.slot]!, slot: p.slot })
        d.irr[p.slot] = null
      } }),
    action('migrate', { agent: 'cpu', params: { source, slot },
      when: (s, p) => s.migration[p.source]!.phase === 'idle' && s.handler[p.slot] === null,
      then: (d, p) => {
        d.handler[p.slot] = p.source
        d.migration[p.source] = { phase: 'changed', old: d.irte[p.source]! }
        d.irte[p.source] = p.slot
      } }),
    action('submitIec', { agent: 'cpu', params: one,
      when: (s, p) => s.migration[p.source]!.phase === 'changed' && s.queue.length < sizes.queue,
      then: (d, p) => {
        d.queue.push({ of: 'iec', source: p.source })
        d.migration[p.source]!.phase = sizes.strict ? 'waiting' : 'done'
      } }),
    action('invalidateIec', { agent: 'iommu', params: one,
      when: (s, p) => s.queue[0]?.of === 'iec' && s.queue[0].source === p.source,
      then: (d, p) => {
        d.iec[p.source] = null
        d.queue.shift()
        if (sizes.strict) d.migration[p.source]!.phase = 'done'
      } }),
    action('freeVector', { agent: 'cpu', params: one,
      when: (s, p) => {
        const migration = s.migration[p.source]!
        return migration.phase === 'done' && s.irr[migration.old] === null
      },
      then: (d, p) => {
        const migration = d.migration[p.source]!
        if (migration.phase !== 'idle') d.handler[migration.old] = null
        d.migration[p.source] = { phase: 'idle' }
      } }),
  ]
}

const properties = [
  step('own pages only', { claim: 'A write lands on a page of its device.', on: 'landed' }, (seen, { state }) =>
    state.owner[seen.page] === seen.device
      || { because: `device ${seen.device} wrote page ${seen.page}, which is not its own`, witness: { ...seen } }),
  step('no merged edge', { claim: 'An interrupt meets no pending one of another source.',
    on: 'delivered' }, (seen, _, { state }) => {
    const pending = state.irr[seen.slot]!
    return pending === null || pending === seen.source
      || { because: `slot ${seen.slot} is pending for source ${pending}`, witness: { ...seen } }
  }),
  step('right handler', { claim: 'Each interrupt runs the handler of its source.', on: 'handled' }, (seen, { state }) =>
    state.handler[seen.slot] === seen.source
      || { because: `slot ${seen.slot} has another handler than source ${seen.source}`, witness: { ...seen } }),
  sometimes('write lands', { claim: 'A device can write.' }, (_, seen) => seen.some(s => s.what === 'landed')),
  sometimes('interrupt handled', { claim: 'An interrupt can be handled.' },
    (_, seen) => seen.some(s => s.what === 'handled')),
]

export function referenceProtocol(sizes: Sizes): Machine<State, Ledger, Seen> {
  const domain = domainOf(sizes)
  const filled = <T>(count: number, value: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => value(i))
  const initialState: State = {
    ...initial(domain),
    irte: filled(sizes.sources, m => m), handler: filled(sizes.slots, e => e < sizes.sources ? e : null),
  }
  return machine<State, Ledger, Seen>({
    name: 'reference-protocol', domain, initial: initialState, actions: [...memory(sizes), ...interrupts(sizes)],
    properties,
  })
}
