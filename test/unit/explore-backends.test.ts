/** However a search takes its steps, by whichever back end and by however many threads, it says the same. */
import { expect, test } from 'vitest'
import { propertiesFor } from '../../properties/index.ts'
import { designNamed } from '../../spec/kernel/index.ts'
import { remapMachine } from '../../spec/machine.ts'
import { scopeNamed } from '../../spec/scopes.ts'
import { exploreExhaustively } from '../../src/index.ts'
import type { ExhaustiveOptions, Exploration } from '../../src/index.ts'
import { dieHard } from '../models/die-hard.ts'
import { peterson } from '../models/peterson.ts'
import { reference, referenceProtocol } from '../models/reference.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'

function remap(design: string, scope: string) {
  const [of, { bounds }] = [designNamed(design)!, scopeNamed(scope)!]
  return remapMachine(of, bounds, propertiesFor(of, bounds))
}
type Search = (options: ExhaustiveOptions) => Promise<Exploration>
const searches: Readonly<Record<string, Search>> = {
  'die-hard': options => exploreExhaustively(dieHard(), options),
  peterson: options => exploreExhaustively(peterson(), options),
  'peterson, broken': options => exploreExhaustively(peterson({ gentle: false }), options),
  'two-phase commit': options => exploreExhaustively(twoPhaseCommit(5), options),
  'two-phase commit, broken': options => exploreExhaustively(twoPhaseCommit(4, { careless: true }), options),
  'reference s': options => exploreExhaustively(referenceProtocol(reference.s.sizes), options),
  'reference, a queue of 1, not strict': options => exploreExhaustively(referenceProtocol({ ...reference.s.sizes, queue: 1, strict: false }), options),
  ...Object.fromEntries([
    ['ring0-strict', 'together'], ['ring0-strict', 'interrupts'], ['ring0-deferred-early', 'permissions'], ['ring0-deferred', 'old-hardware'],
    ['no-iommu', 'mapping'], ['ring0-strict+source-unmasked', 'old-interrupts'],
  ].map(([design, scope]): [string, Search] => [`${design}, ${scope}`, options => exploreExhaustively(remap(design!, scope!), options)])),
}

/** All that a user sees of a search, time and engine apart. */
const told = ({ states, transitions, depth, complete, stopped, results, coverage }: Exploration) =>
  ({ states, transitions, depth, complete, stopped, results, coverage })

test.each(Object.keys(searches))('back ends agree: %s', { timeout: 120_000 }, async name => {
  const search = searches[name]!
  const walked = told(await search({ backend: 'walk' }))
  for (const backend of ['javascript', 'wasm', undefined] as const)
    expect({ backend, ...told(await search({ backend })) }).toEqual({ backend, ...walked })
})

test('back ends agree on a million states', { timeout: 120_000 }, async () => {
  const { sizes, ...counts } = reference.m
  for (const backend of ['javascript', 'wasm'] as const)
    expect({ backend, ...await exploreExhaustively(referenceProtocol(sizes), { backend }) }).toMatchObject({ backend, ...counts, complete: true })
})

test('threads store no state past a limit', { timeout: 120_000 }, async () => {
  for (const maxStates of [20_000, 77_777, 191_231]) {
    const { states, stopped } = await exploreExhaustively(referenceProtocol(reference.s.sizes), { maxStates, workers: 2 })
    expect({ states, stopped }).toEqual({ states: maxStates, stopped: 'states' })
  }
})
