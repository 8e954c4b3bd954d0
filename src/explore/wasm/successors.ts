/** The learnt trees as WebAssembly: one pass over a parent tests shared fields once, writes each successor into the
 *  buffer, counts what fired, and stops where a tree does not know on. */
import { changedWords } from '../../model/effect.ts'
import { leafOf, unknown } from '../trees.ts'
import type { Ref, Trees } from '../trees.ts'
import type { Effect } from '../../model/effect.ts'
import {
  add, add64, and, assemble, block, br, brIf, brTable, call, eq, eqz, geU, get, getGlobal, gtU, i32, i64, load, load16,
  load64, loop, ltU, mul, or, ret, select, set, setGlobal, shl, shrU, store, store64, sub, tee, when,
} from './assembler.ts'
import type { Code, Func } from './assembler.ts'
import { independent, own, record } from './memory.ts'
import type { Plan } from './memory.ts'
import { refOff, Twins } from './twins.ts'
import { unpacked } from './key-words.ts'

const local = getGlobal(0)
const cursor = 1
/** Imported functions. */
const flushed = 0, walk = 1, learn = 2
const imports = 3
/** The first functions of the module's own. */
const missed = imports, still = imports + 1
/** Nodes beyond which a part gets a function of its own: V8 does not optimise very large ones. */
const largeNodes = 300

interface Item { readonly root: number; readonly ref: Ref }
const p = 0, row = 1, cur = 2, firstWord = 3

const missedSignature = { params: ['i32', 'i32', 'i32'], results: ['i32'] } as const
/** `missed(parent, root, at) -> next`: a root that this code does not know, by the trees as they are now, or by who
 *  learns; 0 where neither knows. */
const missedFunction: Func = {
  ...missedSignature, name: null, locals: ['i32'],
  body: [when(tee(3, call(walk, get(0), get(1), get(2))), ret(get(3))), call(learn, get(0), get(1), get(2))],
}

/** `still(parent, label, at) -> next`: writes a step that changes nothing. */
const stillFunction = (plan: Plan): Func => ({
  ...missedSignature, name: null, locals: [],
  body: [
    store(get(2), get(1), record.label), store(get(2), get(0), record.parent),
    Array.from({ length: plan.words }, (_, w) =>
      store(get(2), load(local, plan.scratch + w * 4), record.words + w * 4)),
    add(get(2), i32(plan.recordBytes)),
  ],
})

/** What one function uses. */
class Frame {
  readonly words = new Set<number>()
  temps = 0
}

export interface SuccessorsSpec {
  readonly plan: Plan
  readonly trees: Trees
  /** Roots of judgements of the state itself, in the order of their bits in a touch mask, and of instances, in
   *  order. */
  readonly judgements: readonly number[]
  readonly instances: readonly number[]
  /** States are stored in canonical form: every word of a successor is written. */
  readonly canonical: boolean
  /** False: no tree is compiled, every root is walked. */
  readonly knows: boolean
}

export class SuccessorsCode {
  private readonly functions: Func[]
  private readonly spec: SuccessorsSpec
  private readonly twins: Twins
  private readonly tempBase: number

  constructor(spec: SuccessorsSpec) {
    this.spec = spec
    this.functions = [missedFunction, stillFunction(spec.plan)]
    this.twins = new Twins(spec.trees)
    this.tempBase = firstWord + spec.plan.words
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const { plan, trees, instances, judgements, knows } = this.spec
    const itemsOf = (roots: readonly number[]): Item[] =>
      roots.map(root => ({ root, ref: knows ? trees.compilable(root) : unknown }))
    const judging = judgements.map(root => this.outline(itemsOf([root])))
    const parts: number[] = []
    let part: Item[] = [], size = 0
    for (const item of itemsOf(instances)) {
      const own = this.twins.size(item.ref)
      if (part.length > 0 && size + own > 4 * largeNodes) { parts.push(this.outline(part)); part = []; size = 0 }
      part.push(item)
      size += own
    }
    if (part.length > 0) parts.push(this.outline(part))
    this.functions.push(this.expand(judging, parts))
    return assemble({
      pages: plan.pages, globals: ['local'], ownGlobals: 1, functions: this.functions,
      imports: [{ name: 'flush', params: ['i32', 'i32'], results: [] },
        ...['walk', 'learn'].map(name => ({ ...missedSignature, name }))],
    })
  }

