/** Profiles computed from formulas, and what a price of any profile rests on. */
import { bounds, compute, FormulaError, formulasOf } from './formula.ts'
import type { Bound, Computed } from './formula.ts'
import type { Profile, ProfileUnit } from './profile.ts'
import { sources } from './sources.ts'
import type { Sources } from './sources.ts'
import type { Unit } from './units.ts'

/** Least, typical, most; `assumption` where no figure of this machine isolates the unit. */
export interface Given {
  readonly is: readonly [min: string, typ: string, max: string]
  readonly assumption?: true
  readonly note?: string
}
export type GivenUnits = { readonly [U in Unit]?: Given }
type Head = Pick<Profile, 'id' | 'title' | 'clock_ghz' | 'notes'>

/** The profile of another machine. What is not given carries over from `base` at the clock of the new one, and is an
 *  assumption: it was not measured there. @throws FormulaError. */
export function otherMachine(base: Profile, head: Head, given: GivenUnits): Profile {
  const carried = Object.fromEntries(Object.entries(base.units).map(([unit, price]) => [unit, 'within' in price ? price
    : { ...price, assumption: true, note: `no figure of this machine: as ${base.id}`,
      derivation: price.derivation.replaceAll(`* ${base.clock_ghz} GHz`, `* ${head.clock_ghz} GHz`) }]))
  return computed({ ...base, ...head, units: { ...carried, ...written(given) } })
}

/** The same machine, with some prices replaced. @throws FormulaError. */
export const variantOf = (base: Profile, head: Omit<Head, 'clock_ghz' | 'notes'>, given: GivenUnits): Profile =>
  computed({ ...base, ...head, units: { ...base.units, ...written(given) } })

const written = (given: GivenUnits): Profile['units'] =>
  Object.fromEntries(Object.entries(given).map(([unit, { is: [min, typ, max], ...rest }]) =>
    [unit, { min: 0, typ: 0, max: 0, from: [], derivation: `min = ${min}; typ = ${typ}; max = ${max}`, ...rest }]))

/** The profile with each price computed anew from its derivation. @throws FormulaError naming the unit. */
function computed(profile: Profile): Profile {
  const prices = new Prices(profile, sources)
  return { ...profile, units: Object.fromEntries(Object.entries(profile.units).map(([unit, price]) =>
    [unit, 'within' in price ? price : prices.anew(unit, price)])) }
}

/** Computes prices from derivations, in whatever order they rest on each other. */
export class Prices {
  private readonly profile: Profile
  private readonly sources: Sources
  private readonly known = new Map<string, Computed>()
  /** Being computed. */
  private readonly open: string[] = []

  constructor(profile: Profile, from: Sources) { this.profile = profile; this.sources = from }

  /** @throws FormulaError for a price whose derivation is in words, or rests on itself. */
  of(unit: string, bound: Bound): Computed {
    const name = `${unit}.${bound}`, known = this.known.get(name)
    if (known !== undefined) return known
    if (this.open.includes(name))
      throw new FormulaError(`${name} rests on itself: ${[...this.open, name].join(' → ')}`)
    const price = Object.hasOwn(this.profile.units, unit) ? this.profile.units[unit] : undefined
    const formulas = price === undefined || 'within' in price ? null : formulasOf(price.derivation)
    if (formulas === null) throw new FormulaError(`${unit} has no formula in profile '${this.profile.id}'`)
    this.open.push(name)
    const found = compute(formulas[bound], { sources: this.sources, clock_ghz: this.profile.clock_ghz,
      price: (other, which) => this.of(other, which).value })
    this.open.pop()
    this.known.set(name, found)
    return found
  }

  anew(unit: string, price: Exclude<ProfileUnit, { within: string }>): ProfileUnit {
    const [min, typ, max] = bounds.map(bound => this.of(unit, bound))
    const from = [min!, typ!, max!].flatMap(({ terms }) => terms)
      .flatMap(term => term.kind === 'figure' ? [term.id] : [])
    if (min!.value > typ!.value || typ!.value > max!.value)
      throw new FormulaError(`${unit} of '${this.profile.id}': ${min!.value}, ${typ!.value}, ${max!.value} are not in `
        + 'order')
    return { ...price, min: min!.value, typ: typ!.value, max: max!.value, from: [...new Set(from)] }
  }
}

/** How well a price is known: `assumed` where no figure isolates it; else as the least known of its figures. */
export type Status = 'verified' | 'derived' | 'recalled' | 'assumed' | 'own'
const weakest: readonly Status[] = ['verified', 'derived', 'recalled']

export function statusOf(price: ProfileUnit): Status | null {
  if ('within' in price) return null
  if (price.assumption === true) return 'assumed'
  const found = price.from.map(id => Object.hasOwn(sources.figures, id) ? sources.figures[id]!.status as Status : 'own')
  return found.includes('own') ? 'own' : weakest[Math.max(...found.map(status => weakest.indexOf(status)))] ?? 'own'
}

/** All figures that the prices of these units rest on, also by way of other prices. Empty for derivations in words,
 *  but for what their `from` names. */
export function figuresBehind(profile: Profile, units: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>(), seen = new Set<string>()
  const visit = (unit: string): void => {
    const price = Object.hasOwn(profile.units, unit) ? profile.units[unit] : undefined
    if (price === undefined || seen.has(unit)) return
    seen.add(unit)
    if ('within' in price) { visit(price.within); return }
    price.from.forEach(id => found.add(id))
    for (const [, other] of price.derivation.matchAll(/([a-z-]+)\.(?:min|typ|max)/g)) visit(other!)
  }
  units.forEach(visit)
  return found
}
