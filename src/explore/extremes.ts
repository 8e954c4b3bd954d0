/** What a thing costs from its beginning to its end, over all behaviours: the greatest and the least, or that there is
 *  no greatest. */
import type { Instance, Machine, Observation, Op, World } from '../model/index.ts'
import { ComponentFinder } from './components.ts'
import { FairComponents, membersOf, rests, shortest, wayRound } from './fairness.ts'
import { fairGraph, opsOf } from './progress.ts'
import type { StateGraph } from './graph.ts'
import { Heap } from './heap.ts'
import type { Slices } from './pace.ts'

/** One step as a measure sees it. */
export interface MeasuredStep<S, L, O> {
  readonly instance: Instance<S, O>
  readonly events: StateGraph<S, L, O>['labels'][number]['events']
  /** The world before the step. */
  readonly before: World<S, L>
}
type Asked<S, L, O, R> = (step: MeasuredStep<S, L, O>) => R

/** What is measured. A step that begins it while nothing is under way starts the count, with its own price in it; a
 *  further beginning while one is under way changes nothing: the first one counts. The next step that ends it stops the
 *  count, with its price in it too, and begins nothing.
 *  A step that does both while nothing is under way is a whole measure. */
export interface Measure<S, L, O> {
  readonly begins: Asked<S, L, O, boolean>
  readonly ends: Asked<S, L, O, boolean>
  /** A whole number, 0 or more: what the step adds while the thing is under way; 0 for what does not delay it. */
  readonly price: Asked<S, L, O, number>
}

/** Ops from the initial state; those from `begin` on are the measure, the last one ends it. */
export interface CostPath {
  readonly cost: number; readonly ops: readonly Op[]; readonly begin: number
  /** Of each op from `begin` on. */
  readonly prices: readonly number[]
}
/** Under way for ever: the ops from `loop` on repeat, at `cost` a round; none of them where it rests. */
export interface Round {
  readonly cost: number
  readonly ops: readonly Op[]
  readonly begin: number
  readonly loop: number
}

export interface Extremes {
  /** Whether it ever begins. */
  readonly begins: boolean
  /** Null when it never ends, or when there is no greatest because of `unbounded`. */
  readonly greatest: CostPath | null
  readonly least: CostPath | null
  /** Steps with a price that can repeat while it is under way, as often as one likes. No clock stops them: fairness
   *  does not either. */
  readonly unbounded: Round | null
  /** A fair run on which it never ends, whatever that costs. Null: each fair run ends it. */
  readonly endless: Round | null
}

/** @throws Stopped; RangeError when a price is no whole number of 0 or more. */
export function extremesOf<S, L, O extends Observation>(
  machine: Machine<S, L, O>, graph: StateGraph<S, L, O>, measure: Measure<S, L, O>, slices: Slices): Promise<Extremes> {
  return new Search(machine, graph, slices).run(measure)
}

const begin_ = 1, end_ = 2

class Search<S, L, O extends Observation> {
  private readonly machine: Machine<S, L, O>
  private readonly graph: StateGraph<S, L, O>
  private readonly slices: Slices
  /** Of each edge. */
  private readonly marks: Uint8Array
  private readonly prices: Float64Array
  /** States reached while nothing is under way, and states reached while it is. */
  private readonly idle: Uint8Array
  private readonly busy: Uint8Array
  /** Edges that end it do not lead on. */
  private readonly cut: Uint8Array
  /** The edge by which a node was reached first (plus 1) and the node before; nodes are 2 * state + busy. */
  private readonly via: Uint32Array
  private readonly before: Uint32Array
  /** When it was reached, nearest first. */
  private readonly rank: Uint32Array
  /** Edges that begin it, from idle states. */
  private readonly starts: number[] = []
  private readonly sources: Uint32Array

  constructor(machine: Machine<S, L, O>, graph: StateGraph<S, L, O>, slices: Slices) {
    const { states, target } = graph
    this.machine = machine
    this.graph = graph
    this.slices = slices
    this.marks = new Uint8Array(target.length)
    this.cut = new Uint8Array(target.length)
    this.prices = new Float64Array(target.length)
    this.sources = new Uint32Array(target.length)
    this.idle = new Uint8Array(states)
    this.busy = new Uint8Array(states)
    this.via = new Uint32Array(2 * states)
    this.before = new Uint32Array(2 * states)
    this.rank = new Uint32Array(2 * states)
  }

  async run(measure: Measure<S, L, O>): Promise<Extremes> {
    await this.ask(measure)
    await this.spread()
    const unbounded = await this.unbounded()
    return {
      begins: this.starts.length > 0, unbounded, endless: await this.endless(), least: await this.least(),
      greatest: unbounded === null ? await this.greatest() : null,
    }
  }

