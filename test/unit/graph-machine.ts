/** Machines given as a graph: the states are numbers, each edge has a name, and edges of one name are one action. */
import { actionsOf, machine, propertiesOf, range, struct } from '../../src/index.ts'
import type { Fairness, Machine, Property, Value } from '../../src/index.ts'

const domain = (states: number) => struct({ at: range(0, states - 1) })
export type At = Value<ReturnType<typeof domain>>
export interface Went { readonly what: 'went'; readonly by: string }
export type None = Record<never, never>
/** At most one edge of a name leaves a state. */
export type Edge = readonly [from: number, name: string, to: number]

const action = actionsOf<At, Went>()
export const { always, leadsTo, eventually, recovers } = propertiesOf<At, None, Went>()

export function graphMachine(
  edges: readonly Edge[], fair: Readonly<Record<string, Fairness>> = {},
  properties: readonly Property<At, None, Went>[] = []): Machine<At, None, Went> {
  const states = Math.max(0, ...edges.flatMap(([from, , to]) => [from, to])) + 1
  const names = [...new Set(edges.map(([, name]) => name))].sort()
  return machine<At, None, Went>({
    name: 'graph', domain: domain(states), initial: { at: 0 }, properties,
    actions: names.map(name => {
      const next = new Map(edges.filter(edge => edge[1] === name).map(([from, , to]) => [from, to]))
      return action(name, {
        agent: 'a', fair: fair[name] ?? false, when: s => next.has(s.at),
        then: (d, _, emit) => { d.at = next.get(d.at)!; emit.observe({ what: 'went', by: name }) },
      })
    }),
  })
}
