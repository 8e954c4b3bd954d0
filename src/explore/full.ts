/** Everything that a machine claims, within the bounds: safety by the exhaustive search, then claims about endless runs on its graph. */
import { isProgress } from '../model/index.ts'
import type { Machine, Observation } from '../model/index.ts'
import { exploreExhaustively } from './exhaustive.ts'
import type { ExhaustiveOptions } from './exhaustive.ts'
import { exploreProgress } from './progress.ts'
import type { Exploration } from './result.ts'

/** As `exploreExhaustively`, with a verdict on every kind of property. Limits hold for both parts together.
 *  @throws ModelError when a guard, recipe or property fails. */
export async function exploreFully<S, L, O extends Observation>(machine: Machine<S, L, O>, options: ExhaustiveOptions = {}): Promise<Exploration> {
  const safety = await exploreExhaustively(machine, options)
  if (!machine.properties.some(isProgress)) return safety
  if (safety.stopped !== null)
    return { ...safety, results: safety.results.map(result => result.outcome === 'unchecked' ? { ...result, outcome: 'incomplete' } : result) }
  const maxSeconds = options.maxSeconds === undefined ? undefined : Math.max(0, options.maxSeconds - safety.seconds)
  const { results, stopped, seconds } = await exploreProgress(machine, { ...options, maxSeconds })
  const decided = new Map(results.map(result => [result.property, result]))
  return {
    ...safety, stopped, complete: safety.complete && stopped === null, seconds: safety.seconds + seconds,
    results: safety.results.map(result => decided.get(result.property) ?? result),
  }
}
