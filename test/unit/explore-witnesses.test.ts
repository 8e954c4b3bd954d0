/** Witnesses under symmetry: `unreached` is said only of one that says the same of a step under all names. */
import { expect, test } from 'vitest'
import type { SavedSearch } from '../../src/explore/checkpoint.ts'
import {
  actionsOf, exploreExhaustively, machine, optional, propertiesOf, range, scalarset, struct,
} from '../../src/index.ts'
import type { Exploration, Property, Value } from '../../src/index.ts'

const id = scalarset('id', 3)
const domain = struct({ p: optional(id), q: optional(id), left: range(0, 2) })
type State = Value<typeof domain>
type Ledger = Record<never, never>
interface Seen { readonly what: 'second'; readonly i: number }
const action = actionsOf<State, Seen>()
const { always, sometimes } = propertiesOf<State, Ledger, Seen>()
const one = { i: id }
const actions = [
  action('first', { agent: 'a', params: one, when: s => s.p === null, then: (d, { i }) => { d.p = i } }),
  action('second', { agent: 'a', params: one, when: s => s.p !== null && s.q === null,
    then: (d, { i }, emit) => { d.q = i; emit.observe({ what: 'second', i }) } }),
  action('wait', { agent: 'a', when: s => s.q !== null && s.left > 0, then: d => { d.left-- } }),
]
const of = (witness: Property<State, Ledger, Seen>, initial: Partial<State> = {}) => machine<State, Ledger, Seen>({
  name: 'm', domain, initial: { p: null, q: null, left: 2, ...initial }, actions,
  properties: [always('true', { claim: '' }, () => true), witness] })
const outcomeOf = ({ results }: Exploration) => results[1]!.outcome
const told = async (witness: Property<State, Ledger, Seen>, initial: Partial<State> = {}) =>
  [outcomeOf(await exploreExhaustively(of(witness, initial))),
    outcomeOf(await exploreExhaustively(of(witness, initial), { symmetry: true }))]
const seen = sometimes('what is seen', { claim: '' }, ({ state }, all) =>
  state.p === 1 && all.some(({ i }) => i === 2))

test('one that tells ids apart, and shows itself under no name that is stored, is left open', async () => {
  expect(await told(sometimes('a state', { claim: '' }, ({ state }) => state.p === 2 && state.q === 0)))
    .toEqual(['reached', 'unchecked'])
  expect(await told(seen)).toEqual(['reached', 'unchecked'])
})
test('one that does not is reached, or is not', async () => {
  expect(await told(sometimes('same', { claim: '' }, ({ state: { p, q } }) => p !== null && p === q)))
    .toEqual(['reached', 'reached'])
  expect(await told(sometimes('late', { claim: '' }, ({ state: { p, q, left } }) => p === null && q !== null
    && left === 0))).toEqual(['unreached', 'unreached'])
})
test('the first state has the names that it has', async () => {
  expect(await told(sometimes('first', { claim: '' }, ({ state }) => state.p === 2 && state.left === 2), { p: 2 }))
    .toEqual(['reached', 'reached'])
})
// No step is left that would show it once more.
test('a search that goes on knows it', async () => {
  let kept: SavedSearch | null = null
  const cut = await exploreExhaustively(of(seen), { symmetry: true, maxStates: 6, checkpoints: { resume: null,
    save: ({ facts, parts }) => {
      const bytes = parts.map(part => Uint8Array.from(part))
      kept = { facts: structuredClone(facts), read: (part, into) => { into.set(bytes[part]!) } }
    } } })
  expect(cut.complete).toBe(false)
  const whole = await exploreExhaustively(of(seen), { symmetry: true, checkpoints: { resume: kept, save: null } })
  expect([whole.complete, outcomeOf(whole)]).toEqual([true, 'unchecked'])
})
