/** The water jugs of Die Hard 3: with a jug of 3 and one of 5 gallons measure 4. An example of the TLA+ tools: 16
 *  states, 6 steps. */
import { actionsOf, machine, oneOf, propertiesOf, range, struct } from '../../src/index.ts'
import type { Machine, Value } from '../../src/index.ts'

const size = { small: 3, big: 5 } as const
const jug = oneOf('small', 'big')
const domain = struct({ small: range(0, size.small), big: range(0, size.big) })
type State = Value<typeof domain>
type Ledger = Record<never, never>
/** Water reached a jug from outside or was thrown away. */
interface Seen { readonly what: 'filled' | 'emptied'; readonly jug: 'small' | 'big' }

const action = actionsOf<State, Seen>()
const { always, sometimes } = propertiesOf<State, Ledger, Seen>()

/** Every action is always possible, as in the published module: 16 states have 96 transitions. */
export function dieHard(): Machine<State, Ledger, Seen> {
  return machine<State, Ledger, Seen>({
    name: 'die-hard', domain, initial: { small: 0, big: 0 },
    actions: [
      action('fill', { agent: 'hero', params: { jug }, when: () => true,
        then: (d, p, emit) => { d[p.jug] = size[p.jug]; emit.observe({ what: 'filled', jug: p.jug }) } }),
      action('empty', { agent: 'hero', params: { jug }, when: () => true,
        then: (d, p, emit) => { d[p.jug] = 0; emit.observe({ what: 'emptied', jug: p.jug }) } }),
      action('pour', { agent: 'hero', params: { from: jug }, when: () => true,
        then: (d, { from }) => {
          const to = from === 'small' ? 'big' : 'small'
          const moved = Math.min(d[from], size[to] - d[to])
          d[from] -= moved
          d[to] += moved
        } }),
    ],
    properties: [
      always('not four', { claim: 'The big jug never holds four gallons.' }, ({ state }) =>
        state.big !== 4 || { because: 'the big jug holds 4', witness: { ...state } }),
      sometimes('both full', { claim: 'Both jugs can be full.' },
        ({ state }) => state.small === size.small && state.big === size.big),
    ],
  })
}
