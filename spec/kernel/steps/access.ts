/** How steps find the table entries and the mapping their call is about. */
import type { StepContext as ContextOf, View as ViewOf } from '../design.ts'
import { store } from '../../iommu/cells.ts'
import type { Cell } from '../../iommu/cells.ts'
import type { PagingEntry } from '../../iommu/paging.ts'

type Kernel = ContextOf<unknown>

type View = ViewOf<unknown>
type Mapping = NonNullable<Kernel['s']['kernel']['mappings'][number][number]>

export const mappingOf = ({ s, call }: View): Mapping | null => s.kernel.mappings[call.domain!]![call.iova!]!

export function markPhase(k: View, phase: Mapping['phase']): void {
  const mapping = mappingOf(k)
  if (mapping !== null) mapping.phase = phase
}

interface Path {
  /** Entries on the way to the page, from the root; the leaf entry last where the path is complete. */
  readonly cells: readonly Cell<PagingEntry>[]
  readonly complete: boolean
  /** The entry that is missing where the path is not complete. */
  readonly next: Cell<PagingEntry>
  /** The entry that links the table of the leaf, and that table; null where the root holds the leaf or nothing is
   *  linked. */
  readonly last: Cell<PagingEntry> | null
  readonly lastPage: number | null
}

/** As software sees the tables of its domain: its own stores, whether hardware sees them or not. */
export function pathTables({ s, call, b }: View): Path {
  let row = s.memory.roots[call.domain!]!
  const cells: Cell<PagingEntry>[] = []
  let last: Cell<PagingEntry> | null = null
  let lastPage: number | null = null
  for (let level = b.levels; level > 1; level--) {
    const cell = row[call.iova! >> (level - 1) & 1]!
    cells.push(cell)
    if (cell.now?.kind !== 'table') return { cells, complete: false, next: cell, last: null, lastPage: null }
    last = cell
    lastPage = cell.now.page
    row = s.memory.pool[lastPage]!
  }
  const leaf = row[b.levels === 1 ? call.iova! : call.iova! & 1]!
  return { cells: [...cells, leaf], complete: true, next: leaf, last, lastPage }
}

/** The leaf entry of the page. A map goes by the table that it found when it linked, as a kernel does that holds a
 *  pointer to it. */
export function leafSlot(k: View): Cell<PagingEntry> | null {
  const { call, s } = k
  if (call.call === 'map' && call.page !== null) return s.memory.pool[call.page]![call.iova! & 1]!
  const path = pathTables(k)
  return path.complete ? path.next : null
}

/** Stores the leaf entry; with no table to hold it there is nothing to store into. */
export function storeLeaf(k: View, entry: PagingEntry | null): void {
  const slot = leafSlot(k)
  if (slot !== null) store(slot, entry, k.caps)
}
