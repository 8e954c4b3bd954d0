/** Searches that store one state for all names, and searches by several threads, beside plain ones. */
import { describe, expect, test } from 'vitest'
import { propertiesFor } from '../../properties/index.ts'
import { designNamed } from '../../spec/designs.ts'
import { remapMachine } from '../../spec/machine.ts'
import { scopeNamed } from '../../spec/scopes.ts'
import {
  actionsOf, bool, exploreExhaustively, initial, machine, optional, propertiesOf, range, scalarset, struct, table,
} from '../../src/index.ts'
import type { Exploration, Machine, Observation, Property, Value } from '../../src/index.ts'
import { Pace } from '../../src/explore/pace.ts'
import { Search } from '../../src/explore/search.ts'
import { judgeOps } from '../../src/explore/shrink.ts'
import { reference, referenceProtocol } from '../models/reference.ts'

function remap(design: string, scope: string) {
  const [of, { bounds }] = [designNamed(design)!, scopeNamed(scope)!]
  return remapMachine(of, bounds, propertiesFor(of, bounds))
}
const outcomes = ({ results }: Exploration) => results.map(({ property, outcome, violation, reachedBy }) =>
  [property, outcome, violation?.ops.length ?? reachedBy?.length ?? null])

/** How many states the stored ones stand for: each counts once for every other form that renaming gives it. */
async function orbits<S, L, O extends Observation>(of: Machine<S, L, O>): Promise<{
  readonly stored: number
  readonly all: number
}> {
  const search = new Search(of, { symmetry: true }, [])
  await search.run(new Pace({}), { whole: true })
  const { store } = search
  const { words, spare } = store.plan
  const address = store.local + spare, at = address >>> 2
  let all = 0
  for (let state = 0; state < store.count; state++) {
    const seen = new Map<string, Uint32Array>()
    const add = (form: Uint32Array): void => { seen.set(form.join(), form) }
    store.kernel.unpack(state, address)
    add(store.words32.slice(at, at + words))
    for (const form of seen.values())
      for (const swap of store.kernel.swaps.values()) {
        store.words32.set(form, at)
        swap(address)
        add(store.words32.slice(at, at + words))
      }
    all += seen.size
  }
  const stored = store.count
  await search.end()
  return { stored, all }
}

