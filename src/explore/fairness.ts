/** Where a fair run can stay for ever: fair components, found by refinement (Emerson and Lei, Modalities for model
 *  checking, 1987). */
import type { Fairness } from '../model/index.ts'
import { ComponentFinder } from './components.ts'
import type { Edges } from './components.ts'
import type { Slices } from './pace.ts'

/** A graph whose edges say which instance takes them: no two of one state the same. All edges of a state count for what
 *  is enabled there. */
export interface FairGraph extends Edges {
  /** Of each edge; and the instance of each label. */
  readonly label: Uint16Array
  readonly instances: Uint32Array
  /** Of each instance. */
  readonly fairness: readonly Fairness[]
}
export const instanceOf = ({ instances, label }: FairGraph, edge: number): number => instances[label[edge]!]!

/** Component of each state in which a fair run can stay for ever (from 1), or 0. */
export type Homes = Uint32Array

/** Nothing fair is enabled: a run may rest here for ever, whatever else an adversary could do. */
export function rests(graph: FairGraph, state: number): boolean {
  for (let edge = graph.first[state]!; edge < graph.first[state + 1]!; edge++)
    if (graph.fairness[instanceOf(graph, edge)] !== false) return false
  return true
}

/** The states that are marked, in their order. */
export async function membersOf(marks: Uint8Array, slices: Slices): Promise<Uint32Array> {
  const members = new Uint32Array(marks.length)
  let count = 0
  await slices.over(marks.length,
    (from, to) => { for (let state = from; state < to; state++) if (marks[state] !== 0) members[count++] = state })
  return members.slice(0, count)
}

/** Of some states: in how many each instance is enabled, and which are taken by an edge that stays among them. */
export class Tally {
  readonly enabled: Uint32Array
  readonly taken: Uint8Array
  private readonly graph: FairGraph
  constructor(graph: FairGraph) {
    this.graph = graph
    this.enabled = new Uint32Array(graph.fairness.length)
    this.taken = new Uint8Array(graph.fairness.length)
  }
  clear(): void {
    this.enabled.fill(0)
    this.taken.fill(0)
  }
  /** Whether some instance of this fairness is enabled in so many of the states, and never taken. */
  starves(of: Fairness, least: number): boolean {
    return this.graph.fairness.some((one, i) => one === of && this.enabled[i]! >= least && this.taken[i] === 0)
  }
  /** Whether an instance is enabled in all of the states, where it must be taken in the end, and never taken among
   *  them: so it is in every part of them, and no fair run stays there. */
  forbids(states: number): boolean { return this.starves(true, states) || this.starves('strong', states) }
}

/** Finds the parts of some states in which a fair run can go round for ever; those where it only rests are not among
 *  them. Scratch space for many questions on one graph. */
export class FairComponents {
  private readonly graph: FairGraph
  private readonly slices: Slices
  private readonly finder: ComponentFinder
  /** The part that a state is in now; every part gets a number of its own. */
  private readonly region: Uint32Array
  private regions = 0
  private readonly tally: Tally
  private homes: Homes | null = null

  constructor(graph: FairGraph, slices: Slices) {
    this.graph = graph
    this.slices = slices
    this.finder = new ComponentFinder(graph, slices)
    this.region = new Uint32Array(graph.states)
    this.tally = new Tally(graph)
  }

  /** The largest such parts, by edges that are not cut; null when there is none. */
  async homesIn(inside: Uint32Array, cut: Uint8Array | null = null): Promise<Homes | null> {
    this.homes = null
    const work = [inside]
    for (let part = work.pop(); part !== undefined; part = work.pop()) {
      const { members, ends, count } = await this.finder.find(part, cut)
      for (let i = 0, from = 0; i < count; from = ends[i++]!) {
        if (this.slices.due()) await this.slices.rest()
        if (ends[i]! - from === 1 && !this.hasLoop(members[from]!, cut)) continue
        const rest = await this.consider(members.subarray(from, ends[i]!), cut)
        if (rest !== null) work.push(rest)
      }
    }
    return this.homes
  }

  /** Gives the states a number of their own. */
  private async mark(members: Uint32Array, of: Uint32Array): Promise<number> {
    const id = ++this.regions
    await this.slices.over(members.length, (from, to) => { for (let i = from; i < to; i++) of[members[i]!] = id })
    return id
  }

  /** Keeps a component that is fair, drops one that no part of can be; else gives it without the states that spoil
   *  it. */
  private async consider(members: Uint32Array, cut: Uint8Array | null): Promise<Uint32Array | null> {
    const { graph, tally } = this
    await this.count(members, cut)
    if (tally.forbids(members.length)) return null
    if (!tally.starves('strong', 1)) {
      this.homes ??= new Uint32Array(graph.states)
      await this.mark(members, this.homes)
      return null
    }
    const spoiling = graph.fairness.map((one, i) => one === 'strong' && tally.enabled[i]! > 0 && tally.taken[i] === 0)
    let kept = 0
    await this.slices.over(members.length, (from, to) => {
      for (let i = from; i < to; i++) if (!this.enables(members[i]!, spoiling)) members[kept++] = members[i]!
    })
    return members.slice(0, kept)
  }

  private async count(members: Uint32Array, cut: Uint8Array | null): Promise<void> {
    const { region, tally: { enabled, taken }, graph: { first, target, label, instances } } = this
    const id = await this.mark(members, region)
    this.tally.clear()
    await this.slices.over(members.length, (from, to) => {
      for (let i = from; i < to; i++)
        for (let edge = first[members[i]!]!, end = first[members[i]! + 1]!; edge < end; edge++) {
          const instance = instances[label[edge]!]!
          enabled[instance]!++
          if (region[target[edge]!] === id && (cut === null || cut[edge] === 0)) taken[instance] = 1
        }
    })
  }

  private hasLoop(state: number, cut: Uint8Array | null): boolean {
    const { first, target } = this.graph
    for (let edge = first[state]!; edge < first[state + 1]!; edge++)
      if (target[edge] === state && (cut === null || cut[edge] === 0)) return true
    return false
  }

  private enables(state: number, wanted: readonly boolean[]): boolean {
    for (let edge = this.graph.first[state]!; edge < this.graph.first[state + 1]!; edge++)
      if (wanted[instanceOf(this.graph, edge)]) return true
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
    // Not as arguments: there may be more edges than a call can have.
    for (const edge of stretch) way.push(edge)
    at = graph.target[way.at(-1)!]!
  }
}

/** Instances that the way, gone round for ever, would starve. */
function dueOn(graph: FairGraph, start: number, way: readonly number[]): Set<number> {
  const states = [start, ...way.map(edge => graph.target[edge]!)]
  const taken = new Set(way.map(edge => instanceOf(graph, edge)))
  const counts = new Map<number, number>()
  for (const state of states)
    for (let edge = graph.first[state]!; edge < graph.first[state + 1]!; edge++) {
      const instance = instanceOf(graph, edge)
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
  if (due.has(instanceOf(graph, edge))) return true
  const missing = new Set([...due].filter(instance => graph.fairness[instance] === true))
  const to = graph.target[edge]!
  for (let next = graph.first[to]!; next < graph.first[to + 1]!; next++) missing.delete(instanceOf(graph, next))
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
