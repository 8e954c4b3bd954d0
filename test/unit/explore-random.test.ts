/** The random search: seeded, shrunk, honest about what it did; and the shrinker of ops. */
import { expect, test } from 'vitest'
import { onCountedClock } from '../clock.ts'
import {
  actionsOf, exploreExhaustively, exploreRandomly, machine, ModelError, propertiesOf, range, showOp, shrinkOps, struct,
} from '../../src/index.ts'
import type { Property, Value } from '../../src/index.ts'
import { judgeOps } from '../../src/explore/shrink.ts'
import { peterson } from '../models/peterson.ts'
import { reference, referenceProtocol } from '../models/reference.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'

const lazy = referenceProtocol({ ...reference.s.sizes, strict: false })

test('same seed, same result; another seed, another', async () => {
  const report = async (seed: number) => ({ ...await exploreRandomly(lazy, { seed, runs: 60 }), seconds: 0 })
  expect(await report(5)).toEqual(await report(5))
  expect((await report(5)).coverage).not.toEqual((await report(6)).coverage)
})

test('a broken model is found, shrunk and goes on for the other properties', async () => {
  const { results, random, stopped } = await exploreRandomly(lazy, { seed: 1 })
  expect(stopped).toBeNull()
  expect(results.map(r => [r.property, r.outcome])).toEqual([
    ['own pages only', 'violated'], ['no merged edge', 'passed'], ['right handler', 'violated'],
    ['write lands', 'reached'], ['interrupt handled', 'reached'],
  ])
  expect(results[0]!.violation!.ops.map(showOp)).toHaveLength(7)
  expect(results[0]!.violation).toMatchObject({ shortest: false, witness: { what: 'landed', device: 0, page: 0 } })
  expect(random).toMatchObject({ seed: 1, runs: 1000 })
})

test('a shrunk trace violates its own property by its last op, and no op of it can go', async () => {
  const { results } = await exploreRandomly(lazy, { seed: 2 })
  for (const { violation } of results) {
    if (violation === null) continue
    const judged = judgeOps(lazy, violation.property)
    expect(judged(violation.ops)).toMatchObject({ ops: violation.ops, verdict: { because: violation.because } })
    expect(judged(violation.ops.slice(0, -1))).toBeNull()
    for (let i = 0; i < violation.ops.length; i++) expect(judged(violation.ops.toSpliced(i, 1))).toBeNull()
  }
  expect(results.filter(r => r.violation !== null)).toHaveLength(2)
})

test('states are counted once, steps and refusals each', async () => {
  const { states, transitions, random, coverage, complete, depth } = await exploreRandomly(peterson(),
    { seed: 3, runs: 300, length: 40 })
  const all = await exploreExhaustively(peterson())
  expect(states).toBe(all.states)
  expect(random!.distinctStates).toBe(states)
  expect(random!.ops).toBe(transitions + random!.refused)
  expect(random!.refused).toBeGreaterThan(0)
  expect(random!.meanLength).toBeCloseTo(random!.ops / 300)
  expect(depth).toBeLessThanOrEqual(40)
  expect(Object.values(coverage.actions).reduce((sum, { fired }) => sum + fired, 0)).toBe(transitions)
  expect(complete).toBe(false)
})

test('a run that was mostly refused has shown nothing', async () => {
  const blind = await exploreRandomly(peterson(), { seed: 1, runs: 50, blind: 1 })
  expect(blind.stopped).toBe('refused')
  expect(blind.results.map(r => r.outcome)).toEqual(['incomplete', 'incomplete', 'reached', 'unchecked'])
  expect(await exploreRandomly(peterson(), { seed: 1, runs: 50, blind: 1, refusedLimit: 1 }))
    .toMatchObject({ stopped: null })
  expect(await exploreRandomly(peterson(), { seed: 1, runs: 50, blind: 0 })).toMatchObject({ random: { refused: 0 } })
})

test('time and interruption end it as incomplete', async () => {
  const timed = await exploreRandomly(peterson(), { seed: 1, maxSeconds: 0 })
  expect(timed).toMatchObject({ stopped: 'time', random: { runs: 0 } })
  expect(timed.results.map(r => r.outcome)).toEqual(['incomplete', 'incomplete', 'incomplete', 'unchecked'])
  const stop = new AbortController()
  const cut = await onCountedClock(1,
    () => exploreRandomly(twoPhaseCommit(3),
      { seed: 1, runs: 1e6, signal: stop.signal, onProgress: () => { stop.abort() } }))
  expect(cut.stopped).toBe('interrupted')
  expect(cut.random!.runs).toBeGreaterThan(0)
})

