/** Steps that need not be stored: which they are, and that one too many loses states. */
import { afterEach, expect, test, vi } from 'vitest'
import { Independence } from '../../src/explore/independence.ts'
import { actionsOf, bool, exploreExhaustively, machine, range, struct } from '../../src/index.ts'
import type { Machine, Observation, Value } from '../../src/index.ts'
import type { ReadLog } from '../../src/model/run.ts'
import type { Effect } from '../../src/model/effect.ts'

afterEach(() => { vi.restoreAllMocks() })

interface Foot { readonly reads?: number; readonly writes?: number; readonly takes?: number }
/** A step over one word: bits that it reads, sets, and copies to where it writes. */
const stepOf = ({ reads = 0, writes = 0, takes = 0 }: Foot): [ReadLog, Effect] => {
  const at = Array.from({ length: 32 }, (_, bit) => bit).filter(bit => (reads >>> bit & 1) !== 0)
  const moves = takes === 0 ? [] : [{ from: Math.log2(takes), to: 31 - Math.clz32(writes), bits: 1 }]
  const log = { at, bits: at.map(() => 1), raw: at.map(() => 0) }
  return [log, { keep: Uint32Array.of(~writes), set: Uint32Array.of(0), moves }]
}
/** Whether `a` is superfluous after `b`, which is told first or last. */
function isSuperfluous(a: Foot & { instance: number }, b: Foot & { instance: number }, isLabelFirst = true): boolean {
  const rows = new Uint32Array(32 * 4), of = new Independence(1, rows)
  const labelled = (): void => { of.learn(2, null, b.instance, ...stepOf(b)) }
  if (isLabelFirst) labelled()
  of.learn(3, 5, a.instance, ...stepOf(a))
  if (!isLabelFirst) labelled()
  const [bit, ...others] = [...rows].flatMap((word, i) => word === 0 ? [] : [{ i, word }])
  expect(others).toEqual([])
  if (bit !== undefined) expect(bit).toEqual({ i: 32 * 2, word: 1 << 5 })
  return bit !== undefined
}

test.each([true, false])('a step before another that shares nothing with it is superfluous after that (label told '
  + 'first: %s)', first => {
  const a = { instance: 1, reads: 1, writes: 2 }, b = { instance: 2, reads: 4, writes: 8 }
  expect(isSuperfluous(a, b, first)).toBe(true)
  expect(isSuperfluous({ ...a, instance: 3 }, b, first)).toBe(false)
  expect(isSuperfluous({ ...a, instance: 2 }, b, first)).toBe(false)
  expect(isSuperfluous({ ...a, reads: 8 }, b, first)).toBe(false)
  expect(isSuperfluous({ ...a, writes: 4 }, b, first)).toBe(false)
  expect(isSuperfluous({ ...a, writes: 8 }, b, first)).toBe(false)
  expect(isSuperfluous({ ...a, takes: 8 }, b, first)).toBe(false)
  expect(isSuperfluous(a, { ...b, takes: 2 }, first)).toBe(false)
  // Both may read the same.
  expect(isSuperfluous({ ...a, reads: 4 }, b, first)).toBe(true)
})
test('what is learnt later of either takes it back; of a label of another search nothing is known', () => {
  const a: Foot = { reads: 1, writes: 2 }, b: Foot = { reads: 4, writes: 8 }
  for (const [label, leaf] of [[{ ...b, reads: 2 }, a], [b, { ...a, reads: 8 }]] as const) {
    const rows = new Uint32Array(32 * 2), of = new Independence(1, rows)
    of.learn(1, null, 2, ...stepOf(b))
    of.learn(0, 0, 1, ...stepOf(a))
    expect(rows[32]).toBe(1)
    of.learn(1, null, 2, ...stepOf(label))
    of.learn(0, 0, 1, ...stepOf(leaf))
    expect(rows[32]).toBe(0)
  }
  const rows = new Uint32Array(32 * 2), of = new Independence(1, rows)
  of.restore(1, 2)
  of.learn(0, 0, 1, ...stepOf(a))
  expect(rows[32]).toBe(0)
})

/** Three counters on their own; then pairs of which one hinders, frees, or undoes the other. */
const domain = struct({ a: range(0, 9), b: range(0, 9), c: range(0, 9), hinders: bool, hindered: bool, frees: bool,
  freed: bool, last: range(0, 2), marked: bool })
