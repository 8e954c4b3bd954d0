/** Bounded memory as raw tables: where each small thing stands in a real machine, and its entries as the manual's words
 *  (AMD 48882 rev 3.05, 2.2). Walks and remaps of the words give what those of the bounded tables give. */
import type { Bounds } from '../../bounds.ts'
import { seenByHardware } from '../../iommu/cells.ts'
import type { Cell } from '../../iommu/cells.ts'
import { hardwareGeometry, leafSize } from '../../iommu/geometry.ts'
import { MemoryImage } from '../../iommu/image.ts'
import { pageAddress, rootAddress } from '../../iommu/paging.ts'
import type { PageTables, PagingEntry } from '../../iommu/paging.ts'
import { deviceEntryWords, interruptEntryWords, pageEntryWords } from '../layout/write-entries.ts'
import { decodeDevice, decodeInterrupt, decodePage } from './tables.ts'
import type { DeviceEntry, InterruptEntry, Tables } from './tables.ts'

/** Where everything is. Addresses are host addresses in bytes; everything stands on pages of its own. */
export interface Placement {
  readonly deviceTable: number
  /** By number: copy times devices, plus the device. */
  readonly interruptTables: readonly number[]
  /** By small address: roots of the domains, then pages of the pool. */
  readonly tables: readonly number[]
  readonly frames: readonly number[]
  /** DeviceIDs of the devices. */
  readonly requesters: readonly number[]
  readonly vectors: readonly number[]
}

/** One page after the other, in the order of the fields. Devices are 00:03.0 and up. */
export function placementOf(b: Bounds, copies = 1, base = 0x100_0000): Placement {
  let next = base
  const pages = (count: number): readonly number[] => Array.from({ length: count }, () => (next += 4096) - 4096)
  return {
    deviceTable: pages(1)[0]!, interruptTables: pages(copies * b.devices),
    tables: pages(b.domains + (b.levels === 1 ? 0 : b.tables)), frames: pages(b.frames),
    requesters: Array.from({ length: b.devices }, (_, device) => 3 + device << 3),
    vectors: Array.from({ length: b.vectors }, (_, vector) => 0x41 + 16 * vector),
  }
}

/** The address that a device uses for a small page: each level's bits are that level's index. */
export function inputOf(iova: number, b: Bounds): number {
  if (b.levels === 1) return iova * 4096
  return Array.from({ length: b.levels }, (_, i) => (iova >> i & 1) * leafSize(hardwareGeometry, i + 1))
    .reduce((sum, part) => sum + part, 0)
}

/** The image of the tables as hardware reads them; frames are not in it. Roots are of level `levels`, what they link of
 *  the level below: a pool page stands at one level only, so there are two levels at most. */
export function encode(tables: Tables, pages: PageTables, b: Bounds, at: Placement, gaEn = true): MemoryImage {
  const image = new MemoryImage()
  for (const page of [at.deviceTable, ...at.interruptTables, ...at.tables]) image.cover(page / 4096)
  tables.devices.forEach((cell, device) => {
    image.write(at.deviceTable + 32 * at.requesters[device]!, deviceWords(seenByHardware(cell), b, at))
  })
  tables.interrupts.forEach((copy, n) => {
    copy.forEach((row, device) => {
      row.forEach((cell, index) => {
        const words = interruptWords(cell, tables.wideDestinations, b, at, gaEn)
        image.write(at.interruptTables[n * b.devices + device]! + 4 * words.length * index, words)
      })
    })
  })
  const write = (row: readonly Cell<PagingEntry>[], table: number, level: number): void => {
    row.forEach((cell, index) => {
      image.write(at.tables[table]! + 8 * index, pageWords(seenByHardware(cell), level, b, at))
    })
  }
  pages.roots.forEach((row, domain) => { write(row, rootAddress(domain), b.levels) })
  pages.pool.forEach((row, page) => { write(row, pageAddress(page, b), b.levels - 1) })
  return image
}

function deviceWords(entry: DeviceEntry | null, b: Bounds, at: Placement): Uint32Array {
  const decoded = decodeDevice(entry, b), { interrupts } = decoded
  return deviceEntryWords({ ...decoded, root: entry === null || entry.root === null ? 0 : at.tables[decoded.root]!,
    interrupts: { ...interrupts, table: entry === null ? 0 : at.interruptTables[interrupts.table]! } })
}
function interruptWords(cell: Cell<InterruptEntry>, wide: boolean, b: Bounds, at: Placement,
  gaEn: boolean): Uint32Array {
  const entry = seenByHardware(cell)
  return interruptEntryWords({ ...decodeInterrupt(entry, wide, b),
    vector: entry === null ? 0 : at.vectors[entry.vector]! }, gaEn)
}
function pageWords(entry: PagingEntry | null, level: number, b: Bounds, at: Placement): Uint32Array {
  const decoded = decodePage(entry, level, b)
  if (entry === null) return pageEntryWords(decoded)
  return pageEntryWords({ ...decoded,
    address: entry.kind === 'leaf' ? at.frames[entry.frame]! : at.tables[decoded.address]! })
}
