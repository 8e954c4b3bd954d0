/** Bounded memory as raw tables: where each small thing stands in a real machine, and its entries as the manual's words
 *  (AMD 48882 rev 3.05, 2.2). Walks and remaps of the words give what those of the bounded tables give. */
import type { Bounds } from '../../bounds.ts'
import { seenByHardware } from '../../iommu/cells.ts'
import type { Cell } from '../../iommu/cells.ts'
import { MemoryImage } from '../../iommu/image.ts'
import type { RawEntry } from '../../iommu/layout.ts'
import { inputOf, pageAddress, rawMaskOf, rootAddress } from '../../iommu/paging.ts'
import type { PageTables, PagingEntry } from '../../iommu/paging.ts'
import { commandFor, wholeDomain } from '../invalidation/covers.ts'
import {
  commandLayouts, deviceTableEntry, encode as fields, hostPage, hostTable, irte128, irte32,
} from '../layout/index.ts'
import { deviceEntryWords, interruptEntryWords, pageEntryWords } from '../layout/write-entries.ts'
import type { QueuedCommand } from './state.ts'
import { decodeDevice, decodeInterrupt, decodePage, domainIdOf } from './tables.ts'
import type { DeviceEntry, InterruptEntry, Tables } from './tables.ts'

/** Where everything is. Addresses are host addresses in bytes; everything stands on pages of its own. */
export interface Placement {
  readonly deviceTable: number
  /** By number: copy times devices, plus the device. */
  readonly interruptTables: readonly number[]
  /** By small address: roots of the domains, then pages of the pool. */
  readonly tables: readonly number[]
  readonly frames: readonly number[]
  /** The first page behind all that. */
  readonly end: number
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
    tables: pages(b.domains + (b.levels === 1 ? 0 : b.tables)), frames: pages(b.frames), end: next,
    requesters: Array.from({ length: b.devices }, (_, device) => 3 + device << 3),
    vectors: Array.from({ length: b.vectors }, (_, vector) => 0x41 + 16 * vector),
  }
}

/** Every entry of the bounded tables as hardware reads them, the absent ones as zeros. Roots are of level `levels`,
 *  what they link of the level below: a pool page stands at one level only, so there are two levels at most. */
export function entriesOf(tables: Tables, pages: PageTables, b: Bounds, at: Placement,
  gaEn = true): readonly RawEntry[] {
  const paging = (table: number, level: number, of: string) => (cell: Cell<PagingEntry>, index: number): RawEntry => {
    const entry = seenByHardware(cell)
    return { address: at.tables[table]! + 8 * index, layout: entry?.kind === 'table' ? hostTable : hostPage,
      words: pageWords(entry, level, b, at), of: `entry ${index} of ${of}` }
  }
  return [
    ...tables.devices.map((cell, device): RawEntry => ({
      address: at.deviceTable + 32 * at.requesters[device]!, layout: deviceTableEntry,
      words: deviceWords(seenByHardware(cell), b, at), of: `device table entry of device ${device}` })),
    ...tables.interrupts.flatMap((copy, n) => copy.flatMap((row, device) => row.map((cell, index): RawEntry => {
      const words = interruptWords(cell, tables.wideDestinations, b, at, gaEn)
      return { address: at.interruptTables[n * b.devices + device]! + 4 * words.length * index,
        layout: gaEn ? irte128 : irte32, words,
        of: `IRTE ${index} of device ${device}${n === 0 ? '' : `, copy ${n}`}` }
    }))),
    ...pages.roots.flatMap((row, domain) =>
      row.map(paging(rootAddress(domain), b.levels, `the root of domain ${domain}`))),
    ...pages.pool.flatMap((row, page) => row.map(paging(pageAddress(page, b), b.levels - 1, `table page ${page}`))),
  ]
}

/** The image of the tables; frames are not in it. */
export function encode(tables: Tables, pages: PageTables, b: Bounds, at: Placement, gaEn = true): MemoryImage {
  const image = new MemoryImage()
  for (const page of [at.deviceTable, ...at.interruptTables, ...at.tables]) image.cover(page / 4096)
  for (const { address, words } of entriesOf(tables, pages, b, at, gaEn)) image.write(address, words)
  return image
}

/** A command over small ids as software puts it into the buffer. `status` is where a wait of the first CPU stores. */
export function commandWords(entry: QueuedCommand, b: Bounds, at: Placement, status: number): Uint32Array {
  switch (entry.type) {
    case 'devtab': return fields(commandLayouts[2], { OP: 2, DEVICE: at.requesters[entry.device]! })
    case 'pages-all':
      return fields(commandLayouts[3], { OP: 3, DOMAIN: domainIdOf(entry.domain), S: 1, PDE: 1, ADDR: wholeDomain })
    case 'pages': {
      const size = 2 ** rawMaskOf(entry.size, b), first = Math.floor(inputOf(entry.iova, b) / 4096 / size) * size
      const { page, s } = commandFor(first, first + size - 1)
      return fields(commandLayouts[3],
        { OP: 3, DOMAIN: domainIdOf(entry.domain), S: +s, PDE: +entry.directories, ADDR: page })
    }
    case 'interrupts': return fields(commandLayouts[5], { OP: 5, DEVICE: at.requesters[entry.device]! })
    case 'all': return fields(commandLayouts[8], { OP: 8 })
    case 'wait': return fields(commandLayouts[1], { OP: 1, S: 1, STOREL: status / 8 + entry.cpu, DATAL: 1 })
    case 'fence': return fields(commandLayouts[1], { OP: 1, F: 1 })
    // No command has this opcode.
    case 'illegal': return fields(commandLayouts[8], { OP: 15 })
  }
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
