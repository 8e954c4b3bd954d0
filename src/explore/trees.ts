/** Decision trees learnt from runs: per root, which packed fields are read in which order, and what follows from their
 *  values. */
import { changedWords, isSameEffect } from '../model/effect.ts'
import type { Effect } from '../model/effect.ts'
import { ModelError } from '../model/index.ts'
import type { ReadLog } from '../model/run.ts'

/** A place in a tree: 0 nothing known yet, > 0 a node, < 0 the leaf `~ref`. */
export type Ref = number
export const unknown = 0
export const leafOf = (ref: Ref): number => ~ref
export const refOfLeaf = (leaf: number): Ref => ~leaf

/** What follows: nothing (`label` null: a false guard, a property that holds), or a step with its label. */
export interface Leaf { readonly label: number | null; readonly effect: Effect | null }

/** Where trees stand that threads walk, in memory they share; `leaves` holds what each leaf does, from the word on that
 *  `leafAt` tells. */
export interface TreeSpace {
  readonly roots: Int32Array
  readonly nodes: Int32Array
  readonly children: Int32Array
  readonly leafAt: Int32Array
  readonly leaves: Int32Array
}

/** Fields wider than this are tested in pieces. */
const pieceBits = 8
const nodeInts = 4
/** Who makes code of a tree calls itself some times for each node on a way down. With more nodes than this, trees are
 *  walked; the default stack bears three times as many. */
const mostDepth = 250

export class Trees {
  /** Per root: where its tree begins. */
  roots: Int32Array
  /** Per root: the most nodes on a way to a leaf. */
  private readonly depths: Uint32Array
  /** What each root is, for messages. */
  private readonly nameOf: (root: number) => string
  /** Per node: word, shift, mask, index of its first child. Node 0 does not exist. */
  nodes: Int32Array
  children: Int32Array
  nodeCount = 1
  private childCount = 0
  private readonly pieces = new Pieces()
  readonly leaves: Leaf[] = [{ label: null, effect: null }]
  /** By a hash of what they do. */
  private readonly leafNumbers = new Map<number, number[]>()
  /** Null where no thread walks them, or they have outgrown it. */
  private space: TreeSpace | null
  /** Words of `space.leaves` in use. */
  private leafWords = 0

  constructor(roots: number, nameOf: (root: number) => string, space: TreeSpace | null = null) {
    this.roots = space?.roots ?? new Int32Array(roots)
    this.depths = new Uint32Array(roots)
    this.nodes = space?.nodes ?? new Int32Array(1 << 10)
    this.children = space?.children ?? new Int32Array(1 << 10)
    this.nameOf = nameOf
    this.space = space
  }

  /** Where the tree of a root begins, for code made of it: unknown where it is too deep for that. */
  compilable(root: number): Ref { return this.depths[root]! > mostDepth ? unknown : this.roots[root]! }

  /** Where the values of a state lead. */
  walk(root: number, words: Uint32Array, offset: number): Ref {
    const { nodes, children } = this
    let ref = this.roots[root]!
    while (ref > 0) {
      const n = ref * nodeInts
      ref = children[nodes[n + 3]! + (words[offset + nodes[n]!]! >>> nodes[n + 1]! & nodes[n + 2]!)]!
    }
    return ref
  }

  /** The bits that the way to the leaf tests, by word. Nothing where that is not known yet. */
  tested(root: number, words: Uint32Array): Uint32Array {
    const { nodes, children } = this, bits = new Uint32Array(words.length)
    let ref = this.roots[root]!
    while (ref > 0) {
      const n = ref * nodeInts, word = nodes[n]!
      bits[word]! |= nodes[n + 2]! << nodes[n + 1]!
      ref = children[nodes[n + 3]! + (words[word]! >>> nodes[n + 1]! & nodes[n + 2]!)]!
    }
    return bits
  }

  leaf(label: number | null, effect: Effect | null): number {
    if (label === null || effect === null) return 0
    const hash = hashOf(label, effect), alike = this.leafNumbers.get(hash) ?? []
    for (const number of alike) {
      const leaf = this.leaves[number]!
      if (leaf.label === label && isSameEffect(leaf.effect!, effect)) return number
    }
    const number = this.leaves.push({ label, effect }) - 1
    alike.push(number)
    this.leafNumbers.set(hash, alike)
    this.share(number, label, effect)
    return number
  }
  /** For threads: label, whether anything changes, what is kept and set of each word; then moves: word and bit it comes
   *  from, mask, word and bit it goes to. */
  private share(leaf: number, label: number, { keep, set, moves }: Effect): void {
    if (this.space === null) return
    const { leafAt, leaves } = this.space
    const words = [label, changedWords({ keep, set, moves }).length,
      ...Array.from(keep, (kept, w) => [kept, set[w]!]).flat(), moves.length,
      ...moves.flatMap(({ from, to, bits }) =>
        [4 * (from >>> 5), from & 31, bits === 32 ? -1 : 2 ** bits - 1, 4 * (to >>> 5), to & 31])]
    if (leaf >= leafAt.length || this.leafWords + words.length > leaves.length) return this.outgrow()
    leaves.set(words, this.leafWords)
    leafAt[leaf] = this.leafWords
    this.leafWords += words.length
  }
  /** From now on threads know nothing of them. */
  private outgrow(): void {
    if (this.space === null) return
    const { roots, children, nodes } = this
    this.roots = roots.slice()
    roots.forEach((_, root) => { Atomics.store(roots, root, unknown) })
    this.nodes = nodes.slice()
    this.children = children.slice()
    this.space = null
  }