const domain = struct({ a: range(0, 9), b: range(0, 9) })
type State = Value<typeof domain>
interface Seen { readonly what: 'added' }
type Ledger = Record<never, never>
const action = actionsOf<State, Seen>()
const { always, sometimes, step } = propertiesOf<State, Ledger, Seen>()
const toy = (properties: readonly Property<State, Ledger, Seen>[], top = 9) => machine<State, Ledger, Seen>({
  name: 'toy', domain, initial: { a: 0, b: 0 }, properties,
  actions: [
    action('add', { agent: 'cpu', params: { n: range(1, 3) }, when: s => s.a < top,
      then: (d, { n }) => { d.a = Math.min(top, d.a + n) } }),
    action('count', { agent: 'cpu', when: s => s.b < 9, then: d => { d.b++ } }),
  ],
})
const add = (n: number) => ({ action: 'add', args: { n } })
const count = { action: 'count', args: {} }

test('shrinking deletes ops, drops refused and foreign ones, and lowers arguments', () => {
  const model = toy([always('a below 3', { claim: '' }, ({ state }) => state.a < 3 || { because: `a is ${state.a}` })])
  expect(shrinkOps(model, 'a below 3',
    [count, { action: 'gone', args: {} }, add(9), add(2), count, add(2), add(1), count]))
    .toEqual([add(1), add(2)])
  expect(shrinkOps(model, 'a below 3', [add(3), add(3)])).toEqual([add(3)])
})

test('ops that differ in what a struct holds are two', () => {
  const put = action('put',
    { agent: 'cpu', params: { v: struct({ n: range(0, 1) }) }, when: () => true, then: (d, { v }) => { d.a = v.n } })
  const model = machine<State, Ledger, Seen>({ name: 'toy', domain, initial: { a: 0, b: 0 }, actions: [put],
    properties: [always('a is 0', { claim: '' }, ({ state }) => state.a === 0 || { because: 'put' })] })
  expect(model.instances.map(({ op }) => showOp(op))).toEqual(['put(v={"n":0})', 'put(v={"n":1})'])
  expect(shrinkOps(model, 'a is 0', model.instances.map(({ op }) => op))).toEqual([model.instances[1]!.op])
})

test('shrinking keeps to its property: another one violated on the way does not end it', () => {
  const model = toy([
    always('b is 0', { claim: '' }, ({ state }) => state.b === 0 || { because: 'counted' }),
    always('not both', { claim: '' }, ({ state }) => state.a === 0 || state.b < 2 || { because: 'both' }),
  ])
  expect(shrinkOps(model, 'not both', [count, add(3), count, count])).toEqual([count, add(1), count])
})

test('what does not violate is not shrunk', () => {
  const model = toy([always('fine', { claim: '' }, () => true),
    always('never', { claim: '' }, () => ({ because: 'no' }))])
  expect(() => shrinkOps(model, 'fine', [count])).toThrow("these ops do not violate 'fine' of machine 'toy'")
  expect(() => shrinkOps(model, 'fin', [count])).toThrow("machine 'toy' has no property 'fin'")
  expect(shrinkOps(model, 'never', [count])).toEqual([])
})

test('a violation of the initial state is reported with an empty trace', async () => {
  const { results, random } = await exploreRandomly(toy([always('never', { claim: '' }, () => ({ because: 'no' }))]),
    { seed: 1 })
  expect(results[0]).toMatchObject({ outcome: 'violated', violation: { ops: [], because: 'no' } })
  expect(random!.runs).toBe(0)
})

test('an unreached witness is said to be so', async () => {
  const { results } = await exploreRandomly(toy([sometimes('ten', { claim: '' }, ({ state }) => state.a > 9)]),
    { seed: 1, runs: 20 })
  expect(results[0]).toMatchObject({ outcome: 'unreached', reachedBy: null })
})

test('a claim that nothing came to be judged by is said to be so', async () => {
  const { results } = await exploreRandomly(toy([step('never', { claim: '', on: 'added' }, () => ({ because: '' }))]),
    { seed: 1, runs: 20 })
  expect(results[0]).toMatchObject({ outcome: 'passed', vacuous: true })
  expect((await exploreRandomly(lazy, { seed: 1, runs: 60 })).results.filter(({ vacuous }) => vacuous)).toEqual([])
})

test('a mistake of the machine ends the run, with the way to it', async () => {
  const error = await exploreRandomly(toy([], 10), { seed: 1 }).catch((e: unknown) => e) as ModelError
  expect(error).toBeInstanceOf(ModelError)
  expect(error.message).toMatch(/^add\(n=\d\) in machine 'toy' leaves the domain: world.state.a: 10 is outside 0\.\.9$/)
  expect(error.trace!.at(-1)!.action).toBe('add')
  const writing = machine<State, Ledger, Seen>({ name: 'writing', domain, initial: { a: 0, b: 0 },
    actions: [action('sly', { agent: 'cpu', when: s => { s.b = 1; return true }, then: () => {} })] })
  await expect(exploreRandomly(writing, { seed: 1 }))
    .rejects.toThrow("guard of sly in machine 'writing' changes the state")
})
