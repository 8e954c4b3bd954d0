/** Claims about endless runs, decided on the graph of all reachable states: `eventually`, `leadsTo`, `recovers`. */
import { answerOf, isProgress, ModelError } from '../model/index.ts'
import type {
  Eventually, LeadsTo, Machine, Observation, Op, ProgressProperty, Recovers, World,
} from '../model/index.ts'
import { judgeLasso, stuckVerdict } from '../model/lasso.ts'
import { FairComponents, rests, Tally, wayRound } from './fairness.ts'
import type { FairGraph } from './fairness.ts'
import type { Answers } from './answers.ts'
import { buildGraph } from './graph.ts'
import type { GraphOptions, StateGraph } from './graph.ts'
import { ancestors } from './reach.ts'
import { Pace, Slices, unlessStopped } from './pace.ts'
import type { Counts, Worked } from './pace.ts'
import type { PropertyResult, StopReason, Violation } from './result.ts'

export interface ProgressReport {
  /** Of the machine's progress properties, in its order. */
  readonly results: readonly PropertyResult[]
  readonly states: number
  readonly edges: number
  readonly seconds: number
  /** What cut it short: what was not decided by then is `incomplete`. */
  readonly stopped: StopReason | null
}

/** Builds the graph of all reachable states and decides each claim about endless runs; safety claims are
 *  `exploreExhaustively`'s.
 *  A run that fairness leaves free may rest for ever where only unfair actions are enabled, or none.
 *  @throws ModelError when a guard, recipe or property fails. */
export async function exploreProgress<S, L, O extends Observation>(
  machine: Machine<S, L, O>, options: GraphOptions = {}): Promise<ProgressReport> {
  const pace = new Pace(options)
  const { graph, states, edges, stopped } = await buildGraph(machine, options, pace)
  const counts = { states, transitions: edges, depth: 0, queue: 0, bytes: 0, growth: 0 }
  return { ...await decideProgress(machine, { value: graph, stopped }, pace, counts), states, edges,
    seconds: pace.seconds }
}

/** The verdict on each claim about endless runs, one after the other; what is not decided when the run is stopped stays
 *  open, and all of it where that came before there was a graph. */
export async function decideProgress<S, L, O extends Observation>(
  machine: Machine<S, L, O>, graph: Worked<StateGraph<S, L, O>>, pace: Pace,
  counts: Counts): Promise<Pick<ProgressReport, 'results' | 'stopped'>> {
  let { stopped } = graph
  const results: PropertyResult[] = []
  const claims = machine.properties.filter(isProgress)
  for (const [i, property] of claims.entries()) {
    const { name, kind } = property
    const deciding = `${endlessClaims(claims.length)}: ${name}, ${i + 1} of ${claims.length}`
    const slices = new Slices(pace, () => ({ ...counts, deciding }))
    let isVacuous = false
    // What fails in one claim says nothing of the others.
    const decided = await unlessStopped(stopped === 'mistake' ? graph.stopped : stopped, async () => {
      const decision = new Decision(machine, graph.value!, slices), found = await decision.on(property)
      isVacuous = decision.beginsNowhere
      return found
    }, pace)
    stopped ??= decided.stopped
    const violation = decided.value === null ? null : { property: name, ...decided.value }
    if (violation !== null) pace.tell(violation)
    const verdict = violation === null ? 'holds' : 'violated'
    const outcome = decided.stopped !== null ? 'incomplete' : verdict
    results.push({ property: name, kind, violation, reachedBy: null, outcome,
      ...isVacuous && outcome === 'holds' ? { vacuous: true } : {} })
  }
  return { results, stopped }
}

export const endlessClaims = (of: number): string => `${of} ${of === 1 ? 'claim' : 'claims'} about endless runs`

type Found = Omit<Violation, 'property'>
type Ask<S, L> = (world: World<S, L>) => boolean
interface Prefix { readonly edges: readonly number[]; readonly state: number }
/** States in which what began has not ended: those of `from` and what comes after them, up to `to`. */
interface Wait {
  readonly from: Uint8Array
  readonly to: Uint8Array
  readonly states: Uint32Array
  /** Whether some may be the last of a run, and whether fairness drives every run out of them that is not. */
  readonly mayRest: boolean
  readonly mustLeave: boolean
}

