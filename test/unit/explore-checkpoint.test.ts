/** A search that goes on where another stopped ends as one that was never stopped: counts, depth, verdicts, traces. */
import { expect, test } from 'vitest'
import type { SavedSearch, Snapshot } from '../../src/explore/checkpoint.ts'
import { exploreExhaustively, checkMachine } from '../../src/index.ts'
import type { ExhaustiveOptions, Exploration, Machine, Observation } from '../../src/index.ts'
import { propertiesFor } from '../../properties/index.ts'
import { ring0Strict } from '../../spec/designs.ts'
import { remapMachine } from '../../spec/machine.ts'
import { scopeNamed } from '../../spec/scopes.ts'
import { always, reference, referenceProtocol } from '../models/reference.ts'

/** As a file would: its bytes, not views of a memory that goes on. */
function keptOf({ facts, parts }: Snapshot): SavedSearch {
  const bytes = parts.map(part => Uint8Array.from(part))
  const text = JSON.stringify(facts)
  return { facts: JSON.parse(text) as SavedSearch['facts'], read: (part, into) => {
    expect(into.length).toBe(bytes[part]!.length)
    into.set(bytes[part]!)
  } }
}
async function stopped<S, L, O extends Observation>(machine: Machine<S, L, O>, options: ExhaustiveOptions,
  resume: SavedSearch | null): Promise<{ found: Exploration; kept: SavedSearch | null }> {
  let kept: SavedSearch | null = null
  const found = await checkMachine(machine,
    { ...options, checkpoints: { resume, save: snapshot => { kept = keptOf(snapshot) } } })
  return { found, kept }
}
const said = ({ states, transitions, depth, complete, results, coverage, engine }: Exploration) => ({
  states, transitions, depth, complete, results, levels: engine!.levels, symmetry: engine!.symmetry,
  clauses: coverage.clauses,
  fired: Object.entries(coverage.actions).map(([name, { fired }]) => [name, fired]) })

const honest = referenceProtocol(reference.s.sizes)
const faulty = { ...honest, properties: [...honest.properties, always('no full queue', { claim: 'The queue has room.' },
  ({ state }) => state.queue.length < 2 || { because: 'full' }),
always('no dead end', { claim: 'Not all is waited for.' },
  ({ state }) => state.migration[0]!.phase !== 'done' || state.unmap.some(({ phase }) => phase !== 'done')
    || { because: 'all is done' })] }

const cases: readonly (readonly [string, ExhaustiveOptions, ExhaustiveOptions])[] = [
  ['alone', {}, {}], ['with symmetry', { symmetry: true }, { symmetry: true }],
  ['with threads', { workers: 2 }, { workers: 2 }],
  ['begun by one, ended by two', {}, { workers: 2 }],
  ['with symmetry and threads', { symmetry: true, workers: 2 }, { symmetry: true, workers: 2 }],
]
test.each(cases)('%s', async (_name, before, after) => {
  const whole = await exploreExhaustively(faulty, before)
  let kept: SavedSearch | null = null
  // Also in the middle of a level, in the midst of a batch, and where hardly anything is known.
  for (const share of [0.0001, 0.01, 0.3, 0.9]) {
    const maxStates = Math.ceil(whole.states * share)
    const cut: Awaited<ReturnType<typeof stopped>> = await stopped(faulty, { ...before, maxStates }, kept)
    expect(cut.found).toMatchObject({ stopped: 'states', complete: false })
    kept = cut.kept
  }
  const { found } = await stopped(faulty, after, kept)
  expect(said(found)).toEqual(said(whole))
  expect(found.results.filter(({ outcome }) => outcome === 'violated').length).toBe(2)
})

test('time, memory and interruption keep it too, and now and then it is kept on the way', async () => {
  const whole = await exploreExhaustively(honest)
  const limits: ExhaustiveOptions[] = [{ maxSeconds: 0 }, { maxMemory: 6e6 }, { signal: AbortSignal.abort() }]
  for (const limit of limits) {
    const cut = await stopped(honest, limit, null)
    expect(cut.found.complete).toBe(false)
    expect(cut.kept).not.toBeNull()
    expect(said((await stopped(honest, {}, cut.kept)).found)).toEqual(said(whole))
  }
  const kept: SavedSearch[] = []
  const large = referenceProtocol(reference.m.sizes)
  await exploreExhaustively(large,
    { checkpoints: { resume: null, every: 0, save: snapshot => { kept.push(keptOf(snapshot)) } } })
  expect(kept.length).toBeGreaterThan(0)
  expect(await exploreExhaustively(large, { checkpoints: { resume: kept.at(-1)!, save: null } }))
    .toMatchObject({ complete: true, states: reference.m.states, transitions: reference.m.transitions,
      depth: reference.m.depth })
})

test('claims about endless runs are decided as they would have been', async () => {
  const { bounds } = scopeNamed('together')!
  const machine = remapMachine(ring0Strict, bounds, propertiesFor(ring0Strict, bounds))
  const whole = await checkMachine(machine)
  const cut = await stopped(machine, { maxStates: 3000 }, null)
  expect(cut.found.stopped).toBe('states')
  expect(said((await stopped(machine, {}, cut.kept)).found)).toEqual(said(whole))
  // All states are known, and the steps are taken once more for the graph.
  let asked = 0
  const inGraph = {
    get aborted() { return (new Error().stack ?? '').includes('graphOf') && ++asked > 1 },
  } as AbortSignal
  const late = await stopped(machine, { signal: inGraph }, null)
  expect([late.found.stopped, late.kept!.facts.next]).toEqual(['interrupted', whole.states])
  expect(said((await stopped(machine, {}, late.kept)).found)).toEqual(said(whole))
})
