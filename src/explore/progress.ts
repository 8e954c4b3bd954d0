/** Claims about endless runs, decided on the graph of all reachable states: `eventually`, `leadsTo`, `recovers`. */
import { answerOf, isProgress, ModelError } from '../model/index.ts'
import type { Eventually, LeadsTo, Machine, Observation, Op, ProgressProperty, Recovers, World } from '../model/index.ts'
import { judgeLasso, stuckVerdict } from '../model/lasso.ts'
import { fairHomes, rests, wayRound } from './fairness.ts'
import type { FairGraph } from './fairness.ts'
import { buildGraph } from './graph.ts'
import type { GraphOptions, StateGraph } from './graph.ts'
import type { PropertyResult, StopReason, Violation } from './result.ts'

export interface ProgressReport {
  /** Of the machine's progress properties, in its order. */
  readonly results: readonly PropertyResult[]
  readonly states: number
  readonly edges: number
  readonly seconds: number
  /** What cut the graph short; then nothing is decided. */
  readonly stopped: StopReason | null
}

/** Builds the graph of all reachable states and decides each claim about endless runs; safety claims are `exploreExhaustively`'s.
 *  A run that fairness leaves free may rest for ever where only unfair actions are enabled, or none.
 *  @throws ModelError when a guard, recipe or property fails. */
export async function exploreProgress<S, L, O extends Observation>(
  machine: Machine<S, L, O>, options: GraphOptions = {}): Promise<ProgressReport> {
  const started = performance.now()
  const { graph, states, edges, stopped } = await buildGraph(machine, options)
  return { results: decideProgress(machine, graph), states, edges, stopped, seconds: (performance.now() - started) / 1000 }
}

/** The verdict on each claim about endless runs; without a graph they stay open. */
export function decideProgress<S, L, O extends Observation>(machine: Machine<S, L, O>, graph: StateGraph<S, L, O> | null): PropertyResult[] {
  return machine.properties.filter(isProgress).map((property): PropertyResult => {
    const found = graph === null ? null : decide(machine, graph, property)
    const violation = found === null ? null : { property: property.name, ...found }
    return {
      property: property.name, kind: property.kind, violation, reachedBy: null,
      outcome: graph === null ? 'incomplete' : violation === null ? 'holds' : 'violated',
    }
  })
}

type Found = Omit<Violation, 'property'>

function decide<S, L, O extends Observation>(machine: Machine<S, L, O>, graph: StateGraph<S, L, O>, property: ProgressProperty<S, L>): Found | null {
  if (property.kind === 'recovers') return stuck(machine, graph, property)
  const fair = fairGraph(machine, graph)
  if (property.kind === 'eventually') {
    const [goal] = statesWhere(graph, property, [world => property.goal(world)])
    const from = new Uint8Array(graph.states)
    from[0] = 1
    return endless(machine, graph, fair, property, from, goal!)
  }
  const cases = [...property.cases(machine.initialWorld).keys()]
  const answers = statesWhere(graph, property, cases.flatMap((at): Ask<S, L>[] => [world => property.from(world, at), world => property.to(world, at)]))
  for (const at of cases) {
    const found = endless(machine, graph, fair, property, answers[2 * at]!, answers[2 * at + 1]!)
    if (found !== null) return found
  }
  return null
}

export function fairGraph<S, L, O extends Observation>(machine: Machine<S, L, O>, graph: StateGraph<S, L, O>): FairGraph {
  const { states, first, target, label, labels } = graph
  const instances = Uint32Array.from(labels, one => one.instance)
  return { states, first, target, fairness: machine.instances.map(({ action }) => action.fair), instanceOf: edge => instances[label[edge]!]! }
}

type Ask<S, L> = (world: World<S, L>) => boolean
/** Of each question, 1 for each state where the answer is yes. */
function statesWhere<S, L, O>(graph: StateGraph<S, L, O>, { name }: ProgressProperty<S, L>, asks: readonly Ask<S, L>[]): Uint8Array[] {
  return asks.map(ask => graph.where(world => answerOf(name, () => ask(world))))
}

/** A fair run with a state of `from` after which none of `to` comes: the shortest way to where it can stay, then a way round;
 *  or to where it can rest, where that takes no more ops in all. */
function endless<S, L, O extends Observation>(
  machine: Machine<S, L, O>, graph: StateGraph<S, L, O>, fair: FairGraph, property: Eventually<S, L> | LeadsTo<S, L>,
  from: Uint8Array, to: Uint8Array): Found | null {
  const waiting = closure(graph, from, to)
  const homes = fairHomes(fair, waiting)
  const nearest = shortestWait(graph, from, to, state => homes[state] !== 0 || rests(fair, state))
  if (nearest === null) return null
  const goesRound = !rests(fair, nearest.state)
  const round = goesRound ? wayRound(fair, homes, nearest.state) : []
  // A run that comes to rest is easier to read than a long way round, also where it takes a few steps more to get there.
  const resting = goesRound ? shortestWait(graph, from, to, state => rests(fair, state)) : null
  return resting !== null && resting.edges.length <= nearest.edges.length + round.length
    ? lassoOf(machine, graph, property, resting, [], resting.edges.length === nearest.edges.length)
    : lassoOf(machine, graph, property, nearest, round, true)
}

