/** Strongly connected components (Tarjan, Depth-first search and linear graph algorithms, 1972), without recursion,
 *  over typed arrays. */
import type { Slices } from './pace.ts'

/** The edges of state s are first[s] .. first[s+1]-1. */
export interface Edges { readonly states: number; readonly first: Uint32Array; readonly target: Uint32Array }

/** Component i is members[ends[i-1]] .. members[ends[i]-1]; an edge between two of them leads to the one with the
 *  smaller number. */
export interface Components { readonly members: Uint32Array; readonly ends: Uint32Array; readonly count: number }

/** Of a state that has no part: it is no member, or its component is known. Larger than any place in the order. */
const settled = 0xffffffff

/** Scratch space for many runs on one graph. */
export class ComponentFinder {
  private readonly edges: Edges
  private readonly slices: Slices
  /** 0: not seen; then the first of the open states, in the order of discovery from 1, that is known to be reached from
   *  here. */
  private readonly low: Uint32Array

  constructor(edges: Edges, slices: Slices) {
    this.edges = edges
    this.slices = slices
    this.low = new Uint32Array(edges.states).fill(settled)
  }

  /** Of the graph of these states alone: edges to others, and those that are cut, do not count. */
  async find(members: Uint32Array, cut: Uint8Array | null): Promise<Components> {
    const { low, slices } = this
    await slices.over(members.length, (from, to) => { for (let i = from; i < to; i++) low[members[i]!] = 0 })
    const walk = new Walk(this.edges, low, members, cut)
    await slices.while(most => walk.on(most))
    const { out, ends, count } = walk
    return { members: out, ends: ends.subarray(0, count), count }
  }
}

/** One run. What it stands at is in fields between two slices, in locals within one. */
class Walk {
  readonly out: Uint32Array
  readonly ends: Uint32Array
  count = 0
  private readonly edges: Edges
  private readonly low: Uint32Array
  private readonly members: Uint32Array
  private readonly cut: Uint8Array | null
  /** The way from the root to the current state, with the place of each in the order and the edge it is at. */
  private readonly path: Uint32Array
  private readonly place: Uint32Array
  private readonly next: Uint32Array
  private length = 0
  /** States whose component is not known yet, and how many there are. */
  private readonly open: Uint32Array
  private opened = 0
  private roots = 0
  private seen = 0

  constructor(edges: Edges, low: Uint32Array, members: Uint32Array, cut: Uint8Array | null) {
    this.edges = edges
    this.low = low
    this.members = members
    this.cut = cut
    const array = (): Uint32Array => new Uint32Array(members.length)
    this.out = array()
    this.ends = array()
    this.path = array()
    this.place = array()
    this.next = array()
    this.open = array()
  }

  /** Leaves up to `most` states; whether any are left. */
  on(most: number): boolean {
    const { edges: { first, target }, low, members, cut, path, place, next } = this
    let { length } = this
    for (let left = 0; left < most;) {
      if (length === 0) {
        while (this.roots < members.length && low[members[this.roots]!] !== 0) this.roots++
        if (this.roots === members.length) return false
        length = this.enter(members[this.roots]!, 0)
      }
      const top = length - 1, state = path[top]!, end = first[state + 1]!
      let edge = next[top]!, least = low[state]!
      for (; edge < end; edge++) {
        const to = low[target[edge]!]!
        if (to >= least || cut !== null && cut[edge] !== 0) continue
        if (to === 0) break
        least = to
      }
      low[state] = least
      if (edge < end) {
        next[top] = edge + 1
        length = this.enter(target[edge]!, length)
        continue
      }
      left++
      length = top
      if (least === place[top]) this.settle(state)
      else if (least < low[path[top - 1]!]!) low[path[top - 1]!] = least
    }
    this.length = length
    return true
  }

  private enter(state: number, length: number): number {
    this.low[state] = this.place[length] = ++this.seen
    this.next[length] = this.edges.first[state]!
    this.path[length] = this.open[this.opened++] = state
    return length + 1
  }

  /** The state and all that came after it and are open are a component. */
  private settle(state: number): void {
    const { out, ends, open, low } = this
    let written = this.count === 0 ? 0 : ends[this.count - 1]!
    for (let member = -1; member !== state;) {
      member = open[--this.opened]!
      low[member] = settled
      out[written++] = member
    }
    ends[this.count++] = written
  }
}
