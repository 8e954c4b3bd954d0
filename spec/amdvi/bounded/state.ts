/** State of a bounded AMD IOMMU: its tables, caches, command buffer and event log. The hardware's own actions are in
 *  actions.ts. */
import { bool, list, oneOf, optional, range, struct, table, variant } from '../../../src/model/index.ts'
import type { Value } from '../../../src/model/index.ts'
import type { Bounds } from '../../bounds.ts'
import { seenByHardware } from '../../iommu/cells.ts'
import { same } from '../../iommu/same.ts'
import type { Setup } from '../../setup.ts'
import type { State } from '../../state.ts'
import type { Command } from '../invalidation/covers.ts'
import type { InterruptUnit } from '../remap/remap.ts'
import type { TranslationUnit } from '../walk/walk.ts'
import { deviceEntry, domainIdOf, geometryOf, interruptEntry, tablesDomain } from './tables.ts'

export function unitDomain({ bounds: b, ids: id, caps, design: { interruptTables: copies } }: Pick<Setup, 'bounds'
  | 'ids' | 'caps'> & { readonly design: { readonly interruptTables: number } }) {
  return struct({
    /** IommuEn; whether software has set it up to translate, and to remap interrupts; XTEn. */
    enabled: bool, translates: bool, remaps: bool, xt: bool,
    tables: tablesDomain(b, id, caps, copies),
    /** By DeviceID: the entry that the unit goes by. An empty cache is one that holds what memory does, since it may be
     *  filled anew before any use. */
    deviceCache: table([id.device], deviceEntry(b, id, copies)),
    /** Found by device and page, tagged with the DomainID that invalidations name; null is DomainID 0. `frame: null` is
     *  a cached refusal. */
    pageCache: table([id.device, id.iova],
      optional(struct({ domain: optional(id.domain), frame: optional(id.frame), write: bool }))),
    /** The last table above the leaves, per DomainID and upper address bits. */
    directoryCache: table([id.domain, range(0, b.levels > 1 ? 2 ** (b.levels - 1) - 1 : -1)], optional(id.page)),
    /** By DeviceID and index. `entry: null` is RemapEn=0, held with NpCache=1 only. */
    interruptCache: table([id.device, id.source], optional(struct({ entry: optional(interruptEntry(id)) }))),
    /** From head to tail, and CmdBufRun. */
    commands: list(variant('type', {
      devtab: { device: id.device }, 'pages-all': { domain: id.domain },
      pages: { domain: id.domain, iova: id.iova, size: range(0, sizeBits(b)), directories: bool },
      interrupts: { device: id.device }, all: {}, wait: { cpu: id.cpu }, fence: {}, illegal: {},
    }), b.queue),
    running: bool,
    /** The word that each CPU's COMPLETION_WAIT stores to. */
    waits: table([id.cpu], oneOf('idle', 'pending', 'done')),
    /** Event log and EventOverflow, where events are modelled. */
    events: struct({ entries: list(struct({
      reason: range(0, 0x1fff), device: id.device, address: range(0, Math.max(b.iovas, b.sources + b.vectors) - 1),
      write: bool,
    }), b.faults), overflow: bool }),
  })
}
export type Unit = Value<ReturnType<typeof unitDomain>>
export type QueuedCommand = Unit['commands'][number]
/** The machine with this unit. */
export type AmdviState = State<Unit>
/** A state of a machine whose design is on AMD-Vi. */
export const amdviState = (state: State): AmdviState => state as AmdviState

/** Largest size of an invalidation, as a power of two: all pages of the domain. */
export const sizeBits = (b: Bounds): number => Math.ceil(Math.log2(Math.max(1, b.iovas)))

/** A command that removes entries as the manual's; null for those that remove none. */
export function commandOf(entry: QueuedCommand): Command | null {
  switch (entry.type) {
    case 'devtab': return { type: 'devtab', device: entry.device }
    case 'pages-all':
      return { type: 'pages', domain: domainIdOf(entry.domain), page: 0, pages: Infinity, directories: true }
    case 'pages':
      return { type: 'pages', domain: domainIdOf(entry.domain), page: entry.iova, pages: 2 ** entry.size,
        directories: entry.directories }
    case 'interrupts': return { type: 'interrupts', device: entry.device }
    case 'all': return { type: 'all' }
    case 'wait': case 'fence': case 'illegal': return null
  }
}

/** Whether the entry that the unit goes by is the one in memory. */
export const goesByMemory = ({ deviceCache, tables }: Unit, device: number): boolean =>
  same(seenByHardware(tables.devices[device]!), deviceCache[device])

/** What the walk has to know of the bounded unit: addresses are page numbers. */
export function translationUnit(unit: Unit, b: Bounds): TranslationUnit {
  return { geometry: geometryOf(b), enabled: unit.enabled, levels: b.levels, checksReach: true,
    reservedMode: 'mode-reserved', checksIoCtl: false, exclusionFirst: false, exclusion: null, guest: false,
    refusesPasid: false }
}
export const interruptUnit = ({ enabled, xt }: Unit): InterruptUnit =>
  ({ enabled, xt, guestMode: false, mostLength: 9, passesSmi: false, tellsAborts: false, indexFirst: true })
