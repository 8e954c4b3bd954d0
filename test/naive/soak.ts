/** Random machines through the ways to search them. */
import { differences } from './compare.ts'
import type { Told } from './compare.ts'
import { machineOf, withActions } from './random/machines.ts'
import type { Kind, Made } from './random/machines.ts'
import { naive } from './search.ts'
import type { Known } from './search.ts'
import type { Way } from './ways.ts'
import { counted, widened } from './widened.ts'

/** A machine of the kind `large` gets more states than the first table holds, beside so many switches; and so many it
 *  has without them. */
const leastLarge = 7200, mostSwitches = 10, mostWidened = 100

export interface Case { readonly made: Made; readonly known: Known }

/** The machine of a kind and a seed, with as many of its actions as leave no more than `most` states; null where one is
 *  too many. */
export function caseOf(kind: Kind, seed: number, most: number): Case | null {
  const whole = machineOf(kind, seed)
  let found: Case | null = null
  // More actions, more states: halving finds how many may stay. All of them mostly may.
  for (let able = 0, actions = whole.machine.actions.length, over = actions + 1; able < over - 1; actions = able + over
    >> 1) {
    const made = withActions(whole, actions),
      known = naive(made.machine, kind === 'large' ? Math.min(most, mostWidened) : most)
    if (known === null) over = actions
    else { able = actions; found = { made, known } }
  }
  if (found === null || kind !== 'large' || found.known.mistake !== null) return found
  const switches = Math.min(mostSwitches, Math.ceil(Math.log2(leastLarge / found.known.states)))
  return { made: widened(found.made, switches), known: counted(found.known, switches) }
}

export interface Difference {
  readonly kind: Kind; readonly seed: number; readonly way: string
  readonly lines: readonly string[]
  /** The machine. */
  readonly text: string
}

/** Ways that have something to do with a machine: only ids can be renamed. */
export const fits = ({ machine, kind }: Made, way: Way): boolean => {
  if (kind === 'large' && way.runsAnew) return false
  const renames = way.is === 'symmetric' || way.is === 'named'
  return !renames || ['symmetric', 'asymmetric', 'large'].includes(kind) && machine.properties.length > 0
}

export interface Compared { readonly searches: number; readonly differences: readonly Difference[] }
export async function compared({ made, known }: Case, ways: readonly Way[]): Promise<Compared> {
  const found: Difference[] = []
  const told: Told = new Map()
  let searches = 0
  for (const way of ways) {
    if (!fits(made, way)) continue
    searches++
    let lines: string[]
    try { lines = await differences(made, known, way, told) } catch (error) {
      lines = [`throws ${error instanceof Error ? error.stack ?? error.message : String(error)}`]
    }
    if (lines.length > 0) found.push({ kind: made.kind, seed: made.seed, way: way.name, lines, text: made.text })
  }
  return { searches, differences: found }
}
