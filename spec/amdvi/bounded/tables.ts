/** The tables of a bounded AMD IOMMU: the device table and interrupt tables of a few entries, beside the page tables of
 *  `spec/iommu/paging.ts` (AMD 48882 rev 3.05, 2.2). Implements the tables interface of the walk. */
import { bool, optional, range, struct, table } from '../../../src/model/index.ts'
import type { Value } from '../../../src/model/index.ts'
import { apicIdOf } from '../../apic/ids.ts'
import type { Bounds } from '../../bounds.ts'
import { cell, seenByHardware } from '../../iommu/cells.ts'
import type { StoreOrder } from '../../iommu/cells.ts'
import type { Geometry } from '../../iommu/geometry.ts'
import { pageAddress, rootAddress, rowAt } from '../../iommu/paging.ts'
import type { PageTables, PagingEntry } from '../../iommu/paging.ts'
import type { Ids } from '../../ids.ts'
import type {
  DeviceEntry as DecodedDevice, InterruptEntry as DecodedInterrupt, PageEntry as DecodedPage, Tables as WalkedTables,
} from '../walk/tables.ts'

/** A device table entry: V, TV, Mode, root and DomainID (null is 0, which no domain has), IR, IW; then IV, IntCtl,
 *  IntTabLen and IntTabRoot, which names a table by the device that it is for and by which of its copies it is. */
export const deviceEntry = (b: Bounds, id: Ids, copies: number) => struct({
  v: bool, tv: bool, mode: range(0, b.levels), root: optional(id.domain), domain: optional(id.domain), ir: bool,
  iw: bool, iv: bool, intCtl: range(0, 3), intTabLen: range(0, lengthOf(b)), owner: id.device,
  copy: range(0, copies - 1),
})
export const interruptEntry = (id: Ids) => struct({ cpu: id.cpu, vector: id.vector })

/** IntTabLen of a table with an entry for each source. */
export const lengthOf = (b: Bounds): number => Math.max(0, Math.ceil(Math.log2(b.sources)))

export function tablesDomain(b: Bounds, id: Ids, order: StoreOrder, copies: number) {
  return struct({
    /** An entry that nobody wrote is all zeros: V=0, IV=0. */
    devices: table([id.device], cell(deviceEntry(b, id, copies), order)),
    /** By copy, by the device whose table it is, by index: that of a source. An entry that is not there has
     *  RemapEn=0. */
    interrupts: table([range(0, copies - 1), id.device, id.source], cell(interruptEntry(id), order)),
    /** Software writes 32-bit destinations into interrupt entries: it believes XTEn=1. */
    wideDestinations: bool,
  })
}
export type Tables = Value<ReturnType<typeof tablesDomain>>
export type DeviceEntry = NonNullable<Tables['devices'][number]['now']>
export type InterruptEntry = NonNullable<Tables['interrupts'][number][number][number]['now']>

/** IOVAs are page numbers; one level indexes all of them, more levels one bit each. */
export function geometryOf(b: Bounds): Geometry {
  return { pageShift: 0, levelBits: b.levels > 1 ? 1 : Math.max(1, Math.ceil(Math.log2(b.iovas))) }
}

/** A root that is 0 leads to no table. */
const nowhere = -1

/** The tables as hardware reads them. */
export function tablesOf(tables: Tables, pages: PageTables, b: Bounds): WalkedTables {
  return {
    deviceEntry: device => decodeDevice(seenByHardware(tables.devices[device]!), b),
    pageEntry: (address, index, level) => {
      if (address === nowhere) return 'unreadable'
      const row = rowAt(pages, address, b)
      return decodePage(index < row.length ? seenByHardware(row[index]!) : null, level, b)
    },
    interruptEntry: (of, index) => decodeInterrupt(interruptAt(tables, of, index, b), tables.wideDestinations, b),
  }
}

/** Tables are numbered by copy and owner. */
export const tableNumber = ({ owner, copy }: Pick<DeviceEntry, 'owner' | 'copy'>, b: Bounds): number =>
  copy * b.devices + owner
/** What hardware reads at an index; past the sources there is nothing. */
export function interruptAt({ interrupts }: Tables, of: number, index: number, b: Bounds): InterruptEntry | null {
  const found = interrupts[Math.floor(of / b.devices)]![of % b.devices]![index]
  return found === undefined ? null : seenByHardware(found)
}

const zeros: DecodedDevice = {
  valid: false, translates: false, mode: 0, root: nowhere, domain: 0, read: false, write: false, remoteTlb: false,
  portIo: 0, excluded: false, logging: { none: false, first: false }, guest: null, reserved: false,
  interrupts: { valid: false, control: 0, table: 0, length: 0, ignored: false, reserved: false,
    passes: { init: false, extInt: false, nmi: false } },
}
export function decodeDevice(entry: DeviceEntry | null, b: Bounds): DecodedDevice {
  if (entry === null) return zeros
  return {
    valid: entry.v, translates: entry.tv, mode: entry.mode,
    root: entry.root === null ? nowhere : rootAddress(entry.root), domain: domainIdOf(entry.domain), read: entry.ir,
    write: entry.iw, remoteTlb: false, portIo: 0, excluded: false, logging: zeros.logging, guest: null, reserved: false,
    interrupts: { ...zeros.interrupts, valid: entry.iv, control: entry.intCtl as 0 | 1 | 2 | 3,
      table: tableNumber(entry, b), length: entry.intTabLen },
  }
}
/** DomainIDs are numbered from 1: 0 is in entries that are in no domain. */
export const domainIdOf = (domain: number | null): number => domain === null ? 0 : domain + 1

const absent: DecodedPage = { present: false, nextLevel: 0, address: 0, read: false, write: false, reserved: false }
export function decodePage(entry: PagingEntry | null, level: number, b: Bounds): DecodedPage {
  if (entry === null) return absent
  const present = { ...absent, present: true, read: true }
  return entry.kind === 'leaf' ? { ...present, write: entry.write, address: entry.frame }
    : { ...present, write: true, nextLevel: level - 1, address: pageAddress(entry.page, b) }
}

/** Fixed, physical destination. Software that knows XTEn=0 writes eight bits of the id. */
export function decodeInterrupt(entry: InterruptEntry | null, wide: boolean, b: Bounds): DecodedInterrupt {
  const id = entry === null ? 0 : apicIdOf(entry.cpu, b)
  return {
    enabled: entry !== null, suppressed: false, type: 0, logical: false, guestMode: false, guest: null,
    destination: wide ? id : id & 0xff, vector: entry?.vector ?? 0, reserved: false,
  }
}
