/** A broken machine takes no longer than it must: what is found is told at once, what is farther away than a violation
 *  is left, and a mistake ends the run with what it has. */
import { describe, expect, test } from 'vitest'
import {
  actionsOf, exploreExhaustively, checkMachine, exploreRandomly, machine, propertiesOf, range, step, struct,
} from '../../src/index.ts'
import type { Exploration, ModelError } from '../../src/index.ts'

interface Grid { x: number; y: number }
type None = Record<never, never>
const side = 40
const action = actionsOf<Grid, never>()
const { always, eventually, leadsTo } = propertiesOf<Grid, None, never>()
/** `stumbles`: where a step fails. */
const grid = (stumbles: (s: Grid) => boolean = () => false) => machine<Grid, None, never>({
  name: 'grid', domain: struct({ x: range(0, side - 1), y: range(0, side - 1) }), initial: { x: 0, y: 0 },
  actions: [
    action('right', {
      agent: 'a', fair: true, when: ({ x }) => x < side - 1,
      then: d => { if (stumbles(d)) throw new Error('stumbled'); d.x++ },
    }),
    action('up', { agent: 'a', fair: true, when: ({ y }) => y < side - 1, then: d => { d.y++ } }),
  ],
  properties: [
    always('near', { claim: '' }, ({ state }) => state.x < 3 || { because: 'far' }),
    always('nearer', { claim: '' }, ({ state }) => state.x + state.y < 3 || { because: 'far' }),
    always('middle', { claim: '' }, ({ state }) => state.x < 20 || { because: 'far' }),
    always('inside', { claim: '' }, ({ state }) => state.y < side || { because: 'outside' }),
    eventually('ends', { claim: '' }, ({ state: { x, y } }) => x === side - 1 && y === side - 1),
    leadsTo('turns back', { claim: '' }, ({ state }) => state.x === 1, ({ state }) => state.x === 0),
  ],
})
const outcomes = ({ results }: Exploration): string[] => results.map(({ outcome }) => outcome)

describe('a search that has seen enough', () => {
  test('ends with the level of the first violation: what fails there is found, the rest is open', async () => {
    for (const search of [exploreExhaustively, checkMachine]) {
      const found = await search(grid(), { enough: { known: [], states: 0 } })
      expect([found.stopped, found.complete, found.states, found.depth]).toEqual(['violation', false, 15, 3])
      expect(outcomes(found).slice(0, 4)).toEqual(['violated', 'violated', 'incomplete', 'incomplete'])
      expect(outcomes(found).slice(4)).not.toContain('holds')
    }
  })
  test('goes on below so many states, and to the end where there are no more', async () => {
    const further = await checkMachine(grid(), { enough: { known: [], states: 300 } })
    expect([further.stopped, further.states, outcomes(further)[2]]).toEqual(['violation', 300, 'violated'])
    const all = await checkMachine(grid(), { enough: { known: [], states: Infinity } })
    expect([all.stopped, all.complete, outcomes(all)])
      .toEqual([null, true, ['violated', 'violated', 'violated', 'holds', 'holds', 'violated']])
  })
  test('is not ended by what is known', async () => {
    const known = ['near', 'nearer', 'middle']
    expect((await checkMachine(grid(), { enough: { known, states: 0 } })).complete).toBe(true)
    const { stopped, states } = await checkMachine(grid(), { enough: { known: known.slice(0, 2), states: 0 } })
    expect([stopped, states]).toEqual(['violation', 253])
  })
  test('ends where each claim about states and steps is violated, though others are open', async () => {
    const broken = grid()
    const only = { ...broken, properties: broken.properties.filter(({ name }) => name !== 'inside') }
    const found = await checkMachine(only, { enough: { known: [], states: Infinity } })
    expect([found.stopped, outcomes(found)])
      .toEqual(['violation', ['violated', 'violated', 'violated', 'incomplete', 'incomplete']])
  })
})

