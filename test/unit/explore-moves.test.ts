/** Parts that a recipe moves without looking at them: between words, and from one place or another. */
import { expect, test } from 'vitest'
import { actionsOf, bool, exploreExhaustively, machine, range, struct, table } from '../../src/index.ts'
import type { Value } from '../../src/index.ts'

const part = struct({ x: range(0, 3), y: bool })
const domain = struct({ to: part, between: table([range(0, 3)], range(0, 2 ** 31 - 1)), from: part, other: part,
  which: bool })
type State = Value<typeof domain>
const action = actionsOf<State, { readonly what: string }>()
const none = (): Value<typeof part> => ({ x: 0, y: false })
const made = (then: (d: State) => void) => machine<State>({
  name: 'm', domain, initial: { to: none(), between: [0, 0, 0, 0], from: none(), other: none(), which: true },
  actions: [
    action('move', { agent: 'a', when: () => true, then }),
    action('count', { agent: 'a', when: () => true, then: d => { d.from.x = (d.from.x + 1) % 4 } }),
    action('turn', { agent: 'a', when: () => true, then: d => { d.which = !d.which } }),
  ],
})
const backends = ['walk', 'javascript', 'wasm', undefined] as const

test.each(backends)('a part goes from one word to another, by %s', async backend => {
  // Four counts there, four here, and the switch.
  expect(await exploreExhaustively(made(d => { d.to = d.from }), { backend }))
    .toMatchObject({ states: 32, transitions: 96, complete: true })
})
test.each(backends)('what it is taken from depends on the state, by %s', async backend => {
  expect(await exploreExhaustively(made(d => { d.to = d.which ? d.other : d.from }), { backend }))
    .toMatchObject({ states: 32, transitions: 96, complete: true })
})