/** How one claim is decided. */
class Decision<S, L, O extends Observation> {
  private readonly machine: Machine<S, L, O>
  private readonly graph: StateGraph<S, L, O>
  private readonly fair: FairGraph
  private readonly slices: Slices
  private readonly components: FairComponents
  /** No state has what the claim says to be followed: it holds of nothing. */
  beginsNowhere = false
  constructor(machine: Machine<S, L, O>, graph: StateGraph<S, L, O>, slices: Slices) {
    this.machine = machine
    this.graph = graph
    this.slices = slices
    this.fair = fairGraph(machine, graph)
    this.components = new FairComponents(this.fair, slices)
  }

  /** How it is violated; null when it holds. @throws Stopped */
  async on(property: ProgressProperty<S, L>): Promise<Found | null> {
    if (property.kind === 'recovers') return this.stuck(property)
    if (property.kind === 'eventually') {
      const answers = await this.ask(property, [world => property.goal(world)])
      const from = new Uint8Array(this.graph.states)
      from[0] = 1
      return this.endless(property, from, await answers.of(0, this.slices))
    }
    const cases = [...property.cases(this.machine.initialWorld).keys()]
    const answers = await this.ask(property,
      cases.flatMap((at): Ask<S, L>[] => [world => property.from(world, at), world => property.to(world, at)]))
    this.beginsNowhere = true
    for (const at of cases) {
      const from = await answers.of(2 * at, this.slices)
      if (!from.includes(1)) continue
      this.beginsNowhere = false
      const found = await this.endless(property, from, await answers.of(2 * at + 1, this.slices))
      // Another case may be violated by a shorter run.
      if (found !== null) return { ...found, shortest: found.shortest && cases.length === 1 }
    }
    return null
  }

  private ask({ name }: ProgressProperty<S, L>, asks: readonly Ask<S, L>[]): Promise<Answers> {
    return this.graph.answers(asks.map(ask => world => answerOf(name, () => ask(world))), this.slices)
  }

  /** A fair run with a state of `from` after which none of `to` comes: the shortest way to where it can stay, then a
   *  way round; or to where it can rest, where that takes no more ops in all. */
  private async endless(property: Eventually<S, L> | LeadsTo<S, L>, from: Uint8Array,
    to: Uint8Array): Promise<Found | null> {
    const { fair } = this
    const wait = await this.wait(from, to)
    const homes = wait.mustLeave ? null : await this.components.homesIn(wait.states)
    if (homes === null && !wait.mayRest) return null
    const nearest = (await this.shortestWait(wait, state => (homes?.[state] ?? 0) !== 0 || rests(fair, state)))!
    const goesRound = !rests(fair, nearest.state)
    const round = goesRound ? await wayRound(fair, homes!, nearest.state, this.slices) : []
    // A run that comes to rest is easier to read than a long way round, also where it takes a few steps more to get
    // there.
    const resting = goesRound && wait.mayRest ? await this.shortestWait(wait, state => rests(fair, state)) : null
    return resting !== null && resting.edges.length <= nearest.edges.length + round.length
      ? this.lassoOf(property, resting, [], resting.edges.length === nearest.edges.length)
      : this.lassoOf(property, nearest, round, true)
  }