describe('symmetry', () => {
  test('each stored state stands for its renamings, and for nothing else', async () => {
    expect(await orbits(referenceProtocol(reference.s.sizes)))
      .toEqual({ stored: 24_768, all: reference.s.states })
    const twoSources = referenceProtocol({ devices: 1, iovas: 1, pages: 2, queue: 1, sources: 2, slots: 3,
      strict: true })
    const { stored, all } = await orbits(twoSources)
    expect(all).toBe((await exploreExhaustively(twoSources)).states)
    // Two pages, two sources, three slots: 24 names at most.
    expect(all / stored).toBeGreaterThan(12)
    expect(all / stored).toBeLessThan(24)
  })

  const machines: Readonly<Record<string, () => Machine<never, never, never>>> = Object.fromEntries([
    ['reference s', () => referenceProtocol(reference.s.sizes)],
    ['reference, not strict', () => referenceProtocol({ ...reference.s.sizes, queue: 1, strict: false })],
    ...[['ring0-strict', 'permissions'], ['ring0-deferred-early', 'permissions'],
      ['ring0-deferred-early',
        'tables']].map(([design, scope]) => [`${design}, ${scope}`, () => remap(design!, scope!)]),
  ]) as never
  test.each(Object.keys(machines))('same verdicts, lengths and real traces: %s', async name => {
    const of = machines[name]!()
    const [plain, symmetric] = [await exploreExhaustively(of), await exploreExhaustively(of, { symmetry: true })]
    expect(symmetric.engine!.symmetry.length).toBeGreaterThan(0)
    expect(symmetric.engine!.refused).toEqual([])
    expect(symmetric.states).toBeLessThan(plain.states)
    expect(symmetric.complete).toBe(plain.complete)
    // Less where a state is nearer to another naming of the first one than to the first one itself.
    expect(symmetric.depth).toBeLessThanOrEqual(plain.depth)
    expect(outcomes(symmetric)).toEqual(outcomes(plain))
    for (const { property, violation } of symmetric.results)
      if (violation !== null) expect(judgeOps(of, property)(violation.ops)?.ops).toEqual(violation.ops)
  })
  test('some of these machines violate a claim', async () => {
    const { results } = await exploreExhaustively(machines['ring0-deferred-early, permissions']!())
    expect(results.some(({ outcome }) => outcome === 'violated')).toBe(true)
  })

  const domain = struct({ at: table([scalarset('id', 3)], range(0, 1)), last: scalarset('id', 3), sum: range(0, 3) })
  type State = Value<typeof domain>
  type Ledger = Record<never, never>
  const action = actionsOf<State, Observation>()
  const { always } = propertiesOf<State, Ledger, Observation>()
  const id = { id: scalarset('id', 3) }
  const flip = action('flip',
    { agent: 'a', params: id, when: (s, p) => s.at[p.id] === 0, then: (d, p) => { d.at[p.id] = 1; d.last = p.id } })
  type Act = ReturnType<typeof action>
  const named = (actions: readonly unknown[], properties: readonly Property<State, Ledger, Observation>[] = []) =>
    machine<State, Ledger, Observation>({ name: 'ids', domain, initial: { at: [0, 0, 0], last: 0, sum: 0 },
      actions: [flip, ...actions] as unknown as Act[], properties })
  const wrong: readonly (readonly [string, () => Machine<State, Ledger, Observation>, string])[] = [
    ['a guard that orders ids',
      () =>
        named([action('first',
          { agent: 'a', params: id, when: (s, p) => s.at[p.id] === 1 && p.id < 1, then: d => { d.sum = 1 } })]),
      "first(id=0) of machine 'ids'"],
    ['a recipe that counts with an id',
      () => named([action('add', { agent: 'a', params: id, when: () => true, then: (d, p) => { d.sum = p.id } })]),
      "add(id=0) of machine 'ids'"],
    ['a recipe that picks the first',
      () =>
        named([action('pick',
          { agent: 'a', when: s => s.at.includes(1),
            then: d => { d.last = d.at.flatMap((at, i) => at === 1 ? [i] : [])[0]! } })]), "pick of machine 'ids'"],
    ['a property that names an id',
      () => named([], [always('not 2', { claim: '' }, ({ state }) => state.last !== 2 || { because: 'it is' })]),
      "property 'not 2'"],
  ]
  // It goes alike in every state where it is run first: what it reads under other names shows the difference.
  test('a recipe that stops looking at the first id it likes', async () => {
    const pick = action('pick', { agent: 'a', when: s => s.at.includes(1), then: d => { d.last = d.at.indexOf(1) } })
    await expect(exploreExhaustively(named([pick]), { symmetry: ['id'] })).rejects.toThrow('pick')
  })
  test('a recipe that takes from the first row what all rows hold at first', async () => {
    const cell = struct({ on: bool }), rows = struct({ rows: table([scalarset('id', 2)], cell), spare: cell })
    type Rows = Value<typeof rows>
    const act = actionsOf<Rows, Observation>(), of = { id: scalarset('id', 2) }
    const copy = act('copy', { agent: 'a', when: () => true, then: d => { d.spare = d.rows[0]! } })
    const set = act('set', {
      agent: 'a', params: of, when: (s, p) => !s.rows[p.id]!.on, then: (d, p) => { d.rows[p.id] = { on: true } },
    })
    const twoRows = machine<Rows, Ledger, Observation>({
      name: 'rows', domain: rows, initial: { rows: [{ on: false }, { on: false }], spare: { on: false } },
      actions: [copy, set], properties: [],
    })
    await expect(exploreExhaustively(twoRows, { symmetry: ['id'] })).rejects.toThrow('tells the ids')
  })
  test.each(wrong)('%s is refused by name', async (_, make, who) => {
    const because = `${who} tells the ids of scalarset 'id' apart: it may compare them for equality and index tables `
      + 'with them, nothing else'
    await expect(exploreExhaustively(make(), { symmetry: ['id'] })).rejects.toThrow(because)
    // Asked for whatever can be renamed, a search leaves it out, and says so.
    const { engine, ...left } = await exploreExhaustively(make(), { symmetry: true })
    const { engine: __, ...plain } = await exploreExhaustively(make())
    expect(engine).toMatchObject({ symmetry: [], refused: [{ scalarset: 'id', because }] })
    expect({ ...left, seconds: 0 }).toEqual({ ...plain, seconds: 0 })
  })
})