  private async ask({ begins, ends, price }: Measure<S, L, O>): Promise<void> {
    const {
      machine: { instances }, graph: { states, first, label, labels, world }, slices, marks, cut, prices, sources
    } = this
    for (let state = 0; state < states; state++) {
      if (slices.due()) await slices.rest()
      const before = world(state)
      for (let edge = first[state]!; edge < first[state + 1]!; edge++) {
        const { instance, events } = labels[label[edge]!]!
        const step = { instance: instances[instance]!, events, before }
        sources[edge] = state
        marks[edge] = (begins(step) ? begin_ : 0) | (ends(step) ? end_ : 0)
        cut[edge] = marks[edge]! & end_
        const cost = prices[edge] = price(step)
        if (!Number.isSafeInteger(cost) || cost < 0)
          throw new RangeError(`${step.instance.op.action} is priced ${cost}: a price is a whole number, 0 or more`)
      }
    }
  }

  /** Breadth first over states with and without the thing under way. */
  private async spread(): Promise<void> {
    const { graph: { states, first, target }, slices, marks, via, before } = this
    const queue = new Uint32Array(2 * states)
    let end = 0
    const add = (state: number, busy: number, edge: number, by: number): void => {
      const seen = busy === 1 ? this.busy : this.idle
      if (seen[state] !== 0) return
      seen[state] = 1
      via[2 * state + busy] = edge + 1
      before[2 * state + busy] = by
      this.rank[2 * state + busy] = end
      queue[end++] = 2 * state + busy
    }
    add(0, 0, -1, 0)
    for (let i = 0; i < end; i++) {
      if (slices.due()) await slices.rest()
      const node = queue[i]!, busy = node & 1
      for (let edge = first[node >>> 1]!; edge < first[(node >>> 1) + 1]!; edge++) {
        const mark = marks[edge]!
        if (busy === 0 && (mark & begin_) !== 0) this.starts.push(edge)
        const next = busy === 1 ? +((mark & end_) === 0) : +(mark === begin_)
        add(target[edge]!, next, edge, node)
      }
    }
  }

  /** Edges by which the node was reached first, and how many come before the one that began the measure. */
  private wayTo(state: number, busy: number): { readonly edges: number[]; readonly begin: number } {
    const edges: number[] = []
    let node = 2 * state + busy
    for (; this.via[node] !== 0; node = this.before[node]!) edges.push(this.via[node]! - 1)
    edges.reverse()
    let begin = 0
    for (let i = 0, under = false; i < edges.length; i++) {
      const mark = this.marks[edges[i]!]!
      if (!under && mark === begin_) { under = true; begin = i } else if (under && (mark & end_) !== 0) under = false
    }
    return { edges, begin }
  }
  private readonly stays = (edge: number): boolean => this.cut[edge] === 0
  private readonly ops = (edges: readonly number[]): Op[] => opsOf(this.machine, this.graph, edges)
  private readonly sum = (edges: readonly number[]): number => edges.reduce((sum, edge) => sum + this.prices[edge]!, 0)

  /** Components of the part in which it is under way. */
  private async components() {
    const { graph, busy, cut, slices } = this
    const members = await membersOf(busy, slices)
    const found = await new ComponentFinder(graph, slices).find(members, cut)
    const of = new Int32Array(graph.states).fill(-1)
    for (let i = 0, at = 0; i < found.count; i++) for (; at < found.ends[i]!; at++) of[found.members[at]!] = i
    return { ...found, of }
  }

  private async unbounded(): Promise<Round | null> {
    const { graph: { first, target }, slices, prices } = this
    const { members, of } = await this.components()
    let best = -1
    for (const state of members) {
      if (slices.due()) await slices.rest()
      for (let edge = first[state]!; edge < first[state + 1]!; edge++) {
        if (!this.stays(edge) || prices[edge] === 0 || of[target[edge]!] !== of[state]) continue
        if (best < 0 || this.rank[2 * state + 1]! < this.rank[2 * this.sources[best]! + 1]!) best = edge
      }
    }
    if (best < 0) return null
    const edge = best
    const { edges, begin } = this.wayTo(this.sources[edge]!, 1)
    const start = this.sources[edge]!
    const back = target[edge] === start ? []
      : await shortest(this.graph, target[edge]!, one => this.stays(one) && of[target[one]!] === of[start],
        one => target[one] === start, slices)
    const round = [edge, ...back!]
    return { cost: this.sum(round), ops: this.ops([...edges, ...round]), begin, loop: edges.length }
  }

