/** What a claim reads, and how an op is written, mean the same to search, random runs, replay and shrinker. */
import { expect, test } from 'vitest'
import {
  actionsOf, checkMachine, exploreRandomly, machine, makeTrace, ModelError, propertiesOf, range, replay, shrinkOps,
  struct,
} from '../../src/index.ts'
import type { Op, Property } from '../../src/index.ts'

interface State { x: number }
type Ledger = Record<never, never>
interface Seen { readonly what: 'went' }
const { always, eventually, sometimes, step } = propertiesOf<State, Ledger, Seen>()
const params = { a: range(0, 1), b: range(0, 1) }
const made = (claim: Property<State, Ledger, Seen>) => machine<State, Ledger, Seen>({
  name: 'm', domain: struct({ x: range(0, 1) }), initial: { x: 0 },
  actions: [actionsOf<State, Seen>()('go', { agent: 'a', fair: true, params, when: (_, { a, b }) => a > b,
    then: (d, _, emit) => { d.x = 1 - d.x; emit.observe({ what: 'went' }) } })],
  properties: [claim, always('true', { claim: '' }, () => true)],
})
type M = ReturnType<typeof made>
const traceOf = (of: M, ops: readonly Op[], loop: number | null) => makeTrace(of, { design: 'm', bounds: {},
  property: 'it', because: '', ops: [...ops], ...loop === null ? {} : { loop },
  found: { driver: 'hand', shortest: false } })
const go: Op = { action: 'go', args: { a: 1, b: 0 } }

const misspelt = (state: State): boolean => !((state as unknown as { readonly y: number }).y <= 0)
const caught = (state: State): boolean => { try { return misspelt(state) } catch { return false } }
const because = { because: 'it is not so' }
test.each<[string, Property<State, Ledger, Seen>]>([
  ['of states', always('it', { claim: '' }, ({ state }) => !misspelt(state) || because)],
  ['of states, and catches that', always('it', { claim: '' }, ({ state }) => !caught(state) || because)],
  ['of the state before a step',
    step('it', { claim: '', on: 'went' }, (_, __, { state }) => !misspelt(state) || because)],
  ['of what is reached', sometimes('it', { claim: '' }, ({ state }) => misspelt(state))],
  ['of endless runs', eventually('it', { claim: '' }, ({ state }) => misspelt(state))],
])('a claim that reads what there never is: %s', async (_, claim) => {
  const of = made(claim)
  const runs = [() => checkMachine(of), async () => replay(of, traceOf(of, [go, go], 0)),
    ...claim.kind === 'eventually' ? [] : [() => exploreRandomly(of, { seed: 1, runs: 5 })]]
  for (const run of runs) {
    const error: unknown = await run().then(() => null, (cause: unknown) => cause)
    expect(error).toBeInstanceOf(ModelError)
    expect((error as ModelError).message).toContain('reads world.state.y: no such field')
  }
  expect(() => shrinkOps(of, 'it', [go, go])).toThrow('do not violate')
})

test('an op is the same in whichever order its arguments stand', () => {
  const turned: Op = { action: 'go', args: { b: 0, a: 1 } }
  const endless = made(eventually('it', { claim: '' }, () => false))
  expect(replay(endless, traceOf(endless, [turned, turned], 0))).toMatchObject({ reproduced: true, refusedCount: 0 })
  const broken = made(always('it', { claim: '' }, ({ state }) => state.x === 0 || because))
  expect(replay(broken, traceOf(broken, [turned], null)).reproduced).toBe(true)
  expect(shrinkOps(broken, 'it', [turned])).toEqual([go])
})

test('an op with an argument that its action does not have is no op of the machine', () => {
  const broken = made(always('it', { claim: '' }, ({ state }) => state.x === 0 || because))
  const more: Op = { action: 'go', args: { ...go.args, c: 0 } }
  expect(replay(broken, traceOf(broken, [more], null))).toMatchObject({ reproduced: false, refusedCount: 1 })
  expect(() => shrinkOps(broken, 'it', [more])).toThrow('do not violate')
})
