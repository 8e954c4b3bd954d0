/** Random machines, searched in every way there is, against a search that knows nothing but plain objects. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keysOf } from '../../src/explore/keys.ts'
import { actionsOf, bool, exploreExhaustively, layoutOf, list, machine, optional, propertiesOf, range, showOp, step as taken, struct, table, variant } from '../../src/index.ts'
import type { ExhaustiveOptions, Exploration, Machine, Value } from '../../src/index.ts'

/** `wide` is written but once, and makes states of any width: narrower than a key, a little wider, much wider. */
const domainOf = (widths: readonly number[]) => struct({
  a: range(0, 2), b: optional(range(0, 2)), queue: list(variant('of', { full: { v: range(0, 2), w: bool }, empty: {} }), 3),
  wide: table([range(0, widths.length - 1)], range(0, 2 ** Math.max(...widths) - 1)),
  rows: table([range(0, 1)], struct({ on: bool, n: range(0, 2), inner: optional(struct({ x: bool, y: range(0, 4) })) })),
})
type State = Value<ReturnType<typeof domainOf>>
type None = Record<never, never>
interface Seen { readonly what: 'went'; readonly by: number }

/** What recipes do: assign, count, push, shift, move, swap, retag, cut, delete and put back, hand on a part. */
const deeds: readonly ((d: State, k: number) => void)[] = [
  (d, k) => { d.a = (d.a + k) % 3 },
  d => { d.b = d.b === null ? d.a : null },
  (d, k) => { if (d.queue.length < 3) d.queue.push({ of: 'full', v: k % 3, w: d.rows[0]!.on }) },
  d => { d.queue.shift() },
  d => { if (d.queue.length > 0) d.queue.push(d.queue.shift()!) },
  d => { if (d.queue.length > 1) [d.queue[0], d.queue[1]] = [d.queue[1]!, d.queue[0]!] },
  d => { if (d.queue.length > 0) d.queue[0] = { of: 'empty' } },
  (d, k) => { d.queue.length = Math.min(d.queue.length, k % 3) },
  d => { const [one] = d.queue; if (one?.of === 'full') one.v = (one.v + 1) % 3 },
  d => { d.rows.reverse() },
  (d, k) => { d.rows[k % 2] = { ...d.rows[0]!, n: d.a } },
  d => { const row = d.rows[0]!; d.rows[0] = d.rows[1]!; d.rows[1] = row; row.on = !row.on },
  (d, k) => { d.rows[k % 2]!.inner = d.rows[k % 2]!.inner === null ? { x: true, y: k % 5 } : null },
  d => { const { inner } = d.rows[0]!; if (inner !== null) inner.y = (inner.y + 1) % 5 },
  (d, k) => { d.wide[k % d.wide.length] = k % 2 === 0 ? 2 ** 8 - 1 : 0 },
  d => { const { a } = d; delete (d as Partial<State>).a; d.a = a },
]
const guards: readonly ((s: State, k: number) => boolean)[] = [
  () => true, (s, k) => s.a === k % 3, s => s.b !== null, s => s.queue.length < 2, (s, k) => s.rows[k % 2]!.on, s => s.queue[0]?.of !== 'empty', s => s.wide[0] === 0,
]
/** Facts of some depth: each fails somewhere in most machines. */
const facts: readonly ((s: State) => boolean)[] = [
  s => !(s.a === 2 && s.queue.length === 3), s => s.b !== 1 || s.rows[1]!.n !== 2, s => s.queue.every(one => one.of === 'full'),
  s => s.rows[0]!.inner?.y !== 3, s => !(s.rows[0]!.on && s.rows[1]!.on), s => s.wide[0] !== 255 || s.a !== 1,
]
const step = fc.record({ guard: fc.oneof(fc.constant(0), fc.nat(guards.length - 1)), deeds: fc.array(fc.nat(deeds.length - 1), { minLength: 1, maxLength: 2 }), k: fc.nat(5), tells: fc.boolean() })
const spec = fc.record({
  widths: fc.oneof(fc.constant<number[]>([8]), fc.array(fc.integer({ min: 8, max: 31 }), { minLength: 1, maxLength: 3 })),
  steps: fc.array(step, { minLength: 2, maxLength: 8, size: 'max' }), facts: fc.uniqueArray(fc.nat(facts.length - 1), { minLength: 1, maxLength: 4, size: 'max' }), witness: fc.nat(facts.length - 1),
})
type Spec = typeof spec extends fc.Arbitrary<infer S> ? S : never