describe('what a renamed search once got wrong', () => {
  type S = { readonly x: boolean[]; o: number | null; bad: boolean }
  type Seen = { readonly what: 'used'; readonly p: number }
  const id = scalarset('id', 3)
  const domain = struct({ x: table([id], bool), o: optional(id), bad: bool })
  const act = actionsOf<S, Seen>()
  const claim = propertiesOf<S, Record<never, never>, Seen>()
  const of = (actions: Machine<S, Record<never, never>, Seen>['actions'],
    properties: Machine<S, Record<never, never>, Seen>['properties']) =>
    machine<S, Record<never, never>, Seen>({ name: 'm', domain, initial: initial(domain) as S, actions, properties })
  const set = act('set',
    { agent: 'a', params: { id }, when: s => s.x.every(one => !one), then: (d, p) => { d.x[p.id] = true } })
  const take = act('take', { agent: 'a', params: { id }, when: s => s.o === null, then: (d, p) => { d.o = p.id } })

  test('a part of a claim that the step touched under another name', async () => {
    const parts = claim.always('none', { claim: '', parts: () => 3 },
      ({ state }, i) => !state.x[i]! || { because: 'set' })
    const { results } = await exploreExhaustively(of([set], [parts]), { symmetry: ['id'] })
    expect(results[0]).toMatchObject({ outcome: 'violated', violation: { ops: [{ action: 'set' }] } })
  })
  test('a recipe that names ids, of which the stored form hides that', async () => {
    const look = act('look', { agent: 'a', when: s => s.x[0]! && !s.x[1], then: d => { d.bad = true } })
    const fine = claim.always('fine', { claim: '' }, ({ state }) => !state.bad || { because: 'bad' })
    const { results, engine } = await exploreExhaustively(of([set, look], [fine]), { symmetry: true })
    expect(results[0]!.outcome).toBe('violated')
    expect(engine!.refused).toMatchObject([{ scalarset: 'id' }])
  })
  test('the trace that is told violates', async () => {
    const use = act('use',
      { agent: 'a', params: { id }, when: s => s.o !== null,
        then: (_, p, emit) => { emit.observe({ what: 'used', p: p.id }) } })
    const own = claim.step('own', { claim: '', on: 'used' },
      (seen, { state }) => seen.p === state.o || { because: `${seen.p} is not ${state.o}` })
    const { results } = await exploreExhaustively(of([take, use], [own]), { symmetry: ['id'] })
    const [first, last] = results[0]!.violation!.ops
    expect(last!.args['id']).not.toBe(first!.args['id'])
  })
  test('a witness that names an id', async () => {
    const two = claim.sometimes('two', { claim: '' }, ({ state }) => state.o === 2)
    const { results } = await exploreExhaustively(of([take], [two]), { symmetry: true })
    expect(results[0]!.reachedBy).toEqual([{ action: 'take', args: { id: 2 } }])
    const never = claim.sometimes('never', { claim: '' }, ({ state }) => state.x[2]! && !state.x.includes(true))
    expect((await exploreExhaustively(of([set], [never]), { symmetry: ['id'] })).results[0])
      .toMatchObject({ outcome: 'unreached' })
  })
  test('a table with the same ids as both keys', async () => {
    const pairs = struct({ t: table([id, id], bool) })
    type P = { t: boolean[][] }
    const put = actionsOf<P, Seen>()('put',
      { agent: 'a', params: { i: id, j: id }, when: (s, p) => p.i !== p.j && !s.t[p.i]![p.j],
        then: (d, p) => { d.t[p.i]![p.j] = true } })
    const few = propertiesOf<P, Record<never, never>, Seen>().always('few', { claim: '' },
      ({ state }) => state.t.flat().filter(Boolean).length < 6 || { because: 'full' })
    const m = machine<P, Record<never, never>, Seen>({ name: 'pairs', domain: pairs, initial: initial(pairs),
      actions: [put], properties: [few] })
    const { states, results } = await exploreExhaustively(m, { symmetry: ['id'] })
    // Digraphs of three nodes up to isomorphism.
    expect({ states, ops: results[0]!.violation!.ops.length }).toEqual({ states: 16, ops: 6 })
  })
})

describe('threads', () => {
  const told = (
    { states, transitions, depth, complete, stopped, results, coverage: { clauses, actions } }: Exploration) =>
    ({ states, transitions, depth, complete, stopped, results, clauses,
      fired: Object.entries(actions).map(([name, { fired }]) => [name, fired]) })
  const machines: Readonly<Record<string, () => Machine<never, never, never>>> = {
    'reference s': () => referenceProtocol(reference.s.sizes) as never,
    'reference, not strict': () => referenceProtocol({ ...reference.s.sizes, queue: 1, strict: false }) as never,
    'no-iommu, mapping': () => remap('no-iommu', 'mapping') as never,
    'ring0-strict+source-unmasked, interrupts': () => remap('ring0-strict+source-unmasked', 'interrupts') as never,
  }
  test.each(Object.keys(machines))('%s: one, two or three say the same', async name => {
    for (const symmetry of [false, true]) {
      const alone = told(await exploreExhaustively(machines[name]!(), { symmetry }))
      for (const workers of symmetry ? [3] : [2, 3]) {
        const found = await exploreExhaustively(machines[name]!(), { workers, symmetry, firstShared: 500 })
        expect({ workers, symmetry, ...told(found) }).toEqual({ workers, symmetry, ...alone })
      }
    }
  })
})
