/** What the model says of published numbers: each with how it is composed, so that prediction and number can be
 *  compared. Data alone: src/check computes it. */
import { rowName, sources, tables } from '../sources.ts'
import type { Table } from '../sources.ts'
import type { UnitCounts } from '../units.ts'

/** How a number is composed. */
export type Composition =
  /** `counts` at the prices of a profile, divided by `per`. */
  | { readonly by: 'counts'; readonly profile: string; readonly counts: UnitCounts; readonly per?: number }
  /** Mean time of one DMA read of a device that has one under way, over random pages. */
  | { readonly by: 'read'; readonly base_ns: number; readonly walk_ns: number; readonly entries: number
    readonly pages: number }
  /** Gb/s of DMA requests of some bytes, many under way, over random pages; the link alone gives `link_gbps`. */
  | { readonly by: 'requests'; readonly bytes: number; readonly link_gbps: number; readonly base_ns: number
    readonly walk_ns: number; readonly walkers: number; readonly entries: number; readonly pages: number }
  /** A call for `n` pages: one sync and `n` pages, as the rows of 1 and of `last` pages have it. */
  | { readonly by: 'pages'; readonly one: number; readonly all: number; readonly last: number; readonly n: number }

/** The unit of a published number; `/s` is events in a second. */
export type Measure = 'cycles' | 'ns' | 'us' | 'Gb/s' | '/s'

export interface Prediction {
  /** Id of the table; `figures` for a number that stands alone. */
  readonly table: string
  readonly name: string
  readonly published: number
  readonly measure: Measure
  readonly is: Composition
  /** Ids of figures, besides those behind the prices, that the composition takes. */
  readonly takes: readonly string[]
  /** Why the number does not count: the composition was made from it. Null for one that was not fitted. */
  readonly fitted: string | null
}

export const tableNamed = (id: string): Table => tables.find(table => table.id === id)!
/** The number in a cell. @throws RangeError where there is none: a prediction names what is not published. */
export function cell(id: string, row: string, column: string): number {
  const table = tableNamed(id), at = table.columns.indexOf(column)
  const value = table.rows.find(one => rowName(table, one) === row)?.[at]
  if (typeof value !== 'number') throw new RangeError(`table '${id}' has no number at '${row}', '${column}'`)
  return value
}
export const figure = (id: string): number => sources.figures[id]!.value

/** The names of a table's rows, but for those that a text leaves out. */
export const rowsOf = (id: string, begins: string): readonly string[] => {
  const table = tableNamed(id)
  return table.rows.map(row => rowName(table, row)).filter(name => name.startsWith(begins))
}

export const predict = (table: string, name: string, published: number, measure: Measure, is: Composition,
  { takes = [], fitted = null }: Partial<Pick<Prediction, 'takes' | 'fitted'>> = {}): Prediction =>
  ({ table, name, published, measure, is, takes, fitted })

/** Of a cell, by counts. */
export const counted = (profile: string, measure: Measure, table: string, row: string, column: string,
  counts: UnitCounts, per = 1, fitted: string | null = null, takes: readonly string[] = []): Prediction =>
  predict(table, `${row}: ${column}`, cell(table, row, column), measure, { by: 'counts', profile, counts, per },
    { fitted, takes })
