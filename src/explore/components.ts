/** Strongly connected components (Tarjan, Depth-first search and linear graph algorithms, 1972), without recursion,
 *  over typed arrays. */
import type { Slices } from './pace.ts'

/** The edges of state s are first[s] .. first[s+1]-1. */
export interface Edges { readonly states: number; readonly first: Uint32Array; readonly target: Uint32Array }

/** Part of the states: those whose `region` is `id`. Edges to others, and those that are cut, do not count. */
export interface Part {
  readonly members: Uint32Array
  readonly region: Uint32Array
  readonly id: number
  readonly cut: Uint8Array | null
}

/** Component i is members[ends[i-1]] .. members[ends[i]-1]; an edge between two of them leads to the one with the
 *  smaller number. */
export interface Components { readonly members: Uint32Array; readonly ends: Uint32Array; readonly count: number }

/** Scratch space for many runs on one graph. */
export class ComponentFinder {
  private readonly edges: Edges
  private readonly slices: Slices
  /** Order of discovery from 1; 0: not seen. `settled` when the component is known. */
  private readonly index: Uint32Array
  private readonly low: Uint32Array
  private readonly next: Uint32Array
  private static readonly settled = 0xffffffff

  constructor(edges: Edges, slices: Slices) {
    this.edges = edges
    this.slices = slices
    this.index = new Uint32Array(edges.states)
    this.low = new Uint32Array(edges.states)
    this.next = new Uint32Array(edges.states)
  }

  async find({ members, region, id, cut }: Part): Promise<Components> {
    const { index, low, next, slices, edges: { first, target } } = this
    const { settled } = ComponentFinder
    const out = new Uint32Array(members.length), ends = new Uint32Array(members.length)
    // `path` is the way from the root to the current state, `open` the states whose component is not known yet.
    const path = new Uint32Array(members.length), open = new Uint32Array(members.length)
    let pathLength = 0, opened = 0, written = 0, count = 0, seen = 0
    for (const state of members) index[state] = 0
    const enter = (state: number): void => {
      index[state] = low[state] = ++seen
      next[state] = first[state]!
      path[pathLength++] = state
      open[opened++] = state
    }
    for (const root of members) {
      if (index[root] !== 0) continue
      enter(root)
      while (pathLength > 0) {
        const state = path[pathLength - 1]!
        const edge = next[state]!
        if (edge < first[state + 1]!) {
          next[state] = edge + 1
          const to = target[edge]!
          if (region[to] !== id || (cut !== null && cut[edge] !== 0) || index[to] === settled) continue
          if (index[to] === 0) enter(to)
          else if (index[to]! < low[state]!) low[state] = index[to]!
          continue
        }
        if (slices.due()) await slices.rest()
        pathLength--
        if (pathLength > 0) low[path[pathLength - 1]!] = Math.min(low[path[pathLength - 1]!]!, low[state]!)
        if (low[state] !== index[state]) continue
        for (let member = -1; member !== state;) {
          member = open[--opened]!
          index[member] = settled
          out[written++] = member
        }
        ends[count++] = written
      }
    }
    return { members: out, ends: ends.subarray(0, count), count }
  }
}
