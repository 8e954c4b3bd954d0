/** Renamed states: their one form, against a naive renaming of plain objects; and how many namings are tested, where
 *  they end, and why some are not. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  actionsOf, bool, exploreExhaustively, list, machine, oneOf, optional, propertiesOf, range, scalarset, struct, table,
  variant,
} from '../../src/index.ts'
import type { Domain, Machine, Observation, Scalarset } from '../../src/index.ts'
import type { Snapshot } from '../../src/explore/checkpoint.ts'
import { keysOf } from '../../src/explore/keys.ts'
import { Pace } from '../../src/explore/pace.ts'
import { Renamer } from '../../src/explore/renaming.ts'
import { Search } from '../../src/explore/search.ts'
import { StateStore } from '../../src/explore/store.ts'
import { groupOf, groupsOf, symmetryOf } from '../../src/explore/symmetry.ts'
import { layoutOf, packing } from '../../src/model/index.ts'

type None = Record<never, never>
type Naming = Readonly<Record<string, readonly number[]>>
/** The definition: a value is called by its new name, a row stands under its own. */
function renamed(domain: Domain, value: unknown, names: Naming): unknown {
  const fields = (of: Readonly<Record<string, Domain>>): [string, unknown][] =>
    Object.entries(value as object)
      .map(([name, inner]) => [name, of[name] === undefined ? inner : renamed(of[name], inner, names)])
  switch (domain.kind) {
    case 'scalarset': return names[groupOf(domain)]?.[value as number] ?? value
    case 'optional': return value === null ? null : renamed(domain.of, value, names)
    case 'struct': return Object.fromEntries(fields(domain.fields))
    case 'variant': return Object.fromEntries(fields(domain.cases[(value as Record<string, string>)[domain.tag]!]!))
    case 'list': return (value as unknown[]).map(one => renamed(domain.of, one, names))
    case 'table': {
      const key = domain.key.kind === 'scalarset' ? names[groupOf(domain.key)] : undefined, rows: unknown[] = []
      ;(value as unknown[]).forEach((row, i) => { rows[key?.[i] ?? i] = renamed(domain.of, row, names) })
      return rows
    }
    default: return value
  }
}
const orders = (size: number): number[][] =>
  size === 0 ? [[]] : orders(size - 1)
    .flatMap(order => Array.from({ length: size }, (_, i) => [...order.slice(0, i), size - 1, ...order.slice(i)]))

const setsOf = (a: number, b: number, moves: boolean): Scalarset[] =>
  [scalarset('a', a), scalarset('b', b), scalarset('c', 2), ...moves ? [scalarset('d', a, 'a')] : []]
function domains(sets: readonly Scalarset[]): fc.Arbitrary<Domain> {
  const set = fc.constantFrom(...sets)
  const fields = (of: fc.Arbitrary<Domain>, least: number) =>
    fc.array(of, { minLength: least, maxLength: 3 }).map(all => Object.fromEntries(all.map((one, i) => [`f${i}`, one])))
  const { of } = fc.letrec<{ of: Domain; leaf: Domain }>(tie => ({
    leaf: fc.oneof(fc.constant(bool), fc.nat(3).map(high => range(0, high)), set, set.map(optional),
      fc.constant(oneOf('x', 'y', 'z'))),
    of: fc.oneof({ depthSize: 'small', maxDepth: 3 }, tie('leaf'), fields(tie('of'), 1).map(struct),
      fc.tuple(set, tie('of')).map(([key, of]) => table([key], of)),
      tie('of').map(optional), fc.tuple(tie('of'), fc.integer({ min: 1, max: 3 })).map(([of, most]) => list(of, most)),
      fc.tuple(fields(tie('of'), 0), fields(tie('of'), 0), fields(tie('of'), 1))
        .map(([p, q, r]) => variant('kind', { p, q, r }))),
  }))
  return fc.tuple(of, of, of).map(([x, y, z]) => struct({ x, y, z }))
}
function valueOf(domain: Domain): fc.Arbitrary<unknown> {
  const fields = (of: Readonly<Record<string, Domain>>) =>
    fc.record(Object.fromEntries(Object.entries(of).map(([name, one]) => [name, valueOf(one)])))
  switch (domain.kind) {
    case 'bool': return fc.boolean()
    case 'range': return fc.integer({ min: domain.low, max: domain.high })
    case 'oneOf': return fc.constantFrom(...domain.values)
    case 'scalarset': return fc.nat(domain.size - 1)
    case 'optional': return fc.option(valueOf(domain.of), { freq: 3 })
    case 'struct': return fields(domain.fields)
    case 'table': {
      const size = domain.key.kind === 'scalarset' ? domain.key.size : domain.key.high + 1
      return fc.array(valueOf(domain.of), { minLength: size, maxLength: size })
    }
    case 'list': return fc.array(valueOf(domain.of), { maxLength: domain.max })
    case 'variant':
      return fc.oneof(...Object.entries(domain.cases)
        .map(([name, of]) => fields(of).map(rest => ({ [domain.tag]: name, ...rest }))))
  }
}
const cases = fc.tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 3 }), fc.boolean())
  .chain(([a, b, moves]) => domains(setsOf(a, b, moves)))
  .filter(domain => { const shape = layoutOf(domain); return shape.bits < 2000 && groupsOf(shape).length > 0 })
  .chain(domain => fc.tuple(fc.constant(domain), fc.array(valueOf(domain), { minLength: 3, maxLength: 3 }), fc.nat()))

