/** What a step means, in plain JavaScript, whichever driver takes it; and what no step may do, refused by each of
 *  them. */
import { describe, expect, test } from 'vitest'
import {
  actionsOf, bool, exploreExhaustively, checkMachine, exploreRandomly, list, machine, ModelError, oneOf, optional,
  propertiesOf, range, shrinkOps, step, struct, table, variant,
} from '../../src/index.ts'
import type { Machine, Op, Property, Value, World } from '../../src/index.ts'

const pair = struct({ a: range(-1, 3), b: range(0, 3) })
const numbers = list(range(0, 3), 3)
const domain = struct({ x: range(-1, 3), p: pair, q: numbers, r: numbers, t: table([range(0, 1)], pair),
  o: optional(pair), done: bool })
type State = Value<typeof domain>
interface Seen { readonly what: string; readonly n?: number; readonly p?: unknown }
type Ledger = Record<never, never>
type M = Machine<State, Ledger, Seen>
const action = actionsOf<State, Seen>()
const { always, step: onStep, sometimes, monitor } = propertiesOf<State, Ledger, Seen>()
type Emit = Parameters<Parameters<typeof action>[1]['then']>[2]
type Then = (draft: State, emit: Emit) => unknown

const initial = (): State => ({ x: 0, p: { a: 0, b: 0 }, q: [2, 1], r: [], t: [{ a: 0, b: 0 }, { a: 0, b: 0 }], o: null,
  done: false })
/** `go` in every state that `when` allows; then `bad` where `is`. */
const made = (then: Then, when: (state: State) => boolean = s => s.x < 2,
  properties: readonly Property<State, Ledger, Seen>[] = []): M =>
  machine<State, Ledger, Seen>({
    name: 'm', domain, initial: initial(),
    properties: [always('never done', { claim: '' }, ({ state }) => !state.done || { because: 'done' }), ...properties],
    actions: [action('go', { agent: 'cpu', when, then: (draft, _, emit) => then(draft, emit) as void })],
  })

/** What each driver says of a machine: outcomes by property, or the mistake. */
async function drivers(of: () => M,
  ops: readonly Op[] = [{ action: 'go', args: {} }]): Promise<Record<string, string>> {
  const mistake = (error: unknown): string => { if (error instanceof ModelError) return error.message; throw error }
  const outcomes = (found: { readonly results: readonly { readonly outcome: string }[] }): string =>
    found.results.map(({ outcome }) => outcome === 'passed' ? 'holds' : outcome).join()
  const taken = (): string => {
    const model = of()
    let world: World<State, Ledger> = model.initialWorld
    for (const op of ops) world = step(model, world, op).world
    return 'taken'
  }
  return {
    walk: await exploreExhaustively(of(), { backend: 'walk' }).then(outcomes, mistake),
    wasm: await exploreExhaustively(of(), { backend: 'wasm' }).then(outcomes, mistake),
    random: await exploreRandomly(of(), { seed: 1, runs: 40 }).then(outcomes, mistake),
    step: (() => { try { return taken() } catch (error) { return mistake(error) } })(),
  }
}
const all = (says: string) => ({ walk: says, wasm: says, random: says, step: 'taken' })
const refused = (says: string) => ({
  walk: expect.stringContaining(says), wasm: expect.stringContaining(says), random: expect.stringContaining(says),
  step: expect.stringContaining(says),
}) as object

