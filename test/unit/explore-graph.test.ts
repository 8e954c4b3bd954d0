/** The graph of all states takes each step once more: one that does something else then is a mistake that is told.
 *  However its states are numbered, the same is said of it. */
import { afterEach, expect, test, vi } from 'vitest'
import {
  actionsOf, bool, buildGraph, checkMachine, exploreProgress, machine, propertiesOf, range, struct, table,
} from '../../src/index.ts'
import type { SavedSearch } from '../../src/explore/checkpoint.ts'
import type { StateGraph } from '../../src/index.ts'
import { Answers } from '../../src/explore/answers.ts'
import { Pace } from '../../src/explore/pace.ts'
import { decideProgress } from '../../src/explore/progress.ts'
import { Threads } from '../../src/explore/threads.ts'
import { always, eventually, graphMachine, leadsTo, recovers } from './graph-machine.ts'

afterEach(() => { vi.restoreAllMocks() })

interface State { readonly x: number }
type Ledger = Record<never, never>

test.each<[string, (calls: number) => boolean, (calls: number) => boolean]>([
  ['a guard that answers otherwise', calls => calls < 2100, () => false],
  ['a recipe that leads to where the search has never been', () => true, calls => calls > 2001],
])('a step whose tree was given up, and that keeps a count of its own: %s', async (_, may, jumps) => {
  let asked = 0, taken = 0
  const go = actionsOf<{ x: number }, never>()('go', { agent: 'cpu', fair: true,
    when: ({ x }) => x < 998 && may(++asked), then: d => { d.x = jumps(++taken) ? 999 : d.x + 1 } })
  const ends = propertiesOf<State, Ledger, never>().eventually('ends', { claim: '' }, ({ state }) => state.x >= 998)
  const model = machine<{ x: number }, Ledger, never>({ name: 'm', domain: struct({ x: range(0, 999) }),
    initial: { x: 0 }, actions: [go], properties: [ends] })
  await expect(checkMachine(model, { patientRuns: 3, patientShare: 0 }))
    .rejects.toThrow("go in machine 'm' does two things in one state")
})

/** The same graph, with other numbers for its states: state i is that which was numbers[i]. */
function renumbered<S, L, O>(graph: StateGraph<S, L, O>, numbers: readonly number[]): StateGraph<S, L, O> {
  const first = new Uint32Array(graph.states + 1), target: number[] = [], label: number[] = []
  for (const [state, old] of numbers.entries()) {
    for (let edge = graph.first[old]!; edge < graph.first[old + 1]!; edge++) {
      target.push(numbers.indexOf(graph.target[edge]!))
      label.push(graph.label[edge]!)
    }
    first[state + 1] = target.length
  }
  return {
    ...graph, first, target: Uint32Array.from(target), label: Uint16Array.from(label),
    world: state => graph.world(numbers[state]!),
    answers: async asks => {
      const answers = new Answers(graph.states, asks.length)
      numbers.forEach((old, state) => { asks.forEach((ask, i) => { answers.set(state, i, ask(graph.world(old))) }) })
      return answers
    },
  }
}

test('states of one distance may have any order: threads number them as they find them', async () => {
  // From 3 and 4 no way leads back to 0.
  const model = graphMachine([[0, 'a', 1], [0, 'b', 2], [1, 'a', 0], [1, 'b', 4], [2, 'a', 3], [2, 'b', 0], [3, 'a', 3],
    [4, 'b', 3]], { a: true, b: true }, [
    recovers('returns', { claim: '' }, ({ state }) => state.at === 0),
    eventually('ends', { claim: '' }, ({ state }) => state.at === 4),
    leadsTo('follows', { claim: '' }, ({ state }) => state.at === 2, ({ state }) => state.at === 0)])
  const { graph } = await buildGraph(model)
  const counts = { states: 5, transitions: 8, depth: 2, queue: 0, bytes: 0, growth: 0 }
  const decide = (value: typeof graph) => decideProgress(model, { value, stopped: null }, new Pace({}), counts)
  const usual = await decide(graph)
  expect(usual.results.map(({ outcome, violation }) => [outcome, violation?.ops.length]))
    .toEqual([['violated', 2], ['violated', 4], ['violated', 3]])
  for (const numbers of [[0, 2, 1, 3, 4], [0, 1, 2, 4, 3], [0, 2, 1, 4, 3]])
    expect(await decide(renumbered(graph!, numbers)), numbers.join()).toEqual(usual)
})

test('threads find a graph on which the same is said, and end with it', async () => {
  const most = 3, of = range(0, 5)
  const action = actionsOf<{ at: number[]; isLost: boolean }, never>()
  const up = action('up', { agent: 'cpu', fair: true, params: { of }, when: ({ at, isLost }, { of }) =>
    !isLost && at[of]! < most, then: (d, { of }) => { d.at[of]!++ } })
  const lose = action('lose', { agent: 'cpu', when: ({ at, isLost }) => !isLost && at.every(one => one >= most - 1),
    then: d => { d.isLost = true } })
  const returns = propertiesOf<{ at: number[]; isLost: boolean }, Ledger, never>()
    .recovers('returns', { claim: '' }, ({ state }) => !state.isLost)
  const model = machine<{ at: number[]; isLost: boolean }, Ledger, never>({ name: 'm',
    domain: struct({ at: table([of], range(0, most)), isLost: bool }),
    initial: { at: Array.from({ length: 6 }, () => 0), isLost: false }, actions: [up, lose], properties: [returns] })
  const alone = await exploreProgress(model)
  expect(alone.results[0]!.violation!.ops).toHaveLength(13)
  const round = vi.spyOn(Threads.prototype, 'round'), end = vi.spyOn(Threads.prototype, 'end')
  const both = await exploreProgress(model, { workers: 2, firstShared: 1, backend: 'wasm' })
  expect({ ...both, seconds: 0 }).toEqual({ ...alone, seconds: 0 })
  expect(round).toHaveBeenCalled()
  expect(end).toHaveBeenCalledOnce()
})

test('what threads found first of several, one thread tells anew', async () => {
  const model = graphMachine([[0, 'a', 1], [0, 'b', 2], [1, 'a', 3], [2, 'a', 3], [3, 'a', 4]], {}, [
    always('not 3', { claim: '' }, ({ state }) => state.at !== 3 || { because: 'at 3' }),
    recovers('returns', { claim: '' }, () => true)])
  let kept: SavedSearch | null = null
  const whole = await checkMachine(model)
  await checkMachine(model, { maxStates: 4, checkpoints: { resume: null, save: ({ facts, parts }) => {
    const bytes = parts.map(part => Uint8Array.from(part))
    const [violation] = facts.violations, [step] = violation!.ops
    const ops = [{ ...step!, action: 'b' }, violation!.ops[1]!]
    kept = { facts: { ...facts, violations: [{ ...violation!, ops }], ambiguous: true },
      read: (part, into) => { into.set(bytes[part]!) } }
  } } })
  const resumed = await checkMachine(model, { checkpoints: { resume: kept, save: null } })
  expect(resumed).toMatchObject({ states: whole.states, results: whole.results })
  expect(whole.results[0]!.violation!.ops.map(({ action }) => action)).toEqual(['a', 'a'])
})
