/** Random machines, searched in every way, beside a search without trees, keys or threads. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { actionsOf, bool, exploreExhaustively, list, machine, optional, propertiesOf, range, struct, table, variant } from '../../src/index.ts'
import type { ExhaustiveOptions, Machine } from '../../src/index.ts'
import { layoutOf, packing } from '../../src/model/index.ts'
import { keysOf } from '../../src/explore/keys.ts'

interface Item { a: number; b: boolean }
type Call = { is: 'idle' } | { is: 'busy'; item: Item } | { is: 'done'; item: Item; late: boolean }
interface State { queue: Item[]; rows: Item[]; kept: Item | null; call: Call; pads: number[] }
interface Seen { readonly what: 'did'; readonly a: number }
type Of = Machine<State, Record<never, never>, Seen>

const item = struct({ a: range(0, 2), b: bool })
const domainOf = (pads: number, width: number) => struct({
  queue: list(item, 2), rows: table([range(0, 1)], item), kept: optional(item),
  call: variant('is', { idle: {}, busy: { item }, done: { item, late: bool } }), pads: table([range(0, pads - 1)], range(0, 2 ** width - 1)),
})
const itemOf = (call: Call): Item => call.is === 'idle' ? { a: 1, b: false } : call.item

/** What a step is made of: `n` says which. Parts are moved, shared, written through either name, deleted, retagged. */
const ops: readonly ((d: State, n: number) => void)[] = [
  (d, n) => { if (d.queue.length < 2) d.queue.push({ a: n % 3, b: n % 2 === 0 }) }, d => { d.queue.shift() }, d => { d.queue.reverse() },
  d => { if (d.queue.length > 0) d.queue.length-- }, (d, n) => { d.kept = d.rows[n % 2]! }, d => { d.kept = d.queue[0] ?? null },
  (d, n) => { if (d.kept !== null) d.rows[n % 2] = d.kept }, d => { if (d.queue.length > 0) d.queue[0]!.b = !d.queue[0]!.b },
  (d, n) => { d.rows[n % 2]!.a = (d.rows[n % 2]!.a + 1) % 3 }, (d, n) => { d.pads[n % d.pads.length] = n % 5 === 0 ? 31 : 0 },
  d => { d.rows.reverse() }, d => { if (d.kept !== null) { d.rows[0] = d.kept; d.kept.b = true } }, d => { d.call = { is: 'busy', item: d.rows[0]! } },
  d => { d.call = { is: 'done', item: itemOf(d.call), late: d.kept === null } },
  d => { if (d.call.is === 'busy') delete (d.call as Partial<typeof d.call>).item; d.call = { is: 'idle' } },
]
interface Plan { readonly pads: number; readonly width: number; readonly steps: readonly { readonly when: number; readonly does: readonly number[] }[]; readonly claims: readonly number[] }
const plans: fc.Arbitrary<Plan> = fc.record({
  pads: fc.integer({ min: 1, max: 4 }), width: fc.integer({ min: 5, max: 31 }),
  steps: fc.array(fc.record({ when: fc.nat(5), does: fc.array(fc.nat(999), { minLength: 1, maxLength: 3 }) }), { minLength: 4, maxLength: 9 }),
  claims: fc.array(fc.nat(99), { maxLength: 2 }),
})
function made({ pads, width, steps, claims }: Plan): Of {
  const action = actionsOf<State, Seen>(), { always, step } = propertiesOf<State, Record<never, never>, Seen>()
  const sum = ({ queue, rows, kept }: State): number => queue.length + 3 * rows[0]!.a + 9 * (kept?.a ?? 2)
  return machine<State, Record<never, never>, Seen>({
    name: 'random', domain: domainOf(pads, width),
    initial: { queue: [], rows: [{ a: 0, b: false }, { a: 0, b: false }], kept: null, call: { is: 'idle' }, pads: Array.from({ length: pads }, () => 0) },
    actions: steps.map(({ when, does }, i) => action(`step ${i}`, { agent: 'a', when: s => when === 0 || s.rows[0]!.a !== when - 1,
      then: (d, _, emit) => { for (const n of does) ops[n % ops.length]!(d, n); emit.see({ what: 'did', a: d.rows[1]!.a * 3 + i }) } })),
    properties: claims.map((n, i) => n % 2 === 0 ? step(`claim ${i}`, { claim: '', on: 'did' }, ({ a }, { state }) => a !== n % 12 || state.queue.length < 2 || { because: 'did' })
      : always(`claim ${i}`, { claim: '', parts: () => 33 }, ({ state }, part) => sum(state) !== n % 40 + part - 16 || { because: 'sum' })),
  })
}

/** How far each violated claim is; everything counted. */
function naive({ instances, properties, worldDomain, initialWorld }: Of) {
  const { pack, unpack, words } = packing<typeof initialWorld>(worldDomain)
  const packed = (world: typeof initialWorld): Uint32Array => { const out = new Uint32Array(words); pack(world, out, 0); return out }
  const depths = new Map([[packed(initialWorld).join(), 0]]), queue = [packed(initialWorld)], violated = new Map<string, number>()
  let transitions = 0
  const judge = (world: typeof initialWorld, seen: readonly Seen[], depth: number): void => {
    for (const one of properties) {
      const fails = one.kind === 'always' ? Array.from({ length: 33 }, (_, part) => one.judge(world, part)).some(verdict => verdict !== true)
        : one.kind === 'step' && seen.some(what => one.judge(what, world, world) !== true)
      if (fails && !violated.has(one.name)) violated.set(one.name, depth)
    }
  }
  judge(initialWorld, [], 0)
  for (const from of queue) for (const { action, op } of instances) {
    const world = unpack(from, 0), depth = depths.get(from.join())! + 1, seen: Seen[] = []
    if (!action.when(world.state, op.args)) continue
    action.then(world.state, op.args, { see: one => { seen.push(one) }, clause: () => {}, cost: () => {} })
    transitions++
    const next = packed(world), key = next.join()
    judge(unpack(next, 0), seen, depth)
    if (!depths.has(key)) { depths.set(key, depth); queue.push(next) }
  }
  return { states: depths.size, transitions, depth: Math.max(...depths.values()), violated }
}

const ways: readonly ExhaustiveOptions[] = [{ backend: 'walk' }, { backend: 'javascript' }, { backend: 'wasm' }, { patientRuns: 3, patientShare: 0 }]
test('random machines have the states, steps and shortest violations that a naive search finds', async () => {
  const reached = { violated: 0, decided: 0, large: 0, 'its words': 0, dense: 0, interned: 0 }
  await fc.assert(fc.asyncProperty(plans, async plan => {
    const of = made(plan), { violated, ...counts } = naive(of)
    const isDecided = violated.size > 0 && violated.size === of.properties.length
    const { pieces } = keysOf(layoutOf(of.worldDomain))
    reached[pieces === null ? 'interned' : pieces.length > 0 ? 'dense' : 'its words']++
    if (violated.size > 0) reached.violated++
    if (isDecided) reached.decided++
    if (counts.states > 300) reached.large++
    for (const options of ways) {
      const { results, complete, ...found } = await exploreExhaustively(of, options)
      expect(results.map(({ violation }) => violation?.ops.length ?? null)).toEqual(of.properties.map(({ name }) => violated.get(name) ?? null))
      if (!isDecided) expect(complete).toBe(true)
      if (complete) expect(found).toMatchObject(counts)
    }
  }), { numRuns: 40, seed: 2026 })
  expect(Object.entries(reached).filter(([, times]) => times < 3)).toEqual([])
})
