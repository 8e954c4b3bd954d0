/** The tables interface over raw memory: what the walk searches at small scope it walks here over the manual's words
 *  (AMD 48882 rev 3.05, 2.2). */
import type { PhysicalMemory } from '../../iommu/image.ts'
import type { EntryReader } from '../layout/read-entries.ts'
import type { Fetched, Tables } from './tables.ts'

/** Host address of the device table (a multiple of 4096), and how many entries it has. */
export interface RawRoots { readonly deviceTable: number; readonly devices: number }

/** Dwords of a page. */
const pageDwords = 1024

/** Reads are of memory as it is at the time; nothing is kept. An entry is unreadable where its page is. */
export function rawTables(memory: PhysicalMemory, { deviceTable, devices }: RawRoots, reader: EntryReader): Tables {
  const fetch = <E>(table: number, index: number, dwords: number,
    read: (words: Uint32Array, at: number) => E): Fetched<E> => {
    const offset = table / 4 + index * dwords
    const page = memory.page(Math.floor(offset / pageDwords))
    return page === undefined ? 'unreadable' : read(page, offset % pageDwords)
  }
  return {
    deviceEntry: device => device < devices ? fetch(deviceTable, device, 8, reader.deviceEntry) : null,
    pageEntry: (table, index) => fetch(table, index, 2, reader.pageEntry),
    guest: {
      gcr3Entry: (table, index) => fetch(table, index, 2, reader.gcr3Entry),
      pageEntry: (table, index) => fetch(table, index, 2, reader.guestPageEntry),
    },
    interruptEntry: (table, index) => fetch(table, index, reader.interruptDwords, reader.interruptEntry),
  }
}
