/** A search that is cut short, by whatever: it says so, tells what it found, and says of nothing that it holds. */
import { describe, expect, test, vi } from 'vitest'
import { onCountedClock } from '../clock.ts'
import { always, reference, referenceProtocol } from '../models/reference.ts'
import {
  actionsOf, checkMachine, exploreExhaustively, machine, propertiesOf, range, struct, table,
} from '../../src/index.ts'
import type { Snapshot } from '../../src/explore/checkpoint.ts'
import type { ExhaustiveOptions, Exploration } from '../../src/index.ts'
import { StateStore } from '../../src/explore/store.ts'
import { control, own, treesAt } from '../../src/explore/wasm/memory.ts'

const { sizes, states: all } = reference.m
const faulty = always('few in flight', { claim: 'At most one device writes.' }, ({ state }) =>
  state.inFlight.filter(page => page !== null).length < 2 || { because: 'two devices write' })
const withFaulty = (of: Parameters<typeof referenceProtocol>[0]): ReturnType<typeof referenceProtocol> => {
  const honest = referenceProtocol(of)
  return { ...honest, properties: [...honest.properties, faulty] }
}
const model = withFaulty(sizes)

function expectCut({ complete, stopped, results, states }: Exploration, by: Exploration['stopped'],
  most: number = all): void {
  expect({ complete, stopped }).toEqual({ complete: false, stopped: by })
  expect(results.filter(({ outcome }) => outcome === 'holds' || outcome === 'unreached')).toEqual([])
  expect(states).toBeGreaterThan(0)
  expect(states).toBeLessThan(most)
}
const violated = ({ results }: Exploration): string[] =>
  results.flatMap(({ property, violation }) => violation === null ? [] : [`${property} ${violation.ops.length}`])

describe('what is found before the limit is told', () => {
  const limits: readonly (readonly [string, ExhaustiveOptions, Exploration['stopped']])[] = [
    ['states', { maxStates: 60_000 }, 'states'], ['states and threads', { maxStates: 60_000, workers: 2 }, 'states'],
    ['states and symmetry', { maxStates: 20_000, symmetry: true }, 'states'],
    ['memory', { maxMemory: 6e6 }, 'memory'], ['memory and threads', { maxMemory: 9e6, workers: 2 }, 'memory'],
  ]
  test.each(limits)('%s', async (_name, options, by) => {
    const found = await exploreExhaustively(model, options)
    expectCut(found, by)
    expect(violated(found)).toEqual(['few in flight 6'])
  })
  test('an interruption', async () => {
    const stop = new AbortController()
    const found = await onCountedClock(1, () =>
      checkMachine(model, { signal: stop.signal, onProgress: ({ states }) => { if (states > 50_000) stop.abort() } }))
    expectCut(found, 'interrupted')
    expect(violated(found)).toEqual(['few in flight 6'])
  })
})

describe('memory', () => {
  test.each([1, 1000, 2e6, 3e6, 4e6, 6e6])('of %d bytes is no crash', async maxMemory => {
    const found = await exploreExhaustively(referenceProtocol(sizes), { maxMemory, maxStates: 300_000 })
    expect(found.stopped).toBe('memory')
    expectCut(found, 'memory')
  })
  test('that suffices changes nothing', async () => {
    const { states, transitions, depth } = reference.s
    expect(await exploreExhaustively(referenceProtocol(reference.s.sizes), { maxMemory: 64e6 }))
      .toMatchObject({ complete: true, states, transitions, depth })
  })
})

/** A tree, each state of which is new to what is learnt: a helper takes many parents quickly, and leaves every step. */
function tree(all: number) {
  const domain = struct({ x: range(0, 2 ** 20 - 1) })
  const action = actionsOf<{ x: number }, never>()
  const children = [1, 2, 3].map(k =>
    action(`child ${k}`, { agent: 'a', when: ({ x }) => 3 * x + k < all, then: d => { d.x = 3 * d.x + k } }))
  return machine<{ x: number }, Record<never, never>, never>({ name: 'tree', domain, initial: { x: 0 },
    actions: children, properties: [] })
}
test('what helpers leave to the main thread finds room', async () => {
  const all = 3 ** 9
  for (const firstShared of [100, undefined])
    expect(await exploreExhaustively(tree(all), { workers: 3, firstShared }))
      .toMatchObject({ complete: true, states: all, transitions: all - 1, engine: { workers: 3 } })
})

test('a limit on states stores as many with any number of threads', async () => {
  for (const workers of [1, 2, 3])
    expect(await exploreExhaustively(tree(3 ** 7), { workers, firstShared: 100, maxStates: 1001 }))
      .toMatchObject({ stopped: 'states', states: 1001 })
})

test('a helper that is woken twice for a round takes it once', async () => {
  const { notify } = Atomics, helpers = 2
  // One that still looked at the round when it began takes it, and sleeps, before it is told of it: here all do.
  const late = vi.spyOn(Atomics, 'notify').mockImplementation((words, index) => {
    const all = words as ArrayBufferView as Int32Array, first = notify(all, index)
    if (index !== control.round >>> 2 || Atomics.load(all, index) < 0) return first
    while (Atomics.load(all, control.done >>> 2) < helpers) continue
    let woken = 0
    while (woken < helpers) woken += notify(all, index)
    return woken
  })
  try {
    const all = 3 ** 8
    expect(await exploreExhaustively(tree(all), { workers: 1 + helpers, firstShared: 100 }))
      .toMatchObject({ complete: true, states: all })
    expect(late).toHaveBeenCalled()
  } finally { vi.restoreAllMocks() }
})

