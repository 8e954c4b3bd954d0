/** Mistakes of a machine, as the exhaustive search tells them: who, with which arguments, where, and how to get
 *  there. */
import { expect, test } from 'vitest'
import {
  actionsOf, exploreExhaustively, list, machine, ModelError, optional, propertiesOf, range, showOp, struct, table,
} from '../../src/index.ts'
import type { Domain, ExhaustiveOptions, Property, Value } from '../../src/index.ts'

const domain = struct({ x: range(0, 3), pair: struct({ a: range(0, 3), b: range(0, 3) }), queue: list(range(0, 3), 2),
  table: table([range(0, 1)], range(0, 3)) })
type State = Value<typeof domain>
interface Seen { readonly what: 'seen' }
const action = actionsOf<State, Seen>()
const { always } = propertiesOf<State, Record<never, never>, Seen>()
const initial = (): State => ({ x: 0, pair: { a: 0, b: 0 }, queue: [], table: [0, 0] })

const go = action('go', { agent: 'a', when: s => s.x < 3, then: d => { d.x++ } })
type Then = (draft: State) => void
/** Taken where x is 2, with an argument. */
const bad = (then: Then, when: (state: State) => boolean = s => s.x === 2) =>
  action('bad', { agent: 'b', params: { k: range(0, 1) }, when, then })

async function told(then: Then, when?: (state: State) => boolean,
  properties: readonly Property<State, Record<never, never>, Seen>[] = [], going = go) {
  const actions = [going, bad(then, when) as unknown as typeof go]
  const error = await exploreExhaustively(
    machine<State, Record<never, never>, Seen>({ name: 'm', domain, initial: initial(), actions, properties }))
    .then(() => null, (cause: unknown) => cause)
  expect(error).toBeInstanceOf(ModelError)
  return [(error as ModelError).message, (error as ModelError).trace?.map(showOp).join(' ')]
}
const there = 'go go bad(k=0)'
const loose = (of: object): Record<string, unknown> => of as Record<string, unknown>

test('a recipe or guard that throws', async () => {
  expect(await told(() => { throw new Error('boom') }))
    .toEqual(["recipe of bad(k=0) in machine 'm' threw: boom", there])
  expect(await told(() => {}, s => { if (s.x === 2) throw new Error('boom'); return false }))
    .toEqual(["guard of bad(k=0) in machine 'm' threw: boom", there])
})

test.each<[string, Then, string]>([
  ['a field', d => { void loose(d)['y'] }, 'reads world.state.y: no such field'],
  ['an inner field', d => { void loose(d.pair)['c'] }, 'reads world.state.pair.c: no such field'],
  ['an element', d => { void d.table[2] }, 'reads world.state.table[2]: it holds 2 elements, counted from 0'],
  ['an element before the first', d => { void d.table[-1] },
    'reads world.state.table[-1]: it holds 2 elements, counted from 0'],
  ['an element without number', d => { void d.table[d.queue[0]!] },
    'reads world.state.table[undefined]: it holds 2 elements, counted from 0'],
  ['a field, and catches that', d => { try { void loose(d)['y'] } catch { d.x = 0 } },
    'reads world.state.y: no such field'],
])('a recipe that reads %s that there never is', async (_, then, message) => {
  expect(await told(then)).toEqual([`recipe of bad(k=0) in machine 'm' threw: ${message}`, there])
})
test('what plain JavaScript may ask for is no mistake: methods, an element that a list may have, a deleted field, JSON',
  async () => {
    const then: Then = d => {
      if (d.queue[1] !== undefined || d.queue.at(-1) !== undefined || 'y' in d || String(d) !== '[object Object]')
        d.x = 0
      const { a } = d.pair
      delete loose(d.pair)['a']
      if (loose(d.pair)['a'] === undefined && JSON.stringify(d.table) === '[0,0]') d.pair = { a, b: 1 }
      d.x = 3
    }
    expect(await exploreExhaustively(machine<State, Record<never, never>, Seen>({ name: 'm', domain, initial: initial(),
      actions: [go, bad(then) as unknown as typeof go] }))).toMatchObject({ complete: true })
  })

test.each<[string, Then]>([
  ['reads', d => { while (d.x < 4) void d.pair.a }], ['asks', d => { while ('x' in d) continue }],
  ['lists', d => { for (;;) Object.keys(d.pair) }],
  ['writes', d => { for (;;) d.pair.a = 1 }],
])('a recipe that %s for ever', async (_, then) => {
  expect(await told(then))
    .toEqual(["recipe of bad(k=0) in machine 'm' threw: does not end: it has looked at the state 1,000,000 times",
      there])
})