  /** Adds what a run read of the state at `offset`, and where that leads. `lenient`: since earlier runs some property
   *  was decided and is asked no more, so that a run may read less than the tree tests; else it must read what those
   *  before it read.
   *  @throws ModelError when it contradicts them. */
  extend(root: number, log: ReadLog, words: Uint32Array, offset: number, leaf: number, lenient: boolean): void {
    const { words: at, shifts, masks, count } = this.pieces.of(log)
    // Of a lenient run, what it reads and the tree has tested on the way: of others that is what it reads first.
    const tested = lenient ? new Set<number>() : null
    let isRoot = true, index = root, depth = 0
    const ref = (): Ref => (isRoot ? this.roots : this.children)[index]!
    const descend = (n: number): void => {
      const { nodes } = this
      index = nodes[n + 3]! + (words[offset + nodes[n]!]! >>> nodes[n + 1]! & nodes[n + 2]!)
      isRoot = false
    }
    for (; ref() > 0; depth++) {
      const n = ref() * nodeInts, { nodes } = this
      const isSame = depth < count && nodes[n] === at[depth] && nodes[n + 1] === shifts[depth]
        && nodes[n + 2] === masks[depth]
      if (!isSame && !lenient) throw this.contradiction(root)
      tested?.add(placeOf(nodes[n]!, nodes[n + 1]!, nodes[n + 2]!))
      descend(n)
    }
    for (let i = lenient ? 0 : depth; i < count; i++) {
      if (tested?.has(placeOf(at[i]!, shifts[i]!, masks[i]!)) ?? false) continue
      const node = this.node(at[i]!, shifts[i]!, masks[i]!)
      // Threads that walk meanwhile find what is new once it is whole.
      Atomics.store(isRoot ? this.roots : this.children, index, node)
      descend(node * nodeInts)
      depth++
    }
    this.depths[root] = Math.max(this.depths[root]!, depth)
    Atomics.store(isRoot ? this.roots : this.children, index, refOfLeaf(leaf))
  }

  /** Forgets the tree of a root. */
  drop(root: number): void { Atomics.store(this.roots, root, unknown) }
  /** From now on nothing follows from the root. */
  settle(root: number): void {
    Atomics.store(this.roots, root, refOfLeaf(0))
    this.depths[root] = 0
  }

  private contradiction(root: number): ModelError {
    return new ModelError(`${this.nameOf(root)} does different things in states that look alike to it: it must depend `
      + 'on the state and its arguments alone')
  }

  private node(word: number, shift: number, mask: number): Ref {
    const node = this.nodeCount++
    if (this.space !== null
      && ((node + 1) * nodeInts > this.nodes.length || this.childCount + mask + 1 > this.children.length))
      this.outgrow()
    if ((node + 1) * nodeInts > this.nodes.length) this.nodes = grown(this.nodes, (node + 1) * nodeInts)
    if (this.childCount + mask + 1 > this.children.length)
      this.children = grown(this.children, this.childCount + mask + 1)
    this.nodes.set([word, shift, mask, this.childCount], node * nodeInts)
    this.children.fill(unknown, this.childCount, this.childCount + mask + 1)
    this.childCount += mask + 1
    return node
  }
}

const placeOf = (word: number, shift: number, mask: number): number => (word * 32 + shift) * 256 + mask

/** What a run read, as tests of nodes: in lists that are used again, for there are many runs. */
class Pieces {
  readonly words: number[] = []
  readonly shifts: number[] = []
  readonly masks: number[] = []
  count = 0
  of({ at, bits }: ReadLog): this {
    this.count = 0
    for (let i = 0; i < at.length; i++)
      for (let done = 0; done < bits[i]!; done += pieceBits) {
        this.words[this.count] = at[i]! >>> 5
        this.shifts[this.count] = (at[i]! & 31) + done
        this.masks[this.count++] = (1 << Math.min(pieceBits, bits[i]! - done)) - 1
      }
    return this
  }
}

function hashOf(label: number, { keep, set, moves }: Effect): number {
  let hash = label
  const add = (part: number): void => { hash = Math.imul(hash ^ part, 0x9e3779b1) ^ hash >>> 15 }
  for (let w = 0; w < keep.length; w++) { add(keep[w]!); add(set[w]!) }
  for (const { from, to, bits } of moves) { add(from); add(to); add(bits) }
  return hash
}

function grown(of: Int32Array, least: number): Int32Array<ArrayBuffer> {
  const bigger = new Int32Array(Math.max(of.length * 2, least))
  bigger.set(of)
  return bigger
}
