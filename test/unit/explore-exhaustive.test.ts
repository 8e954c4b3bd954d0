/** The exhaustive search: exact, complete, limited when told, and clear about a machine's mistakes. */
import { expect, test } from 'vitest'
import { onCountedClock } from '../clock.ts'
import {
  actionsOf, exploreExhaustively, machine, ModelError, propertiesOf, range, showOp, step, struct,
} from '../../src/index.ts'
import type { Machine, Observation, Property, Value } from '../../src/index.ts'
import { PackedStates } from '../../src/explore/states.ts'
import { peterson } from '../models/peterson.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'

const domain = struct({ x: range(0, 9), y: range(0, 9) })
type State = Value<typeof domain>
interface Seen { readonly what: 'moved' | 'rested'; readonly to: number }
type Ledger = Record<never, never>
const action = actionsOf<State, Seen>()
const { always, step: onStep, sometimes, eventually, leadsTo } = propertiesOf<State, Ledger, Seen>()

const right = action('right', { agent: 'a', params: { by: range(1, 2) }, when: (s, { by }) => s.x + by <= 9,
  then: (d, { by }, emit) => { d.x += by; emit.clause(`GRID:${by}`); emit.observe({ what: 'moved', to: d.x }) } })
const up = action('up', { agent: 'b', when: s => s.y < 9, then: d => { d.y++ } })
const never = action('never', { agent: 'b', when: () => false, then: () => {} })
const grid = (properties: readonly Property<State, Ledger, Seen>[] = [], actions = [right, up, never]) =>
  machine<State, Ledger, Seen>({ name: 'grid', domain, initial: { x: 0, y: 0 }, actions, properties })

/** A peer without packing, typed arrays or shortcuts. */
function naive(model: Machine<State, Ledger, Seen>): { states: number; transitions: number; depth: number } {
  const depths = new Map([[JSON.stringify(model.initialWorld), 0]])
  const queue = [model.initialWorld]
  let transitions = 0
  for (const world of queue)
    for (const { op } of model.instances) {
      const next = step(model, world, op)
      if (next.refused) continue
      transitions++
      const key = JSON.stringify(next.world)
      if (depths.has(key)) continue
      depths.set(key, depths.get(JSON.stringify(world))! + 1)
      queue.push(next.world)
    }
  return { states: depths.size, transitions, depth: Math.max(...depths.values()) }
}

test('counts are those of a naive search', async () => {
  expect(await exploreExhaustively(grid())).toMatchObject({ complete: true, stopped: null, ...naive(grid()) })
  expect(naive(grid())).toMatchObject({ states: 100, depth: 14 })
})

test('coverage: what fired, what led to new states, what never did; clauses', async () => {
  const { coverage, transitions } = await exploreExhaustively(grid())
  expect(coverage.actions['never']).toEqual({ fired: 0 })
  expect(coverage.actions['right']).toEqual({ fired: 170 })
  expect(coverage.actions['up']).toEqual({ fired: 90 })
  expect(coverage.clauses).toEqual({ 'GRID:1': 90, 'GRID:2': 80 })
  expect(transitions).toBe(260)
})

test('an action that only a mistake lets happen is named where it fired', async () => {
  const rare = { ...never, name: 'rare', ofMistakes: true }
  const { coverage } = await exploreExhaustively(grid([], [{ ...up, ofMistakes: true }, right, never, rare]))
  expect(coverage.actions).toEqual({ up: { fired: 90 }, right: { fired: 170 }, never: { fired: 0 } })
})

test('every property gets its verdict in one run, with the shortest trace', async () => {
  const { results } = await exploreExhaustively(grid([
    always('low', { claim: '' }, ({ state }) => state.y < 3 || { because: `y is ${state.y}`, witness: { y: state.y } }),
    always('sum', { claim: '' }, ({ state }) => state.x + state.y <= 18 || { because: 'beyond' }),
    onStep('small moves', { claim: '', on: 'moved' }, (seen, _, before) =>
      seen.to - before.state.x === 1 || { because: `by ${seen.to - before.state.x}` }),
    onStep('no rest', { claim: '', on: 'rested' }, () => ({ because: 'rested' })),
    sometimes('corner', { claim: '' }, ({ state }) => state.x === 9 && state.y === 9),
    sometimes('outside', { claim: '' }, ({ state }) => state.x > 9),
    sometimes('move to 4', { claim: '' }, (_, seen) => seen.some(s => s.to === 4)),
    eventually('ends', { claim: '' }, () => false), leadsTo('goes on', { claim: '' }, () => true, () => false),
  ]))
  const told = results.map(r =>
    [r.property, r.outcome, r.violation?.because ?? null,
      (r.violation?.ops ?? r.reachedBy)?.map(showOp).join(' ') ?? null])
  expect(told).toEqual([
    ['low', 'violated', 'y is 3', 'up up up'], ['sum', 'holds', null, null],
    ['small moves', 'violated', 'by 2', 'right(by=2)'], ['no rest', 'holds', null, null],
    ['corner', 'reached', null, expect.stringMatching(/^right(.* ){13}up$/)], ['outside', 'unreached', null, null],
    ['move to 4', 'reached', null, 'right(by=2) right(by=2)'],
    ['ends', 'unchecked', null, null], ['goes on', 'unchecked', null, null],
  ])
  expect(results[0]!.violation).toMatchObject({ shortest: true, witness: { y: 3 } })
})

