/** What a VT-d unit does by itself: fill caches, process the queue, complete registers, let stores become visible. */
import type { Emit } from '../../../src/model/index.ts'
import { seenByHardware } from '../../iommu/cells.ts'
import { pageAt } from '../../iommu/paging.ts'
import { same } from '../../iommu/same.ts'
import { settleCell, settlingPages } from '../../iommu/settling.ts'
import type { Bounds } from '../../bounds.ts'
import type { MachineObservation } from '../../observations.ts'
import type { Setup } from '../../setup.ts'
import { actionOn } from '../../state.ts'
import { contextFill, invalidate, iotlbFill, lastTableOf, walkFor } from './caches.ts'
import type { DeviceWalk } from './caches.ts'
import type { VtdClause } from '../clauses.ts'
import { coversIotlb } from '../invalidation/covers.ts'
import type { Descriptor } from '../invalidation/covers.ts'
import { didOf, flushWriteBuffer } from './tables.ts'
import { mayComplete } from '../invalidation/order.ts'
import type { Ordered } from '../invalidation/order.ts'
import { descriptorOf } from './state.ts'
import type { QueueEntry, Unit, VtdState } from './state.ts'

const action = actionOn<Unit>()

/** Tags of kernel steps: what of the unit they drive. */
export const queueTag = 'queue', registersTag = 'registers'

export function vtdActions(setup: Setup) {
  const { bounds: b, use } = setup
  return [
    ...use.dma && b.frames > 0 ? dmaCaches(setup) : [], ...use.interrupts && b.sources > 0 ? [cacheIrte(setup)] : [],
    ...use.tags.has(queueTag) ? [processQueue(b)] : [], ...use.tags.has(registersTag) ? [completeRegister(b)] : [],
    ...settling(setup),
  ]
}

/** Speculative fills of the caches that DMA uses: no request need be there (6). */
function dmaCaches({ bounds: b, ids: { device, iova } }: Setup) {
  const cacheContext = action('iommu.cacheContext', {
    says: 'fill the context cache with the context entry of a device, asked or not',
    agent: 'iommu', path: 'dma', params: { device },
    when: (s, p) => {
      const fill = s.unit.tes ? contextFill(s.unit, p.device, b) : null
      return fill !== null && !same(fill, s.unit.contextCache[p.device])
    },
    then: (d, p, emit) => {
      const fill = contextFill(d.unit, p.device, b)!
      d.unit.contextCache[p.device] = fill
      emit.cost('device-entry-fetch')
      emit.clause('VTD:6/context-cache')
      emit.clause(fill.entry === null ? 'VTD:6/caching-mode' : 'VTD:6/speculative-fill')
    },
  })
  const cacheTranslation = action('iommu.cacheTranslation', {
    says: 'walk the tables and fill the IOTLB with a page of a device, asked or not',
    agent: 'iommu', path: 'dma', params: { device, iova },
    when: (s, p) => {
      const found = s.unit.tes ? walkFor(s, { ...p, write: false }, b) : null
      const fill = found === null ? null : iotlbFill(found, b)
      return fill !== null && !same(fill, s.unit.iotlb[p.device]![p.iova])
    },
    then: (d, p, emit) => {
      const found = walkFor(d, { ...p, write: false }, b)!
      const fill = iotlbFill(found, b)!
      d.unit.iotlb[p.device]![p.iova] = fill
      emitWalk(emit, found, p.device, b)
      emit.clause('VTD:6/iotlb')
      if (fill.frame === null) emit.clause('VTD:6/caching-mode')
    },
  })
  const cacheTable = action('iommu.cacheTable', {
    says: 'fill the paging-structure cache with the last table of a walk, asked or not',
    agent: 'iommu', path: 'dma', params: { device, iova },
    when: (s, p) => {
      const found = s.unit.tes && b.levels > 1 ? walkFor(s, { ...p, write: false }, b) : null
      const page = found === null ? null : lastTableOf(found, b)
      return page !== null && s.unit.pagingCache[found!.domain]![p.iova >> 1] !== page
    },
    then: (d, p, emit) => {
      const found = walkFor(d, { ...p, write: false }, b)!
      d.unit.pagingCache[found.domain]![p.iova >> 1] = lastTableOf(found, b)
      emit.clause('VTD:6/paging-structure-cache')
    },
  })
  return b.levels > 1 ? [cacheContext, cacheTranslation, cacheTable] : [cacheContext, cacheTranslation]
}

/** The cost and the observations of a walk: each table page of the pool that it read an entry from. */
export function emitWalk(emit: Emit<MachineObservation>, { trail, domain }: DeviceWalk, device: number,
  b: Bounds): void {
  emit.cost('walk-level', trail.visited.length)
  for (const id of trail.exercised) emit.clause(id)
  for (const { table } of trail.visited) {
    const page = pageAt(table, b)
    if (page !== null) emit.observe({ what: 'table-read', device, domain, page })
  }
}

function cacheIrte({ caps, ids: { source } }: Setup) {
  return action('iommu.cacheIrte', {
    says: 'fill the interrupt entry cache with an IRTE, asked or not',
    agent: 'iommu', path: 'irq-deliver', params: { source },
    when: (s, p) => {
      const entry = seenByHardware(s.unit.tables.irt[s.unit.tables.irta]![p.source]!)
      return s.unit.ires && (entry !== null || caps.cm) && !same({ entry }, s.unit.iec[p.source])
    },
    then: (d, p, emit) => {
      const entry = seenByHardware(d.unit.tables.irt[d.unit.tables.irta]![p.source]!)
      d.unit.iec[p.source] = { entry: entry === null ? null : { ...entry } }
      emit.cost('remap-entry-fetch')
      emit.clause('VTD:6/interrupt-entry-cache')
    },
  })
}

