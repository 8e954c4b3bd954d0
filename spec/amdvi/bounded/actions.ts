/** What an AMD IOMMU does by itself: fill caches, execute commands, let stores become visible. */
import type { Emit } from '../../../src/model/index.ts'
import type { Bounds } from '../../bounds.ts'
import { seenByHardware } from '../../iommu/cells.ts'
import { pageAt } from '../../iommu/paging.ts'
import { same } from '../../iommu/same.ts'
import { settleCell, settlingPages } from '../../iommu/settling.ts'
import type { MachineObservation } from '../../observations.ts'
import type { Setup } from '../../setup.ts'
import { actionOn } from '../../state.ts'
import type { AmdviClause } from '../clauses.ts'
import { coversPages } from '../invalidation/covers.ts'
import type { Command } from '../invalidation/covers.ts'
import { mayEnd } from '../invalidation/order.ts'
import { fetchDevice, interruptOf, invalidate, lastTableOf, pageFill, sharedFill, walkAhead } from './caches.ts'
import type { DeviceWalk } from './caches.ts'
import { commandOf } from './state.ts'
import type { AmdviState, QueuedCommand, Unit } from './state.ts'
import { domainIdOf } from './tables.ts'

const action = actionOn<Unit>()

/** Tag of kernel steps that put a command into the buffer. */
export const queueTag = 'queue'

export function amdviActions(setup: Setup) {
  const { bounds: b, use } = setup
  const usesDma = use.dma && b.frames > 0, usesInterrupts = use.interrupts && b.sources > 0
  return [
    cacheDevice(setup), ...usesDma ? pageCaches(setup) : [],
    ...usesInterrupts ? [cacheInterrupt(setup)] : [], ...use.tags.has(queueTag) ? [execute(b)] : [],
    ...settling(setup),
  ]
}

/** Whether a right design stores device table entries: those of devices that change domains, and those of its interrupt
 *  tables where it switches them. */
const movesEntries = ({ bounds: b, design, use }: Setup): boolean => use.dma && b.frames > 0 && b.reassign === 1
  || use.interrupts && b.sources > 0 && b.migrate > 0 && design.interruptTables > 1

/** Fills are speculative: no request need be there. */
function cacheDevice(setup: Setup) {
  const { ids: { device } } = setup
  return action('iommu.cacheDevice', {
    says: 'take the device table entry of a device from memory anew, asked or not',
    agent: 'iommu', path: 'dma', ofMistakes: !movesEntries(setup), params: { device },
    when: (s, p) => s.unit.enabled
      && !same(seenByHardware(s.unit.tables.devices[p.device]!), s.unit.deviceCache[p.device]),
    then: (d, p, emit) => {
      fetchDevice(d.unit, p.device)
      emit.clause('AMD:2.4/dte-cache')
    },
  })
}

function pageCaches(setup: Setup) {
  const { bounds: b, ids: { device, iova } } = setup
  const cachePage = action('iommu.cachePage', {
    says: 'walk the tables and hold the translation of a page of a device, asked or not',
    agent: 'iommu', path: 'dma', params: { device, iova },
    when: (s, p) => {
      const fill = s.unit.enabled ? pageFill(walkAhead(s, p, b), b) : null
      return fill !== null && !same(fill, s.unit.pageCache[p.device]![p.iova])
    },
    then: (d, p, emit) => {
      const found = walkAhead(d, p, b), fill = pageFill(found, b)!
      emit.cost('device-entry-fetch')
      d.unit.pageCache[p.device]![p.iova] = fill
      emitWalk(emit, found, p.device, b)
      emit.clause(fill.frame === null ? 'AMD:2.4/np-cache' : 'AMD:2.4/page-cache')
    },
  })
  const cacheDirectory = action('iommu.cacheDirectory', {
    says: 'hold the last page directory entry of a walk, asked or not',
    agent: 'iommu', path: 'dma', params: { device, iova },
    when: (s, p) => {
      const found = s.unit.enabled ? walkAhead(s, p, b) : null
      const page = found === null || found.domain === null ? null : lastTableOf(found, b)
      return page !== null && s.unit.directoryCache[found!.domain!]![p.iova >> 1] !== page
    },
    then: (d, p, emit) => {
      const found = walkAhead(d, p, b)
      d.unit.directoryCache[found.domain!]![p.iova >> 1] = lastTableOf(found, b)
      emit.clause('AMD:2.4/directory-cache')
    },
  })
  return [cachePage, ...b.devices > 1 ? [sharePage(setup)] : [], ...b.levels > 1 ? [cacheDirectory] : []]
}

function sharePage({ bounds: b, ids: { device, iova } }: Setup) {
  return action('iommu.sharePage', {
    says: 'use for a device the translation that another device of its DomainID left',
    agent: 'iommu', path: 'dma', ofMistakes: b.reassign === 0 && b.devices <= b.domains,
    params: { device, from: device, iova },
    when: (s, p) => {
      const fill = p.from === p.device ? null : sharedFill(s.unit, p.device, p.from, p.iova)
      return fill !== null && !same(fill, s.unit.pageCache[p.device]![p.iova])
    },
    then: (d, p, emit) => {
      d.unit.pageCache[p.device]![p.iova] = sharedFill(d.unit, p.device, p.from, p.iova)
      emit.clause('AMD:2.4/shared-page-cache')
      emit.clause('AMD:2.2/same-domain-same-tables')
    },
  })
}

