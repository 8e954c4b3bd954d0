/** The step: total, pure, deterministic; and how a machine's own mistakes are named. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  actionsOf, bool, isReached, judge, list, machine, misfit, ModelError, oneOf, propertiesOf, range, scalarset, showOp,
  step, struct, table,
} from '../../src/index.ts'
import type { Observation, Op, Stepped, Value } from '../../src/index.ts'

const item = struct({ id: range(0, 3) })
const domain = struct({ count: range(0, 3), queue: list(item, 2) })
type State = Value<typeof domain>
type Ledger = { taken: { id: number }[] }
interface Seen { readonly what: 'took' | 'pushed'; readonly item: { readonly id: number } }
const action = actionsOf<State, Seen>()
const { always, step: stepProperty, monitor, sometimes } = propertiesOf<State, Ledger, Seen>()

const toy = machine<State, Ledger, Seen>({
  name: 'toy', domain, initial: { count: 0, queue: [] },
  ledger: {
    domain: struct({ taken: list(item, 9) }), initial: { taken: [] },
    observe: (draft, seen) => { if (seen.what === 'took') draft.taken = [seen.item] },
  },
  actions: [
    action('push', { agent: 'cpu', path: 'map', params: { id: range(0, 3) }, when: s => s.queue.length < 2,
      then: (d, { id }, emit) => {
        d.queue.push({ id })
        emit.cost('store', 2)
        emit.cost('flush', 0)
        emit.clause('TOY:1')
        emit.observe({ what: 'pushed', item: { id } })
      } }),
    action('take', { agent: 'device', when: s => s.queue.length > 0,
      then: (d, _, emit) => { emit.observe({ what: 'took', item: d.queue.shift()! }); d.count++ } }),
    action('broken', { agent: 'cpu', params: { how: oneOf('guard', 'recipe') }, when: (s, { how }) => {
      if (how === 'guard' && s.count === 3) throw new Error('no such slot')
      return s.count === 3
    }, then: () => { throw new TypeError('boom') } }),
  ],
  properties: [
    monitor('pushes', { claim: 'Counts pushes.', domain: struct({ n: range(0, 15) }) },
      (d, seen) => { if (seen.what === 'pushed') d.n++ },
      m => m.n < 3 || { because: `${m.n} pushes`, witness: { n: m.n } }),
  ],
})
const start: Stepped<State, Ledger, Seen> = { world: toy.initialWorld, events: [], refused: false }
const run = (ops: readonly Op[]) => ops.reduce((at, op) => step(toy, at.world, op), start)
const push = (id: number): Op => ({ action: 'push', args: { id } })
const take: Op = { action: 'take', args: {} }

test('a step runs recipe, ledger and monitors, and leaves the world it was given', () => {
  const before = run([push(2)])
  expect(before.events).toEqual([
    { kind: 'cost', path: 'map', unit: 'store', count: 2 }, { kind: 'clause', id: 'TOY:1' },
    { kind: 'observation', observation: { what: 'pushed', item: { id: 2 } } },
  ])
  const after = step(toy, before.world, take)
  expect(after.world).toEqual({ state: { count: 1, queue: [] }, ledger: { taken: [{ id: 2 }] },
    monitors: { pushes: { n: 1 } } })
  expect(before.world.state).toEqual({ count: 0, queue: [{ id: 2 }] })
})

test('an observation that holds a part of the draft can be read after the step', () => {
  expect(run([push(3), take]).events).toEqual([{ kind: 'observation', observation: { what: 'took', item: { id: 3 } } }])
})

test.each([
  [take, 'guard is false'],
  [{ action: 'pull', args: {} }, "no action 'pull'"],
  [push(4), 'id: 4 is outside 0..3'],
  [{ action: 'push', args: {} }, 'id: undefined is outside 0..3'],
])('an op that cannot be taken is refused: %j', (op, why) => {
  expect(step(toy, toy.initialWorld, op))
    .toEqual({ world: toy.initialWorld, events: [{ kind: 'refused', why }], refused: true })
})

const anyOps = fc.array(fc.constantFrom(...toy.instances.filter(i => i.action.name !== 'broken').map(i => i.op)),
  { maxLength: 9 })
test('any list of ops is a trace: same ops, same world, always within the domain', () => {
  fc.assert(fc.property(anyOps, ops => {
    const cut = ops.slice(0, ops.findIndex((_, i) => run(ops.slice(0, i)).world.state.count === 3) >>> 0)
    const { world } = run(cut)
    expect(run(cut).world).toEqual(world)
    expect(misfit(toy.worldDomain, world)).toBeNull()
  }), { numRuns: 100, seed: 1 })
})

test('a failing guard or recipe is named with its parameters', () => {
  const full = run([push(0), take, push(0), take, push(0), take]).world
  expect(() => step(toy, full, { action: 'broken', args: { how: 'guard' } }))
    .toThrow("guard of broken(how=guard) in machine 'toy' threw: no such slot")
  expect(() => step(toy, full, { action: 'broken', args: { how: 'recipe' } }))
    .toThrow("recipe of broken(how=recipe) in machine 'toy' threw: boom")
  expect(showOp(take)).toBe('take')
})

test('instances: every action with each combination of its parameters, in order', () => {
  expect(toy.instances.map(i => showOp(i.op))).toEqual(
    ['push(id=0)', 'push(id=1)', 'push(id=2)', 'push(id=3)', 'take', 'broken(how=guard)', 'broken(how=recipe)'])
})

test('a machine is refused whose declaration is wrong', () => {
  const spec = { name: 'm', domain: struct({ at: bool }), initial: { at: false }, actions: [] }
  expect(() => machine({ ...spec, initial: { at: 1 as unknown as boolean } }))
    .toThrow("initial state of machine 'm' is outside its domain: m.state.at: 1")
  const twice = actionsOf<{ at: boolean }, Seen>()('go', { agent: 'cpu', when: () => true, then: () => {} })
  expect(() => machine<{ at: boolean }, Ledger, Seen>({ ...spec, actions: [twice, twice] }))
    .toThrow("machine 'm' has two actions named 'go'")
})

test('a size of 0 switches off tables and the actions over them', () => {
  const none = scalarset('source', 0)
  const off = machine<{ edge: boolean[] }>({
    name: 'off', domain: struct({ edge: table([none], bool) }), initial: { edge: [] },
    actions: [actionsOf<{ edge: boolean[] }, Observation>()('raise', {
      agent: 'device', params: { source: none }, when: () => true, then: () => {} })],
  })
  expect(off.instances).toEqual([])
})

test('a verdict is true or a reason; anything else is a mistake of the property, by name', () => {
  const world = toy.initialWorld
  const before = () => world
  const ask = (answer: () => unknown) => () =>
    judge(always('odd', { claim: '' }, answer as () => true), world, [], before)
  expect(ask(() => true)()).toBe(true)
  expect(ask(() => ({ because: 'no' }))()).toEqual({ because: 'no' })
  expect(ask(() => false)).toThrow("property 'odd' answered false; answer true or { because: '...' }")
  expect(ask(() => undefined)).toThrow("property 'odd' answered undefined")
  expect(ask(() => null)).toThrow("property 'odd' answered null")
  expect(ask(() => { throw new Error('oops') })).toThrow("property 'odd' threw: oops")
  expect(ask(() => false)).toThrow(ModelError)
  const reach = (answer: unknown) => () =>
    isReached(sometimes('far', { claim: '' }, () => answer as boolean), world, [])
  expect(reach(true)()).toBe(true)
  expect(reach(undefined)).toThrow("property 'far' answered undefined; answer true or false")
})

test('a step property sees each observation of its kind, and the worlds on both sides', () => {
  const calls: unknown[] = []
  const only = stepProperty('taken', { claim: '', on: 'took' }, (seen, after, before) => {
    calls.push([seen.item.id, after.state.count, before.state.count])
    return true
  })
  const before = run([push(2)]).world
  const after = step(toy, before, take)
  const seen: Seen[] = [{ what: 'pushed', item: { id: 1 } }, { what: 'took', item: { id: 2 } }]
  expect(judge(only, after.world, seen, () => before)).toBe(true)
  expect(calls).toEqual([[2, 1, 0]])
})

test('a property knows where it was declared', () => {
  expect(always('here', { claim: '' }, () => true).at).toMatch(/^model-step\.test\.ts:\d+$/)
})
