/** Random machines, searched in every way there is, against a search that knows nothing but plain objects. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keysOf } from '../../src/explore/keys.ts'
import { actionsOf, bool, exploreExhaustively, layoutOf, list, machine, optional, propertiesOf, range, showOp, step as taken, struct, table, variant } from '../../src/index.ts'
import { packing } from '../../src/model/index.ts'
import type { ExhaustiveOptions, Exploration, Machine, Value } from '../../src/index.ts'

/** `wide` is written but once, and makes states of any width: narrower than a key, a little wider, much wider. */
const inner = struct({ x: bool, y: range(0, 4) })
const domainOf = (widths: readonly number[]) => struct({
  a: range(0, 2), kept: optional(inner), call: variant('is', { idle: {}, busy: { inner }, done: { inner, late: bool } }), b: optional(range(0, 2)), queue: list(variant('of', { full: { v: range(0, 2), w: bool }, empty: {} }), 3),
  wide: table([range(0, widths.length - 1)], range(0, 2 ** Math.max(...widths) - 1)),
  rows: table([range(0, 1)], struct({ on: bool, n: range(0, 2), inner: optional(inner) })),
})
type State = Value<ReturnType<typeof domainOf>>
type None = Record<never, never>
interface Seen { readonly what: 'went'; readonly by: number }

/** What recipes do: assign, count, push, shift, move, swap, retag, cut, delete and put back, hand on a part, share one and write through either name. */
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
  (d, k) => { d.kept = d.rows[k % 2]!.inner },
  (d, k) => { d.rows[k % 2]!.inner = d.kept; if (d.kept !== null) d.kept.x = !d.kept.x },
  (d, k) => { if (d.kept !== null) { d.call = { is: 'busy', inner: d.kept }; d.kept.y = k % 5 } },
  d => { if (d.call.is === 'busy') d.call = { is: 'done', inner: d.call.inner, late: d.kept === null } },
  d => { if (d.call.is !== 'idle') delete (d.call as Partial<typeof d.call>).inner; d.call = { is: 'idle' } },
  d => { d.queue.reverse() },
]
const guards: readonly ((s: State, k: number) => boolean)[] = [
  () => true, (s, k) => s.a === k % 3, s => s.b !== null, s => s.queue.length < 2, (s, k) => s.rows[k % 2]!.on, s => s.queue[0]?.of !== 'empty', s => s.wide[0] === 0, s => s.call.is !== 'idle', s => s.kept?.x === true,
]
/** Facts of some depth: each fails somewhere in most machines. */
const facts: readonly ((s: State) => boolean)[] = [
  s => !(s.a === 2 && s.queue.length === 3), s => s.b !== 1 || s.rows[1]!.n !== 2, s => s.queue.every(one => one.of === 'full'),
  s => s.rows[0]!.inner?.y !== 3, s => !(s.rows[0]!.on && s.rows[1]!.on), s => s.wide[0] !== 255 || s.a !== 1, s => s.kept?.y !== 3, s => s.call.is !== 'done' || s.call.late,
]
const wentWell = (by: number, { queue, rows }: State): boolean => by !== 2 || queue.length < 2 || rows[0]!.n === rows[1]!.n
const step = fc.record({ guard: fc.oneof(fc.constant(0), fc.nat(guards.length - 1)), deeds: fc.array(fc.nat(deeds.length - 1), { minLength: 1, maxLength: 2 }), k: fc.nat(5), tells: fc.boolean() })
const spec = fc.record({
  widths: fc.oneof(fc.constant<number[]>([8]), fc.array(fc.integer({ min: 8, max: 31 }), { minLength: 1, maxLength: 3 })),
  steps: fc.array(step, { minLength: 2, maxLength: 14, size: 'max' }), facts: fc.uniqueArray(fc.nat(facts.length - 1), { minLength: 1, maxLength: 4, size: 'max' }), witness: fc.nat(facts.length - 1),
})
type Spec = typeof spec extends fc.Arbitrary<infer S> ? S : never

