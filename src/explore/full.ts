/** Everything that a machine claims, within the bounds: safety by the exhaustive search, then claims about endless runs
 *  on its graph. */
import { isProgress } from '../model/index.ts'
import type { Machine, Observation } from '../model/index.ts'
import { exploreExhaustively, toldByOne } from './exhaustive.ts'
import type { ExhaustiveOptions } from './exhaustive.ts'
import { graphOf } from './graph.ts'
import { Pace, unlessStopped } from './pace.ts'
import { decideProgress, endlessClaims } from './progress.ts'
import type { Exploration } from './result.ts'
import { Search } from './search.ts'

/** As `exploreExhaustively`, with a verdict on every kind of property. Limits hold for both parts together. Under
 *  symmetry claims about endless runs stay unasked: fairness tells ids apart that are renamed.
 *  @throws ModelError when a guard, recipe or property fails. */
export async function checkMachine<S, L, O extends Observation>(machine: Machine<S, L, O>,
  options: ExhaustiveOptions = {}): Promise<Exploration> {
  const claims = machine.properties.filter(isProgress).length
  if (claims === 0 || options.symmetry) return exploreExhaustively(machine, options)
  const pace = new Pace(options)
  const search = new Search(machine, { ...options, workers: 1 }, [])
  try {
    const stopped = await search.run(pace, { whole: true })
    // Before the steps are taken, and counted, once more.
    if (stopped === null) search.stay()
    // A search that this one resumes may have had threads.
    await toldByOne(search, options, [], pace)
    const safety = search.exploration(stopped, pace), counts = search.counts()
    const graph = await unlessStopped(stopped, () => graphOf(search, pace, endlessClaims(claims)), pace)
    const { results, stopped: end } = await decideProgress(machine, graph, pace, counts)
    if (end !== null) search.keep()
    const decided = new Map(results.map(result => [result.property, result]))
    return {
      ...safety, stopped: end, complete: end === null, seconds: pace.seconds,
      results: safety.results.map(result => decided.get(result.property) ?? result),
    }
  } finally { await search.end() }
}
