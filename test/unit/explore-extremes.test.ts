/** Costs over all behaviours: by hand on tiny graphs, and against an enumeration of all ways on random ones. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildGraph, showOp } from '../../src/index.ts'
import type { Fairness } from '../../src/index.ts'
import { extremesOf } from '../../src/explore/extremes.ts'
import type { Extremes, Measure } from '../../src/explore/extremes.ts'
import { unhurried } from '../../src/explore/pace.ts'
import { graphMachine } from './graph-machine.ts'
import type { At, Edge, None, Went } from './graph-machine.ts'

/** Names that begin with `b` begin it, with `e` end it, with `x` do both; a digit at the end is the price. */
const byName: Measure<At, None, Went> = {
  begins: ({ instance }) => /^[bx]/.test(instance.action.name),
  ends: ({ instance }) => /^[ex]/.test(instance.action.name),
  price: ({ instance }) => Number(/\d*$/.exec(instance.action.name)![0]),
}
async function extremes(edges: readonly Edge[], fair: Record<string, Fairness> = {},
  measure = byName): Promise<Extremes> {
  const machine = graphMachine(edges, fair)
  return extremesOf(machine, (await buildGraph(machine)).graph!, measure, unhurried())
}
const shown = (way: {
  readonly cost: number
  readonly ops: Extremes['least'] extends infer W | null ? W extends { ops: infer O } ? O : never : never
} | null) =>
  way === null ? null : `${way.cost}: ${way.ops.map(showOp).join(' ')}`

test('the dearest and the cheapest way, with the price of both ends, each after the shortest way there', async () => {
  const found = await extremes([[0, 'go', 1], [1, 'b1', 2], [2, 'm5', 3], [2, 'n2', 4], [3, 'm7', 4], [4, 'e1', 5]],
    { m5: true, n2: true, m7: true, e1: true })
  expect(shown(found.greatest)).toBe('14: go b1 m5 m7 e1')
  expect(shown(found.least)).toBe('4: go b1 n2 e1')
  expect(found).toMatchObject({ begins: true, unbounded: null, endless: null, greatest: { begin: 1 },
    least: { begin: 1 } })
})

test('a step with a price that can repeat is told with its round; one without is no matter', async () => {
  const costly = await extremes([[0, 'b0', 1], [1, 'm3', 2], [2, 'n4', 1], [1, 'e0', 0]])
  expect(costly.greatest).toBeNull()
  expect(costly.unbounded).toMatchObject({ cost: 7, begin: 0, loop: 1 })
  expect(shown(costly.unbounded)).toBe('7: b0 m3 n4')
  expect(shown(costly.least)).toBe('0: b0 e0')
  const free = await extremes([[0, 'b0', 1], [1, 'm0', 2], [2, 'n0', 1], [2, 'e4', 0], [1, 'e0', 0]])
  expect(free.unbounded).toBeNull()
  expect(shown(free.greatest)).toBe('4: b0 m0 e4')
})

test('ways may have more edges than a call can have arguments', async () => {
  // From 0 into a ring, and out of it where it closes.
  const states = 150_000, machine = graphMachine([[0, 'b1', 1], [1, 'e1', 0], [1, 'go', 1]], { go: true })
  const first = Uint32Array.from({ length: states + 1 }, (_, i) => i === states ? states + 1 : i)
  const target = Uint32Array.from({ length: states + 1 }, (_, i) => i === states ? 0 : i === states - 1 ? 1 : i + 1)
  const label = Uint16Array.from(target, (_, i) => i === 0 ? 0 : i === states ? 1 : 2)
  const labels = [0, 1, 2].map(instance => ({ instance, events: [] }))
  const { world } = (await buildGraph(machine)).graph!
  const graph = { states, first, target, label, labels, world: () => world(0), answers: () => expect.fail() }
  const [begin, end] = machine.instances
  const measure: typeof byName = { begins: ({ instance }) => instance === begin,
    ends: ({ instance }) => instance === end, price: () => 0 }
  const { greatest, endless } = await extremesOf(machine, graph, measure, unhurried())
  expect(greatest!.ops.length).toBe(states)
  expect([endless!.loop, endless!.ops.length]).toEqual([1, states])
})

