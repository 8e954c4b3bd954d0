/** Everything that a machine claims, within the bounds: safety by the exhaustive search, then claims about endless runs on its graph. */
import { isProgress } from '../model/index.ts'
import type { Machine, Observation } from '../model/index.ts'
import { exploreExhaustively } from './exhaustive.ts'
import type { ExhaustiveOptions } from './exhaustive.ts'
import { graphOf } from './graph.ts'
import { Pace } from './pace.ts'
import { decideProgress } from './progress.ts'
import type { Exploration } from './result.ts'
import { Search } from './search.ts'

/** As `exploreExhaustively`, with a verdict on every kind of property. Limits hold for both parts together. Under symmetry claims about endless
 *  runs stay unasked: fairness tells ids apart that are renamed.
 *  @throws ModelError when a guard, recipe or property fails. */
export async function exploreFully<S, L, O extends Observation>(machine: Machine<S, L, O>, options: ExhaustiveOptions = {}): Promise<Exploration> {
  if (!machine.properties.some(isProgress) || options.symmetry) return exploreExhaustively(machine, options)
  const pace = new Pace(options)
  const search = new Search(machine, { ...options, workers: 1 }, [])
  try {
    const stopped = await search.run(pace, { whole: true })
    // Before the steps are taken, and counted, once more.
    if (stopped === null) search.stay()
    const safety = search.exploration(stopped, pace)
    const graph = stopped === null ? await graphOf(search, pace) : stopped
    if (typeof graph === 'string') search.keep()
    const decided = new Map(decideProgress(machine, typeof graph === 'string' ? null : graph).map(result => [result.property, result]))
    const end = typeof graph === 'string' ? graph : null
    return {
      ...safety, stopped: end, complete: end === null, seconds: pace.seconds,
      results: safety.results.map(result => decided.get(result.property) ?? result),
    }
  } finally { await search.end() }
}
