/** Bounded memory as raw tables: where each small thing stands in a real machine, and its entries as the manual's words
 *  (VT-d rev 5.10, chapter 9).
 *  Walks and remaps of the words give what those of the bounded tables give. */
import type { Bounds } from '../../bounds.ts'
import { encode as encodeFields, registers } from '../layout/index.ts'
import type { Layout, RawEntry } from '../../iommu/layout.ts'
import { contextEntry, remappedIrte, rootEntry, secondStageLeaf } from '../layout/index.ts'
import { MemoryImage } from '../../iommu/image.ts'
import type { Descriptor } from '../invalidation/covers.ts'
import { seenByHardware } from '../../iommu/cells.ts'
import type { Cell } from '../../iommu/cells.ts'
import { inputOf, pageAddress, rawMaskOf, rootAddress } from '../../iommu/paging.ts'
import type { PagingEntry } from '../../iommu/paging.ts'
import { decodeContext, decodeIrte, decodePaging } from './tables.ts'
import type { Memory } from './tables.ts'
import type { VtdState } from './state.ts'
import { contextEntryWords, irteWords, rootEntryWords, secondStageWords } from '../layout/write-entries.ts'

/** Where everything is. Addresses are host addresses in bytes; everything stands on pages of its own. */
export interface Placement {
  /** Of the tables of hardware: at least three, the small ones are the lowest of them. */
  readonly levels: number
  readonly rootTable: number
  readonly contextTable: number
  /** By the number that `irta` is. */
  readonly interruptTables: readonly number[]
  /** By small address: roots of the domains, then pages of the pool. */
  readonly tables: readonly number[]
  /** By domain: tables of one entry above its root, from the top. Empty where the small tables have as many levels. */
  readonly upperTables: readonly (readonly number[])[]
  readonly frames: readonly number[]
  /** The first page behind all that. */
  readonly end: number
  /** Source ids of the devices, on bus 0. */
  readonly requesters: readonly number[]
  /** A higher one has the higher priority class. */
  readonly vectors: readonly number[]
}

export interface PlacementOptions {
  /** Host address of the root table. */
  readonly base?: number
  readonly levels?: 3 | 4
  readonly interruptTables?: number
  readonly requesters?: readonly number[]
}

/** One page after the other, in the order of the fields. Devices are 00:03.0 and up unless told otherwise. */
export function placementOf(b: Bounds,
  { base = 0x100_0000, levels = 3, interruptTables = 1, requesters }: PlacementOptions = {}): Placement {
  let next = base
  const pages = (count: number): readonly number[] => Array.from({ length: count }, () => (next += 4096) - 4096)
  const [rootTable, contextTable] = pages(2) as [number, number]
  return {
    levels, rootTable, contextTable, interruptTables: pages(interruptTables),
    tables: pages(b.domains + (b.levels === 1 ? 0 : b.tables)),
    upperTables: Array.from({ length: b.domains }, () => pages(levels - b.levels)),
    frames: pages(b.frames), end: next,
    requesters: requesters ?? Array.from({ length: b.devices }, (_, device) => 3 + device << 3),
    vectors: Array.from({ length: b.vectors }, (_, vector) => 0x41 + 16 * vector),
  }
}

/** All that the unit of a machine reads. */
export const memoryOf = ({ memory, unit }: VtdState): Memory => ({ ...unit.tables, ...memory })

/** What hardware reads, or what software last wrote, which may not have reached memory yet. */
export type View = 'hardware' | 'software'