test('a run that two threads stored at once has one number when the table grows', () => {
  const store = new StateStore({ keys: { words: 4, pieces: null }, fanout: 1, roots: 0, threads: 2, maxMemory: 32e6,
    maxStates: Infinity, symmetry: null })
  const insert = (run: number): boolean => {
    store.words32.set([run, 1, 2, 3], store.candidate)
    return store.insert(0, 0)
  }
  insert(7)
  // The second thread took number 1 for what this one then stored under 2.
  const [component] = store.plan.components
  store.words32[control.components[0] >>> 2]!++
  store.words32[store.localOf(1) + own.reserved[0] >>> 2] = 1 + 1
  store.words32.set([1000, 1], (component!.arena >>> 2) + component!.words)
  expect(insert(1000)).toBe(true)
  const before = store.room()
  for (let run = 2000; run < 6000; run++) {
    if (run % 100 === 0) store.room()
    insert(run)
  }
  expect(before).toBeGreaterThan(0)
  // The table knows that number as a copy of the first run: the thread takes another.
  expect(store.ownWord(1, own.reserved[0])).toBe(0)
  expect(insert(1000)).toBe(false)
  expect(insert(7)).toBe(false)
})

test('memory that the next search gets is empty', async () => {
  const made: WebAssembly.Memory[] = [], { Memory } = WebAssembly
  vi.spyOn(WebAssembly, 'Memory').mockImplementation(function (of) {
    const memory = new Memory(of)
    made.push(memory)
    return memory
  })
  const action = actionsOf<{ x: number; wide: number[] }, { readonly what: 'rested' }>()
  const wide = machine<{ x: number; wide: number[] }, Record<never, never>, { readonly what: 'rested' }>({
    name: 'wide', domain: struct({ x: range(0, 9), wide: table([range(0, 2)], range(0, 2 ** 31 - 1)) }),
    initial: { x: 0, wide: [0, 0, 0] },
    actions: [
      action('count', { agent: 'a', when: ({ x }) => x < 9, then: d => { d.x++ } }),
      action('widen', { agent: 'a', when: () => true, then: d => { d.wide[d.x % 3] = 2 ** d.x } }),
      // The last label is of a step that changes nothing.
      action('rest', { agent: 'a', when: () => true, then: (_, __, { observe }) => { observe({ what: 'rested' }) } }),
    ],
    properties: [],
  })
  try {
    // Of a size that no other search has asked for.
    for (const options of [{}, { workers: 2, firstShared: 1 }, { maxStates: 5000 },
      { patientRuns: 1, patientShare: 0 }] as const) {
      await exploreExhaustively(referenceProtocol(reference.s.sizes), { maxMemory: 13e6, maxStates: 8000, ...options })
      await exploreExhaustively(wide, { maxMemory: 13e6, ...options })
    }
  } finally { vi.restoreAllMocks() }
  expect(made.length).toBeGreaterThan(1)
  // The trees are written over.
  const zeros = Buffer.alloc(Math.max(...made.map(({ buffer }) => buffer.byteLength)))
  for (const { buffer } of made)
    for (const bytes of [Buffer.from(buffer, 0, treesAt.nodes), Buffer.from(buffer, treesAt.end)])
      expect(bytes.equals(zeros.subarray(0, bytes.length))).toBe(true)
})

test('steps and their events differ in 65,535 ways at most', async () => {
  interface State { readonly n: number }
  interface Went { readonly what: 'went'; readonly to: number }
  const go = actionsOf<{ n: number }, Went>()('go', { agent: 'a', when: ({ n }) => n < 2,
    then: (d, _, emit) => { d.n++; emit.observe({ what: 'went', to: d.n }) } })
  const model = machine<{ n: number }, Record<never, never>, Went>({ name: 'm', domain: struct({ n: range(0, 2) }),
    initial: { n: 0 }, actions: [go], properties: [propertiesOf<State, Record<never, never>, Went>()
      .always('holds', { claim: '' }, () => true)] })
  let begun: Snapshot | null = null
  await exploreExhaustively(model,
    { maxStates: 1, checkpoints: { resume: null, save: snapshot => { begun = snapshot } } })
  const { facts, parts } = begun as unknown as Snapshot
  /** Goes on from the first state, as if so many ways had been taken. */
  const after = (ways: number) => exploreExhaustively(model, { checkpoints: { save: null, resume: {
    facts: { ...facts, labels: Array.from({ length: ways }, () => ({ instance: 0, events: [], fired: 0 })) },
    read: (part, into) => { into.set(parts[part]!.subarray(0, into.length)) },
  } } })
  expect(await after(65_533)).toMatchObject({ complete: true, states: 3 })
  await expect(after(65_534)).rejects.toThrow('differ in more than 65,535 ways')
})
