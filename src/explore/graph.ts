/** The reachable states as an explicit graph: what claims about endless runs, and costs over all runs, are decided
 *  on. */
import type { Machine, ModelEvent, Observation, World } from '../model/index.ts'
import { answersOf } from './answers.ts'
import type { Answers } from './answers.ts'
import type { ExhaustiveOptions } from './exhaustive.ts'
import { Pace, Slices, unlessStopped } from './pace.ts'
import type { StopReason } from './result.ts'
import { Search } from './search.ts'
import type { StateStore } from './store.ts'
import { apply } from '../model/effect.ts'
import { ModelError, showOp } from '../model/index.ts'
import { twoThings } from '../model/record.ts'
import { nowhere, record } from './wasm/memory.ts'

/** The reachable graph within the bounds: states numbered by their distance from the initial one, which is 0; threads
 *  number those of one distance as they find them. The edges of state s are first[s] .. first[s+1]-1, in the order of
 *  machine.instances. */
export interface StateGraph<S, L, O> {
  readonly states: number
  readonly first: Uint32Array
  readonly target: Uint32Array
  /** Index into `labels`. */
  readonly label: Uint16Array
  /** What happened on an edge: the instance (index into machine.instances) and its events; interned. */
  readonly labels: readonly Label<O>[]
  /** A fresh mutable value. */
  world(state: number): World<S, L>
  /** Of all states, in one pass. */
  answers(asks: readonly ((world: World<S, L>) => boolean)[], slices: Slices): Promise<Answers>
}
export interface Label<O> { readonly instance: number; readonly events: readonly ModelEvent<O>[] }

export type GraphOptions = Omit<ExhaustiveOptions, 'symmetry'>
export interface BuiltGraph<S, L, O> {
  /** Null when a limit was met: a part of a graph says nothing about endless runs. */
  readonly graph: StateGraph<S, L, O> | null
  readonly states: number
  readonly edges: number
  readonly stopped: StopReason | null
  readonly seconds: number
}

/** Visits every reachable state and keeps every step.
 *  @throws ModelError when a guard or recipe fails or leaves its domain; its `trace` ends with the failing op. */
export async function buildGraph<S, L, O extends Observation>(
  machine: Machine<S, L, O>, limits: GraphOptions = {}, pace = new Pace(limits)): Promise<BuiltGraph<S, L, O>> {
  const search = new Search(machine, limits, [])
  let isKept = false
  try {
    const stopped = await search.run(pace, { whole: true })
    const { states, transitions: edges } = search.counts()
    const graph = await unlessStopped(stopped, () => graphOf(search, pace))
    isKept = graph.value !== null
    return { graph: graph.value, states, edges, stopped: graph.stopped, seconds: pace.seconds }
  } finally { await (isKept ? search.endThreads() : search.end()) }
}

/** Parents whose steps are taken between two looks at the clock. */
const stride = 4096

/** The graph of a search that is done: every step once more, by what was learnt. It lives in the search's store.
 *  `deciding`: what on it, in words. @throws Stopped, and RangeError where there is no memory for it. */
export async function graphOf<S, L, O extends Observation>(search: Search<S, L, O>, pace: Pace,
  deciding?: string): Promise<StateGraph<S, L, O>> {
  const { store, learner, successors, compilation } = search
  const { count } = store
  const edges = search.counts().transitions
  const first = new Uint32Array(count + 1), target = new Uint32Array(edges), label = new Uint16Array(edges)
  let edge = 0, next = 0
  const slices = new Slices(pace,
    () => ({ ...search.counts(), transitions: edge, queue: count - next, growth: 0, deciding }))
  const put = (parent: number, labelled: number, slot: number): void => {
    label[edge] = labelled - 1
    target[edge++] = slot
    first[parent + 1] = edge
  }
  const { words32, kernel, plan } = store, labelBits = (1 << record.changedShift) - 1
  // All in locals: each edge goes through here.
  const take = (from: number, end: number): void => {
    kernel.locate(from, end)
    const step = plan.recordBytes >>> 2, last = end >>> 2
    let put = edge
    for (let at = from >>> 2; at < last; at += step) {
      label[put] = (words32[at + (record.label >>> 2)]! & labelBits) - 1
      target[put++] = words32[at + (record.key >>> 2)]!
      first[words32[at + (record.parent >>> 2)]! + 1] = put
    }
    edge = put
  }
  compilation.handOver(take, count)
  while (next < count) {
    if (slices.due(stride)) await slices.rest()
    // After a resumed search little is known at first.
    if (compilation.ifDue()) successors.handOver(take)
    const root = successors.expand(next, Math.min(count, next + stride))
    next = successors.next
    if (root === null) continue
    compilation.missed(root)
    walk(search, next++, root, put)
  }
  if (edge !== edges) throw notAgain(search, [...learner.direct].map(root => learner.instanceOf(root)))
  const numbers = await numbersOf(store, slices)
  await slices.over(edge, (from, to) => {
    for (let i = from; i < to; i++) {
      if (target[i] === nowhere) throw notAgain(search, [learner.labels[label[i]! + 1]!.number])
      target[i] = numbers[target[i]!]!
    }
  })
  await slices.over(count,
    (from, to) => {
      for (let state = from; state < to; state++) first[state + 1] = Math.max(first[state + 1]!, first[state]!)
    })
  return {
    states: count, first, target, label,
    labels: learner.labels.slice(1).map(one => ({ instance: one!.number, events: one!.events })),
    world: state => learner.packed.unpack(words32, store.unpack(state)),
    answers: (asks, slices) => answersOf(search, asks, slices),
  }
}

/** The search has taken other steps, or to other states: what trees know does the same each time, so it is one that was
 *  taken anew. */
function notAgain<S, L, O extends Observation>({ machine }: Search<S, L, O>, instances: readonly number[]): Error {
  const [one] = instances
  if (one === undefined) return new Error('the graph has other steps than the search took: please report it')
  if (instances.length === 1) return twoThings(machine.instances[one]!, machine)
  const names = instances.map(number => showOp(machine.instances[number]!.op)).join(', ')
  return new ModelError(`one of ${names} in machine '${machine.name}' does two things in one state: each must depend `
    + 'on the state and its arguments alone')
}

/** The steps of a parent from a root on whose tree does not know on: it was given up, or is not known to the code. */
function walk<S, L, O extends Observation>(
  { store, learner }: Search<S, L, O>, parent: number, from: number,
  put: (parent: number, label: number, slot: number) => void): void {
  const { words32 } = store
  const at = store.unpack(parent)
  for (let root = from; root < learner.trees.roots.length; root++) {
    const { label, effect } = learner.follow(root, words32, at, parent, () => [])
    if (label === null || effect === null) continue
    apply(effect, words32, at, words32, store.candidate)
    put(parent, label, store.locate(parent))
  }
}

/** The numbers of the states by their slots. */
async function numbersOf({ slots, count, words32, kernel, local, plan }: StateStore,
  slices: Slices): Promise<Uint32Array> {
  const numbers = new Uint32Array(slots), at = local + plan.buffer, most = plan.bufferEnd - plan.buffer >>> 2
  await slices.over(count, (from, to) => {
    for (let next = from; next < to; next += most) {
      const end = Math.min(to, next + most)
      kernel.place(next, end, at)
      for (let state = next; state < end; state++) numbers[words32[(at >>> 2) + state - next]!] = state
    }
  })
  return numbers
}