/** The state under all names, in a fixed order; of many, some. */
function namingsOf(domain: Domain, from: number): { readonly all: readonly Naming[]; readonly whole: boolean } {
  const all = groupsOf(layoutOf(domain))
    .reduce<Naming[]>((done, { name, size }) =>
      done.flatMap(one => orders(size).map(own => ({ ...one, [name]: own }))), [{}])
  return all.length <= 48 ? { all, whole: true }
    : { all: Array.from({ length: 48 }, (_, i) => all[(from + i * 101) % all.length]!), whole: false }
}

describe('the form of a state', () => {
  const counts = { forms: 0, orbits: 0, within: 0 }
  test('is the same under all names, and is the state under some of them', () => {
    fc.assert(fc.property(cases, ([domain, values, from]) => {
      const shape = layoutOf(domain), groups = groupsOf(shape)
      const symmetry = symmetryOf(shape, groups, 'a state')
      const limits = { fanout: 2, roots: 1, threads: 1, maxMemory: 64 << 20, maxStates: 10 }
      const store = new StateStore({ symmetry, keys: keysOf(shape), ...limits })
      const { plan: { words, spare } } = store, at = store.local + spare >>> 2
      const renamer = new Renamer(shape, words, new Set(groups.map(({ name }) => name)))
      const packed = (value: unknown): Uint32Array => {
        const into = new Uint32Array(words)
        packing(domain).pack(value, into, 0)
        return into
      }
      const form = (of: Uint32Array): string => {
        store.words32.set(of, at)
        store.kernel.canon!(at << 2)
        return store.words32.slice(at, at + words).join()
      }
      if (symmetry.rows.some(({ tests }) => tests.length > 0)) counts.within++
      for (const value of values) {
        const own = packed(value), orbit = new Set<string>()
        const { all, whole } = namingsOf(domain, from)
        for (const names of all) {
          const other = packed(renamed(domain, value, names))
          const { words: mine, to } = renamer.rename(own, new Map(Object.entries(names)))
          expect(mine).toEqual(other)
          expect(new Set(to).size).toBe(to.length)
          expect(form(other)).toBe(form(own))
          orbit.add(other.join())
          counts.forms++
        }
        if (!whole) continue
        expect([...orbit]).toContain(form(own))
        counts.orbits++
      }
      store.free()
    }), { numRuns: 120, seed: 2026 })
    expect(counts.forms).toBeGreaterThan(3000)
    expect(counts.orbits).toBeGreaterThan(100)
    expect(counts.within).toBeGreaterThan(30)
  })
  test('leaves the bits of other cases alone', async () => {
    const dev = scalarset('dev', 2)
    const domain = struct({
      unit: variant('type', { p: { a: table([dev], bool) }, q: { k: bool, t: table([dev], bool) } }), bad: bool,
    })
    type S = { unit: { type: 'p'; a: boolean[] } | { type: 'q'; k: boolean; t: boolean[] }; bad: boolean }
    const harm = actionsOf<S, Observation>()('harm',
      { agent: 'a', when: s => s.unit.type === 'q' && s.unit.k, then: d => { d.bad = true } })
    const fine = propertiesOf<S, Record<never, never>, Observation>().always('fine', { claim: '' },
      ({ state }) => !state.bad || { because: 'bad' })
    const m = machine<S>({ name: 'm', domain, initial: { unit: { type: 'q', k: true, t: [false, false] }, bad: false },
      actions: [harm], properties: [fine] })
    for (const backend of ['walk', 'javascript', 'wasm'] as const)
      expect((await exploreExhaustively(m, { symmetry: ['dev'], backend })).results[0])
        .toMatchObject({ outcome: 'violated', violation: { ops: [{ action: 'harm' }] } })
  })
})