  /** A function of its own: 0, or the root that did not know on, plus 1. */
  private outline(items: readonly Item[]): number {
    const { plan } = this.spec
    const frame = new Frame()
    const code = this.sequence(items, frame, 0)
    const words = [...frame.words].sort((a, b) => a - b).map(w => set(firstWord + w, load(local, plan.scratch + w * 4)))
    this.functions.push({
      name: null, params: ['i32', 'i32'], results: ['i32'],
      locals: Array.from({ length: 1 + plan.words + frame.temps }, () => 'i32' as const),
      body: [set(cur, getGlobal(cursor)), words, code, setGlobal(cursor, get(cur)), i32(0)],
    })
    return imports + this.functions.length - 1
  }

  private word(w: number, frame: Frame): Code {
    frame.words.add(w)
    return get(firstWord + w)
  }

  /** Items in order; those that begin with the same test share it. */
  private sequence(items: readonly Item[], frame: Frame, depth: number): Code {
    const { nodes } = this.spec.trees
    const open = items.filter(({ ref }) => ref !== refOff)
    const code: Code[] = []
    for (let i = 0; i < open.length;) {
      const { root, ref } = open[i]!
      if (ref === unknown) { code.push(this.miss(root)); i++; continue }
      if (ref < 0) { code.push(this.emit(leafOf(ref), frame)); i++; continue }
      let end = i + 1
      while (end < open.length && open[end]!.ref > 0
        && [0, 1, 2].every(k => nodes[open[end]!.ref * 4 + k] === nodes[ref * 4 + k])) end++
      code.push(this.test(open.slice(i, end), frame, depth))
      i = end
    }
    return code
  }

  /** Whoever knows on takes this root; else the parent is left from here on. */
  private miss(root: number): Code {
    return [setGlobal(cursor, get(cur)),
      when(eqz(tee(cur, call(missed, get(p), i32(root), get(cur)))), ret(i32(root + 1)))]
  }

  /** One test for all of the items, then what follows for each group of values. */
  private test(items: readonly Item[], frame: Frame, depth: number): Code {
    const { nodes } = this.spec.trees
    const n = items[0]!.ref * 4
    const [word, shift, mask] = [nodes[n]!, nodes[n + 1]!, nodes[n + 2]!]
    const groups = new Map<string, { readonly values: number[]; readonly items: Item[] }>()
    const kids = items.map(({ ref }) => this.twins.children(ref))
    for (let value = 0; value <= mask; value++) {
      const key = kids.map(children => this.twins.number(children[value]!)).join()
      const group = groups.get(key)
      if (group !== undefined) group.values.push(value)
      else groups.set(key, { values: [value], items: items.map(({ root }, i) => ({ root, ref: kids[i]![value]! })) })
    }
    const parts = [...groups.values()].sort((a, b) => a.values.length - b.values.length)
      .map(group => ({ values: group.values, code: this.inner(group.items, frame, depth + 1) }))
    if (parts.length === 1) return parts[0]!.code
    const temp = this.tempBase + depth
    frame.temps = Math.max(frame.temps, depth + 1)
    const value = and(shift === 0 ? this.word(word, frame) : shrU(this.word(word, frame), i32(shift)), i32(mask))
    return [set(temp, value), parts.length <= 4 && mask < 32 ? chain(parts, temp) : jump(parts, temp, mask)]
  }

  private inner(items: readonly Item[], frame: Frame, depth: number): Code {
    const size = items.reduce((sum, { ref }) => sum + this.twins.size(ref), 0)
    if (size <= largeNodes || items.every(({ ref }) => ref <= 0)) return this.sequence(items, frame, depth)
    const temp = this.tempBase + depth
    frame.temps = Math.max(frame.temps, depth + 1)
    const index = this.outline(items)
    return [
      setGlobal(cursor, get(cur)), set(temp, call(index, get(p), get(row))), set(cur, getGlobal(cursor)),
      when(get(temp), ret(get(temp))),
    ]
  }

  /** Counts the label and writes the successor; one that is the parent itself only where every step is written. */
  private emit(leaf: number, frame: Frame): Code {
    const { plan, trees, canonical } = this.spec
    const { label, effect } = trees.leaves[leaf]!
    if (label === null || effect === null) return []
    const counter = plan.fired + label * 8
    const counted = store64(local, add64(load64(local, counter), i64(1n)), counter)
    const changed = changedWords(effect)
    if (changed.length === 0)
      return [counted, when(load(local, own.every), set(cur, call(still, get(p), i32(label), get(cur))))]
    const { components } = plan
    const all = canonical || components.length === 0
    const isChanged = components.map(({ first, words }) =>
      canonical || changed.some(w => first <= w && w < first + words))
    const bits = isChanged.reduce((sum, one, i) => one ? sum | 1 << record.changedShift + i : sum, 0)
    const written = Array.from({ length: plan.words }, (_, w) => w)
      .filter(w => all || components.some(({ first, words }, i) => isChanged[i]! && first <= w && w < first + words))
    return [
      counted, store(get(cur), i32(label | bits), record.label), store(get(cur), get(p), record.parent),
      written.map(w => store(get(cur), this.after(w, effect, frame), record.words + w * 4)),
      set(cur, add(get(cur), this.wanted(leaf))),
    ]
  }