  private async endless(): Promise<Round | null> {
    const { slices } = this
    const fair = fairGraph(this.machine, this.graph)
    const homes = await new FairComponents(fair, slices).homesIn(await membersOf(this.busy, slices), this.cut)
    let best = -1
    for (let state = 0; state < fair.states; state++) {
      if (slices.due()) await slices.rest()
      if (this.busy[state] === 0 || (!homes?.[state] && !rests(fair, state))) continue
      if (best < 0 || this.rank[2 * state + 1]! < this.rank[2 * best + 1]!) best = state
    }
    if (best < 0) return null
    const { edges, begin } = this.wayTo(best, 1)
    const round = rests(fair, best) ? [] : await wayRound(fair, homes!, best, slices, this.cut)
    return { cost: this.sum(round), ops: this.ops([...edges, ...round]), begin, loop: edges.length }
  }

  /** Longest way through the components, which cost nothing inside: sinks come first. */
  private async greatest(): Promise<CostPath | null> {
    const { graph: { first, target }, slices, prices } = this
    const { members, ends, count, of } = await this.components()
    const best = new Float64Array(count).fill(-1), exit = new Int32Array(count).fill(-1)
    for (let i = 0, at = 0; i < count; i++)
      for (; at < ends[i]!; at++) {
        if (slices.due()) await slices.rest()
        for (let edge = first[members[at]!]!; edge < first[members[at]! + 1]!; edge++) {
          const to = of[target[edge]!]!
          const onward = to === i ? -1 : best[to]!
          const rest = this.stays(edge) ? onward : 0
          if (rest < 0 || prices[edge]! + rest <= best[i]!) continue
          best[i] = prices[edge]! + rest
          exit[i] = edge
        }
      }
    const restOf = (edge: number): number => this.marks[edge] === begin_ ? best[of[target[edge]!]!]! : 0
    const start = this.starts.filter(edge => restOf(edge) >= 0).reduce((top: number | null, edge) =>
      top === null || prices[edge]! + restOf(edge) > prices[top]! + restOf(top) ? edge : top, null)
    if (start === null) return null
    const edges = [start]
    for (let at = target[start]!, open = this.marks[start] === begin_; open;) {
      const out = exit[of[at]!]!
      const way = at === this.sources[out] ? []
        : await shortest(this.graph, at, edge => this.stays(edge) && of[target[edge]!] === of[at],
          edge => target[edge] === this.sources[out], slices)
      for (const edge of way!) edges.push(edge)
      edges.push(out)
      open = this.stays(out)
      at = target[out]!
    }
    return this.wayOf(edges)
  }
  private wayOf(measured: readonly number[]): CostPath {
    const { edges } = this.wayTo(this.sources[measured[0]!]!, 0)
    return {
      cost: this.sum(measured), ops: this.ops([...edges, ...measured]), begin: edges.length,
      prices: measured.map(edge => this.prices[edge]!),
    }
  }

  /** Dijkstra from all beginnings at once. */
  private async least(): Promise<CostPath | null> {
    const { graph: { states, first, target }, slices, prices } = this
    const cost = new Float64Array(states).fill(Infinity), by = new Uint32Array(states), began = new Uint8Array(states)
    const heap = new Heap()
    let best: { readonly cost: number; readonly edge: number; readonly begins: boolean } | null = null
    const take = (edge: number, sofar: number, begins: boolean, ends: boolean): void => {
      const sum = sofar + prices[edge]!, to = target[edge]!
      if (ends && sum < (best?.cost ?? Infinity)) best = { cost: sum, edge, begins }
      if (ends || sum >= cost[to]!) return
      cost[to] = sum
      by[to] = edge
      began[to] = +begins
      heap.push(sum, to)
    }
    for (const edge of this.starts) take(edge, 0, true, this.marks[edge] !== begin_)
    for (let next = heap.pop(); next !== null; next = heap.pop()) {
      if (slices.due()) await slices.rest()
      if (next.key > cost[next.value]!) continue
      for (let edge = first[next.value]!; edge < first[next.value + 1]!; edge++)
        take(edge, next.key, false, !this.stays(edge))
    }
    const found = best as { readonly edge: number; readonly begins: boolean } | null
    if (found === null) return null
    const edges = [found.edge]
    for (let begins = found.begins; !begins;) {
      const at = this.sources[edges.at(-1)!]!
      edges.push(by[at]!)
      begins = began[at] !== 0
    }
    return this.wayOf(edges.reverse())
  }
}
