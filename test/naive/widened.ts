/** A machine beside a few switches that have nothing to do with it: many times as many states, and what is known of
 *  them follows. */
import { actionsOf, bool, machine, propertiesOf, struct } from '../../src/index.ts'
import type { Struct } from '../../src/index.ts'
import type { Made } from './random/machines.ts'
import type { Known } from './search.ts'
import type { Seen } from './step.ts'

type Switches = Record<string, boolean>
const action = actionsOf<Switches, Seen>()
const { recovers } = propertiesOf<Switches, unknown, Seen>()
const left = 'a switch is left'

/** Each switch can be set once. Half of them stand before the machine's own fields, half after. Where all are set, none
 *  can be unset: that one can is claimed. */
export function widened({ kind, seed, machine: of, text }: Made, switches: number): Made {
  const names = Array.from({ length: switches }, (_, i) => `switch${i}`)
  const around = <T>(own: Readonly<Record<string, unknown>>, one: T): Record<string, T> =>
    Object.fromEntries([
      ...names.slice(switches >> 1).map(name => [name, one]), ...Object.entries(own),
      ...names.slice(0, switches >> 1).map(name => [name, one]),
    ]) as Record<string, T>
  const { fields } = of.domain as Struct
  const sets = names.map(name => action(name, { agent: 'a', when: s => !s[name]!, then: d => { d[name] = true } }))
  const claim = recovers(left, { claim: '' }, ({ state }) => names.some(name => !state[name]!))
  return { kind, seed, text: `${text}\nbeside ${switches} switches`, machine: machine<unknown, unknown, Seen>({
    ...of, domain: struct(around(fields, bool)), initial: around(of.initial as Record<string, unknown>, false),
    properties: [...of.properties, claim as unknown as typeof of.properties[number]],
    actions: [...of.actions.slice(0, 1), ...sets as typeof of.actions, ...of.actions.slice(1)],
  }) }
}

const choose = (n: number, k: number): number => k === 0 ? 1 : choose(n - 1, k - 1) * n / k
/** States by their distance, of which each switch adds one. */
const spread = (levels: readonly number[], switches: number): number[] =>
  Array.from({ length: levels.length + switches }, (_, at) =>
    levels.reduce((sum, count, i) => sum + (at - i < 0 || at - i > switches ? 0 : count * choose(switches, at - i)), 0))

/** What the counts of a machine come to beside the switches: all ways are as long as they were. */
export function counted(known: Known, switches: number): Known {
  const { states, transitions, levels, fired, clauses } = known, times = 2 ** switches
  const all = (counts: Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count * times]))
  const own = Object.entries(all(fired)),
    sets = Array.from({ length: switches }, (_, i): [string, number] => [`switch${i}`, states * times / 2])
  return {
    ...known, states: states * times, transitions: transitions * times + states * switches * times / 2,
    levels: spread(levels, switches),
    depth: known.depth + switches, fired: Object.fromEntries([...own.slice(0, 1), ...sets, ...own.slice(1)]),
    clauses: all(clauses), endless: new Map([...known.endless, [left, { holds: false, stem: switches }]]),
    orbits: groups => spread(known.orbits(groups), switches),
  }
}
