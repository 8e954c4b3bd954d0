/** Where a fair run can stay for ever: fair components, found by refinement (Emerson and Lei, Modalities for model
 *  checking, 1987). */
import type { Fairness } from '../model/index.ts'
import { ComponentFinder } from './components.ts'
import type { Edges } from './components.ts'
import type { Slices } from './pace.ts'

/** A graph whose edges say which instance takes them. All edges of a state count for what is enabled there. */
export interface FairGraph extends Edges {
  /** Instance of an edge. */
  instanceOf(edge: number): number
  /** Of each instance. */
  readonly fairness: readonly Fairness[]
}

/** Component of each state in which a fair run can stay for ever (from 1), or 0. */
export type Homes = Uint32Array

/** Nothing fair is enabled: a run may rest here for ever, whatever else an adversary could do. */
export function rests(graph: FairGraph, state: number): boolean {
  for (let edge = graph.first[state]!; edge < graph.first[state + 1]!; edge++)
    if (graph.fairness[graph.instanceOf(edge)] !== false) return false
  return true
}

/** The largest parts of `inside` in which a fair run can go round for ever; those where it only rests are not among
 *  them. */
export async function fairHomes(graph: FairGraph, inside: Uint8Array, slices: Slices,
  cut: Uint8Array | null = null): Promise<Homes> {
  const refiner = new Refiner(graph, cut, slices)
  await refiner.add(await membersOf(inside, slices))
  await refiner.run()
  return refiner.homes
}

/** The states that are marked, in their order. */
export async function membersOf(marks: Uint8Array, slices: Slices): Promise<Uint32Array> {
  const members = new Uint32Array(marks.length)
  let count = 0
  await slices.over(marks.length,
    (from, to) => { for (let state = from; state < to; state++) if (marks[state] !== 0) members[count++] = state })
  return members.slice(0, count)
}

class Refiner {
  readonly homes: Homes
  private readonly graph: FairGraph
  private readonly cut: Uint8Array | null
  private readonly slices: Slices
  private readonly finder: ComponentFinder
  /** The part that a state is in now; every part gets a number of its own. */
  private readonly region: Uint32Array
  private regions = 0
  private readonly work: { readonly members: Uint32Array; readonly id: number }[] = []
  /** Of each instance, within one component: in how many states it is enabled, and whether an edge that stays inside
   *  takes it. */
  private readonly enabled: Uint32Array
  private readonly taken: Uint8Array

  constructor(graph: FairGraph, cut: Uint8Array | null, slices: Slices) {
    this.graph = graph
    this.cut = cut
    this.slices = slices
    this.finder = new ComponentFinder(graph, slices)
    this.homes = new Uint32Array(graph.states)
    this.region = new Uint32Array(graph.states)
    this.enabled = new Uint32Array(graph.fairness.length)
    this.taken = new Uint8Array(graph.fairness.length)
  }

  async add(members: Uint32Array): Promise<void> {
    this.work.push({ members, id: await this.mark(members, this.region) })
  }

  async run(): Promise<void> {
    for (let part = this.work.pop(); part !== undefined; part = this.work.pop()) {
      const { members, ends, count } = await this.finder.find({ ...part, region: this.region, cut: this.cut })
      for (let i = 0, from = 0; i < count; from = ends[i++]!) {
        if (this.slices.due()) await this.slices.rest()
        const alone = ends[i]! - from === 1
        if (!alone || this.hasLoop(members[from]!)) await this.consider(members.subarray(from, ends[i]!))
      }
    }
  }

  /** Gives the states a number of their own. */
  private async mark(members: Uint32Array, of: Uint32Array): Promise<number> {
    const id = ++this.regions
    await this.slices.over(members.length, (from, to) => { for (let i = from; i < to; i++) of[members[i]!] = id })
    return id
  }

  /** Keeps a component that is fair, drops one that no part of can be, and looks again at one without the states that
   *  spoil it. */
  private async consider(members: Uint32Array): Promise<void> {
    const { graph: { fairness }, enabled, taken } = this
    if (!await this.tally(members)) return
    const starved = (of: Fairness, least: number): number =>
      fairness.findIndex((one, i) => one === of && enabled[i]! >= least && taken[i] === 0)
    // Enabled in all states and never taken: so it is in every part of the component.
    if (starved(true, members.length) >= 0 || starved('strong', members.length) >= 0) return
    if (starved('strong', 1) < 0) {
      await this.mark(members, this.homes)
      return
    }
    const spoiling = fairness.map((one, i) => one === 'strong' && enabled[i]! > 0 && taken[i] === 0)
    let kept = 0
    await this.slices.over(members.length, (from, to) => {
      for (let i = from; i < to; i++) if (!this.enables(members[i]!, spoiling)) members[kept++] = members[i]!
    })
    await this.add(members.slice(0, kept))
  }