  private async wait(from: Uint8Array, to: Uint8Array): Promise<Wait> {
    const { fair, fair: { states, first, target, label, instances, fairness }, slices } = this
    const isFair = Uint8Array.from(instances, instance => fairness[instance] === false ? 0 : 1)
    const waiting = new Uint8Array(states), queue = new Uint32Array(states)
    const tally = new Tally(fair), { enabled, taken } = tally
    let end = 0, mayRest = false
    const add = (state: number): void => {
      if (waiting[state] !== 0 || to[state] !== 0) return
      waiting[state] = 1
      queue[end++] = state
    }
    await slices.over(states,
      (at, to) => { for (let state = at; state < to; state++) if (from[state] !== 0) add(state) })
    let i = 0
    await slices.while(most => {
      for (const stop = i + most; i < end && i < stop; i++) {
        let driven = 0
        for (let edge = first[queue[i]!]!, last = first[queue[i]! + 1]!; edge < last; edge++) {
          const of = label[edge]!, instance = instances[of]!
          driven |= isFair[of]!
          enabled[instance]!++
          if (to[target[edge]!] !== 0) continue
          taken[instance] = 1
          add(target[edge]!)
        }
        if (driven === 0) mayRest = true
      }
      return i < end
    })
    return { from, to, states: queue.subarray(0, end), mayRest, mustLeave: tally.forbids(end) }
  }

  /** Breadth first over pairs of a state and whether something has begun and not ended: the shortest way to such a pair
   *  whose state `stays`. */
  private async shortestWait({ from, to }: Pick<Wait, 'from' | 'to'>,
    stays: (state: number) => boolean): Promise<Prefix | null> {
    const { graph: { states, first, target }, slices } = this
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
    let i = 0, found = false
    await slices.while(most => {
      for (const stop = i + most; i < end && i < stop; i++) {
        const node = queue[i]!, state = node >>> 1
        found = (node & 1) === 1 && stays(state)
        if (found) return false
        for (let edge = first[state]!; edge < first[state + 1]!; edge++)
          enter(target[edge]!, (node & 1) === 1, edge, node)
      }
      return i < end
    })
    if (!found) return null
    const edges: number[] = []
    for (let at = queue[i]!; via[at] !== 0; at = before[at]!) edges.push(via[at]! - 1)
    return { edges: edges.reverse(), state: queue[i]! >>> 1 }
  }

  /** The run, judged once more by who knows nothing of graphs. */
  private lassoOf(property: Eventually<S, L> | LeadsTo<S, L>, { edges: prefix }: Prefix, round: readonly number[],
    shortest: boolean): Found {
    const { machine, graph } = this
    const edges = [...prefix, ...round]
    const ops = opsOf(machine, graph, edges)
    const worlds = [0, ...edges.map(edge => graph.target[edge]!)].map(graph.world)
    const verdict = judgeLasso(machine, property, { ops, worlds, loop: prefix.length })
    if (verdict === true)
      throw new ModelError(`property '${property.name}': a run was found against it that is none; please report it`)
    return { because: verdict.because, witness: verdict.witness ?? {}, ops, loop: prefix.length, shortest }
  }

  /** The first state, breadth first, from which no path leads to the goal. */
  private async stuck(property: Recovers<S, L>): Promise<Found | null> {
    const { machine, graph, slices } = this
    const goal = await (await this.ask(property, [world => property.goal(world)])).of(0, slices)
    const leadsThere = await ancestors(graph, goal, slices)
    if (!leadsThere.includes(0)) return null
    const isLost = leadsThere.map(one => 1 - one), never = new Uint8Array(graph.states)
    const { edges, state } = (await this.shortestWait({ from: isLost, to: never }, () => true))!
    const start = new Uint8Array(graph.states)
    start[state] = 1
    const { states } = await this.wait(start, goal)
    const ops = opsOf(machine, graph, edges)
    return { ...stuckVerdict(states.length), witness: {}, ops, loop: null, shortest: true }
  }
}

export function fairGraph<S, L, O extends Observation>(machine: Machine<S, L, O>,
  graph: StateGraph<S, L, O>): FairGraph {
  const { states, first, target, label, labels } = graph
  return { states, first, target, label, instances: Uint32Array.from(labels, one => one.instance),
    fairness: machine.instances.map(({ action }) => action.fair) }
}

export const opsOf = <S, L, O extends Observation>(machine: Machine<S, L, O>, { label, labels }: StateGraph<S, L, O>,
  edges: readonly number[]): Op[] =>
  edges.map(edge => machine.instances[labels[label[edge]!]!.instance]!.op)