test('each violation is told when it is found', async () => {
  const told: string[] = []
  const { complete } = await checkMachine(grid(),
    { onViolation: ({ property, ops }) => { told.push(`${property} ${ops.length}`) } })
  expect([complete, ...told]).toEqual([true, 'near 3', 'nearer 3', 'middle 20', 'turns back 78'])
  const stop = new AbortController()
  const cut = await checkMachine(grid(), { signal: stop.signal, onViolation: () => { stop.abort() } })
  expect(cut.stopped).toBe('interrupted')
  expect(cut.states).toBeLessThan(200)
  // Who hears of it is no claim: dice, clock and steps are theirs.
  const ids: unknown[] = []
  const heard = await checkMachine(grid(), { onViolation: ({ ops }) => {
    ids.push(step(grid(), grid().initialWorld, ops[0]!).refused, crypto.randomUUID())
  } })
  expect([heard.complete, ids.length]).toEqual([true, 8])
  const random: string[] = []
  await exploreRandomly(grid(), { seed: 1, runs: 5, onViolation: ({ property }) => { random.push(property) } })
  expect(random).toContain('nearer')
})

describe('a mistake', () => {
  const stumbling = grid(({ x, y }) => x === 5 && y === 2)
  test('is thrown', async () => { await expect(checkMachine(stumbling)).rejects.toThrow('stumbled') })
  test('ends the run with what was found, where somebody hears of it', async () => {
    for (const search of [exploreExhaustively, checkMachine]) {
      const mistakes: ModelError[] = []
      const found = await search(stumbling, { onMistake: one => { mistakes.push(one) } })
      expect([found.stopped, found.complete]).toEqual(['mistake', false])
      expect(outcomes(found).slice(0, 4)).toEqual(['violated', 'violated', 'incomplete', 'incomplete'])
      expect(mistakes.map(({ trace }) => trace?.length)).toEqual([8])
    }
    const found = await exploreRandomly(stumbling, { seed: 1, runs: 50, onMistake: () => {} })
    expect([found.stopped, outcomes(found)[3]]).toEqual(['mistake', 'incomplete'])
  })
  test('in a claim about endless runs leaves the others', async () => {
    const of = grid()
    const properties = [eventually('fails', { claim: '' }, () => { throw new Error('stumbled') }), ...of.properties]
    const found = await checkMachine({ ...of, properties }, { onMistake: () => {} })
    expect([found.stopped, outcomes(found)])
      .toEqual(['mistake', ['incomplete', 'violated', 'violated', 'violated', 'holds', 'holds', 'violated']])
  })
})

/** Climbs to 3, where a step is bad, and where another goes back to 2: never to 0. */
const ending = () => {
  const of = actionsOf<{ x: number }, { what: 'bad' }>()
  const { step, recovers } = propertiesOf<{ x: number }, None, { what: 'bad' }>()
  return machine<{ x: number }, None, { what: 'bad' }>({
    name: 'ending', domain: struct({ x: range(0, 4) }), initial: { x: 0 },
    actions: [
      of('climb', { agent: 'a', fair: true, when: s => s.x < 3, then: d => { d.x++ } }),
      of('err', { agent: 'a', fair: true, when: s => s.x === 3,
        then: (_d, _p, emit) => { emit.observe({ what: 'bad' }) } }),
      of('back', { agent: 'a', fair: true, when: s => s.x === 3, then: d => { d.x = 2 } }),
    ],
    properties: [
      step('never-bad', { claim: '', on: 'bad' }, () => ({ because: 'bad' })),
      recovers('zero-again', { claim: '' }, ({ state }) => state.x === 0),
    ],
  })
}
test.each([1, 2])('steps of the last state that were left decide nothing about endless runs: %i workers',
  async workers => {
    const cut = await checkMachine(ending(), { workers, enough: { known: [], states: 100_000 } })
    expect([cut.stopped, cut.complete, outcomes(cut)]).toEqual(['violation', false, ['violated', 'incomplete']])
    const all = await checkMachine(ending(), { workers })
    expect([all.complete, outcomes(all)]).toEqual([true, ['violated', 'violated']])
  })

test('a claim that changes its mind is told', async () => {
  let asked = 0
  const model = machine<Grid, None, never>({ ...grid(), properties: [
    always('at first', { claim: '' }, ({ state }) => state.x === 0 || asked++ < 60 || { because: 'asked too often' }),
  ] })
  await expect(exploreExhaustively(model)).rejects.toThrow(/claim 'at first' says two things of one step/)
})
