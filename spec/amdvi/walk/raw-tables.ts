/** The tables interface over raw memory: what the walk searches at small scope it walks here over the manual's words
 *  (AMD 48882 rev 3.05, 2.2). */
import type { PhysicalMemory } from '../../iommu/image.ts'
import type { EntryReader } from '../layout/read-entries.ts'
import type { Fetched, Tables } from './tables.ts'

/** One segment of the device table: its host address (a multiple of 4096), and how many entries it has. */
export interface DeviceTable { readonly address: number; readonly devices: number }
/** The segments of the device table, 1, 2, 4 or 8: each serves as many DeviceIDs. Null where its place is not known. */
export interface RawRoots { readonly segments: readonly (DeviceTable | null)[] }
/** DeviceIDs of each segment: the bits above select the segment. */
export const perSegment = ({ segments }: RawRoots): number => 2 ** 16 / segments.length

/** Dwords of a page. */
const pageDwords = 1024

/** Reads are of memory as it is at the time; nothing is kept. An entry is unreadable where its page is. */
export function rawTables(memory: PhysicalMemory, roots: RawRoots, reader: EntryReader): Tables {
  const each = perSegment(roots)
  const fetch = <E>(table: number, index: number, dwords: number,
    read: (words: Uint32Array, at: number) => E): Fetched<E> => {
    const offset = table / 4 + index * dwords
    const page = memory.page(Math.floor(offset / pageDwords))
    return page === undefined ? 'unreadable' : read(page, offset % pageDwords)
  }
  return {
    deviceEntry: device => {
      const segment = roots.segments[Math.floor(device / each)]!, index = device % each
      if (segment === null) return 'unreadable'
      return index < segment.devices ? fetch(segment.address, index, 8, reader.deviceEntry) : null
    },
    pageEntry: (table, index) => fetch(table, index, 2, reader.pageEntry),
    guest: {
      gcr3Entry: (table, index) => fetch(table, index, 2, reader.gcr3Entry),
      pageEntry: (table, index) => fetch(table, index, 2, reader.guestPageEntry),
    },
    interruptEntry: (table, index) => fetch(table, index, reader.interruptDwords, reader.interruptEntry),
  }
}