const action = actionsOf<State, Seen>()
const { always, sometimes, step: stepClaim } = propertiesOf<State, None, Seen>()
function machineOf({ widths, steps, facts: asked, witness }: Spec): Machine<State, None, Seen> {
  return machine<State, None, Seen>({
    name: 'random', domain: domainOf(widths),
    initial: { a: 0, b: null, kept: null, call: { is: 'idle' }, queue: [], wide: widths.map(() => 0), rows: [0, 1].map(() => ({ on: false, n: 0, inner: null })) },
    actions: steps.map(({ guard, deeds: does, k, tells }, i) => action(`step ${i}`, {
      agent: 'a', params: { j: range(0, 1) }, when: (s, { j }) => guards[guard]!(s, k + j),
      then: (d, { j }, emit) => {
        for (const deed of does) deeds[deed]!(d, k + j)
        if (tells) emit.see({ what: 'went', by: d.a })
      },
    })),
    properties: [
      // In more parts than there are bits to tell them apart by.
      ...asked.map(i => always(`fact ${i}`, { claim: 'a fact', parts: () => 33 }, ({ state }, part) => part !== i + 25 || facts[i]!(state) || { because: 'it is none' })),
      stepClaim('went', { claim: 'a step', on: 'went' }, ({ by }, { state }) => wentWell(by, state) || { because: 'it went' }),
      // Never decided: the search goes through the whole space.
      always('true', { claim: 'nothing' }, () => true),
      sometimes('witness', { claim: 'a fact fails' }, ({ state }) => !facts[witness]!(state)),
    ],
  })
}

/** Counts, and how far it is to where each fact first fails; null where there are more states than `most`. Recipes run on plain objects. */
function naive(model: Machine<State, None, Seen>, { facts: asked, witness }: Spec, most: number) {
  const { pack, unpack, words } = packing<typeof model.initialWorld>(model.worldDomain)
  const packed = (world: typeof model.initialWorld): Uint32Array => { const out = new Uint32Array(words); pack(world, out, 0); return out }
  const order = [{ world: packed(model.initialWorld), depth: 0 }], known = new Set([order[0]!.world.join()])
  let transitions = 0, went: number | null = null
  for (const { world: from, depth } of order) {
    if (order.length > most) return null
    for (const { action: { when, then }, op: { args } } of model.instances) {
      const world = unpack(from, 0), seen: Seen[] = []
      if (!when(world.state, args)) continue
      then(world.state, args, { see: one => { seen.push(one) }, clause: () => {}, cost: () => {} })
      transitions++
      const next = packed(world), key = next.join()
      if (seen.some(({ by }) => !wentWell(by, unpack(next, 0).state))) went ??= depth + 1
      if (known.has(key)) continue
      known.add(key)
      order.push({ world: next, depth: depth + 1 })
    }
  }
  const fails = (i: number): number | null => order.find(({ world }) => !facts[i]!(unpack(world, 0).state))?.depth ?? null
  return {
    states: order.length, transitions, depth: order.at(-1)!.depth,
    ways: Object.fromEntries([...asked.map(i => [`fact ${i}`, fails(i)]), ['went', went], ['true', null], ['witness', fails(witness)]]) as Record<string, number | null>,
  }
}
const told = ({ states, transitions, depth, results }: Exploration) => ({
  states, transitions, depth, ways: Object.fromEntries(results.map(({ property, violation, reachedBy }) => [property, violation?.ops.length ?? reachedBy?.length ?? null])),
})
/** Every trace leads, by plain steps, to where the fact fails. */
function expectTrue(model: Machine<State, None, Seen>, { witness }: Spec, { results }: Exploration): void {
  for (const { property, violation, reachedBy } of results) {
    const ops = violation?.ops ?? reachedBy
    if (ops === undefined || ops === null || property === 'went') continue
    const { state } = ops.reduce((world, op) => {
      const next = taken(model, world, op)
      if (next.refused) throw new Error(`${showOp(op)} is refused`)
      return next.world
    }, model.initialWorld)
    expect(facts[property === 'witness' ? witness : Number(property.slice('fact '.length))]!(state)).toBe(false)
  }
}

const ways: readonly ExhaustiveOptions[] = [
  { backend: 'walk' }, { backend: 'javascript' }, { backend: 'wasm' }, {}, { workers: 2, firstShared: 1 }, { workers: 3, firstShared: 1, backend: 'walk' }, { maxMemory: 6e6 }, { patientRuns: 3, patientShare: 0 },
]
test('random machines have the states, steps and shortest traces of a naive search', async () => {
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
  }), { numRuns: 24, seed: 1 })
  expect(Object.entries(reached).filter(([, times]) => times < 3)).toEqual([])
})