/** States in which what began has not ended: those of `from` and what comes after them, up to `to`. */
function closure({ states, first, target }: StateGraph<unknown, unknown, unknown>, from: Uint8Array, to: Uint8Array): Uint8Array {
  const waiting = new Uint8Array(states)
  const queue = new Uint32Array(states)
  let end = 0
  const add = (state: number): void => {
    if (waiting[state] !== 0 || to[state] !== 0) return
    waiting[state] = 1
    queue[end++] = state
  }
  for (let state = 0; state < states; state++) if (from[state] !== 0) add(state)
  for (let i = 0; i < end; i++)
    for (let edge = first[queue[i]!]!; edge < first[queue[i]! + 1]!; edge++) add(target[edge]!)
  return waiting
}

interface Prefix { readonly edges: readonly number[]; readonly state: number }

/** Breadth first over pairs of a state and whether something has begun and not ended: the shortest way to such a pair whose state `stays`. */
function shortestWait<S, L, O>(
  { states, first, target }: StateGraph<S, L, O>, from: Uint8Array, to: Uint8Array, stays: (state: number) => boolean): Prefix | null {
  // Node 2 * state before it begins, 2 * state + 1 after. `via` is the edge taken to a node, plus 1.
  const via = new Uint32Array(2 * states), before = new Uint32Array(2 * states), seen = new Uint8Array(2 * states)
  const queue = new Uint32Array(2 * states)
  let end = 0
  const add = (node: number, edge: number, by: number): void => {
    if (seen[node] !== 0) return
    seen[node] = 1
    via[node] = edge + 1
    before[node] = by
    queue[end++] = node
  }
  const enter = (state: number, begun: boolean, edge: number, by: number): void => {
    if (to[state] === 0 && (begun || from[state] !== 0)) add(2 * state + 1, edge, by)
    if (!begun) add(2 * state, edge, by)
  }
  enter(0, false, -1, 0)
  for (let i = 0; i < end; i++) {
    const node = queue[i]!, state = node >>> 1
    if ((node & 1) === 1 && stays(state)) {
      const edges: number[] = []
      for (let at = node; via[at] !== 0; at = before[at]!) edges.push(via[at]! - 1)
      return { edges: edges.reverse(), state }
    }
    for (let edge = first[state]!; edge < first[state + 1]!; edge++) enter(target[edge]!, (node & 1) === 1, edge, node)
  }
  return null
}

export const opsOf = <S, L, O extends Observation>(machine: Machine<S, L, O>, { label, labels }: StateGraph<S, L, O>, edges: readonly number[]): Op[] =>
  edges.map(edge => machine.instances[labels[label[edge]!]!.instance]!.op)

/** The run, judged once more by who knows nothing of graphs. */
function lassoOf<S, L, O extends Observation>(machine: Machine<S, L, O>, graph: StateGraph<S, L, O>, property: Eventually<S, L> | LeadsTo<S, L>,
  { edges: prefix }: Prefix, round: readonly number[], shortest: boolean): Found {
  const edges = [...prefix, ...round]
  const ops = opsOf(machine, graph, edges)
  const worlds = [0, ...edges.map(edge => graph.target[edge]!)].map(graph.world)
  const verdict = judgeLasso(machine, property, { ops, worlds, loop: prefix.length })
  if (verdict === true) throw new ModelError(`property '${property.name}': a run was found against it that is none; please report it`)
  return { because: verdict.because, witness: verdict.witness ?? {}, ops, loop: prefix.length, shortest }
}

/** The first state, breadth first, from which no path leads to the goal. */
function stuck<S, L, O extends Observation>(machine: Machine<S, L, O>, graph: StateGraph<S, L, O>, property: Recovers<S, L>): Found | null {
  const goal = statesWhere(graph, property, [world => property.goal(world)])[0]!
  const canRecover = ancestors(graph, goal)
  const lost = canRecover.indexOf(0)
  if (lost < 0) return null
  const start = new Uint8Array(graph.states)
  start[lost] = 1
  const after = closure(graph, start, goal).reduce((sum, one) => sum + one, 0)
  const ops = opsOf(machine, graph, pathTo(graph, lost))
  return { ...stuckVerdict(after), witness: {}, ops, loop: null, shortest: true }
}

/** The given states and all from which they can be reached. */
function ancestors({ states, first, target }: StateGraph<unknown, unknown, unknown>, of: Uint8Array): Uint8Array {
  const starts = new Uint32Array(states + 1), sources = new Uint32Array(target.length)
  for (const to of target) starts[to + 1]!++
  for (let state = 0; state < states; state++) starts[state + 1]! += starts[state]!
  const next = starts.slice()
  for (let state = 0; state < states; state++)
    for (let edge = first[state]!; edge < first[state + 1]!; edge++) sources[next[target[edge]!]!++] = state
  const found = of.slice()
  const queue = new Uint32Array(states)
  let end = 0
  for (let state = 0; state < states; state++) if (found[state] !== 0) queue[end++] = state
  for (let i = 0; i < end; i++)
    for (let at = starts[queue[i]!]!; at < starts[queue[i]! + 1]!; at++) {
      const source = sources[at]!
      if (found[source] !== 0) continue
      found[source] = 1
      queue[end++] = source
    }
  return found
}

/** Edges of a shortest path from the initial state. States are numbered breadth first, so the first edge to one lies on such a path. */
export function pathTo({ states, first, target }: StateGraph<unknown, unknown, unknown>, state: number): number[] {
  const via = new Uint32Array(states), before = new Uint32Array(states)
  let known = 1
  for (let from = 0; known <= state; from++)
    for (let edge = first[from]!; edge < first[from + 1]!; edge++) {
      if (target[edge] !== known) continue
      via[known] = edge
      before[known++] = from
    }
  const edges: number[] = []
  for (let at = state; at !== 0; at = before[at]!) edges.push(via[at]!)
  return edges.reverse()
}