test('a guard or a property that looks for ever', async () => {
  const forEver = (of: { readonly x: number }): boolean => { for (;;) if (of.x === 9) return true }
  expect(await told(() => {}, s => s.x === 2 && forEver(s)))
    .toEqual(["guard of bad(k=0) in machine 'm' threw: does not end: it has looked at the state 1,000,000 times",
      there])
  expect(await told(() => {}, undefined,
    [always('ends', { claim: '' }, ({ state }) => state.x !== 2 || forEver(state) || { because: '' })]))
    .toEqual(["property 'ends' threw: does not end: it has looked at the state 1,000,000 times", 'go go'])
})

test.each<[string, (s: State) => void]>([
  ['a field', s => { s.x = 3 }], ['an inner field', s => { s.pair.a = 3 }], ['a list', s => { s.queue.push(1) }],
  ['by deleting', s => { delete loose(s)['x'] }],
  ['by sorting', s => { s.queue.sort(); s.queue.length = 0 }],
  ['by defining', s => { Object.defineProperty(s, 'x', { value: 1 }) }],
])('a guard or property that changes the state: %s', async (_, change) => {
  expect(await told(() => {}, s => { if (s.x === 2) change(s); return false }))
    .toEqual(["guard of bad(k=0) in machine 'm' changes the state; a guard only reads", there])
  expect(await told(() => {}, undefined,
    [always('reader', { claim: '' }, ({ state }) => { if (state.x === 2) change(state as State); return true })]))
    .toEqual(["a property of machine 'm' changes the state; a property only reads", 'go go'])
})

test('a recipe that keeps a part of a state for a later step', async () => {
  const keeping = (use: (kept: State['pair'], d: State) => void) => {
    let kept: State['pair'] | null = null
    return told(d => { if (kept !== null) use(kept, d); kept = d.pair })
  }
  const says = (what: string) =>
    [`recipe of bad(k=0) in machine 'm' threw: ${what} a state whose step is over; `
      + 'keep nothing of a state between steps', there]
  expect(await keeping(kept => { kept.a = 1 })).toEqual(says("writes 'a' of"))
  expect(await keeping((kept, d) => { d.x = kept.a })).toEqual(says('reads a part of'))
  expect(await keeping((kept, d) => { d.pair = kept })).toEqual(
    ["bad(k=0) in machine 'm' leaves the domain: world.state.pair: holds a part of another step's state", there])
})

test.each<[string, Then, string]>([
  ['out of its range', d => { d.pair.b = 4 }, 'world.state.pair.b: 4 is outside 0..3'],
  ['of another type', d => { d.pair.b = '1' as never }, 'world.state.pair.b: "1" is outside 0..3'],
  ['undefined', d => { d.pair.b = undefined as never }, 'world.state.pair.b: undefined is outside 0..3'],
  ['a struct with too little', d => { d.pair = { a: 1 } as never }, 'world.state.pair.b: undefined is outside 0..3'],
  ['a struct with too much', d => { d.pair = { a: 1, b: 1, c: 1 } as never }, 'world.state.pair.c: no such field'],
  ['a new field', d => { loose(d)['extra'] = 1 }, 'world.state.extra: no such field'],
  ['no field', d => { delete loose(d.pair)['a'] }, 'world.state.pair.a: undefined is outside 0..3'],
  ['too many elements', d => { d.queue.push(1, 2, 3) }, 'world.state.queue: holds 3 elements, not at most 2'],
  ['a hole', d => { d.queue.length = 1 }, 'world.state.queue[0]: undefined is outside 0..3'],
  ['a bad element', d => { d.queue.push(7) }, 'world.state.queue[0]: 7 is outside 0..3'],
])('a recipe that leaves the domain: %s', async (_, then, why) => {
  expect(await told(then)).toEqual([`bad(k=0) in machine 'm' leaves the domain: ${why}`, there])
})

