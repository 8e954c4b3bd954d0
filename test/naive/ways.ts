/** Every way to search a machine that there is, by the public API. */
import type { SavedSearch, Snapshot } from '../../src/explore/checkpoint.ts'
import { checkMachine, exploreExhaustively, exploreProgress, exploreRandomly, isProgressKind } from '../../src/index.ts'
import type { ExhaustiveOptions, Exploration } from '../../src/index.ts'
import type { AnyMachine } from './step.ts'

export interface Way {
  readonly name: string
  /** `endless`: claims about endless runs are decided too. `stopped`: of so few states that it ends early. `enough`:
   *  what is farther away than a violation is not expanded. */
  readonly is: 'safety' | 'endless' | 'symmetric' | 'named' | 'random' | 'stopped' | 'enough'
  /** Recipes run anew in each state: not for large machines. */
  readonly runsAnew: boolean
  /** All that it said, the last at the end; the ones before were cut short. `states` are known from the naive
   *  search. */
  search(machine: AnyMachine, states: number): Promise<Exploration[]>
}

/** As a file would keep it: its bytes, not views of a memory that goes on. */
function keptOf({ facts, parts }: Snapshot): SavedSearch {
  const bytes = parts.map(part => Uint8Array.from(part)), text = JSON.stringify(facts)
  return { facts: JSON.parse(text) as SavedSearch['facts'], read: (part, into) => { into.set(bytes[part]!) } }
}

/** Stopped again and again, and gone on with; each link may go another way about it. */
const chain = (links: readonly ExhaustiveOptions[],
  all: ExhaustiveOptions): Way['search'] => async (machine, states) => {
  const said: Exploration[] = []
  let kept: SavedSearch | null = null
  for (const [i, link] of links.entries()) {
    const limit = i === links.length - 1 ? {} : { maxStates: Math.ceil((states * (i + 1) ** 2) / links.length ** 2) }
    const checkpoints = { resume: kept, save: (snapshot: Snapshot) => { kept = keptOf(snapshot) } }
    const found = await checkMachine(machine, { ...all, ...link, ...limit, checkpoints })
    said.push(found)
    if (found.stopped === null) break
  }
  return said
}
/** Interrupted at the nth look at the signal: at the same place each time. */
function after(looks: number): AbortSignal {
  let asked = 0
  return { get aborted() { return ++asked > looks } } as AbortSignal
}
const interrupted = async (machine: AnyMachine): Promise<Exploration[]> => {
  let kept: SavedSearch | null = null
  const save = (snapshot: Snapshot): void => { kept = keptOf(snapshot) }
  const cut = await checkMachine(machine, { signal: after(5), checkpoints: { resume: null, save } })
  return cut.stopped === null ? [cut] : [cut, await checkMachine(machine, { checkpoints: { resume: kept, save } })]
}

const threads: ExhaustiveOptions = { workers: 2, firstShared: 1 }
const givenUp: ExhaustiveOptions = { patientRuns: 3, patientShare: 0 }
const once = (options: ExhaustiveOptions): Way['search'] =>
  async machine => [await exploreExhaustively(machine, options)]
const fully = (options: ExhaustiveOptions): Way['search'] => async machine => [await checkMachine(machine, options)]
/** Threads search, and one goes on and decides claims about endless runs too. */
const begunByThreads: Way['search'] = async (machine, states) => {
  let kept: SavedSearch | null = null
  const save = (snapshot: Snapshot): void => { kept = keptOf(snapshot) }
  const maxStates = Math.ceil(states * 0.9)
  const cut = await exploreExhaustively(machine, { ...threads, maxStates, checkpoints: { resume: null, save } })
  return [await checkMachine(machine, { checkpoints: { resume: cut.stopped === null ? null : kept, save } })]
}
/** Claims about endless runs on a graph of threads. */
const apart: Way['search'] = async machine => {
  const found = await checkMachine(machine)
  const decided = new Map((await exploreProgress(machine, threads)).results.map(one => [one.property, one]))
  return [{ ...found, results: found.results.map(one => decided.get(one.property) ?? one) }]
}
/** `checkMachine` searches without threads where claims about endless runs are to be decided. */
const safely = (search: Way['search']): Way['search'] => (machine, states) =>
  search({ ...machine, properties: machine.properties.filter(({ kind }) => !isProgressKind(kind)) }, states)
const way = (is: Way['is'], name: string, search: Way['search']): Way =>
  ({ name, is, search, runsAnew: name.includes('given-up') })

const symmetry = true
const enough = { known: [], states: 0 }
export const ways: readonly Way[] = [
  way('safety', 'default', once({})), way('safety', 'walk', once({ backend: 'walk' })),
  way('safety', 'javascript', once({ backend: 'javascript' })), way('safety', 'wasm', once({ backend: 'wasm' })),
  way('safety', 'threads', once(threads)), way('safety', 'threads-walk', once({ ...threads, backend: 'walk' })),
  way('safety', 'threads-wasm', once({ ...threads, backend: 'wasm' })),
  way('safety', 'small-memory', once({ maxMemory: 6e6 })),
  way('safety', 'given-up', once(givenUp)), way('safety', 'given-up-threads', once({ ...givenUp, ...threads })),
  way('safety', 'resumed-threads', safely(chain([threads, {}, threads], {}))),

  way('endless', 'fully', fully({})), way('endless', 'fully-wasm', fully({ backend: 'wasm' })),
  way('endless', 'fully-given-up', fully(givenUp)),
  way('endless', 'resumed', chain([{}, {}, {}, {}], {})),
  way('endless', 'resumed-given-up', chain([{}, givenUp, {}], {})),
  way('endless', 'resumed-others', chain([{ backend: 'walk' }, { backend: 'wasm', maxMemory: 6e6 }, {}], {})),
  way('endless', 'interrupted', interrupted),
  way('endless', 'begun-by-threads', begunByThreads), way('endless', 'apart-threads', apart),
  way('stopped', 'stopped',
    async (machine, states) => [await checkMachine(machine, { maxStates: Math.ceil(states / 2) })]),
  way('enough', 'enough', fully({ enough })), way('enough', 'enough-wasm', fully({ enough, backend: 'wasm' })),
  way('enough', 'enough-threads', safely(fully({ enough, ...threads }))),
  way('enough', 'enough-resumed', safely(chain([{}, { backend: 'walk' }, threads, {}], { enough }))),

  way('symmetric', 'symmetric', once({ symmetry })),
  way('symmetric', 'symmetric-walk', once({ symmetry, backend: 'walk' })),
  way('symmetric', 'symmetric-wasm', once({ symmetry, backend: 'wasm' })),
  way('symmetric', 'symmetric-javascript', once({ symmetry, backend: 'javascript' })),
  way('symmetric', 'symmetric-threads', once({ symmetry, ...threads })),
  way('symmetric', 'symmetric-given-up', once({ symmetry, ...givenUp })),
  way('symmetric', 'symmetric-resumed', chain([{}, { backend: 'walk' }, threads, {}], { symmetry })),
  way('named', 'symmetric-by-name', once({ symmetry: ['id'] })),

  way('random', 'random', async machine => [await exploreRandomly(machine, { seed: 1, runs: 12, length: 24 })]),
  way('random', 'random-blind',
    async machine => [await exploreRandomly(machine, { seed: 2, runs: 8, length: 24, blind: 0.5 })]),
]