const action = actionsOf<State, Seen>()
const { always, sometimes } = propertiesOf<State, None, Seen>()
function machineOf({ widths, steps, facts: asked, witness }: Spec): Machine<State, None, Seen> {
  return machine<State, None, Seen>({
    name: 'random', domain: domainOf(widths),
    initial: { a: 0, b: null, queue: [], wide: widths.map(() => 0), rows: [0, 1].map(() => ({ on: false, n: 0, inner: null })) },
    actions: steps.map(({ guard, deeds: does, k, tells }, i) => action(`step ${i}`, {
      agent: 'a', params: { j: range(0, 1) }, when: (s, { j }) => guards[guard]!(s, k + j),
      then: (d, { j }, emit) => {
        for (const deed of does) deeds[deed]!(d, k + j)
        if (tells) emit.see({ what: 'went', by: d.a })
      },
    })),
    properties: [
      ...asked.map(i => always(`fact ${i}`, { claim: 'a fact' }, ({ state }) => facts[i]!(state) || { because: 'it is none' })),
      // Never decided: the search goes through the whole space.
      always('true', { claim: 'nothing' }, () => true),
      sometimes('witness', { claim: 'a fact fails' }, ({ state }) => !facts[witness]!(state)),
    ],
  })
}

/** Without regard to the order of fields. */
const keyOf = (value: unknown): string => JSON.stringify(value, (_, part: unknown) =>
  typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => one < other ? -1 : 1)) : part)

/** Counts, and how far it is to where each fact first fails; null where there are more states than `most`. */
function naive(model: Machine<State, None, Seen>, { facts: asked, witness }: Spec, most: number) {
  const depths = new Map([[keyOf(model.initialWorld), 0]]), order = [{ world: model.initialWorld, depth: 0 }]
  let transitions = 0
  for (const { world, depth } of order) {
    if (order.length > most) return null
    for (const { op } of model.instances) {
      const next = taken(model, world, op)
      if (next.refused) continue
      transitions++
      const key = keyOf(next.world)
      if (depths.has(key)) continue
      depths.set(key, depth + 1)
      order.push({ world: next.world, depth: depth + 1 })
    }
  }
  const fails = (i: number): number | null => order.find(({ world: { state } }) => !facts[i]!(state))?.depth ?? null
  return {
    states: order.length, transitions, depth: order.at(-1)!.depth,
    ways: Object.fromEntries([...asked.map(i => [`fact ${i}`, fails(i)]), ['true', null], ['witness', fails(witness)]]) as Record<string, number | null>,
  }
}
const told = ({ states, transitions, depth, results }: Exploration) => ({
  states, transitions, depth, ways: Object.fromEntries(results.map(({ property, violation, reachedBy }) => [property, violation?.ops.length ?? reachedBy?.length ?? null])),
})
/** Every trace leads, by plain steps, to where the fact fails. */
function expectTrue(model: Machine<State, None, Seen>, { witness }: Spec, { results }: Exploration): void {
  for (const { property, violation, reachedBy } of results) {
    const ops = violation?.ops ?? reachedBy
    if (ops === undefined || ops === null) continue
    const { state } = ops.reduce((world, op) => {
      const next = taken(model, world, op)
      if (next.refused) throw new Error(`${showOp(op)} is refused`)
      return next.world
    }, model.initialWorld)
    expect(facts[property === 'witness' ? witness : Number(property.slice('fact '.length))]!(state)).toBe(false)
  }
}

const ways: readonly ExhaustiveOptions[] = [
  { backend: 'walk' }, { backend: 'javascript' }, { backend: 'wasm' }, {}, { workers: 2, firstShared: 1 }, { workers: 3, firstShared: 1, backend: 'walk' }, { maxMemory: 6e6 },
]
test('random machines have the states, steps and shortest traces of a naive search', { timeout: 60_000 }, async () => {
  const reached = { keyed: 0, counted: 0, interned: 0, violated: 0, large: 0 }
  await fc.assert(fc.asyncProperty(spec, async of => {
    const model = machineOf(of), known = naive(model, of, 4000)
    fc.pre(known !== null)
    let same: Exploration | null = null
    for (const way of ways) {
      const found = await exploreExhaustively(model, way)
      expect({ way, ...told(found) }).toEqual({ way, ...known })
      same ??= found
      expect({ way, results: found.results }).toEqual({ way, results: same.results })
    }
    expectTrue(model, of, same!)
    const { pieces } = keysOf(layoutOf(model.worldDomain))
    reached[pieces === null ? 'interned' : pieces.length === 0 ? 'keyed' : 'counted']++
    if (same!.results.some(({ violation }) => violation !== null)) reached.violated++
    if (known!.states > 300) reached.large++
  }), { numRuns: 25, seed: 2026 })
  expect(Object.entries(reached).filter(([, times]) => times < 3)).toEqual([])
})
