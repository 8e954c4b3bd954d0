/** State of a bounded VT-d unit: its tables, caches, queue and fault records. The hardware's own actions are in
 *  actions.ts. */
import { bool, list, oneOf, optional, range, scalarset, struct, table, variant } from '../../../src/model/index.ts'
import type { Value } from '../../../src/model/index.ts'
import type { Bounds } from '../../bounds.ts'
import type { Setup } from '../../setup.ts'
import type { State } from '../../state.ts'
import { didOf, geometryOf, irteDomain, tablesDomain } from './tables.ts'
import type { Descriptor } from '../invalidation/covers.ts'
import type { InterruptUnit } from '../remap/remap.ts'
import { noSingleSource } from '../walk/walk.ts'
import type { TranslationUnit } from '../walk/walk.ts'

export function unitDomain({ bounds: b, ids: id, caps, design }: Pick<Setup, 'bounds' | 'ids' | 'caps'> & {
  readonly design: { readonly interruptTables: number; readonly postsInterrupts?: boolean }
}) {
  const contextEntry = struct({ domain: id.domain, root: id.domain })
  // A cached entry that says "not present" exists only with CM=1 (chapter 6): there `entry` is null.
  return struct({
    /** GSTS.TES, IRES, CFIS and IRTA.EIME. */
    tes: bool, ires: bool, cfis: bool, eime: bool,
    tables: tablesDomain(id, caps, design.interruptTables, design.postsInterrupts),
    contextCache: table([id.device], optional(struct({ entry: optional(contextEntry) }))),
    /** Looked up by device and page, tagged with the domain that invalidations name. `frame: null` is a cached
     *  refusal. */
    iotlb: table([id.device, id.iova], optional(struct({ domain: id.domain, frame: optional(id.frame), write: bool }))),
    /** Paging-structure cache: the last table above the leaves, per domain and upper address bits. */
    pagingCache: table([id.domain, range(0, b.levels > 1 ? 2 ** (b.levels - 1) - 1 : -1)], optional(id.page)),
    iec: table([id.source], optional(struct({ entry: optional(irteDomain(id, design.postsInterrupts)) }))),
    queue: list(variant('type', {
      'context-device': { device: id.device, domain: optional(id.domain) }, 'context-global': {},
      'iotlb-global': {}, 'iotlb-domain': { domain: id.domain },
      'iotlb-page': { domain: id.domain, iova: id.iova, mask: range(0, maskBits(b)), hint: bool },
      'iec-index': { source: id.source }, 'iec-global': {},
      wait: { cpu: id.cpu },
    }), b.queue),
    /** The status word of each CPU's wait descriptor. */
    waits: table([id.cpu], oneOf('idle', 'pending', 'done')),
    /** The command in the CCMD or IOTLB register: its ICC or IVT bit is set until hardware is done (11.4). */
    register: optional(variant('type', {
      'context-device': { device: id.device, domain: optional(id.domain) }, 'iotlb-domain': { domain: id.domain },
      'iotlb-page': { domain: id.domain, iova: id.iova, mask: range(0, maskBits(b)), hint: bool },
    })),
    /** FRCD, FSTS.PFO and FSTS.FRI's successor, where fault recording is modelled. */
    faults: struct({
      records: table([scalarset('fault record', b.faults)], optional(struct({
        reason: range(0, 0xff), sid: id.device, address: range(0, Math.max(b.iovas, b.sources) - 1), write: bool,
      }))),
      index: range(0, Math.max(0, b.faults - 1)), fri: range(0, Math.max(0, b.faults - 1)),
      pfo: bool, iqe: bool, ice: bool, ite: bool, im: bool, ip: bool,
    }),
  })
}
export type Unit = Value<ReturnType<typeof unitDomain>>
export type QueueEntry = Unit['queue'][number]
/** The machine with this unit. */
export type VtdState = State<Unit>
/** For adapters that know which unit a machine has. */
export const vtdState = (state: State): VtdState => state as VtdState

/** Widest address mask (AM) of a page-selective invalidation: all pages of the domain. */
export const maskBits = (b: Bounds): number => Math.ceil(Math.log2(Math.max(1, b.iovas)))

/** A queue entry as the manual's descriptor. Context entries that were not present are tagged with DID 0 (chapter 6):
 *  `domain: null`. */
export function descriptorOf(entry: QueueEntry): Descriptor {
  switch (entry.type) {
    case 'context-global': return { type: 'context-cache', granularity: 'global', did: 0, sid: 0, functionMask: 0 }
    case 'context-device':
      return { type: 'context-cache', granularity: 'device', did: entry.domain === null ? 0 : didOf(entry.domain),
        sid: entry.device, functionMask: 0 }
    case 'iotlb-global': return { type: 'iotlb', granularity: 'global', did: 0, page: 0, addressMask: 0, hint: false }
    case 'iotlb-domain':
      return { type: 'iotlb', granularity: 'domain', did: didOf(entry.domain), page: 0, addressMask: 0, hint: false }
    case 'iotlb-page':
      return { type: 'iotlb', granularity: 'page', did: didOf(entry.domain), page: entry.iova, addressMask: entry.mask,
        hint: entry.hint }
    case 'iec-index': return { type: 'iec', granularity: 'index', index: entry.source, indexMask: 0 }
    case 'iec-global': return { type: 'iec', granularity: 'global', index: 0, indexMask: 0 }
    case 'wait': return { type: 'wait', slot: entry.cpu }
  }
}

/** What the walker has to know of the bounded unit: addresses are page numbers, so widths are those of the small
 *  tables. */
export function translationUnit(unit: Unit, b: Bounds): TranslationUnit {
  return {
    geometry: geometryOf(b), tes: unit.tes, hostAddressWidth: 31, maxGuestAddressWidth: 31, levels: [b.levels],
    superpages: [],
    passThrough: false, deviceTlb: false, zlr: false, interruptRange: null, ttm: 0, abortMode: false, scalable: null,
    singleSource: noSingleSource,
  }
}
/** CAP.PI=1: without a kernel that posts, no entry has IM=1. */
export function interruptUnit(unit: Unit, b: Bounds): InterruptUnit {
  return { ires: unit.ires, cfis: unit.cfis, eime: unit.eime, tableSize: b.sources, pi: true, eimer: false,
    irreq: false }
}