/** The cost and the observations of a walk: each table page of the pool that it read an entry from. */
export function emitWalk(emit: Emit<MachineObservation>, { trail, domain }: DeviceWalk, device: number,
  b: Bounds): void {
  emit.cost('walk-level', trail.visited.length)
  for (const id of trail.exercised) emit.clause(id)
  for (const { table } of trail.visited) {
    const page = table < 0 ? null : pageAt(table, b)
    if (page !== null && domain !== null) emit.observe({ what: 'table-read', device, domain, page })
  }
}

function cacheInterrupt({ bounds: b, caps, ids: { device, source } }: Setup) {
  return action('iommu.cacheInterrupt', {
    says: 'hold an entry of the interrupt table of a device, asked or not',
    agent: 'iommu', path: 'irq-deliver', params: { device, source },
    when: (s, p) => {
      const entry = interruptOf(s.unit, p.device, p.source, b)
      return s.unit.enabled && s.unit.deviceCache[p.device]!.iv && (entry !== null || caps.npCache)
        && !same({ entry }, s.unit.interruptCache[p.device]![p.source])
    },
    then: (d, p, emit) => {
      const entry = interruptOf(d.unit, p.device, p.source, b)
      d.unit.interruptCache[p.device]![p.source] = { entry: entry === null ? null : { ...entry } }
      emit.cost('remap-entry-fetch')
      emit.clause('AMD:2.4/interrupt-cache')
    },
  })
}

const commandClauses: Readonly<Record<QueuedCommand['type'], AmdviClause>> = {
  devtab: 'AMD:2.4.2/devtab', 'pages-all': 'AMD:2.4.3/size', pages: 'AMD:2.4.3/pages',
  interrupts: 'AMD:2.4.5/interrupt-table', all: 'AMD:2.4/all', wait: 'AMD:2.4.1/completion-wait',
  fence: 'AMD:2.4/unordered', illegal: 'AMD:2.4/illegal-command',
}
const hardwareCost = {
  devtab: 'device-entry-invalidate', pages: 'iotlb-invalidate', interrupts: 'remap-entry-invalidate',
  all: 'iotlb-invalidate' } as const

/** Strongly fair: the unit drains the requests that were in flight when it came to the command and is not held up by
 *  later ones, while here any request in flight disables the step and devices may go on sending. */
function execute(b: Bounds) {
  return action('iommu.execute', {
    says: 'end a command of the buffer; those before it may still be under way where the unit is not ordered',
    agent: 'iommu', fair: 'strong', path: 'invalidate',
    params: { slot: { kind: 'range', low: 0, high: b.queue - 1 } as const },
    when: (s, p) => s.unit.running && p.slot < s.unit.commands.length
      && mayEnd(i => orderOf(s.unit.commands[i]!), p.slot, b.ordered === 1)
      && isDrained(s, commandOf(s.unit.commands[p.slot]!), b),
    then: (d, p, emit) => {
      const queued = d.unit.commands[p.slot]!
      const entry: QueuedCommand = queued.type === 'all' && b.ia === 0 ? { type: 'illegal' } : queued
      const command = commandOf(entry)
      d.unit.commands.splice(p.slot, 1)
      emit.clause('AMD:2.4/buffer')
      emit.clause(b.ordered === 1 ? 'AMD:2.4/ordered' : 'AMD:2.4/unordered')
      emit.clause(commandClauses[entry.type])
      if (entry.type === 'devtab' && d.unit.pageCache[entry.device]!.some(page => page !== null))
        emit.clause('AMD:2.4.2/old-domain')
      if (entry.type === 'pages' && !entry.directories) emit.clause('AMD:2.4.3/pde')
      if (entry.type === 'wait') d.unit.waits[entry.cpu] = 'done'
      if (entry.type === 'illegal') d.unit.running = false
      if (command === null) return
      emit.cost(hardwareCost[command.type])
      invalidate(d.unit, command)
    },
  })
}
const orderOf = ({ type }: QueuedCommand) => ({ isWait: type === 'wait' || type === 'fence', fence: type === 'fence' })

/** An invalidation of pages is held back while requests that it must drain are on their way. */
function isDrained(s: AmdviState, command: Command | null, b: Bounds): boolean {
  if (command === null || command.type !== 'pages' && command.type !== 'all' || b.drain === 0) return true
  return s.inFlight.every(request => request === null || request.iova === null
    || !coversPages(command, { domain: domainIdOf(request.domain), page: request.iova, pages: 1 }))
}

const coherency: AmdviClause = 'AMD:2.2.3/coherency'
/** Stores that software has not written back may reach memory at any time. */
function settling(setup: Setup) {
  const { bounds: b, caps, ids: id, use } = setup
  if (caps.coherent) return []
  const device = action('memory.settleDevice', {
    says: 'a store to a device table entry that was not written back reaches memory',
    agent: 'memory', ofMistakes: !movesEntries(setup), params: { device: id.device },
    when: (s, p) => s.unit.tables.devices[p.device]!.pending.length > 0,
    then: (d, p, emit) => { settleCell(d.unit.tables.devices[p.device]!, coherency, emit) },
  })
  const interrupt = action('memory.settleInterrupt', {
    says: 'a store to an interrupt entry that was not written back reaches memory',
    agent: 'memory', params: { device: id.device, source: id.source },
    when: (s, p) => s.unit.tables.interrupts.some(copy => copy[p.device]![p.source]!.pending.length > 0),
    then: (d, p, emit) => {
      for (const copy of d.unit.tables.interrupts) settleCell(copy[p.device]![p.source]!, coherency, emit)
    },
  })
  return [
    ...settlingPages<Unit>(setup, coherency), device,
    ...use.interrupts && b.sources > 0 ? [interrupt] : [],
  ]
}
