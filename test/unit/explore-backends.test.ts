/** However a search takes its steps, by whichever back end and by however many threads, it says the same. */
import { expect, test } from 'vitest'
import { propertiesFor } from '../../properties/index.ts'
import { designNamed } from '../../spec/designs.ts'
import { remapMachine } from '../../spec/machine.ts'
import { scopeNamed } from '../../spec/scopes.ts'
import {
  actionsOf, bool, exploreExhaustively, machine, propertiesOf, range, struct, table,
} from '../../src/index.ts'
import type { ExhaustiveOptions, Exploration } from '../../src/index.ts'
import { buildGraph } from '../../src/explore/graph.ts'
import type { BuiltGraph, GraphOptions, StateGraph } from '../../src/explore/graph.ts'
import { dieHard } from '../models/die-hard.ts'
import { peterson } from '../models/peterson.ts'
import { reference, referenceProtocol } from '../models/reference.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'

function remap(design: string, scope: string) {
  const [of, { bounds }] = [designNamed(design)!, scopeNamed(scope)!]
  return remapMachine(of, bounds, propertiesFor(of, bounds))
}
/** A step is what violates, and it was the last claim left. `looks`: one that leads nowhere, before others are
 *  taken. */
function count(looks = false) {
  interface Seen { readonly what: 'counted'; readonly to: number }
  const action = actionsOf<{ x: number }, Seen>()
  const look = action('look',
    { agent: 'a', when: () => looks, then: (_, __, emit) => { emit.observe({ what: 'counted', to: 9 }) } })
  const up = action('up',
    { agent: 'a', when: ({ x }) => x < 9, then: (d, _, emit) => { d.x++; emit.observe({ what: 'counted', to: d.x }) } })
  const few = propertiesOf<{ x: number }, Record<never, never>, Seen>().step('few', { claim: '', on: 'counted' },
    ({ to }) => to < 5 || { because: 'many' })
  return machine<{ x: number }, Record<never, never>, Seen>({ name: 'count', domain: struct({ x: range(0, 9) }),
    initial: { x: 0 }, actions: [look, up], properties: [few] })
}
/** A claim and a guard read each field of a long table: their trees are too deep for code. */
function deep() {
  const fields = 1200
  interface State { marks: boolean[]; x: number }
  const isClear = ({ marks }: Pick<State, 'marks'>): boolean => !marks.some(one => one)
  const action = actionsOf<State, never>()
  const turn = action('turn', { agent: 'a', when: () => true, then: d => { d.x = (d.x + 1) % 4 } })
  const mark = action('mark', { agent: 'a', when: isClear, then: d => { d.marks[fields - 1] = true } })
  const { always } = propertiesOf<State, Record<never, never>, never>()
  return machine<State, Record<never, never>, never>({ name: 'deep',
    domain: struct({ marks: table([range(0, fields - 1)], bool), x: range(0, 3) }),
    initial: { marks: Array.from({ length: fields }, () => false), x: 0 }, actions: [turn, mark],
    properties: [always('clear', { claim: '' }, ({ state }) => isClear(state) || { because: 'marked' }),
      always('few', { claim: '' },
        ({ state: { marks } }) => marks.filter(one => one).length < 2 || { because: 'two' })],
  })
}
type Search = (options: ExhaustiveOptions) => Promise<Exploration>
const searches: Readonly<Record<string, Search>> = {
  'die-hard': options => exploreExhaustively(dieHard(), options),
  peterson: options => exploreExhaustively(peterson(), options),
  'peterson, broken': options => exploreExhaustively(peterson({ gentle: false }), options),
  'a step that violates': options => exploreExhaustively(count(), options),
  'deep trees': options => exploreExhaustively(deep(), options),
  'two-phase commit': options => exploreExhaustively(twoPhaseCommit(5), options),
  'two-phase commit, broken': options => exploreExhaustively(twoPhaseCommit(4, { careless: true }), options),
  'reference s': options => exploreExhaustively(referenceProtocol(reference.s.sizes), options),
  'reference, a queue of 1, not strict': options =>
    exploreExhaustively(referenceProtocol({ ...reference.s.sizes, queue: 1, strict: false }), options),
  ...Object.fromEntries([
    ['ring0-strict', 'together'], ['ring0-strict', 'interrupts'], ['ring0-deferred-early', 'permissions'],
    ['ring0-deferred', 'old-hardware'],
    ['no-iommu', 'mapping'], ['ring0-strict+source-unmasked', 'old-interrupts'],
  ].map(([design, scope]): [string, Search] =>
    [`${design}, ${scope}`, options => exploreExhaustively(remap(design!, scope!), options)])),
}

/** All that a user sees of a search, time and engine apart. */
const told = ({ states, transitions, depth, complete, stopped, results, coverage }: Exploration) =>
  ({ states, transitions, depth, complete, stopped, results, coverage })

test.each(Object.keys(searches))('back ends agree: %s', async name => {
  const search = searches[name]!
  const walked = told(await search({ backend: 'walk' }))
  for (const backend of ['javascript', 'wasm', undefined] as const)
    expect({ backend, ...told(await search({ backend })) }).toEqual({ backend, ...walked })
})

type Built = Pick<BuiltGraph<unknown, unknown, unknown>, 'edges'> & { readonly graph:
  Pick<StateGraph<unknown, unknown, unknown>, 'first' | 'target' | 'label' | 'labels'> | null }
const graphs: Readonly<Record<string, (options: GraphOptions) => Promise<Built>>> = {
  'die-hard': options => buildGraph(dieHard(), options), 'deep trees': options => buildGraph(deep(), options),
  'two-phase commit': options => buildGraph(twoPhaseCommit(3), options),
  'no-iommu, mapping': options => buildGraph(remap('no-iommu', 'mapping'), options),
}
/** `loops`: steps that lead back to where they begin. */
test.each([['die-hard', 38], ['two-phase commit', 384], ['no-iommu, mapping', 0], ['deep trees', 0]])(
  'the graph is the same by each back end: %s', async (name, loops) => {
    const built = (['walk', 'javascript', 'wasm', undefined] as const).map(async backend => {
      const { graph, edges } = await graphs[name]!({ backend }), { first, target, label, labels } = graph!
      const does = Array.from(label, one => JSON.stringify(labels[one]))
      const from = Array.from(first.subarray(1), (end, state) => Array<number>(end - first[state]!).fill(state)).flat()
      return { edges, first, target, does, loops: from.filter((state, edge) => target[edge] === state).length }
    })
    const [walked, ...others] = await Promise.all(built)
    expect(walked!.loops).toBe(loops)
    for (const other of others) expect(other).toEqual(walked)
  })

test('a search that ended early, with nothing left in its queue, is not complete', async () => {
  for (const backend of ['walk', 'javascript', 'wasm', undefined] as const)
    expect({ backend, ...await exploreExhaustively(count(true), { backend }) })
      .toMatchObject({ backend, complete: false, stopped: null, states: 1, transitions: 1 })
})

test('back ends agree on a million states', async () => {
  const { sizes, ...counts } = reference.m
  for (const backend of ['javascript', 'wasm'] as const)
    expect({ backend, ...await exploreExhaustively(referenceProtocol(sizes), { backend }) })
      .toMatchObject({ backend, ...counts, complete: true })
})

test('threads store no state past a limit', async () => {
  for (const maxStates of [20_000, 77_777, 191_231]) {
    const { states, stopped } = await exploreExhaustively(referenceProtocol(reference.s.sizes),
      { maxStates, workers: 2 })
    expect({ states, stopped }).toEqual({ states: maxStates, stopped: 'states' })
  }
})