  /** @returns whether any edge stays inside. */
  private async tally(members: Uint32Array): Promise<boolean> {
    const { graph, region, cut, slices, enabled, taken } = this
    const id = await this.mark(members, region)
    enabled.fill(0)
    taken.fill(0)
    let edges = 0
    await slices.over(members.length, (from, to) => {
      for (let i = from; i < to; i++)
        for (let edge = graph.first[members[i]!]!; edge < graph.first[members[i]! + 1]!; edge++) {
          const instance = graph.instanceOf(edge)
          enabled[instance]!++
          if (region[graph.target[edge]!] !== id || (cut !== null && cut[edge] !== 0)) continue
          taken[instance] = 1
          edges++
        }
    })
    return edges > 0
  }

  private hasLoop(state: number): boolean {
    const { graph: { first, target }, cut } = this
    for (let edge = first[state]!; edge < first[state + 1]!; edge++)
      if (target[edge] === state && (cut === null || cut[edge] === 0)) return true
    return false
  }

  private enables(state: number, wanted: readonly boolean[]): boolean {
    for (let edge = this.graph.first[state]!; edge < this.graph.first[state + 1]!; edge++)
      if (wanted[this.graph.instanceOf(edge)]) return true
    return false
  }
}

/** A fair way round: edges of one home that begin and end at `start`. Short, not shortest: each next stretch is the
 *  shortest that gives some instance its due. */
export async function wayRound(graph: FairGraph, homes: Homes, start: number, slices: Slices,
  cut: Uint8Array | null = null): Promise<number[]> {
  const home = homes[start]!
  const way: number[] = []
  let at = start
  const stays = (edge: number): boolean => homes[graph.target[edge]!] === home && (cut === null || cut[edge] === 0)
  for (;;) {
    if (slices.due(way.length)) await slices.rest()
    const due = dueOn(graph, start, way)
    if (due.size === 0 && at === start && way.length > 0) return way
    const stretch = await shortest(graph, at, stays,
      due.size === 0 ? edge => graph.target[edge] === start : edge => gives(graph, due, edge), slices)
    if (stretch === null) throw new Error('a fair component has no fair way round')
    way.push(...stretch)
    at = graph.target[way.at(-1)!]!
  }
}

/** Instances that the way, gone round for ever, would starve. */
function dueOn(graph: FairGraph, start: number, way: readonly number[]): Set<number> {
  const states = [start, ...way.map(edge => graph.target[edge]!)]
  const taken = new Set(way.map(edge => graph.instanceOf(edge)))
  const counts = new Map<number, number>()
  for (const state of states)
    for (let edge = graph.first[state]!; edge < graph.first[state + 1]!; edge++) {
      const instance = graph.instanceOf(edge)
      counts.set(instance, (counts.get(instance) ?? 0) + 1)
    }
  const isDue = ([instance, count]: readonly [number, number]): boolean => {
    const fair = graph.fairness[instance]
    return !taken.has(instance) && (fair === 'strong' || (fair === true && count === states.length))
  }
  return new Set([...counts].filter(isDue).map(([instance]) => instance))
}

/** The edge takes an instance that is due, or leads to where a weakly fair one is not enabled. */
function gives(graph: FairGraph, due: ReadonlySet<number>, edge: number): boolean {
  if (due.has(graph.instanceOf(edge))) return true
  const missing = new Set([...due].filter(instance => graph.fairness[instance] === true))
  const to = graph.target[edge]!
  for (let next = graph.first[to]!; next < graph.first[to + 1]!; next++) missing.delete(graph.instanceOf(next))
  return missing.size > 0
}

/** Edges of a shortest way from a state over edges that `may` be used to the first that is `wanted`; null when there is
 *  none. */
export async function shortest(
  graph: Edges, from: number, may: (edge: number) => boolean, wanted: (edge: number) => boolean,
  slices: Slices): Promise<number[] | null> {
  const via = new Map<number, { readonly edge: number; readonly before: number }>()
  const queue = [from]
  const back = (edge: number, state: number): number[] => {
    const way = [edge]
    for (let at = state; at !== from;) {
      const { edge: by, before } = via.get(at)!
      way.push(by)
      at = before
    }
    return way.reverse()
  }
  let i = 0
  let found: number[] | null = null
  await slices.while(most => {
    for (const stop = i + most; i < queue.length && i < stop; i++) {
      const state = queue[i]!
      for (let edge = graph.first[state]!; edge < graph.first[state + 1]!; edge++) {
        if (!may(edge)) continue
        if (wanted(edge)) {
          found = back(edge, state)
          return false
        }
        const to = graph.target[edge]!
        if (to === from || via.has(to)) continue
        via.set(to, { edge, before: state })
        queue.push(to)
      }
    }
    return i < queue.length
  })
  return found
}
