/** A search up to the first states that violate a claim, of a kernel that may do what its later steps cannot bear. */
import type { Exploration } from '../explore/result.ts'
import { ModelError } from '../model/index.ts'

export type Explore = (maxStates: number) => Promise<Exploration>
const isViolated = ({ results }: Exploration): boolean => results.some(({ violation }) => violation !== null)
/** States of the first searches, the last of them beyond the largest scope. A kernel that lacks a step can have far
 *  more states than the right one, and fails near the start. */
const firstSearches = [4000, 64_000, 1_024_000]
/** The search that ends there, or the one of the most states. */
export async function upToViolation(most: number, explore: Explore): Promise<Exploration | ModelError> {
  for (const states of [...firstSearches.filter(one => one < most), most]) {
    try {
      const found = await explore(states)
      if (states === most || isViolated(found) || found.stopped !== 'states') return found
    } catch (cause) {
      if (!(cause instanceof ModelError)) throw cause
      return beforeItBreaks(cause, states, explore)
    }
  }
  throw new RangeError('the last search is of the most states')
}

/** Without a step, a kernel may come to states that a later step cannot make sense of. What it violates on the way
 *  there is what counts; the mistake itself when it violates nothing before. */
async function beforeItBreaks(mistake: ModelError, states: number,
  explore: Explore): Promise<Exploration | ModelError> {
  // Below `low` states nothing is violated yet; with `high` the mistake comes.
  let low = 0, high = Number.isFinite(states) ? states : 2 ** 31
  while (high - low > 1) {
    const between = Math.floor((low + high) / 2)
    try {
      const found = await explore(between)
      if (isViolated(found) || found.stopped !== 'states') return found
      low = between
    } catch (cause) {
      if (!(cause instanceof ModelError)) throw cause
      high = between
    }
  }
  return mistake
}
