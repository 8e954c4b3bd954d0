/** The derivations of prices as arithmetic: `iotlb-miss-penalty-bdw ns * 3.1 GHz / 2`. Figures, prices of other units
 *  and numbers, with blanks between. Units are checked: cycles of one machine become those of another by time alone. */
import type { Figure, Sources } from './sources.ts'

/** Which of a price: its least, typical and most. */
export type Bound = 'min' | 'typ' | 'max'
export const bounds = ['min', 'typ', 'max'] as const

/** A formula that cannot be computed: what is wrong, and where in it. */
export class FormulaError extends Error { override readonly name = 'FormulaError' }

/** What a formula names, in the order in which it stands there. */
export type Term =
  | { readonly kind: 'figure'; readonly id: string; readonly figure: Figure }
  | { readonly kind: 'price'; readonly unit: string; readonly bound: Bound; readonly value: number }
export interface Computed { readonly value: number; readonly terms: readonly Term[] }

/** What a formula may look up. */
export interface Known {
  readonly sources: Sources
  /** Of the profile that the price belongs to. */
  readonly clock_ghz: number
  /** The price of another unit of the profile. @throws FormulaError. */
  readonly price: (unit: string, bound: Bound) => number
}

/** A value and its dimension: cycles to the one power, ns to the other. */
interface Quantity { readonly value: number; readonly cycles: number; readonly ns: number; readonly of: string | null }

/** The three formulas of a derivation, or null for one in words. */
export function formulasOf(derivation: string): Readonly<Record<Bound, string>> | null {
  const [, min, typ, max] = /^min = (.+); typ = (.+); max = (.+)$/.exec(derivation) ?? []
  return min === undefined || typ === undefined || max === undefined ? null : { min, typ, max }
}

/** In cycles of the profile, rounded. @throws FormulaError for a figure that is unknown, kept for validation, or in
 *  another unit than the formula says, and for a clock that is neither that of the profile nor that of the figure. */
export function compute(formula: string, known: Known): Computed {
  const terms: Term[] = []
  const words = formula.split(' ')
  let at = 0
  const factor = (): Quantity => {
    const word = words[at++]
    if (word === undefined || word === '') throw new FormulaError(`'${formula}' ends where a value should stand`)
    if (/^-?[\d.]+$/.test(word)) {
      if (words[at] !== 'GHz') return { value: Number(word), cycles: 0, ns: 0, of: null }
      at++
      return { value: Number(word), cycles: 1, ns: -1, of: null }
    }
    const [, unit, bound] = /^([a-z-]+)\.(min|typ|max)$/.exec(word) ?? []
    if (unit !== undefined) {
      const value = known.price(unit, bound as Bound)
      terms.push({ kind: 'price', unit, bound: bound as Bound, value })
      return { value, cycles: 1, ns: 0, of: null }
    }
    const isTime = words[at] === 'ns'
    if (isTime) at++
    const figure = figureOf(word, isTime, formula, known)
    terms.push({ kind: 'figure', id: word, figure })
    return { value: figure.value, cycles: isTime ? 0 : 1, ns: isTime ? 1 : 0, of: figure.platform }
  }
  const product = (): Quantity => {
    let left = factor()
    while (words[at] === '*' || words[at] === '/') left = times(left, words[at++] === '*' ? 1 : -1, factor(), formula,
      known)
    return left
  }
  let sum = product()
  while (words[at] === '+' || words[at] === '-') {
    const sign = words[at++] === '+' ? 1 : -1, right = product()
    if (right.cycles !== sum.cycles || right.ns !== sum.ns)
      if (sum.value !== 0 || sum.of !== null) throw new FormulaError(`'${formula}' adds values of different units`)
    sum = { ...right, value: sum.value + sign * right.value }
  }
  if (at < words.length) throw new FormulaError(`'${formula}': '${words[at]}' is no operator`)
  if (sum.cycles !== 1 || sum.ns !== 0) throw new FormulaError(`'${formula}' is not in cycles`)
  return { value: Math.round(sum.value), terms }
}

function figureOf(id: string, isTime: boolean, formula: string, { sources }: Known): Figure {
  const figure = Object.hasOwn(sources.figures, id) ? sources.figures[id] : undefined
  if (figure === undefined) throw new FormulaError(`no figure '${id}' in '${formula}'`)
  if (figure.split !== 'calibration')
    throw new FormulaError(`${id} is for ${figure.split}: no price may rest on it`)
  if (figure.unit !== (isTime ? 'ns' : 'cycles')) throw new FormulaError(`${id} is in ${figure.unit}: '${formula}'`)
  return figure
}

/** By a clock, cycles become time and time cycles: of the figure's own machine the one, of the profile's the other. */
function times(left: Quantity, power: 1 | -1, right: Quantity, formula: string,
  { sources, clock_ghz }: Known): Quantity {
  if (right.cycles === 1 && right.ns === -1) {
    const own = left.of === null ? null : sources.platforms[left.of]?.ghz ?? null
    if (power === -1 && right.value !== own)
      throw new FormulaError(`'${formula}': ${right.value} GHz is not the clock of ${left.of}`)
    if (power === 1 && right.value !== clock_ghz)
      throw new FormulaError(`'${formula}' is not at the clock of the profile, ${clock_ghz} GHz`)
  }
  return { value: power === 1 ? left.value * right.value : left.value / right.value,
    cycles: left.cycles + power * right.cycles, ns: left.ns + power * right.ns, of: left.of ?? right.of }
}
