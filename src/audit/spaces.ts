/** Address spaces of a unit: what sets of paging tables map, whoever uses them. */
import { hex } from './format.ts'
import type { RangeList } from './ranges.ts'
import type { Reach } from './reach.ts'

export const spaceKinds = ['second-stage', 'first-stage', 'nested', 'host', 'guest', 'pass-through'] as const

export type SpaceKind = (typeof spaceKinds)[number]

export interface Space {
  /** Index in the order they were met. */
  readonly id: number
  readonly kind: SpaceKind
  /** Host address of the top table, guest-physical where nested; 0 of pass-through, which has none. */
  readonly table: number
  readonly levels: number
  /** Nested: its second stage. */
  readonly second: { readonly table: number; readonly levels: number } | null
  readonly ranges: RangeList
  readonly reach: Reach
  /** Host pages with its tables. A guest's own first-stage tables are `guestTables`. */
  readonly tables: ReadonlySet<number>
  readonly guestTables: ReadonlySet<number>
  readonly troubles: ReadonlyMap<Defect, Troubles>
  readonly cut: boolean
  readonly lost: boolean
}

/** `host tables at 0x1000 (3 levels)` */
export const nameOf = ({ kind, table, levels }: Pick<Space, 'kind' | 'table' | 'levels'>): string =>
  kind === 'pass-through' ? kind : `${kind} tables at ${hex(table)} (${levels} levels)`

/** Which page tables a space is of. Spaces of one set differ in the rights that the entry of a device grants, or in
 *  what passes beside the tables. */
export const tablesOf = ({ kind, table, levels, second }: Space): string =>
  `${kind} ${table}/${levels}${second === null ? '' : ` through ${second.table}/${second.levels}`}`

export type Defect = 'reserved' | 'outside' | 'cyclic' | 'unmapped' | 'not replicated'

/** Entries or tables that are wrong, of one kind: how many, and where the first is. */
export interface Troubles { count: number; readonly table: number; readonly index: number; readonly level: number }

/** So that tables which share tables, or absurd registers, end. The first three are for all of an audit, and used up by
 *  it. */
export interface Budget {
  tables: number
  pasids: number
  directories: number
  readonly ranges: number
  readonly tablesPerSpace: number
}

export const standardBudget = (): Budget =>
  ({ tables: 2 ** 19, pasids: 2 ** 22, directories: 2 ** 26, ranges: 2 ** 21, tablesPerSpace: 2 ** 18 })