describe('every driver takes a step alike', () => {
  test('what a step lets two places share is two things from the next step on', async () => {
    const copy: Then = d => {
      if (d.x === 0) d.t[0] = d.t[1]!; else d.t[0]!.a = 1
      d.x++
      if (d.t[1]!.a !== 0) d.done = true
    }
    expect(await drivers(() => made(copy))).toEqual(all('holds'))
    const filled: Then = d => {
      if (d.x === 0) d.t = Array<State['p']>(2).fill({ a: 0, b: 0 })
      else d.t[0]!.a = 1
      d.x++
      if (d.t[1]!.a === 1) d.done = true
    }
    expect(await drivers(() => made(filled))).toEqual(all('holds'))
  })
  test('within the step they are one', async () => {
    const linked: Then = d => { d.t[0] = d.t[1]!; d.t[0]!.a = 1; if (d.t[1]!.a === 1) d.done = true }
    expect(await drivers(() => made(linked, s => !s.done))).toEqual(all('violated'))
    const twice: Then = d => {
      const one = { a: 0, b: 0 }
      d.t = [one, one]
      d.t[0]!.a = 1
      if (d.t[1]!.a === 1) d.done = true
    }
    expect(await drivers(() => made(twice, s => !s.done))).toEqual(all('violated'))
  })
  test('a constant of the module is not changed by a write through the state', async () => {
    const build = (): M => {
      const empty = { a: 0, b: 0 }
      return made(d => { d.p = empty; d.p.a = 1; d.x++; if (d.x === 2 && empty.a === 0) d.done = true })
    }
    expect(await drivers(build)).toEqual(all('violated'))
  })
  test('an argument is not changed by a write through the state', async () => {
    const build = (): M => machine<State, Ledger, Seen>({
      name: 'm', domain, initial: initial(),
      properties: [always('never done', { claim: '' }, ({ state }) => !state.done || { because: 'done' })],
      actions: [action('go', { agent: 'cpu', params: { v: struct({ a: range(0, 0), b: range(0, 0) }) },
        when: s => s.x < 2,
        then: (d, { v }) => { if (v.a === 1) d.done = true; d.p = v; d.p.a = 1; d.x++ } }) as never],
    })
    const told = await drivers(build, [{ action: 'go', args: { v: { a: 0, b: 0 } as never } }])
    expect(told).toEqual({ walk: 'holds', wasm: 'holds', random: 'holds', step: 'taken' })
    expect(build().instances[0]!.op.args).toEqual({ v: { a: 0, b: 0 } })
  })
  test('the order of names, and -0, do not survive a step', async () => {
    expect(await drivers(() => made(d => { d.p = { b: 1, a: 1 }; d.x++ },
      s => s.x < 2 && JSON.stringify(s.p) !== '{"b":1,"a":1}',
      [sometimes('twice', { claim: '' }, ({ state }) => state.x === 2)]))).toEqual(all('holds,reached'))
    expect(await drivers(() => made(d => { if (Object.is(d.x, -0)) d.done = true; d.x = -d.x }, () => true)))
      .toEqual(all('holds'))
  })
  test('the worlds before and after share no object', async () => {
    const changes = onStep('changes', { claim: '', on: 'went' },
      (_, { state }, before) => state.p !== before.state.p || { because: 'same' })
    expect(await drivers(() => made((d, emit) => { d.x++; emit.observe({ what: 'went' }) }, undefined, [changes])))
      .toEqual(all('holds,holds'))
  })
  test('an initial state that shares an object is two things from the start', async () => {
    const one = { a: 0, b: 0 }
    const build = (): M => machine<State, Ledger, Seen>({ name: 'm', domain, initial: { ...initial(), t: [one, one] },
      properties: [always('second', { claim: '' }, ({ state }) => state.t[1]!.a === 0 || { because: 'moved' })],
      actions: [action('go', { agent: 'cpu', when: s => s.x < 2, then: d => { d.x++; d.t[0]!.a++ } })] })
    expect(await drivers(build)).toEqual(all('holds'))
  })
  test('a name that was written unread, and deleted, is gone', async () => {
    const kind = variant('is', { full: { n: range(0, 1) }, empty: {} })
    type K = Value<ReturnType<typeof shape>>
    const shape = () => struct({ k: kind, went: bool })
    const build = () => machine<K, Ledger, Seen>({ name: 'm', domain: shape(),
      initial: { k: { is: 'full', n: 0 }, went: false },
      properties: [propertiesOf<K, Ledger, Seen>().always('full', { claim: '' },
        ({ state }) => !state.went || state.k.is === 'empty' || { because: 'full' })],
      actions: [actionsOf<K, Seen>()('go', { agent: 'cpu', when: s => !s.went, then: d => {
        const k = d.k as unknown as Record<string, unknown>
        k['n'] = 1
        delete k['n']
        k['is'] = 'empty'
        d.went = true
      } })] })
    expect(await drivers(build as unknown as () => M)).toEqual(all('holds'))
  })
  test('parts are counted once, in the initial state', async () => {
    const each = always('each is small', { claim: '', parts: ({ state }) => state.q.length },
      ({ state }, i) => (state.q[i] ?? 0) < 3 || { because: 'big' })
    expect(await drivers(() => made(d => { d.x++; d.q.push(3) }, s => s.x < 1, [each]))).toEqual(all('holds,holds'))
    expect(await drivers(() => made(d => { d.x++; d.q[1] = 3 }, s => s.x < 1, [each]))).toEqual(all('holds,violated'))
  })
})

