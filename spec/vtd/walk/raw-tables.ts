/** The tables interface over raw memory: what the walkers search at small scope they walk here over the manual's 64-bit
 *  words (VT-d rev 5.10, chapter 9). */
import type { EntryReader } from '../layout/read-entries.ts'
import type { PhysicalMemory } from '../../iommu/image.ts'
import type { Fetched, ScalableTables } from './tables.ts'

/** Host addresses of the root table (RTADDR.RTA) and of the interrupt remapping table (IRTA), both multiples of
 *  4096. */
export interface RawRoots { readonly rootTable: number; readonly interruptTable: number }

const pageSize = 4096

/** Reads are of memory as it is at the time; nothing is kept. An entry is unreadable where its page is. */
export function rawTables(memory: PhysicalMemory, { rootTable, interruptTable }: RawRoots,
  reader: EntryReader): ScalableTables {
  /** The entry at `index` of a table at `table`, `dwords` long; tables of PASIDs and interrupts are longer than a
   *  page. */
  const fetch = <E>(table: number, index: number, dwords: number,
    read: (words: Uint32Array, at: number) => E): Fetched<E> => {
    const offset = index * dwords
    const page = memory.page(table / pageSize + (offset >>> 10))
    return page === undefined ? 'unreadable' : read(page, offset & 1023)
  }
  const { secondStageEntry, firstStageEntry } = reader
  return {
    rootEntry: bus => fetch(rootTable, bus, 4, reader.rootEntry),
    contextEntry: (table, devfn) => fetch(table, devfn, 4, reader.contextEntry),
    secondStageEntry: (table, index, level) => {
      const page = memory.page(table / pageSize)
      return page === undefined ? 'unreadable' : secondStageEntry(page, index * 2, level)
    },
    irte: index => fetch(interruptTable, index, 4, reader.irte),
    scalableRootEntry: (bus, upper) =>
      fetch(rootTable, bus, 4, (words, at) => reader.scalableRootEntry(words, at, upper)),
    scalableContextEntry: (table, index) => fetch(table, index, 8, reader.scalableContextEntry),
    pasidDirectoryEntry: (table, index) => fetch(table, index, 2, reader.pasidDirectoryEntry),
    pasidEntry: (table, index) => fetch(table, index, 16, reader.pasidEntry),
    firstStageEntry: (table, index, level) => {
      const page = memory.page(table / pageSize)
      return page === undefined ? 'unreadable' : firstStageEntry(page, index * 2, level)
    },
    acceptsUpdate: table => memory.page(table / pageSize) !== undefined,
  }
}
