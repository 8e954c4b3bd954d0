/** The tables of a bounded VT-d unit: root, context and interrupt tables of a few entries, which point to the page
 *  tables of `spec/iommu/paging.ts` (rev 5.10, chapter 9). Implements the tables interface of the walker. */
import { bool, optional, range, struct, table } from '../../../src/model/index.ts'
import type { Value } from '../../../src/model/index.ts'
import { apicIdOf, notificationVectors } from '../../apic/ids.ts'
import type { Bounds } from '../../bounds.ts'
import type { Ids } from '../../ids.ts'
import { cell, flushBuffered, seenByHardware } from '../../iommu/cells.ts'
import type { StoreOrder } from '../../iommu/cells.ts'
import { cellsOf, pageAddress, rootAddress, rowAt } from '../../iommu/paging.ts'
import type { PageTables, PagingEntry } from '../../iommu/paging.ts'
import type { DesignOptions } from '../../step.ts'
import type {
  ContextEntry as DecodedContext, Geometry, Irte, PostedDescriptor, SecondStageEntry, Tables as WalkedTables,
} from '../walk/tables.ts'

/** `verify: null` is SVT=0, no source check. Where interrupts are posted, `descriptor` is that of a virtual CPU; null
 *  is IM=0. */
export const irteDomain = (id: Ids, posts = false) => struct({ cpu: id.cpu, vector: id.vector,
  verify: optional(id.device), ...posts ? { descriptor: optional(id.source) } : {} })

export function tablesDomain(id: Ids, order: StoreOrder, interruptTables: number, posts = false) {
  const contextEntry = struct({ domain: id.domain, root: id.domain })
  const irte = irteDomain(id, posts)
  return struct({
    rootPresent: bool,
    /** Software writes 32-bit destinations into IRTEs: it believes EIME=1. */
    wideDestinations: bool,
    context: table([id.device], cell(contextEntry, order)),
    /** The table that IRTA names, and where a second one is built, that one. */
    irta: range(0, interruptTables - 1),
    irt: table([range(0, interruptTables - 1), id.source], cell(irte, order)),
    /** By virtual CPU: ON, SN, NDST, and whether NV is the vector that wakes. PIR is `kernel.notifications`. Accesses
     *  to a descriptor are snooped always (5.2.2). */
    ...posts ? { descriptors: table([id.source], struct({ on: bool, sn: bool, wakes: bool, cpu: id.cpu })) } : {},
  })
}
export type Tables = Value<ReturnType<typeof tablesDomain>>
/** All that the unit reads: its own tables and the page tables. */
export type Memory = Tables & PageTables
export type ContextEntry = NonNullable<Tables['context'][number]['now']>
export type IrteEntry = NonNullable<Tables['irt'][number][number]['now']>

/** The device that the entry of a source admits; null where the design asks for no check (SVT=0). */
export const admitted = (source: number, { verifiesSource }: Pick<DesignOptions, 'verifiesSource'>,
  b: Bounds): number | null => verifiesSource ? source % b.devices : null

/** GCMD.WBF, or any invalidation on a unit with RWBF (chapter 6). */
export function flushWriteBuffer(tables: Tables, pages: PageTables): void {
  flushBuffered([...tables.context, ...cellsOf(pages), ...tables.irt.flat()])
}

/** IOVAs are page numbers; one level indexes all of them, more levels one bit each. */
export function geometryOf(b: Bounds): Geometry {
  return { pageShift: 0, levelBits: b.levels > 1 ? 1 : Math.max(1, Math.ceil(Math.log2(b.iovas))) }
}

/** Domain ids are numbered from 1: with CM=1, id 0 is the hardware's own (chapter 6). */
export const didOf = (domain: number): number => domain + 1

/** The tables as hardware reads them. Every device is a function of bus 0 with its id as source id. */
export function tablesOf(tables: Tables, pages: PageTables, b: Bounds): WalkedTables {
  return {
    rootEntry: () => ({ present: tables.rootPresent, contextTable: 0, reserved: false }),
    contextEntry: (_, devfn) => decodeContext(seenByHardware(tables.context[devfn]!), b),
    secondStageEntry: (address, index) => {
      const row = rowAt(pages, address, b)
      return decodePaging(index < row.length ? seenByHardware(row[index]!) : null, b)
    },
    irte: source => decodeIrte(seenByHardware(tables.irt[tables.irta]![source]!), tables.wideDestinations, b),
  }
}

export function decodeContext(entry: ContextEntry | null, b: Bounds): DecodedContext {
  return {
    present: entry !== null, fpd: false, tt: 0, table: entry === null ? 0 : rootAddress(entry.root), levels: b.levels,
    did: entry === null ? 0 : didOf(entry.domain), reserved: false,
  }
}
const notPresent: SecondStageEntry =
  { read: false, write: false, pageSize: false, address: 0, snoop: false, accessed: false, dirty: false,
    reserved: false }
export function decodePaging(entry: PagingEntry | null, b: Bounds): SecondStageEntry {
  if (entry === null) return notPresent
  return entry.kind === 'leaf' ? { ...notPresent, read: true, write: entry.write, address: entry.frame }
    : { ...notPresent, read: true, write: true, address: pageAddress(entry.page, b) }
}
/** Fixed, edge, physical destination. Software that knows EIME=0 puts the 8-bit id into bits 15:8 of the destination
 *  field (9.9). */
export function decodeIrte(entry: IrteEntry | null, wide: boolean, b: Bounds): Irte {
  const posted = entry !== null && 'descriptor' in entry ? entry.descriptor! : null
  if (posted !== null) return {
    present: true, fpd: false, im: true, urg: false, vector: 0, pda: posted, sid: entry!.verify ?? 0, sq: 0,
    svt: entry!.verify === null ? 0 : 1, reserved: false,
  }
  const sid = entry?.verify ?? 0
  const id = entry === null ? 0 : apicIdOf(entry.cpu, b)
  return {
    present: entry !== null, fpd: false, im: false, dm: false, rh: false, tm: false, dlm: 0, vector: entry?.vector ?? 0,
    dst: wide ? id : (id & 0xff) << 8, sid, sq: 0, svt: entry === null || entry.verify === null ? 0 : 1,
    reserved: false,
  }
}

/** The vector of every posted interrupt of the bounded machine is 0 to its guest: a virtual CPU has one source. */
export function decodeDescriptor({ on, sn, wakes, cpu }: NonNullable<Tables['descriptors']>[number],
  isRequested: boolean, wide: boolean, b: Bounds): PostedDescriptor {
  const { guest, host } = notificationVectors(b.vectors), id = apicIdOf(cpu, b)
  return {
    pir: [+isRequested, 0, 0, 0, 0, 0, 0, 0], outstanding: on, suppressed: sn, nv: wakes ? host : guest,
    ndst: wide ? id : (id & 0xff) << 8, reserved: false,
  }
}
