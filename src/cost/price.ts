/** Pricing: counts times a profile gives cycles. The only place where a count becomes a time. */
import { CostError } from './count.ts'
import type { Counts, PathCounts } from './count.ts'

export interface Cycles { readonly min: number; readonly typ: number; readonly max: number }

/** What one unit costs, and why. `assumption`: no published figure isolates it. */
export interface Priced extends Cycles {
  readonly from: readonly string[]; readonly derivation: string
  readonly assumption?: boolean | undefined; readonly note?: string | undefined
}
/** The unit's time is already inside another unit's price: hardware work inside the wait for it. */
export interface Included { readonly within: string; readonly derivation: string }
export type Price = Priced | Included

/** The part of a profile that pricing needs. */
export interface Prices { readonly id: string; readonly units: Readonly<Record<string, Price | undefined>> }

export interface CostRow {
  readonly unit: string
  readonly count: number
  /** Of all `count` together. */
  readonly cycles: Cycles
  /** Of the path's typical cycles. */
  readonly share_percent: number
  readonly assumption: boolean
  /** The unit that holds this one's time; null where it has a price of its own. */
  readonly within: string | null
}
export interface PathCost {
  readonly path: string
  readonly cycles: Cycles
  /** Dearest first; ties in the order of the counts. */
  readonly rows: readonly CostRow[]
  /** Part of the typical cycles that rests on assumptions. */
  readonly assumed_percent: number
  /** The typical cycles, were every assumed price its least, or its greatest. */
  readonly assumed_range: { readonly min: number; readonly max: number }
  /** Units whose time is in the price of another unit which this path does not have: this path's cycles leave them
   *  out. */
  readonly elsewhere: readonly string[]
}

/** Prices every path. @throws CostError naming the unit and the profile where the profile has no price for it. */
export function price(counts: PathCounts, prices: Prices): readonly PathCost[] {
  return Object.entries(counts).map(([path, units]) => pricePath(path, units, prices))
}

/** @throws CostError as `price`. */
export function pricePath(path: string, counts: Counts, prices: Prices): PathCost {
  const priced = Object.entries(counts).map(([unit, count]) => {
    const one = priceOf(unit, path, prices)
    const within = 'within' in one ? one.within : null
    const cycles = 'within' in one ? zero : { min: one.min * count, typ: one.typ * count, max: one.max * count }
    return { unit, count, cycles, within, assumption: 'within' in one ? false : one.assumption ?? false }
  })
  const total = priced.reduce((sum, row) => plus(sum, row.cycles), zero)
  const assumed = priced.filter(row => row.assumption).reduce((sum, row) => plus(sum, row.cycles), zero)
  return {
    path, cycles: total,
    rows: priced.map(row => ({ ...row, share_percent: percent(row.cycles.typ, total.typ) }))
      .sort((a, b) => b.cycles.typ - a.cycles.typ),
    assumed_percent: percent(assumed.typ, total.typ),
    assumed_range: { min: total.typ - assumed.typ + assumed.min, max: total.typ - assumed.typ + assumed.max },
    elsewhere: priced.filter(row => row.within !== null && !Object.hasOwn(counts, row.within)).map(row => row.unit),
  }
}

function priceOf(unit: string, path: string, prices: Prices): Price {
  const found = Object.hasOwn(prices.units, unit) ? prices.units[unit] : undefined
  if (found !== undefined) return found
  throw new CostError(`profile '${prices.id}' has no price for the unit '${unit}', which path '${path}' counts: add `
    + 'it to the profile')
}
const zero: Cycles = { min: 0, typ: 0, max: 0 }
const plus = (a: Cycles, b: Cycles): Cycles => ({ min: a.min + b.min, typ: a.typ + b.typ, max: a.max + b.max })
const percent = (part: number, whole: number): number => whole === 0 ? 0 : Math.round(100 * part / whole)
