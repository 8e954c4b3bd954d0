/** The page tables of the domains in bounded memory: a root for each domain, and a pool of table pages below the
 *  roots. */
import { bool, range, struct, table, variant } from '../../src/model/index.ts'
import type { Value } from '../../src/model/index.ts'
import type { Bounds } from '../bounds.ts'
import type { Ids } from '../ids.ts'
import { cell } from './cells.ts'
import type { Cell, StoreOrder } from './cells.ts'
import { hardwareGeometry, leafSize } from './geometry.ts'

export function pagingDomain(b: Bounds, id: Ids, order: StoreOrder) {
  const slot = b.levels === 1 ? id.iova : range(0, 1)
  const entry = variant('kind', { leaf: { frame: id.frame, write: bool }, table: { page: id.page } })
  return struct({ roots: table([id.domain, slot], cell(entry, order)),
    pool: table([id.page, slot], cell(entry, order)) })
}
export type PageTables = Value<ReturnType<typeof pagingDomain>>
export type PagingEntry = NonNullable<PageTables['roots'][number][number]['now']>

export const cellsOf = ({ roots, pool }: PageTables): Cell<PagingEntry>[] => [...roots.flat(), ...pool.flat()]

/** Addresses of tables: the root of domain d is d, page p of the pool is domains + p. */
export const rootAddress = (domain: number): number => domain
export const pageAddress = (page: number, b: Bounds): number => b.domains + page
/** The pool page at an address, or null for a root. */
export const pageAt = (address: number, b: Bounds): number | null => address < b.domains ? null : address - b.domains
/** The cells of the table at an address. */
export const rowAt = ({ roots, pool }: PageTables, address: number, b: Bounds): readonly Cell<PagingEntry>[] => {
  const page = pageAt(address, b)
  return page === null ? roots[address]! : pool[page]!
}

/** The address that a device uses for a small page on a real machine: each level's bits are that level's index. */
export function inputOf(iova: number, b: Bounds): number {
  if (b.levels === 1) return iova * 4096
  return Array.from({ length: b.levels }, (_, i) => (iova >> i & 1) * leafSize(hardwareGeometry, i + 1))
    .reduce((sum, part) => sum + part, 0)
}
/** Log2 of the real pages that cover `2^mask` small pages and no other page that is there. */
export const rawMaskOf = (mask: number, b: Bounds): number => b.levels === 1 || mask <= 1 ? mask : 9 * (mask - 1) + 1
