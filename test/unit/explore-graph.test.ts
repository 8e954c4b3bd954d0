/** The graph of all states takes each step once more: one that does something else then is a mistake that is told. */
import { expect, test } from 'vitest'
import { actionsOf, checkMachine, machine, propertiesOf, range, struct } from '../../src/index.ts'

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
