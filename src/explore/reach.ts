/** What leads where in a graph of all states. */
import { ComponentFinder } from './components.ts'
import type { Edges } from './components.ts'
import { membersOf } from './fairness.ts'
import type { Slices } from './pace.ts'

/** The given states and all from which they can be reached. */
export async function ancestors(graph: Edges, of: Uint8Array, slices: Slices): Promise<Uint8Array> {
  const { first, target } = graph
  const found = of.slice()
  const others = await membersOf(of.map(one => 1 - one), slices)
  const { members, ends, count } = await new ComponentFinder(graph, slices).find(others, null)
  const leadsThere = (state: number): boolean => {
    for (let edge = first[state]!; edge < first[state + 1]!; edge++) if (found[target[edge]!] !== 0) return true
    return false
  }
  // What a component leads to comes before it.
  for (let i = 0, from = 0; i < count; from = ends[i++]!) {
    if (slices.due()) await slices.rest()
    const component = members.subarray(from, ends[i]!)
    if (component.some(leadsThere)) for (const state of component) found[state] = 1
  }
  return found
}
