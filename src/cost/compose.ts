/** Predictions beside numbers that somebody measured: how far off each is, and how well all of them are. */
import { CostError } from './count.ts'
import type { Counts } from './count.ts'
import { pricePath } from './price.ts'
import type { Cycles, Prices } from './price.ts'

/** Least, typical, most, in the unit of the row. */
export type Predicted = Cycles

export interface ComposedRow {
  /** `ROW: COLUMN` of a table, or any name. */
  readonly name: string
  /** How it was composed: counts and a profile, or another model. */
  readonly how: string
  readonly unit: string
  readonly predicted: Predicted
  /** Null where there is no number to compare with. */
  readonly measured: number | null
  /** Typical over measured, less 1; null without a number. */
  readonly off_percent: number | null
  /** Whether least..most holds the number. */
  readonly inside: boolean | null
  /** Why it does not count: the prices, or the composition, come from this number. Null where it counts. */
  readonly fitted: string | null
}
export interface ComposedTable {
  readonly id: string
  readonly title: string
  /** Who published it; null for figures of one's own. */
  readonly source: string | null
  readonly rows: readonly ComposedRow[]
}

/** Counts at prices, for one of `per`. @throws CostError for a unit without a price. */
export function composeCounts(name: string, counts: Counts, per: number, prices: Prices): Cycles {
  const { min, typ, max } = pricePath(name, counts, prices).cycles
  return { min: min / per, typ: typ / per, max: max / per }
}

/** Cycles in another unit, at the clock of the profile. @throws CostError for a unit that is none of time. */
export function inUnit({ min, typ, max }: Cycles, unit: string, clock_ghz: number): Predicted {
  const by = (convert: (cycles: number) => number): Predicted =>
    ({ min: convert(min), typ: convert(typ), max: convert(max) })
  switch (unit) {
    case 'cycles': return { min, typ, max }
    case 'ns': return by(cycles => cycles / clock_ghz)
    case 'us': return by(cycles => cycles / clock_ghz / 1000)
    // the most cycles are the fewest events
    case '/s': return { min: clock_ghz * 1e9 / max, typ: clock_ghz * 1e9 / typ, max: clock_ghz * 1e9 / min }
    default: throw new CostError(`'${unit}' is no unit of time: cycles, ns, us, or /s`)
  }
}

export function composedRow(row: Pick<ComposedRow, 'name' | 'how' | 'unit' | 'predicted' | 'measured' | 'fitted'>):
  ComposedRow {
  const { predicted, measured } = row
  return {
    ...row,
    off_percent: measured === null ? null : Math.round(1000 * (predicted.typ - measured) / measured) / 10,
    inside: measured === null ? null : predicted.min <= measured && measured <= predicted.max,
  }
}

/** Two rows of a table of which the greater one is predicted as the lesser. */
export interface Inversion { readonly table: string; readonly greater: string; readonly lesser: string }
export interface Fit {
  /** Rows with a number, of which so many were fitted. */
  readonly rows: number
  readonly fitted: number
  /** Of the rows that count: the median of the errors, without sign; null where none counts. */
  readonly median_percent: number | null
  /** The median of the medians of the tables: no table weighs more than another. */
  readonly tables_median_percent: number | null
  /** Rows that count and are off by more than the limit. */
  readonly beyond: number
  readonly limit_percent: number
  /** Pairs of numbers in one row or column of a table that are composed and published unlike, one of which counts, and
   *  those predicted the other way round. */
  readonly pairs: number
  readonly inversions: readonly Inversion[]
}

export const limit_percent = 15
/** Numbers nearer to each other than this are published alike: their order says nothing. */
const alike_percent = 5

export function fitOf(tables: readonly ComposedTable[]): Fit {
  const errors = (rows: readonly ComposedRow[]): number[] => rows.filter(row => row.fitted === null)
    .flatMap(({ off_percent }) => off_percent === null ? [] : [Math.abs(off_percent)])
  const rows = tables.flatMap(table => table.rows).filter(row => row.measured !== null)
  const orders = tables.map(orderOf)
  return {
    rows: rows.length, fitted: rows.filter(row => row.fitted !== null).length,
    median_percent: median(errors(rows)),
    tables_median_percent: median(tables.flatMap(table => median(errors(table.rows)) ?? [])),
    beyond: errors(rows).filter(error => error > limit_percent).length, limit_percent,
    pairs: orders.reduce((sum, { pairs }) => sum + pairs, 0),
    inversions: orders.flatMap(({ inversions }) => inversions),
  }
}

function orderOf({ id, rows }: ComposedTable): { readonly pairs: number; readonly inversions: readonly Inversion[] } {
  let pairs = 0
  const inversions: Inversion[] = []
  rows.forEach((a, i) => {
    for (const b of rows.slice(i + 1)) {
      if (a.measured === null || b.measured === null || a.unit !== b.unit || a.how === b.how) continue
      if (!shareLine(a.name, b.name) || a.fitted !== null && b.fitted !== null) continue
      if (Math.abs(a.measured - b.measured) * 100 <= alike_percent * Math.max(a.measured, b.measured)) continue
      pairs++
      if (a.measured > b.measured === a.predicted.typ > b.predicted.typ) continue
      const [greater, lesser] = a.measured > b.measured ? [a, b] : [b, a]
      inversions.push({ table: id, greater: greater.name, lesser: lesser.name })
    }
  })
  return { pairs, inversions }
}

/** Whether two rows stand in one line of their table: what is compared there. */
function shareLine(a: string, b: string): boolean {
  const [rowA, columnA] = a.split(': '), [rowB, columnB] = b.split(': ')
  return columnA === undefined || columnB === undefined || rowA === rowB || columnA === columnB
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b), middle = sorted.length >> 1
  const found = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return Math.round(10 * found) / 10
}