describe('namings', () => {
  type S = { at: number | null; bad: boolean; readonly others: Readonly<Record<string, boolean[]>> }
  const fine = propertiesOf<S, None, Observation>().always('fine', { claim: '' },
    ({ state }) => !state.bad || { because: 'bad' })
  /** Of the ids of one group one does harm; the ids of the others can be set. */
  function beside(sizes: readonly number[], which: number, knows: number): Machine<S, None> {
    const sets = sizes.map((size, i) => scalarset(`g${i}`, size))
    const own = sets[which]!, others = sets.filter(set => set !== own)
    const act = actionsOf<S, Observation>()
    return machine<S, None>({
      name: 'm', properties: [fine],
      domain: struct({ at: optional(own), bad: bool,
        others: struct(Object.fromEntries(others.map(set => [set.name, table([set], bool)]))) }),
      initial: { at: null, bad: false,
        others: Object.fromEntries(others.map(({ name, size }) => [name, Array<boolean>(size).fill(false)])) },
      actions: [
        act('enter', { agent: 'a', params: { id: own }, when: s => s.at === null, then: (d, p) => { d.at = p.id } }),
        act('leave', { agent: 'a', when: s => s.at !== null, then: d => { d.at = null } }),
        act('harm', { agent: 'a', when: s => s.at === knows, then: d => { d.bad = true } }),
        ...others.map(set => act(`set ${set.name}`, { agent: 'a', params: { id: set },
          when: (s, p) => !s.others[set.name]![p.id]!, then: (d, p) => { d.others[set.name]![p.id] = true } })),
      ] as never,
    })
  }
  const shapes = [[2, 2], [2, 3, 3], [3, 2, 4], [2, 6], [5, 2, 2], [8]]
  test.each(shapes.map(sizes => [sizes] as const))('each id of each group: %j', async sizes => {
    for (const which of sizes.keys())
      for (let id = 0; id < sizes[which]!; id++) {
        const { results, engine } = await exploreExhaustively(beside(sizes, which, id), { symmetry: true })
        expect({ which, id, outcome: results[0]!.outcome, refused: engine!.refused.map(({ scalarset: name }) => name) })
          .toEqual({ which, id, outcome: 'violated', refused: [`g${which}`] })
      }
  })
  test('are as many as a state can show', async () => {
    const search = new Search(beside([8, 8], 0, 9), { symmetry: true }, [])
    expect(await search.run(new Pace({}), { whole: true })).toBeNull()
    // In a step one id takes part, or none, or one beside another: 8 or 56 of the 40,320 orders of 8 ids differ in it.
    expect(search.learner.symmetric!.asked).toBeGreaterThan(7)
    expect(search.learner.symmetric!.asked).toBeLessThan(1000)
    await search.end()
  })

  type R = { readonly row: number[]; n: number; readonly flags: boolean[] }
  const reads = actionsOf<R, Observation>()
  const told = propertiesOf<R, None, Observation>().always('true', { claim: '' }, () => true)
  /** All ids differ, and a step looks at all of them. */
  function unlike(size: number, looked: () => void = () => {}): Machine<R, None> {
    const id = scalarset('id', size)
    return machine<R, None>({
      name: 'm', domain: struct({ row: table([id], range(0, size)), n: range(0, 3), flags: table([id], bool) }),
      properties: [told],
      initial: { row: Array.from({ length: size }, (_, i) => i), n: 0, flags: Array<boolean>(size).fill(false) },
      actions: [
        reads('mark', { agent: 'a', params: { id }, when: (s, p) => !s.flags[p.id]!,
          then: (d, p) => { d.flags[p.id] = true } }),
        reads('tick', { agent: 'a', when: s => s.n < 3,
          then: d => { looked(); d.n += d.row.filter(one => one > 0).length > 1 ? 1 : 0 } }),
      ] as never,
    })
  }
  test('of which there are too many leave a group out, with the reason', async () => {
    const because = "tick of machine 'm' uses so many ids at once that 40,320 namings of them would have to be "
      + "tested, and 5,040 are at most; scalarset 'id' has the most of them"
    const { engine, states } = await exploreExhaustively(unlike(8), { symmetry: true })
    expect(engine).toMatchObject({ symmetry: [], refused: [{ scalarset: 'id', because }] })
    expect(states).toBe((await exploreExhaustively(unlike(8))).states)
    await expect(exploreExhaustively(unlike(8), { symmetry: ['id'] })).rejects.toThrow(because)
  })
  test('that each state would have to be brought to leave a group out too', async () => {
    const [six, seven, eight] = [scalarset('six', 6), scalarset('seven', 7), scalarset('eight', 8)]
    const domain = struct({ six: table([six, six], bool), seven: table([seven, seven], bool),
      eight: table([eight], bool) })
    const m = machine({
      name: 'm', domain, initial: { six: Array(6).fill(Array(6).fill(false)),
        seven: Array(7).fill(Array(7).fill(false)), eight: Array(8).fill(false) }, actions: [],
    })
    const { engine } = await exploreExhaustively(m, { symmetry: true })
    expect(engine).toMatchObject({ symmetry: [{ scalarset: 'six' },
      { scalarset: 'eight' }], refused: [{ scalarset: 'seven', because:
      "a state of machine 'm' would have to be brought to 3,628,800 orders of ids each, and 5,040 are at most; "
        + "scalarset 'seven' has the most ids" }] })
  })
  test('under which a state is kept are not its own: what fails there only tells them apart, what fails everywhere is '
    + 'a mistake', async () => {
    interface Rows { rows: boolean[]; at: number | null }
    const id = scalarset('id', 2), action = actionsOf<Rows, Observation>()
    const of = (fails: (s: Rows) => boolean) => machine<Rows>({ name: 'm',
      domain: struct({ rows: table([id], bool), at: optional(id) }), initial: { rows: [true, false], at: null },
      actions: [action('go', { agent: 'a', when: s => s.at === null, then: d => {
        if (fails(d)) throw new Error('no such row')
        d.at = d.rows.indexOf(true)
      } })] })
    for (const row of [0, 1]) {
      const { states, engine } = await exploreExhaustively(of(s => s.rows[row] === (row === 1)), { symmetry: true })
      expect([states, engine!.symmetry.length, engine!.refused.map(({ scalarset: name }) => name)])
        .toEqual([2, 0, ['id']])
    }
    const error = await exploreExhaustively(of(() => true), { symmetry: true }).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ message: "recipe of go in machine 'm' threw: no such row",
      trace: [{ action: 'go', args: {} }] })
  })
  test('of a group that is too large are none, and that is said', async () => {
    const id = scalarset('id', 9), action = actionsOf<{ at: number | null }, Observation>()
    const wide = machine<{ at: number | null }>({ name: 'wide', domain: struct({ at: optional(id) }),
      initial: { at: null },
      actions: [action('enter',
        { agent: 'a', params: { c: id }, when: s => s.at === null, then: (d, { c }) => { d.at = c } })] as never })
    const { states, engine } = await exploreExhaustively(wide, { symmetry: true })
    expect({ states, refused: engine!.refused })
      .toEqual({ states: 10, refused: [{ scalarset: 'id', because: 'it has 9 ids, and at most 8 are renamed' }] })
  })
  test('a step that fails under a name that is never reached', async () => {
    const id = scalarset('id', 3)
    const look = actionsOf<{ o: number }, Observation>()('look',
      { agent: 'a', when: s => { if (s.o === 2) throw new Error('it is'); return false }, then: () => {} })
    const { engine } = await exploreExhaustively(machine<{ o: number }>({ name: 'm', domain: struct({ o: id }),
      initial: { o: 0 }, actions: [look] }), { symmetry: true })
    expect(engine!.refused).toMatchObject([{ scalarset: 'id' }])
  })

  test('end where the search is stopped, which goes on from the last state that was whole', async () => {
    const whole = await exploreExhaustively(unlike(7), { symmetry: true })
    expect(whole.engine!.symmetry).toMatchObject([{ scalarset: 'id' }])
    const stop = new AbortController()
    let left = 50, kept: Snapshot | null = null
    const save = (snapshot: Snapshot): void => {
      kept = { facts: snapshot.facts, parts: snapshot.parts.map(part => part.slice()) }
    }
    const m = unlike(7, () => { if (--left === 0) stop.abort() })
    const search = new Search(m, { symmetry: true, checkpoints: { resume: null, save } }, [])
    expect(await search.run(new Pace({ signal: stop.signal }))).toBe('interrupted')
    // Of one state there are 5,040.
    expect(search.learner.symmetric!.asked).toBeLessThan(100)
    search.keep()
    await search.end()
    const { facts, parts } = kept! as Snapshot
    const { engine: _, seconds: __, ...resumed } = await exploreExhaustively(unlike(7),
      {
        symmetry: true, checkpoints: { resume: { facts, read: (part, into) => { into.set(parts[part]!) } },
          save: null },
      })
    const { engine: ___, seconds: ____, ...all } = whole
    expect(resumed).toEqual(all)
  })
})