test('a violation in the initial state has an empty trace', async () => {
  const { results, states } =
    await exploreExhaustively(grid([always('none', { claim: '' }, () => ({ because: 'never true' }))]))
  expect(results[0]!.violation).toMatchObject({ ops: [], because: 'never true' })
  expect(states).toBe(1)
})

test('the search ends when every safety property is violated; what it cannot say is incomplete', async () => {
  const found = await exploreExhaustively(grid([
    always('y is 0', { claim: '' }, ({ state }) => state.y === 0 || { because: 'up' }),
    sometimes('corner', { claim: '' }, ({ state }) => state.x === 9 && state.y === 9),
  ]))
  expect(found).toMatchObject({ complete: false, stopped: null })
  expect(found.results.map(r => r.outcome)).toEqual(['violated', 'incomplete'])
  expect(found.states).toBeLessThan(100)
})

test('a limit of states ends it as incomplete, with what was found', async () => {
  const model = grid([
    always('low', { claim: '' }, ({ state }) => state.y < 2 || { because: 'high' }),
    always('sum', { claim: '' }, () => true),
    sometimes('corner', { claim: '' }, ({ state }) => state.x === 9 && state.y === 9),
  ])
  const cut = await exploreExhaustively(model, { maxStates: 50 })
  expect(cut).toMatchObject({ complete: false, stopped: 'states', states: 50 })
  expect(cut.results.map(r => r.outcome)).toEqual(['violated', 'incomplete', 'incomplete'])
  expect(await exploreExhaustively(model, { maxStates: 100 })).toMatchObject({ complete: true, states: 100 })
})

test('time and interruption end it; progress is told', async () => {
  const large = twoPhaseCommit(6)
  expect(await exploreExhaustively(large, { maxSeconds: 0 }))
    .toMatchObject({ complete: false, stopped: 'time', states: 1 })
  const stop = new AbortController()
  const seen: number[] = []
  const cut = await onCountedClock(1, () => exploreExhaustively(large, {
    signal: stop.signal,
    onProgress: p => { seen.push(p.states, p.transitions, p.depth, p.queue, p.rate); stop.abort() } }))
  expect(cut).toMatchObject({ complete: false, stopped: 'interrupted' })
  expect(seen).toHaveLength(5)
  expect(Math.min(...seen)).toBeGreaterThan(0)
  expect(cut.states).toBeGreaterThanOrEqual(seen[0]!)
})

test('same machine, same report', async () => {
  const report = async () => ({ ...await exploreExhaustively(peterson({ gentle: false })), seconds: 0 })
  expect(await report()).toEqual(await report())
})

const mistake = async (actions: typeof right[], properties: Property<State, Ledger, Seen>[] = []) => {
  const error = await exploreExhaustively(grid(properties, actions)).then(() => null, (e: unknown) => e)
  expect(error).toBeInstanceOf(ModelError)
  const { message, trace } = error as ModelError
  return { message, trace: trace?.map(showOp) }
}
const bad = (when: (s: State) => boolean, then: (d: State) => void) =>
  action('bad', { agent: 'b', when, then }) as typeof right

test('a mistake of the machine is named, and how to get there', async () => {
  expect(await mistake([up as typeof right, bad(s => s.y === 2, d => { d.x = 10 })])).toEqual({
    message: "bad in machine 'grid' leaves the domain: world.state.x: 10 is outside 0..9", trace: ['up', 'up', 'bad'] })
  expect(await mistake([up as typeof right, bad(s => s.y === 1, d => { (d as Record<string, number>)['z'] = 1 })]))
    .toMatchObject({ trace: ['up', 'bad'] })
  expect(await mistake([up as typeof right, bad(s => s.y === 2, () => { throw new Error('boom') })])).toEqual({
    message: "recipe of bad in machine 'grid' threw: boom", trace: ['up', 'up', 'bad'] })
  expect(await mistake([
    up as typeof right, bad(s => { if (s.y === 1) throw new Error('boom'); return false }, () => {})]))
    .toEqual({
      message: "guard of bad in machine 'grid' threw: boom", trace: ['up', 'bad'] })
  expect(await mistake([up as typeof right, bad(s => { if (s.y === 1) s.x = 3; return false }, () => {})])).toEqual({
    message: "guard of bad in machine 'grid' changes the state; a guard only reads", trace: ['up', 'bad'] })
  expect(await mistake([right], [always('odd', { claim: '' },
    ({ state }) => { if (state.x === 2) throw new Error('oops'); return true })])).toEqual({
    message: "property 'odd' threw: oops", trace: ['right(by=2)'] })
  expect(await mistake([right], [always('odd', { claim: '' }, () => undefined as never)])).toMatchObject({ trace: [] })
})

test('the set of states is exact while it grows', () => {
  const set = new PackedStates(2), state = (i: number): Uint32Array => Uint32Array.of(i, 7 * i)
  for (let i = 0; i < 20_000; i++) expect(set.insert(state(i))).toBe(true)
  for (let i = 0; i < 20_000; i += 997) expect(set.insert(state(i))).toBe(false)
  expect(set.insert(Uint32Array.of(1, 8))).toBe(true)
  expect(set.count).toBe(20_001)
})

test('a machine without actions has one state', async () => {
  expect(await exploreExhaustively(
    machine<State, Ledger, Observation>({ name: 'still', domain, initial: { x: 0, y: 0 }, actions: [] })))
    .toMatchObject({ complete: true, states: 1, transitions: 0, depth: 0 })
})
