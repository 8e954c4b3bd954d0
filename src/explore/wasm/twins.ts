/** Subtrees that are the same, by a number for each: the compiled trees hold one piece of code for all of them. */
import type { Ref, Trees } from '../trees.ts'

/** The leaf of what is off: it has no successor. */
export const refOff = ~0

/** Same subtrees get the same number, so that values which lead to the same end share their code. */
export class Twins {
  private readonly numbers = new Map<string, number>()
  private readonly of = new Map<Ref, number>()
  private readonly sizes = new Map<Ref, number>()
  private readonly trees: Trees
  constructor(trees: Trees) { this.trees = trees }

  children(ref: Ref): Int32Array {
    const { nodes, children } = this.trees
    const first = nodes[ref * 4 + 3]!
    return children.subarray(first, first + nodes[ref * 4 + 2]! + 1)
  }
  number(ref: Ref): number {
    if (ref <= 0) return ref
    let found = this.of.get(ref)
    if (found !== undefined) return found
    const { nodes } = this.trees, n = ref * 4
    const key = `${nodes[n]} ${nodes[n + 1]} ${nodes[n + 2]} `
      + `${Array.from(this.children(ref), child => this.number(child)).join()}`
    found = this.numbers.get(key)
    if (found === undefined) this.numbers.set(key, found = this.numbers.size + 1)
    this.of.set(ref, found)
    return found
  }
  size(ref: Ref): number {
    if (ref <= 0) return ref === refOff ? 0 : 1
    let found = this.sizes.get(ref)
    if (found === undefined)
      this.sizes.set(ref, found = 1
        + [...new Set(this.children(ref))].reduce((sum, child) => sum + this.size(child), 0))
    return found
  }
}
