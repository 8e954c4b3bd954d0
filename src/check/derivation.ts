/** `cost --explain PATH`: what a path costs, line by line down to the published figures. */
import { cite, pricePath } from '../cost/index.ts'
import type { CostRow, Counts, PathCost } from '../cost/index.ts'
import type { DerivationStep, DerivedRow, PathDerivation } from '../report/derivation.ts'
import { formulasOf, FormulaError, Prices, sources, statusOf } from '../../spec/costs/index.ts'
import type { Bound, Computed, Profile } from '../../spec/costs/index.ts'

/** @throws CostError for a unit without a price. */
export function derivationOf(design: string, path: string, counts: Counts, profile: Profile): PathDerivation {
  const cost = pricePath(path, counts, profile)
  return { design, path, cycles: cost.cycles, rows: cost.rows.map(row => rowOf(row, cost, profile)) }
}

function rowOf({ unit, count, cycles }: CostRow, { cycles: { typ } }: PathCost, profile: Profile): DerivedRow {
  const price = profile.units[unit]!
  const rest = typ - cycles.typ
  return {
    unit, count, cycles, status: statusOf(price), note: 'within' in price ? null : price.note ?? null,
    sensitivity: { min: rest + cycles.min, max: rest + cycles.max }, steps: stepsOf(unit, profile),
  }
}

/** The typical price of the unit, and what it rests on, deepest last; what stood before is not taken apart again. */
function stepsOf(unit: string, profile: Profile): readonly DerivationStep[] {
  const price = profile.units[unit]!
  const step = (depth: number, name: string, value: number, says: string): DerivationStep =>
    ({ depth, name, value, measure: 'cycles', says, status: statusOf(profile.units[name.split('.')[0]!]!) ?? 'assumed',
      source: null })
  if ('within' in price)
    return [{ ...step(0, unit, 0, price.derivation), status: `within ${price.within}` }]
  const formulas = formulasOf(price.derivation)
  if (formulas === null) return [step(0, `${unit}.typ`, price.typ, price.derivation)]
  const prices = new Prices(profile, sources), seen = new Set<string>()
  const down = (of: string, bound: Bound, depth: number): DerivationStep[] => {
    const name = `${of}.${bound}`, at = profile.units[of]!
    const found: Computed | null = 'within' in at ? null : computedOr(prices, of, bound)
    const says = 'within' in at ? at.derivation : formulasOf(at.derivation)?.[bound] ?? at.derivation
    const own = step(depth, name, 'within' in at ? 0 : at[bound], says)
    if (seen.has(name) || found === null) return [own]
    seen.add(name)
    return [own, ...found.terms.flatMap(term => term.kind === 'price' ? down(term.unit, term.bound, depth + 1)
      : [figureStep(term.id, depth + 1)])]
  }
  return down(unit, 'typ', 0)
}

/** A user's own profile may derive in words. */
function computedOr(prices: Prices, unit: string, bound: Bound): Computed | null {
  try { return prices.of(unit, bound) } catch (cause) {
    if (cause instanceof FormulaError) return null
    throw cause
  }
}

function figureStep(id: string, depth: number): DerivationStep {
  const { value, unit, platform, conditions, status, citation } = sources.figures[id]!
  return { depth, name: id, value, measure: unit, status, source: cite(sources.citations[citation]!),
    says: `${sources.platforms[platform]!.cpu}: ${conditions}` }
}