describe('what no step may do is refused by every driver, also where it is caught', () => {
  const loose = (of: object): Record<PropertyKey, unknown> => of as Record<PropertyKey, unknown>
  test.each<[string, Then, string]>([
    ['a state returned', d => ({ ...d, x: d.x + 1 }), 'it returns an object'],
    ['a generator', function* (d) { d.x++; yield 1 }, 'it returns an object'],
    ['a thenable', d => ({ then() { d.x++ } }), 'it returns an object'],
    ['a function', d => () => { d.x++ }, 'it returns an object'],
    ['a promise', async d => { d.x++ }, 'it is async'],
    ['a misspelt length', d => { loose(d.q)['lenght'] = 0 }, "writes 'lenght' of an array"],
    ['a list that is cut and grows by its length', d => { d.q.length = 0; d.q.length = 2 }, 'q[0]'],
    ['a list that is too long and moved', d => { d.q.push(1, 1); d.r = d.q; d.q = [] }, 'r: holds 4 elements'],
    ['a list with a hole that is moved', d => { d.q.length = 3; d.r = d.q; d.q = [] }, 'r[2]'],
    ['a part moved without a field that was deleted',
      d => { const { p } = d; delete loose(p)['a']; d.t[1] = p; d.p = { a: 0, b: 0 } }, 't[1].a'],
    ['an index below 0', d => { loose(d.t)[-1] = 3 }, "writes '-1' of an array"],
    ['a misspelt name of a new array', d => { const q: number[] = []; loose(q)['lenght'] = 0; d.q = q },
      "writes 'lenght' of an array"],
    ['a symbol', d => { loose(d)[Symbol('k')] = 1 }, 'writes Symbol(k)'],
    ['a symbol, caught', d => { try { loose(d)[Symbol('k')] = 1 } catch { d.x++ } }, 'writes Symbol(k)'],
    ['a hidden name', d => { Object.defineProperty(d.p, 'secret', { value: 1 }) }, "defines 'secret' hidden or fixed"],
    ['a getter', d => { d.p = { get a() { return 0 }, b: 0 } }, "defines 'a' by a getter or setter"],
    ['an instance of a class', d => { d.p = new (class Q { a = 0; b = 0 })() }, 'puts a Q into the state'],
    ['a prototype', d => { Object.setPrototypeOf(d.p, { c: 5 }) }, 'sets the prototype'],
    ['a prototype by its old name', d => { loose(d.p)['__proto__'] = { c: 5 } }, 'sets the prototype'],
    ['a change after the put', d => { const p = { a: 0, b: 0 }; d.p = p; p.a = 1; d.x++ },
      'changes an object after it put it into the state'],
    ['a push after the put', d => { const q = [1]; d.q = q; q.push(2); d.x++ },
      'changes an array after it put it into the state'],
    ['a clock, caught', d => { try { Date.now() } catch { d.x++ } }, 'reads a clock'],
    ['dice, caught', d => { try { Math.random() } catch { d.x++ } }, 'asks for a random number'],
    ['other dice', d => { d.x = crypto.getRandomValues(new Uint8Array(1))[0]! % 2 }, 'asks for a random number'],
    ['another clock', d => { d.x = process.hrtime.bigint() > 0n ? 1 : 0 }, 'reads a clock'],
    ['NaN', d => { d.x = NaN }, 'world.state.x: NaN is outside -1..3'],
    ['Infinity', d => { d.x = 1 / 0 }, 'world.state.x: Infinity is outside -1..3'],
  ])('%s', async (_, then, says) => { expect(await drivers(() => made(then))).toEqual(refused(says)) })

  test.each<[string, (emit: Emit) => void, string]>([
    ['a bigint', emit => { emit.observe({ what: 'n', p: 1n }) }, 'go in machine \'m\' tells a bigint'],
    ['what holds itself', emit => { const o: { what: string; p?: unknown } = { what: 'n' }; o.p = o; emit.observe(o) },
      'tells an object that holds itself'],
    ['nothing', emit => { emit.observe(null as never) }, 'observe() takes an observation'],
    ['NaN', emit => { emit.observe({ what: 'n', n: NaN }) }, 'tells NaN; tell finite numbers'],
    ['a hole', emit => { emit.observe({ what: 'n', p: [0, undefined] }) }, 'tells undefined'],
  ])('an observation of %s',
    async (_, tell, says) => {
      expect(await drivers(() => made((d, emit) => { tell(emit); d.x++ }))).toEqual(refused(says))
    })

  test('an observation is what it is as JSON', async () => {
    const told = onStep('told', { claim: '', on: 'n' },
      seen => Object.is(seen.n, 0) && !('p' in seen) || { because: `${1 / seen.n!}` })
    expect(await drivers(() => made((d, emit) => { emit.observe({ what: 'n', n: -0, p: undefined }); d.x++ },
      undefined, [told]))).toEqual(all('holds,holds'))
  })

  test.each<[string, (state: State) => void]>([
    ['writes', s => { try { s.p.a = 3 } catch {} }], ['deletes', s => { try { delete loose(s.p)['a'] } catch {} }],
    ['sorts', s => { try { s.q.sort() } catch {} }],
  ])('a guard that %s and catches the refusal', async (_, write) => {
    expect(await drivers(() => made(d => { d.x++ }, s => { write(s); return s.x < 2 })))
      .toEqual(refused('guard of go in machine \'m\' changes the state; a guard only reads'))
  })

  test('a ledger and a monitor that return their state', async () => {
    const told = monitor('counts', { claim: '', domain: struct({ n: range(0, 3) }) },
      ((d: { n: number }) => ({ n: d.n + 1 })) as never, () => true)
    expect(await drivers(() => made((d, emit) => { d.x++; emit.observe({ what: 'went' }) }, undefined, [told])))
      .toEqual(refused('it returns an object'))
  })

  test('a claim that writes', async () => {
    const writes = onStep('cleaner', { claim: '', on: 'went' },
      (seen, { state }) => { (state as State).p.a = seen.n!; return true })
    const of = (claim: typeof writes): M =>
      made((d, emit) => { d.p = { a: 1, b: 0 }; d.x++; emit.observe({ what: 'went', n: 0 }) }, undefined, [claim])
    for (const run of [exploreExhaustively(of(writes)), exploreRandomly(of(writes), { seed: 1, runs: 5 })])
      await expect(run).rejects.toThrow("a property of machine 'm' changes the state; a property only reads")
    const tells = onStep('teller', { claim: '', on: 'went' }, seen => { (seen as { n: number }).n = 1; return true })
    for (const run of [exploreExhaustively(of(tells)), exploreRandomly(of(tells), { seed: 1, runs: 5 })])
      await expect(run).rejects.toThrow("property 'teller' threw: Cannot assign to read only property 'n'")
  })

  test.each([0, NaN, Infinity, -1, 1.5])('%s parts', parts => {
    expect(() => made(() => {}, undefined, [always('parted', { claim: '', parts: () => parts }, () => true)]))
      .toThrow(`property 'parted' has ${parts} parts: give a whole number from 1`)
  })
  test('a claim without cases', () => {
    const { leadsTo } = propertiesOf<State, Ledger, Seen>()
    expect(() => made(() => {}, undefined, [leadsTo('none', { claim: '', each: () => [] }, () => true, () => true)]))
      .toThrow("property 'none' has no cases: it claims nothing")
  })
})

