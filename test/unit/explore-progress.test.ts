/** Claims about endless runs: by hand on tiny graphs, and against a search through all sets of states on random
 *  ones. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkMachine, exploreProgress, showOp } from '../../src/index.ts'
import type { Fairness } from '../../src/index.ts'
import { ComponentFinder } from '../../src/explore/components.ts'
import { unhurried } from '../../src/explore/pace.ts'
import { theme } from '../../src/text/theme.ts'
import { formatTrace, makeTrace, parseTrace } from '../../src/trace/format.ts'
import { renderLanes, renderTrace } from '../../src/trace/render.ts'
import { replay } from '../../src/trace/replay.ts'
import { always, eventually, graphMachine, leadsTo, recovers } from './graph-machine.ts'
import type { Edge } from './graph-machine.ts'

const reaches = (goal: number) => eventually('goal', { claim: '' }, ({ state }) => state.at === goal)
const follows = (from: number, to: number) =>
  leadsTo('follows', { claim: '' }, ({ state }) => state.at === from, ({ state }) => state.at === to)
const nowhere = (where: number) =>
  always('nowhere', { claim: '' }, ({ state }) => state.at !== where || { because: `at ${where}` })
const returns = (goal: number) => recovers('returns', { claim: '' }, ({ state }) => state.at === goal)

async function verdict(machine: ReturnType<typeof graphMachine>) {
  const { results } = await exploreProgress(machine)
  const { outcome, violation } = results[0]!
  return violation === null ? outcome
    : { because: violation.because, ops: violation.ops.map(showOp).join(' '), loop: violation.loop }
}

describe('eventually', () => {
  const edges: Edge[] = [[0, 'spin', 0], [0, 'go', 1]]
  test('an unfair step need not be taken: the run may rest', async () => {
    expect(await verdict(graphMachine(edges, {}, [reaches(1)])))
      .toEqual({ because: 'the goal is never met: nothing need ever happen', ops: '', loop: 0 })
  })
  test('where something fair goes on, the other step can be left out for ever', async () => {
    expect(await verdict(graphMachine(edges, { spin: true }, [reaches(1)])))
      .toEqual({ because: 'the goal is never met: op 1 can repeat for ever', ops: 'spin', loop: 0 })
  })
  test('a weakly fair step that stays enabled is taken', async () => {
    expect(await verdict(graphMachine(edges, { go: true }, [reaches(1)]))).toBe('holds')
  })
  test('the initial state may be the goal', async () => {
    expect(await verdict(graphMachine(edges, {}, [reaches(0)]))).toBe('holds')
  })
  test('a dead end stays for ever', async () => {
    expect(await verdict(graphMachine([[0, 'go', 1], [0, 'stray', 2]], { go: true, stray: true }, [reaches(1)])))
      .toEqual({ because: 'the goal is never met: after op 1 nothing more need happen', ops: 'stray', loop: 1 })
  })
})

describe('weak and strong fairness', () => {
  // `go` is enabled in 1 only, and `turn` leads out of 1 again and again.
  const edges: Edge[] = [[0, 'turn', 1], [1, 'turn', 0], [1, 'go', 2]]
  test('weak fairness lets a step starve that is disabled now and then', async () => {
    expect(await verdict(graphMachine(edges, { go: true, turn: true }, [reaches(2)])))
      .toEqual({ because: 'the goal is never met: ops 1 to 2 can repeat for ever', ops: 'turn turn', loop: 0 })
  })
  test('strong fairness does not', async () => {
    expect(await verdict(graphMachine(edges, { go: 'strong', turn: true }, [reaches(2)]))).toBe('holds')
  })
  test('strong fairness still lets a run stay where the step is never enabled', async () => {
    const around: Edge[] = [...edges, [0, 'rest', 3], [3, 'rest', 3]]
    expect(await verdict(graphMachine(around, { go: 'strong', turn: true, rest: true }, [reaches(2)])))
      .toEqual({ because: 'the goal is never met: op 2 can repeat for ever', ops: 'rest rest', loop: 1 })
  })
  test('the loop gives every fair instance its due', async () => {
    const three: Edge[] = [[0, 'a', 1], [1, 'a', 0], [1, 'b', 1], [0, 'c', 2]]
    expect(await verdict(graphMachine(three, { a: true, b: 'strong' }, [reaches(2)])))
      .toEqual({ because: 'the goal is never met: ops 1 to 3 can repeat for ever', ops: 'a b a', loop: 0 })
  })
})

describe('leadsTo', () => {
  const edges: Edge[] = [[0, 'ask', 1], [1, 'work', 2], [2, 'answer', 0], [1, 'fail', 3], [3, 'retry', 1],
    [3, 'retreat', 3]]
  test('what is asked again and again is answered each time', async () => {
    expect(await verdict(graphMachine(edges, { work: 'strong', answer: true, retry: true }, [follows(1, 0)])))
      .toBe('holds')
  })
  test('the prefix is shortest, also where it passes the beginning twice', async () => {
    expect(await verdict(graphMachine(edges, { work: true, answer: true, retry: true }, [follows(1, 0)])))
      .toEqual({ because: 'what it is about begins with op 1 and never ends: ops 2 to 3 can repeat for ever',
        ops: 'ask fail retry', loop: 1 })
  })
  test('what ends where it begins has ended', async () => {
    expect(await verdict(graphMachine(edges, {}, [follows(1, 1)]))).toBe('holds')
  })
  test('each thing of which it is claimed is asked about', async () => {
    const each = leadsTo('answer', { claim: '', each: () => ['first', 'second', 'third'] },
      ({ state }, thing) => state.at === thing, ({ state }, thing) => thing !== 1 && state.at === thing)
    expect(await verdict(graphMachine([[0, 'ask', 1], [1, 'wait', 1]], {}, [each])))
      .toMatchObject({ because: expect.stringContaining('second') as string, loop: 1 })
  })
  test('nothing is claimed of a run in which it never begins', async () => {
    expect(await verdict(graphMachine([[0, 'spin', 0]], { spin: true }, [follows(7, 8)]))).toBe('holds')
  })
})

describe('recovers', () => {
  test('a way back counts whether or not it is ever taken', async () => {
    expect(await verdict(graphMachine([[0, 'go', 1], [1, 'stay', 1], [1, 'back', 0]], {}, [returns(0)]))).toBe('holds')
  })
  test('the nearest state without one is shown', async () => {
    expect(await verdict(
      graphMachine([[0, 'go', 1], [1, 'back', 0], [1, 'fall', 2], [2, 'roam', 3], [3, 'roam', 2]], {}, [returns(0)])))
      .toEqual({ because: 'none of the 2 states that can come from here on meets the goal', ops: 'go fall',
        loop: null })
  })
})

describe('the trace of an endless run', () => {
  const machine = graphMachine([[0, 'turn', 1], [1, 'turn', 0], [1, 'go', 2]], { go: true, turn: true }, [reaches(2)])
  const endless = makeTrace(machine, {
    design: 'graph', bounds: {}, property: 'goal', because: 'x', loop: 1,
    found: { driver: 'exhaustive', shortest: true },
    ops: ['turn', 'turn', 'turn'].map(name => ({ action: name, args: {} })),
  })
  const plain = theme(false, 80)
  test('is drawn with its loop, in steps and in lanes', () => {
    const replayed = replay(machine, endless)
    expect(renderTrace(replayed, endless, { theme: plain }))
      .toMatch(/^ {2}1 .*\n {2}┌ from here for ever\n {2}2 [^]*\n {2}3 [^]*\n {2}└ back to step 2$/m)
    expect(renderTrace(replayed, endless, { theme: plain })).toContain('3 ops; none is shorter up to its loop')
    expect(renderLanes(replayed, { theme: plain }).split('\n').slice(1, 4).map(line => line[0]))
      .toEqual([' ', '┌', '└'])
  })
  test('is read back from its file', () => {
    expect(parseTrace(formatTrace(endless), 'x.json')).toEqual(endless)
  })
  test('does not show it when it does not close, or when it starves what is fair', () => {
    expect(replay(machine, { ...endless, loop: 2 })).toMatchObject({ reproduced: false, because: null })
    expect(replay(machine, { ...endless, loop: 3 }).reproduced).toBe(false)
    expect(replay(
      graphMachine([[0, 'turn', 1], [1, 'turn', 0], [1, 'go', 2]], { go: 'strong', turn: true }, [reaches(2)]),
      endless).reproduced)
      .toBe(false)
    expect(() => replay(machine, { ...endless, loop: 4 })).toThrow(/which of its ops repeat/)
  })
  test('a run that rests is drawn so', () => {
    const resting = graphMachine([[0, 'go', 1]], {}, [reaches(1)])
    const trace = { ...endless, ops: [], loop: 0 }
    expect(renderTrace(replay(resting, trace), trace, { theme: plain })).toContain('and so it stays for ever')
  })
})

test('a limit leaves every claim undecided, and says which limit', async () => {
  const machine = graphMachine([[0, 'a', 1], [1, 'a', 2]], {}, [reaches(2), returns(0)])
  expect(await exploreProgress(machine, { maxStates: 2 }))
    .toMatchObject({ stopped: 'states', results: [{ outcome: 'incomplete' }, { outcome: 'incomplete' }] })
  expect(await exploreProgress(machine, { signal: AbortSignal.abort() })).toMatchObject({ stopped: 'interrupted' })
})

test('safety and progress are one report; a limit leaves open what it must', async () => {
  const both = graphMachine([[0, 'a', 1], [1, 'a', 0]], { a: true }, [reaches(1), nowhere(1)])
  const full = await checkMachine(both)
  expect(full.results.map(({ property, outcome }) => [property, outcome]))
    .toEqual([['goal', 'holds'], ['nowhere', 'violated']])
  expect(full.results[1]!.violation).toMatchObject({ loop: null, shortest: true })
  const chain = graphMachine([[0, 'a', 1], [1, 'a', 2]], {}, [reaches(2), nowhere(2)])
  expect(await checkMachine(chain, { maxStates: 2 })).toMatchObject({
    complete: false, stopped: 'states',
    results: [{ outcome: 'incomplete', violation: null }, { outcome: 'incomplete' }],
  })
})

test('a million states in a chain of loops are no deeper than any other graph', async () => {
  const states = 1_000_000
  const first = Uint32Array.from({ length: states + 1 }, (_, i) => Math.min(2 * i, 2 * states - 1))
  // Each state has an edge to the next and one back to the one before; so all are one component.
  const target = Uint32Array.from({ length: 2 * states - 1 },
    (_, i) => i === 2 * states - 2 ? states - 2 : i % 2 === 0 ? i / 2 + 1 : Math.max(0, (i - 1) / 2 - 1))
  const members = Uint32Array.from({ length: states }, (_, i) => i)
  const { count } = await new ComponentFinder({ states, first, target }, unhurried()).find(members, null)
  expect(count).toBe(1)
})

const size = 5
const names = ['a', 'b', 'c'] as const
const anyFairness = () => fc.constantFrom<Fairness>(false, true, 'strong')
const fairness: fc.Arbitrary<Record<string, Fairness>> = fc.record({ a: anyFairness(), b: anyFairness(),
  c: anyFairness() })
const graphs = fc.uniqueArray(fc.tuple(fc.nat(size - 1), fc.constantFrom(...names), fc.nat(size - 1)), {
  minLength: 1, maxLength: 12, selector: ([from, name]) => `${from}${name}`,
}).map((edges): Edge[] => edges)

/** Every set of states that a run could go round in, judged by the definition of fairness. */
function naive(edges: readonly Edge[], fair: Record<string, Fairness>, from: number, to: number): 'holds' | 'violated' {
  const reach = (starts: readonly number[], may: (s: number) => boolean): Set<number> => {
    const seen = new Set(starts.filter(may))
    for (const s of seen) for (const [f, , t] of edges) if (f === s && may(t)) seen.add(t)
    return seen
  }
  const waiting = reach([...reach([0], () => true)].filter(s => s === from), s => s !== to)
  const enabled = (s: number, name: string): boolean => edges.some(([f, n]) => f === s && n === name)
  if ([...waiting].some(s => names.every(name => fair[name] === false || !enabled(s, name)))) return 'violated'
  for (let set = 1; set < 2 ** size; set++) {
    const inside = Array.from({ length: size }, (_, s) => s).filter(s => (set >> s & 1) === 1)
    const own = edges.filter(([f, , t]) => inside.includes(f) && inside.includes(t))
    if (own.length === 0 || inside.some(s => !waiting.has(s))
      || inside.some(s => reach([s], t => inside.includes(t)).size < inside.length)) continue
    const given = (name: string): boolean => own.some(([, n]) => n === name)
    if (names.every(name => given(name) || fair[name] === false
      || (fair[name] === 'strong' ? !inside.some(s => enabled(s, name)) : inside.some(s => !enabled(s, name)))))
      return 'violated'
  }
  return 'holds'
}

test('random graphs: the verdict of a search through all sets of states, and every lasso replays', async () => {
  await fc.assert(fc.asyncProperty(graphs, fairness, fc.nat(size - 1), fc.nat(size - 1),
    async (edges, fair, from, to) => {
      const machine = graphMachine([...edges, [size - 1, 'z', size - 1]], { ...fair, z: false }, [follows(from, to)])
      const { results: [result] } = await exploreProgress(machine)
      expect(result!.outcome).toBe(naive(edges, fair, from, to))
      if (result!.violation === null) return
      const { ops, loop, because, property } = result!.violation
      const trace = makeTrace(machine,
        { design: 'graph', bounds: {}, property, because, ops, loop: loop!,
          found: { driver: 'exhaustive', shortest: true } })
      expect(replay(machine, trace)).toMatchObject({ reproduced: true, because, refusedCount: 0, loop })
    }), { seed: 1972, numRuns: 400 })
})