test('a beginning while it is under way does not begin it anew', async () => {
  const found = await extremes([[0, 'b1', 1], [1, 'b2', 2], [2, 'e1', 3]])
  expect(shown(found.greatest)).toBe('4: b1 b2 e1')
  expect(shown(found.least)).toBe('4: b1 b2 e1')
})

test('a step that begins and ends is a measure of its own, and under way an end only', async () => {
  const alone = await extremes([[0, 'x3', 1]])
  expect([shown(alone.greatest), shown(alone.least), alone.endless]).toEqual(['3: x3', '3: x3', null])
  const under = await extremes([[0, 'b1', 1], [1, 'x3', 2], [2, 'e9', 3]])
  expect([shown(under.greatest), shown(under.least)]).toEqual(['4: b1 x3', '4: b1 x3'])
})

test('what never ends, and what never begins', async () => {
  const rest = await extremes([[0, 'b1', 1], [1, 'stop', 2], [1, 'e1', 0]], { stop: true, e1: true })
  expect(rest.endless).toMatchObject({ loop: 2, cost: 0, begin: 0 })
  expect(shown(rest.greatest)).toBe('2: b1 e1')
  const round = await extremes([[0, 'b1', 1], [1, 'spin', 1], [1, 'e1', 0]], { spin: true })
  expect(shown(round.endless)).toBe('0: b1 spin')
  expect((await extremes([[0, 'b1', 1], [1, 'spin', 1], [1, 'e1', 0]], { spin: true, e1: true })).endless).toBeNull()
  expect(await extremes([[0, 'go', 1]]))
    .toMatchObject({ begins: false, greatest: null, least: null, unbounded: null, endless: null })
})

test('a price is a whole number', async () => {
  await expect(extremes([[0, 'b1', 1]], {}, { ...byName, price: () => 0.5 })).rejects.toThrow('b1 is priced 0.5: a '
    + 'price is a whole number, 0 or more')
})

const size = 5
const graphs = fc.uniqueArray(fc.tuple(fc.nat(size - 1),
  fc.constantFrom('b1', 'b0', 'e2', 'e0', 'x1', 'm0', 'm1', 'm3'), fc.nat(size - 1)), {
  minLength: 1, maxLength: 12, selector: ([from, name]) => `${from}${name}`,
}).map((edges): Edge[] => edges)

/** The costs of all measures: what any run of so many steps adds, from every state that a run reaches idle. */
function naive(edges: readonly Edge[], steps: number): { most: number; least: number } {
  const idle = new Set([0]), busy = new Set<string>()
  let most = -1, least = Infinity
  const ended = (cost: number): void => { most = Math.max(most, cost); least = Math.min(least, cost) }
  // A measure is a pair of a state and what it cost so far, at most `steps` steps old.
  let open = new Set<string>()
  for (let round = 0; round < size + steps; round++) {
    const next = new Set<string>()
    for (const state of Array.from(idle))
      for (const [from, name, to] of edges) {
        if (from !== state) continue
        const cost = Number(name.slice(1))
        if (name[0] === 'b') next.add(`${to} ${cost}`)
        else { if (name[0] === 'x') ended(cost); idle.add(to) }
      }
    for (const one of open) {
      const [at, sofar] = one.split(' ').map(Number)
      for (const [from, name, to] of edges) {
        if (from !== at) continue
        const cost = sofar! + Number(name.slice(1))
        if (name[0] === 'e' || name[0] === 'x') { ended(cost); idle.add(to) } else next.add(`${to} ${cost}`)
      }
    }
    for (const one of next) busy.add(one)
    open = new Set(busy)
  }
  return { most, least }
}

test('random graphs: the least and the greatest of all ways, and unbounded where longer ways cost more', async () => {
  await fc.assert(fc.asyncProperty(graphs, async edges => {
    const found = await extremes(edges)
    const some = naive(edges, 12)
    expect(found.least?.cost ?? Infinity).toBe(some.least)
    if (found.unbounded === null) expect(found.greatest?.cost ?? -1).toBe(some.most)
    else {
      expect(found.greatest).toBeNull()
      expect(found.unbounded.cost).toBeGreaterThan(0)
    }
    for (const way of [found.least, found.greatest]) {
      if (way === null) continue
      expect(way.ops.slice(way.begin).reduce((sum, { action }) => sum + Number(action.slice(1)), 0)).toBe(way.cost)
    }
  }), { seed: 1959, numRuns: 150 })
})