type State = Value<typeof domain>
type None = Record<never, never>
const action = actionsOf<State, Observation>()
const count = (name: 'a' | 'b' | 'c') => action(name, { agent: 'a', when: s => s[name] < 9, then: d => { d[name]++ } })
const pairs: Machine<State, None> = machine<State, None>({
  name: 'pairs', domain,
  initial: { a: 0, b: 0, c: 0, hinders: false, hindered: false, frees: false, freed: false, last: 0, marked: false },
  actions: [
    count('a'), count('b'), count('c'),
    action('hinder', { agent: 'a', when: () => true, then: d => { d.hinders = true } }),
    action('hindered', { agent: 'a', when: s => !s.hinders, then: d => { d.hindered = true } }),
    action('freed', { agent: 'a', when: s => s.frees, then: d => { d.freed = true } }),
    action('free', { agent: 'a', when: () => true, then: d => { d.frees = true } }),
    action('set', { agent: 'a', when: () => true, then: d => { d.last = 1 } }),
    action('set and mark', { agent: 'a', when: () => true, then: d => { d.last = 2; d.marked = true } }),
  ],
  properties: [],
})
const counts = async (): Promise<string> => {
  const { states, transitions, depth, coverage } = await exploreExhaustively(pairs, { backend: 'wasm' })
  return JSON.stringify({ states, transitions, depth, coverage })
}
interface Print { readonly instance: number; readonly reads: readonly number[]; readonly writes: readonly number[] }
const rule = (is: (a: Print, b: Print) => boolean) => {
  vi.spyOn(Independence.prototype as unknown as { isSuperfluous(a: Print, b: Print): boolean }, 'isSuperfluous')
    .mockImplementation(is)
}
const meets = (one: readonly number[], other: readonly number[]): boolean =>
  one.some((bits, w) => (bits & other[w]!) !== 0)

test('what is left out is left out of the work alone: the counts are those of a search that stores all', async () => {
  const all = JSON.stringify(await (async () => {
    const { states, transitions, depth, coverage } = await exploreExhaustively(pairs, { backend: 'javascript' })
    return { states, transitions, depth, coverage }
  })())
  expect(await counts()).toBe(all)
  rule(() => false)
  expect(await counts()).toBe(all)
})
test.each<[string, (a: Print, b: Print) => boolean]>([
  ['no heed of the order',
    (a, b) => a.instance !== b.instance && !meets(a.writes, b.writes) && !meets(a.writes, b.reads)
      && !meets(a.reads, b.writes)],
  ['no heed of what the later reads',
    (a, b) => a.instance < b.instance && !meets(a.writes, b.writes) && !meets(a.reads, b.writes)],
  ['no heed of what the former reads',
    (a, b) => a.instance < b.instance && !meets(a.writes, b.writes) && !meets(a.writes, b.reads)],
  ['no heed of what both write',
    (a, b) => a.instance < b.instance && !meets(a.writes, b.reads) && !meets(a.reads, b.writes)],
])('a rule with %s loses states', async (_, is) => {
  const right = await counts()
  rule(is)
  const { states } = JSON.parse(await counts()) as { states: number }
  expect(states).toBeLessThan((JSON.parse(right) as { states: number }).states)
})

test('labels and leaves past those of which it is told are stored', async () => {
  // The rounds after the first take what was learnt in it, by code.
  const most = 5000, rounds = 2
  interface Talk { x: number; y: number; z: number; round: number }
  const told = actionsOf<Talk, { readonly what: 'counted'; readonly x: number }>()
  const of = machine<Talk, None, { readonly what: 'counted'; readonly x: number }>({
    name: 'talkative', domain: struct({ x: range(0, most), y: range(0, 2), z: range(0, 2), round: range(1, rounds) }),
    initial: { x: 0, y: 0, z: 0, round: 1 },
    actions: [
      told('y', { agent: 'a', when: s => s.y < 2, then: d => { d.y++ } }),
      told('count', { agent: 'a', when: s => s.x < most,
        then: (d, _, { observe }) => { observe({ what: 'counted', x: d.x }); d.x++ } }),
      told('z', { agent: 'a', when: s => s.z < 2, then: d => { d.z++ } }),
      told('begin anew', { agent: 'a', when: s => s.x === most && s.round < rounds,
        then: d => { d.x = 0; d.y = 0; d.z = 0; d.round++ } }),
    ],
    properties: [],
  })
  for (const options of [{}, { workers: 2, firstShared: 1 }])
    expect(await exploreExhaustively(of, options)).toMatchObject({ complete: true, states: rounds * (most + 1) * 9 })
})
