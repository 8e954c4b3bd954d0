/** The public API of remapcheck, usable for any machine: declare it, search it or test it at random, shrink what was
 *  found.
 *
 *      const action = actionsOf<State, Seen>()
 *      const { always } = propertiesOf<State, {}, Seen>()
 *      const counter = machine<State, {}, Seen>({ name, domain, initial, actions: [action(...)], properties:
 *  [always(...)] })
 *      const { results } = await checkMachine(counter)
 *      for (const { property, outcome, violation } of results)   // 'holds', or 'violated' with the shortest trace
 *        console.log(property, outcome, violation === null ? '' : renderViolation(counter, violation))
 */
export * from './model/index.ts'
export * from './explore/result.ts'
/** The way to decide all that a machine claims, safety and endless runs. `exploreExhaustively` is its first half: it
 *  leaves claims about endless runs `unchecked`. */
export { exploreFully as checkMachine, exploreFully } from './explore/full.ts'
export { exploreExhaustively } from './explore/exhaustive.ts'
export type { Backend, ExhaustiveOptions, Tuning } from './explore/exhaustive.ts'
export { exploreProgress } from './explore/progress.ts'
export type { ProgressReport } from './explore/progress.ts'
export { buildGraph } from './explore/graph.ts'
export type { BuiltGraph, GraphOptions, StateGraph } from './explore/graph.ts'
export { exploreRandomly } from './explore/random.ts'
export type { RandomOptions } from './explore/random.ts'
export type { Limits, Progress } from './explore/pace.ts'
export { shrinkOps } from './explore/shrink.ts'
export { makeTrace } from './trace/format.ts'
export type { Trace } from './trace/format.ts'
export { loadTrace, loadTraces, saveTrace } from './trace/store.ts'
export { replay } from './trace/replay.ts'
export type { Replayed, ReplayedStep } from './trace/replay.ts'
export { renderLanes, renderTrace } from './trace/render.ts'
export type { RenderOptions } from './trace/render.ts'
export { renderViolation } from './trace/violation.ts'
export type { ViolationText } from './trace/violation.ts'
export { theme } from './text/theme.ts'
export type { Theme } from './text/theme.ts'
