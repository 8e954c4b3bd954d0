/** Claims about endless runs are decided in slices: a limit or a signal ends that at any place, and what was decided
 *  before is told. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  actionsOf, buildGraph, checkMachine, exploreExhaustively, exploreProgress, machine, propertiesOf, range, struct,
} from '../../src/index.ts'
import type { Exploration, Machine, Progress } from '../../src/index.ts'
import { extremesOf } from '../../src/explore/extremes.ts'
import { Pace, Slices, unlessStopped } from '../../src/explore/pace.ts'
import { decideProgress } from '../../src/explore/progress.ts'

interface Grid { x: number; y: number }
type None = Record<never, never>
const side = 100, states = side * side
const action = actionsOf<Grid, never>()
const { always, eventually, leadsTo, recovers } = propertiesOf<Grid, None, never>()
const gridOf = (side: number): Machine<Grid, None, never> => {
  const corner = ({ state: { x, y } }: { readonly state: Grid }): boolean => x === side - 1 && y === side - 1
  return machine<Grid, None, never>({
    name: 'grid', domain: struct({ x: range(0, side - 1), y: range(0, side - 1) }), initial: { x: 0, y: 0 },
    actions: [
      action('right', { agent: 'a', fair: true, when: ({ x }) => x < side - 1, then: d => { d.x++ } }),
      action('up', { agent: 'a', fair: true, when: ({ y }) => y < side - 1, then: d => { d.y++ } }),
      action('stay', { agent: 'a', when: () => true, then: d => { d.x = d.x + 0 } }),
    ],
    properties: [
      always('inside', { claim: '' }, ({ state }) => state.x < side || { because: 'outside' }),
      leadsTo('goes on', { claim: '' }, ({ state }) => state.x === 1, corner),
      eventually('ends', { claim: '' }, corner),
      recovers('can end', { claim: '' }, corner),
      eventually('never', { claim: '' }, () => false),
    ],
  })
}
const grid = gridOf(side)
const outcomes = ({ results }: Pick<Exploration, 'results'>): string[] => results.map(({ outcome }) => outcome)
const counts = { states, transitions: 0, depth: 0, queue: 0, bytes: 0, growth: 0 }
/** Of `4 claims about endless runs: ends, 2 of 4`. */
const claimIn = ({ deciding = '' }: Progress): string => /: (.*), /.exec(deciding)?.[1] ?? deciding
const whole = ['holds', 'holds', 'holds', 'holds', 'violated']

// A clock that goes on whenever somebody looks: what is counted below are looks, and no machine is too slow for them.
beforeEach(() => {
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now += 1000)
})
afterEach(() => { vi.restoreAllMocks() })

describe('claims about endless runs', () => {
  test('are decided with a look at the clock every few thousand states', async () => {
    const looks: string[] = []
    const found = await checkMachine(grid,
      { onProgress: progress => { looks.push(claimIn(progress)) } })
    expect([found.states, found.stopped, outcomes(found)]).toEqual([states, null, whole])
    // Each passes over all states at least as often as said here.
    for (const [claim, passes] of [['goes on', 6], ['ends', 5], ['can end', 4], ['never', 5]] as const)
      expect(looks.filter(one => one === claim).length, claim)
        .toBeGreaterThanOrEqual(passes * Math.floor(states / 4096))
  })
  test('end at the first and the last look of each, and between: what was decided stands, the rest is open, and '
    + 'nothing else is said', async () => {
    const { graph } = await buildGraph(grid)
    /** Stopped at the given look; and which claim was decided at each. */
    const decide = async (look: number) => {
      const stop = new AbortController()
      const looks: string[] = []
      const onProgress = (progress: Progress): void => { if (looks.push(claimIn(progress)) === look) stop.abort() }
      return {
        looks, ...await decideProgress(grid, { value: graph, stopped: null },
          new Pace({ signal: stop.signal, onProgress }), counts),
      }
    }
    const { looks, stopped, results } = await decide(Infinity)
    expect([stopped, outcomes({ results })]).toEqual([null, whole.slice(1)])
    for (const [i, claim] of looks.entries()) {
      if (i % 24 !== 0 && looks[i - 1] === claim && looks[i + 1] === claim) continue
      const cut = await decide(i + 1)
      const decided = results.findIndex(({ property }) => property === claim)
      expect([cut.stopped, cut.results]).toEqual(['interrupted',
        results.map((result, at) => at < decided ? result : { ...result, outcome: 'incomplete', violation: null })])
    }
  })
  test('leave what was found of safety, and the search can go on', async () => {
    const stop = new AbortController()
    let kept = 0
    const found = await checkMachine(grid, {
      signal: stop.signal, onProgress: progress => { if (claimIn(progress) === 'ends') stop.abort() },
      checkpoints: { resume: null, save: ({ facts }) => { kept = facts.next } },
    })
    expect([found.states, kept, found.stopped, found.complete, outcomes(found)])
      .toEqual([states, states, 'interrupted', false, ['holds', 'holds', 'incomplete', 'incomplete', 'incomplete']])
  })
  test('of a search without safety claims too', async () => {
    const stop = new AbortController()
    const onProgress = (progress: Progress): void => { if (claimIn(progress) === 'ends') stop.abort() }
    expect(await exploreProgress(grid, { signal: stop.signal, onProgress })).toMatchObject({
      stopped: 'interrupted', states,
      results: [{ outcome: 'holds' }, { outcome: 'incomplete' }, { outcome: 'incomplete' }, { outcome: 'incomplete' }],
    })
  })
})

test('costs over all behaviours are found so too', async () => {
  const { graph } = await buildGraph(grid)
  const measure = { begins: ({ instance }: { instance: { action: { name: string } } }) => instance.action.name === 'up',
    ends: () => false, price: () => 1 }
  let looks = 0
  const pace = new Pace({ onProgress: () => { looks++ } })
  await extremesOf(grid, graph!, measure, new Slices(pace, () => counts))
  expect(looks).toBeGreaterThanOrEqual(8 * Math.floor(states / 4096))
  const stopped = new Slices(new Pace({ signal: AbortSignal.abort() }), () => counts)
  expect(await unlessStopped(null, () => extremesOf(grid, graph!, measure, stopped)))
    .toEqual({ value: null, stopped: 'interrupted' })
})

test('steps that are taken again at the end look at the signal', async () => {
  const signal = { get aborted() { return (new Error().stack ?? '').includes('audit') } } as AbortSignal
  const found = await exploreExhaustively(gridOf(30), { signal, patientRuns: 3, patientShare: 0 })
  expect([found.states, found.complete, found.stopped, outcomes(found)[0]])
    .toEqual([900, false, 'interrupted', 'incomplete'])
})

test('no room for what deciding needs is a limit, and no other mistake is', async () => {
  const tooMuch: (() => unknown)[] = [() => new Uint32Array(2 ** 40), () => new ArrayBuffer(2 ** 52)]
  for (const make of tooMuch)
    expect(await unlessStopped(null, async () => { make() })).toEqual({ value: null, stopped: 'memory' })
  await expect(unlessStopped(null, async () => { throw new RangeError('is priced -1') })).rejects.toThrow('priced')
})
