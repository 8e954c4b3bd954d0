/** The public API of remapcheck, usable for any machine: declare it, search it or test it at random, shrink what was
 *  found.
 *
 *      const action = actionsOf<State, Seen>()
 *      const { always } = propertiesOf<State, {}, Seen>()
 *      const counter = machine<State, {}, Seen>({ name, domain, initial, actions: [action(...)], properties:
 *  [always(...)] })
 *      const exploration = await exploreExhaustively(counter)
 *      exploration.results   // 'holds', or 'violated' with the shortest trace
 */
export * from './model/index.ts'
export * from './explore/result.ts'
export { exploreExhaustively } from './explore/exhaustive.ts'
export type { Backend, ExhaustiveOptions, Tuning } from './explore/exhaustive.ts'
export { exploreFully } from './explore/full.ts'
export { exploreProgress } from './explore/progress.ts'
export type { ProgressReport } from './explore/progress.ts'
export { buildGraph } from './explore/graph.ts'
export type { BuiltGraph, GraphOptions, StateGraph } from './explore/graph.ts'
export { exploreRandomly } from './explore/random.ts'
export type { RandomOptions } from './explore/random.ts'
export type { Limits, Progress } from './explore/pace.ts'
export { shrinkOps } from './explore/shrink.ts'