test.each<[string, () => unknown, string]>([
  ['Date.now', () => Date.now(), 'reads a clock'], ['new Date', () => new Date(), 'reads a clock'],
  ['Date()', () => (Date as () => string)(), 'reads a clock'],
  ['performance.now', () => performance.now(), 'reads a clock'],
  ['Math.random', () => Math.random(), 'asks for a random number'],
])('%s in recipe, guard and property', async (_, ask, what) => {
  const why = `'bad(k=0)' of machine 'm' ${what}: a step depends on the state and its arguments alone`
  expect(await told(d => { if (ask() === 1) d.x = 0 })).toEqual([why, there])
  expect(await told(() => {}, s => s.x === 2 && ask() === 1)).toEqual([why, there])
  expect(await told(() => {}, undefined,
    [always('timely', { claim: '' }, ({ state }) => state.x < 2 || ask() !== 1 || { because: '' })]))
    .toEqual([`property 'timely' threw: a property of machine 'm' ${what}: a step depends on the state and its `
      + 'arguments alone', 'go go'])
  expect(typeof Date.now()).toBe('number')
  expect(Math.random()).toBeLessThan(1)
})

test('a recipe or guard that depends on something else than the state', async () => {
  let count = 0
  const twice = "bad(k=0) in machine 'm' does two things in one state: "
    + 'it must depend on the state and its arguments alone'
  expect(await told(d => { d.pair.a = count++ % 2 })).toEqual([twice, there])
  expect(await told(() => {}, s => s.x === 2 && count++ % 2 === 0)).toEqual([twice, there])
})

test('a recipe that asks other questions than before in a state that looks alike to it', async () => {
  let steps = 0
  const counting = action('go', { agent: 'a', when: s => s.x < 3, then: d => { steps++; d.x++ } })
  const [message, trace] = await told(d => { d.pair.b = steps > 2 ? d.pair.a : d.x }, s => s.pair.b === 0, [], counting)
  expect(message)
    .toBe("bad(k=0) of machine 'm' does different things in states that look alike to it: it must depend on the state "
      + 'and its arguments alone')
  expect(trace).toBe('go bad(k=0)')
})

test.each<[string, Domain, string]>([
  ['a range', struct({ deep: table([range(0, 1)], struct({ wide: optional(range(0, 2 ** 31 - 1)) })) }),
    'world.state.deep[].wide: 2,147,483,649 values'],
  ['in a list', struct({ queue: list(optional(range(0, 2 ** 31 - 1)), 2) }),
    'world.state.queue[]: 2,147,483,649 values'],
])('bounds whose state cannot be packed: %s', async (_, wide, why) => {
  const start = 'deep' in (wide as unknown as { fields: object }).fields ? { deep: [{ wide: null }, { wide: null }] }
    : { queue: [] }
  await expect(exploreExhaustively(machine({ name: 'm', domain: wide, initial: start, actions: [] })))
    .rejects.toThrow(`${why} cannot be packed; a field has at most 2^31`)
})

/** One action reads every list element; the others count up. Its tree would have a leaf for each value of the list. */
function wide() {
  const digits = struct({ digits: table([range(0, 4)], range(0, 3)), sum: range(0, 15), ticks: range(0, 1) })
  type S = Value<typeof digits>
  const act = actionsOf<S, Seen>()
  const add = act('add',
    { agent: 'a', params: { i: range(0, 4) }, when: (s, { i }) => s.digits[i]! < 3,
      then: (d, { i }) => { d.digits[i]!++ } })
  const sum = act('sum',
    { agent: 'b', when: () => true, then: d => { d.sum = d.digits.reduce((all, one) => all + one, 0) } })
  const tick = act('tick', { agent: 'a', when: s => s.ticks === 0, then: d => { d.ticks = 1 } })
  const { always: claim } = propertiesOf<S, Record<never, never>, Seen>()
  return machine<S, Record<never, never>, Seen>({
    name: 'wide', domain: digits, initial: { digits: [0, 0, 0, 0, 0], sum: 0, ticks: 0 },
    actions: [add, sum, tick] as unknown as (typeof tick)[],
    properties: [claim('small', { claim: '' }, ({ state }) => state.sum < 14 || { because: `sum ${state.sum}` }),
      claim('never', { claim: '' }, ({ state }) => state.ticks < 2 || { because: 'ticks' })],
  })
}
test('a recipe whose tree grows without end runs anew each time, alone, and is named', async () => {
  const facts = async (options: ExhaustiveOptions) => {
    const { engine, seconds: _, ...told } = await exploreExhaustively(wide(), options)
    return { direct: engine!.direct, told }
  }
  const learnt = await facts({})
  expect(learnt.direct).toEqual([])
  expect(learnt.told).toMatchObject({ complete: true, results: [{ outcome: 'violated' }, { outcome: 'holds' }] })
  for (const backend of ['walk', 'javascript', 'wasm'] as const)
    expect(await facts({ backend, patientRuns: 300, patientShare: 0.02 }))
      .toEqual({ direct: ['sum'], told: learnt.told })
})
