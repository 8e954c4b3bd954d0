/** Comparing prices with published figures: how near a composition of counts comes to what somebody measured. */
import { CostError } from './count.ts'
import type { Counts } from './count.ts'
import { pricePath } from './price.ts'
import type { Cycles, Prices } from './price.ts'

export interface Comparable {
  readonly figure: string
  readonly profile: string
  readonly counts: Counts
  readonly per?: number
}
export interface Compared {
  readonly figure: string
  readonly profile: string
  /** In cycles of the profile's clock; figures in ns are multiplied by it. */
  readonly published_cycles: number
  readonly composed: Cycles
  /** Typical over published, less 1. */
  readonly off_percent: number
  /** Whether min..max holds the figure. */
  readonly inside: boolean
}

/** @throws CostError for an unknown figure or profile, a figure in another unit than cycles or ns, or a unit without a
 *  price. */
export function compare(cases: readonly Comparable[],
  figures: Readonly<Record<string, { readonly value: number; readonly unit: string }>>,
  profiles: Readonly<Record<string, Prices & { readonly clock_ghz: number }>>): readonly Compared[] {
  return cases.map(({ figure, profile, counts, per = 1 }) => {
    const found = Object.hasOwn(figures, figure) ? figures[figure] : undefined
    const prices = Object.hasOwn(profiles, profile) ? profiles[profile] : undefined
    if (found === undefined) throw new CostError(`no figure '${figure}' among the sources`)
    if (prices === undefined) throw new CostError(`figure '${figure}': no profile '${profile}'`)
    if (found.unit !== 'cycles' && found.unit !== 'ns')
      throw new CostError(`figure '${figure}' is in ${found.unit}, not in cycles or ns`)
    const published_cycles = Math.round(found.unit === 'ns' ? found.value * prices.clock_ghz : found.value)
    const total = pricePath(figure, counts, prices).cycles
    const composed = { min: Math.round(total.min / per), typ: Math.round(total.typ / per),
      max: Math.round(total.max / per) }
    return {
      figure, profile, published_cycles, composed,
      off_percent: Math.round(1000 * (composed.typ - published_cycles) / published_cycles) / 10,
      inside: composed.min <= published_cycles && published_cycles <= composed.max,
    }
  })
}