  /** How far the buffer is filled by a successor at its end: not at all where that is stored already. */
  private wanted(leaf: number): Code {
    const { plan: { recordBytes } } = this.spec
    if (leaf >= independent.leaves) return i32(recordBytes)
    const isSuperfluous = and(shrU(load(get(row), leaf >>> 5 << 2), i32(leaf & 31)), i32(1))
    return and(sub(isSuperfluous, i32(1)), i32(recordBytes))
  }

  /** What a step leaves of a word; null for nothing. */
  private kept(w: number, keep: number, frame: Frame): Code | null {
    if (keep === 0) return null
    return keep === 0xffffffff ? this.word(w, frame) : and(this.word(w, frame), i32(keep))
  }
  private after(w: number, { keep, set: constant, moves }: Effect, frame: Frame): Code {
    let code = this.kept(w, keep[w]!, frame)
    const join = (part: Code): void => { code = code === null ? part : or(code, part) }
    if (constant[w] !== 0) join(i32(constant[w]!))
    for (const { from, to, bits } of moves) {
      if (to >>> 5 !== w) continue
      const raw = and(shrU(this.word(from >>> 5, frame), i32(from & 31)), i32(bits === 32 ? -1 : 2 ** bits - 1))
      join(shl(raw, i32(to & 31)))
    }
    return code ?? i32(0)
  }

  /** `expand(next, end)`: takes parents in order; the number of the one where a tree did not know on, or `end`. */
  private expand(judging: readonly number[], parts: readonly number[]): Func {
    const { plan } = this.spec
    const next = 0, end = 1, missed = 2, label = 3, rowOf = 4, partA = 5, partB = 6, every = 7, touched = 8
    const { prepare, word } = unpacked(plan, next, [partA, partB])
    const full = load(local, own.full)
    const begin = add(local, i32(plan.buffer))
    const run = (index: number): Code => [set(missed, call(index, get(next), get(rowOf))), brIf(1, get(missed))]
    const flush: Code = [call(flushed, begin, getGlobal(cursor)), setGlobal(cursor, begin)]
    return {
      name: 'expand', params: ['i32', 'i32'], results: ['i32'],
      locals: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
      body: [
        setGlobal(cursor, begin), set(missed, i32(0)), set(every, load(local, own.every)),
        block(loop(
          brIf(1, geU(get(next), get(end))),
          prepare, Array.from({ length: plan.words }, (_, w) => store(local, word(w), plan.scratch + w * 4)),
          set(label, load16(add(i32(plan.labels), shl(get(next), i32(1))))),
          set(rowOf, add(i32(plan.rows),
            mul(select(get(label), i32(0), ltU(get(label), select(i32(0), i32(independent.labels), get(every)))),
              i32(independent.rowBytes)))),
          set(touched, select(i32(0), load(add(i32(plan.touch), shl(get(label), i32(2)))), get(every))),
          judging.map((index, bit) => [
            when(and(get(touched), i32(1 << Math.min(bit, 31))), set(missed, call(index, get(next), get(rowOf)))),
            brIf(1, get(missed)),
          ]),
          parts.map(run),
          set(next, add(get(next), i32(1))),
          when(gtU(getGlobal(cursor), add(local, i32(plan.bufferEnd))), [flush, brIf(2, full)]),
          br(0),
        )),
        flush,
        store(local, get(missed), own.missed),
        get(next),
      ],
    }
  }
}

type Part = { readonly values: readonly number[]; readonly code: Code }

/** Ifs, one a group; the last group, the one of most values, needs no test. */
function chain(parts: readonly Part[], temp: number): Code {
  const [{ values, code }, ...rest] = parts as [Part, ...Part[]]
  if (rest.length === 0) return code
  const is = values.length === 1 ? eq(get(temp), i32(values[0]!))
    : and(shrU(i32(values.reduce((set, v) => set | 1 << v, 0)), get(temp)), i32(1))
  return when(is, code, chain(rest, temp))
}

/** A jump table: each group's code stands behind a block of its own. */
function jump(parts: readonly Part[], temp: number, mask: number): Code {
  const depths = Array.from({ length: mask + 1 }, (_, value) => parts.findIndex(({ values }) => values.includes(value)))
  let code: Code = brTable(get(temp), depths.slice(0, -1), depths.at(-1)!)
  parts.forEach((part, i) => {
    code = [block(code), part.code, i === parts.length - 1 ? [] : br(parts.length - 1 - i)]
  })
  return block(code)
}