describe('a step that depends on something else than the state', () => {
  test.each<[string, () => M]>([
    ['a recipe that changes its mind after it was learnt',
      () => { let n = 0; return made(d => { d.x = n++ > 3 ? 3 : 1 }, () => true) }],
    ['a guard that does', () => { let n = 0; return made(d => { d.x = 3 }, s => n++ > 6 && s.x < 3) }],
  ])('shows itself at the end of the search: %s', async (_, of) => {
    await expect(exploreExhaustively(of())).rejects.toThrow("go in machine 'm' does two things in one state")
  })
  test('a violation that does not repeat is told as one', async () => {
    let n = 0
    const once = made(d => { n++; d.x = 1; d.done = n === 1 || n === 2 }, s => s.x === 0)
    const { results: [result] } = await exploreRandomly(once, { seed: 1, runs: 20 })
    expect(result).toMatchObject({ outcome: 'violated',
      violation: { unrepeated: true, ops: [{ action: 'go', args: {} }] } })
    expect(result!.violation!.because).toContain('taken again, these ops do not violate')
  })
})

test('a claim that nothing came to be judged by says so', async () => {
  const unfed = [
    onStep('no such kind', { claim: '', on: 'typo' }, () => ({ because: 'x' })),
    monitor('fed by nobody', { claim: '', domain: struct({ n: oneOf('a') }) }, () => {}, () => true),
  ]
  const { results } = await exploreExhaustively(made(d => { d.x++ }, undefined, unfed))
  expect(results.map(({ outcome, vacuous }) => [outcome, vacuous ?? false]))
    .toEqual([['holds', false], ['holds', true], ['holds', true]])
  const { results: fed } = await exploreExhaustively(made(
    (d, emit) => { d.x++; emit.observe({ what: 'went' }) }, undefined,
    [onStep('fed', { claim: '', on: 'went' }, () => true)]))
  expect(fed.map(({ vacuous }) => vacuous ?? false)).toEqual([false, false])
})

test('what never begins holds of nothing, and says so', async () => {
  const { leadsTo } = propertiesOf<State, Ledger, Seen>()
  const claims = [leadsTo('never begins', { claim: '' }, ({ state }) => state.x > 2, () => false),
    leadsTo('begins', { claim: '' }, ({ state }) => state.x < 2, ({ state }) => state.x === 2)]
  const { results } = await checkMachine(made(d => { d.x++ }, undefined, claims))
  expect(results.map(({ outcome, vacuous }) => [outcome, vacuous ?? false]))
    .toEqual([['holds', false], ['holds', true], ['violated', false]])
})

test('the shrinker takes the same steps', () => {
  const build = made(d => { const empty = { a: 0, b: 0 }; d.p = empty; d.p.a = 1; if (d.x === 1) d.done = true; d.x++ })
  const go = { action: 'go', args: {} }
  expect(shrinkOps(build, 'never done', [go, go])).toEqual([go, go])
})