/** Every entry of the bounded memory, the absent ones as zeros. */
export function entriesOf(memory: Memory, b: Bounds, at: Placement, view: View = 'hardware'): readonly RawEntry[] {
  const value = <E>(cell: Cell<E>): E | null => view === 'hardware' ? seenByHardware(cell) : cell.now
  const paging = (table: number, of: string) => (cell: Cell<PagingEntry>, index: number): RawEntry =>
    ({ address: table + 8 * index, layout: secondStageLeaf[1] as Layout,
      words: secondStageWords(placedPaging(value(cell), b, at)), of: `entry ${index} of ${of}` })
  const upper = { read: true, write: true, pageSize: false, snoop: false, accessed: false, dirty: false,
    reserved: false }
  return [
    {
      address: at.rootTable, layout: rootEntry,
      words: rootEntryWords({ present: memory.rootPresent, contextTable: at.contextTable, reserved: false }),
      of: 'root entry of bus 0',
    },
    ...memory.context.map((cell, device): RawEntry => {
      const decoded = decodeContext(value(cell), b)
      const words = contextEntryWords({ ...decoded, table: decoded.present ? topTable(decoded.table, at) : 0,
        levels: decoded.present ? at.levels : 0 })
      return { address: at.contextTable + 16 * (at.requesters[device]! & 0xff), layout: contextEntry, words,
        of: `context entry of device ${device}` }
    }),
    ...at.upperTables.flatMap((chain, domain) => chain.map((table, i): RawEntry => ({
      address: table, layout: secondStageLeaf[1] as Layout,
      words: secondStageWords({ ...upper, address: chain[i + 1] ?? at.tables[rootAddress(domain)]! }),
      of: `entry 0 of the level-${at.levels - i} table of domain ${domain}`,
    }))),
    ...memory.roots.flatMap((row, domain) =>
      row.map(paging(at.tables[rootAddress(domain)]!, `the root of domain ${domain}`))),
    ...memory.pool.flatMap((row, page) => row.map(paging(at.tables[pageAddress(page, b)]!, `table page ${page}`))),
    ...memory.irt.flatMap((row, table) => row.map((cell, source): RawEntry => {
      const irte = decodeIrte(value(cell), memory.wideDestinations, b)
      const words = irte.present
        ? irteWords({ ...irte, vector: at.vectors[irte.vector]!, sid: irte.svt === 0 ? 0 : at.requesters[irte.sid]! })
        : new Uint32Array(4)
      return { address: at.interruptTables[table]! + 16 * source, layout: remappedIrte, words,
        of: `IRTE ${source} of table ${table}` }
    })),
  ]
}

const topTable = (root: number, at: Placement): number => at.upperTables[root]![0] ?? at.tables[root]!

function placedPaging(entry: PagingEntry | null, b: Bounds, at: Placement) {
  const decoded = decodePaging(entry, b)
  return { ...decoded,
    address: entry === null ? 0 : entry.kind === 'leaf' ? at.frames[decoded.address]! : at.tables[decoded.address]! }
}

/** The image of the tables; frames are not in it. */
export function encode(memory: Memory, b: Bounds, at: Placement, view: View = 'hardware'): MemoryImage {
  const image = new MemoryImage()
  for (const table of [at.rootTable, at.contextTable, ...at.interruptTables, ...at.tables, ...at.upperTables.flat()])
    image.cover(table / 4096)
  for (const { address, words } of entriesOf(memory, b, at, view)) image.write(address, words)
  return image
}

/** RTADDR and IRTA as software writes them, low and high dword. Tables of interrupts have the least size that holds the
 *  sources. */
export const rtaddrOf = (at: Placement): Uint32Array =>
  encodeFields(registers.RTADDR.layout, { RTA: at.rootTable / 4096 })
export const irtaOf = (irta: number, eime: boolean, b: Bounds,
  at: Placement): Uint32Array => encodeFields(registers.IRTA.layout,
  { S: Math.max(0, Math.ceil(Math.log2(b.sources)) - 1), EIME: +eime, IRTA: at.interruptTables[irta]! / 4096 })

/** A descriptor over small ids as one over raw ones. `status` is where the first wait slot is, in bytes; others
 *  follow. */
export function placedDescriptor(d: Descriptor, b: Bounds, at: Placement, status: number): Descriptor {
  switch (d.type) {
    case 'context-cache': return { ...d, sid: d.granularity === 'device' ? at.requesters[d.sid]! : 0 }
    case 'iotlb':
      return d.granularity === 'page'
        ? { ...d, page: inputOf(d.page, b) / 4096, addressMask: rawMaskOf(d.addressMask, b) } : d
    case 'iec': return d
    case 'wait': return { ...d, slot: status / 4 + d.slot }
  }
}