const invalidationClause: Readonly<Record<QueueEntry['type'], VtdClause>> = {
  'context-device': 'VTD:6.5.2.1/context-device', 'context-global': 'VTD:6.5.2.1/context-global',
  'iotlb-global': 'VTD:6.5.2.3/iotlb-global', 'iotlb-domain': 'VTD:6.5.2.3/iotlb-domain',
  'iotlb-page': 'VTD:6.5.2.3/iotlb-page',
  'iec-index': 'VTD:6.5.2.8/iec-index', 'iec-global': 'VTD:6.5.2.8/iec-global', wait: 'VTD:6.5.2.9/wait',
}
const hardwareCost: Readonly<Partial<Record<Descriptor['type'], string>>> = {
  'context-cache': 'device-entry-invalidate', iotlb: 'iotlb-invalidate', iec: 'remap-entry-invalidate',
}

/** Completes a descriptor of the queue; those before it may still be under way, as far as the manual lets them (6.5.2).
 *  Strongly fair: the unit drains the requests that were in flight when it came to the descriptor (VTD:6/drain) and is
 *  not held up by later ones, while here any request in flight disables the step and devices may go on sending. */
function processQueue(b: Bounds) {
  return action('iommu.process', {
    says: 'complete a descriptor of the invalidation queue; those before it may still be under way, as far as the '
      + 'manual lets them',
    agent: 'iommu', fair: 'strong', path: 'invalidate',
    params: { slot: { kind: 'range', low: 0, high: b.queue - 1 } as const },
    when: (s, p) => p.slot < s.unit.queue.length && mayComplete(i => orderedAs[s.unit.queue[i]!.type], p.slot)
      && isDrained(s, descriptorOf(s.unit.queue[p.slot]!), b),
    then: (d, p, emit) => {
      const entry = d.unit.queue[p.slot]!
      d.unit.queue.splice(p.slot, 1)
      emit.clause(p.slot === 0 ? 'VTD:6.5.2/fetch' : 'VTD:6.5.2/unordered')
      execute(d, entry, emit, b)
      if (entry.type === 'wait') d.unit.waits[entry.cpu] = 'done'
    },
  })
}

const orderedAs: Readonly<Record<QueueEntry['type'], Ordered>> = {
  'context-device': { type: 'context-cache' }, 'context-global': { type: 'context-cache' },
  'iotlb-global': { type: 'iotlb' }, 'iotlb-domain': { type: 'iotlb' },
  'iotlb-page': { type: 'iotlb' }, 'iec-index': { type: 'iec' }, 'iec-global': { type: 'iec' }, wait: { type: 'wait' },
}

/** Strongly fair, as `iommu.process` is and for the same reason (VTD:6/drain). */
function completeRegister(b: Bounds) {
  return action('iommu.completeRegister', {
    says: 'complete the invalidation that was asked for by register',
    agent: 'iommu', fair: 'strong', path: 'invalidate',
    when: s => s.unit.register !== null && isDrained(s, descriptorOf(s.unit.register), b),
    then: (d, _, emit) => {
      const entry = d.unit.register!
      d.unit.register = null
      emit.clause('VTD:11.4/register-invalidation')
      execute(d, entry, emit, b)
    },
  })
}

function execute(d: VtdState, entry: QueueEntry, emit: Emit<MachineObservation>, b: Bounds): void {
  const descriptor = descriptorOf(entry)
  const unit = hardwareCost[descriptor.type]
  if (unit !== undefined) emit.cost(unit)
  emit.clause(invalidationClause[entry.type])
  if (entry.type === 'iotlb-page' && entry.hint) emit.clause('VTD:6.5.2.3/hint')
  if (entry.type !== 'wait' && b.rwbf === 1) {
    // Every cache invalidation flushes the write buffers first (chapter 6).
    flushWriteBuffer(d.unit.tables, d.memory)
    emit.clause('VTD:6/write-buffer-flush')
  }
  invalidate(d.unit, descriptor)
}

/** An IOTLB invalidation is held back while requests it must drain are on their way: the next wait may complete only
 *  after both. */
function isDrained(s: VtdState, descriptor: Descriptor, b: Bounds): boolean {
  if (descriptor.type !== 'iotlb' || b.drain === 0) return true
  return s.inFlight.every(request => request === null || request.domain === null
    || !coversIotlb(descriptor, { did: didOf(request.domain), page: request.iova!, pages: 1 }))
}

/** Stores that software has not written back may reach memory at any time. */
function settling(setup: Setup) {
  const { bounds: b, caps, ids: id, use } = setup
  if (caps.coherent && !caps.rwbf) return []
  const context = action('memory.settleContext', {
    says: 'a store to a context entry that was not written back reaches memory',
    agent: 'memory', params: { device: id.device },
    when: (s, p) => s.unit.tables.context[p.device]!.pending.length > 0,
    then: (d, p, emit) => { settleCell(d.unit.tables.context[p.device]!, 'VTD:6/coherency', emit) },
  })
  const irte = action('memory.settleIrte', {
    says: 'a store to an IRTE that was not written back reaches memory',
    agent: 'memory', params: { source: id.source },
    when: (s, p) => s.unit.tables.irt[s.unit.tables.irta]![p.source]!.pending.length > 0,
    then: (d, p, emit) => { settleCell(d.unit.tables.irt[d.unit.tables.irta]![p.source]!, 'VTD:6/coherency', emit) },
  })
  return [
    ...settlingPages<Unit>(setup, 'VTD:6/coherency'),
    ...use.dma && b.frames > 0 && b.reassign === 1 ? [context] : [],
    ...use.interrupts && b.sources > 0 ? [irte] : [],
  ]
}
