/** One form for all states that differ in the names of interchangeable ids only, as WebAssembly on packed words: the
 *  least of all renamings of some groups, in each of which the other groups are named in the order of their first
 *  mention, and the unmentioned by what is said of them. */
import { permutations, swapsOf } from '../symmetry.ts'
import type { Symmetry, Test, ValueSlot } from '../symmetry.ts'
import {
  add, and, block, br, brIf, call, eq, eqz, geU, get, getGlobal, gtU, i32, load, ltU, or, set, shl, shrU, store, sub,
  when, xor,
} from './assembler.ts'
import type { Code, Func } from './assembler.ts'
import type { Plan } from './memory.ts'

const pointer = 0
/** Names of a group fit in the nibbles of a word. */
export const largestGroup = 8
const unnamed = 15

const mask = (bits: number): number => bits === 32 ? -1 : 2 ** bits - 1
const wordOf = (at: number): number => (at >>> 5) * 4
const field = (at: number, bits: number): Code => {
  const word = load(get(pointer), wordOf(at))
  const shifted = (at & 31) === 0 ? word : shrU(word, i32(at & 31))
  return bits + (at & 31) === 32 ? shifted : and(shifted, i32(mask(bits)))
}
const holds = ({ at, bits, is, orMore }: Test): Code =>
  orMore ? geU(field(at, bits), i32(is)) : eq(field(at, bits), i32(is))
const under = (tests: readonly Test[], code: Code): Code =>
  tests.reduceRight((inner, test) => when(holds(test), inner), code)

/** Pieces of at most a word. */
function pieces(at: number, bits: number): { offset: number; bits: number }[] {
  const all = []
  for (let done = 0; done < bits;) {
    const n = Math.min(bits - done, 32 - (at + done & 31))
    all.push({ offset: done, bits: n })
    done += n
  }
  return all
}

/** `swap(address)`: ids `low` and `low + 1` in each other's place. */
function swap(symmetry: Symmetry, group: string, low: number): Func {
  const a = 1, b = 2
  const rows = symmetry.rows.filter(row => row.group === group)
    .map(({ at, bits, tests }) => under(tests, pieces(at[low]!, bits).map(piece => {
      const from = at[low]! + piece.offset, to = at[low + 1]! + piece.offset
      const put = (place: number, other: number): Code => {
        const m = mask(piece.bits) << (place & 31)
        const value = shl(get(other), i32(place & 31))
        return store(get(pointer),
          piece.bits === 32 ? get(other) : or(and(load(get(pointer), wordOf(place)), i32(~m)), value), wordOf(place))
      }
      return [set(a, field(from, piece.bits)), set(b, field(to, piece.bits)), put(from, b), put(to, a)]
    })))
  const values = symmetry.values.filter(value => value.group === group).map(({ at, bits, nullable, tests }) => {
    const code = low + (nullable ? 1 : 0)
    const moved = sub(eq(get(a), i32(code)), eq(get(a), i32(code + 1)))
    return under(tests, [
      set(a, field(at, bits)),
      store(get(pointer), add(load(get(pointer), wordOf(at)), shl(moved, i32(at & 31))), wordOf(at)),
    ])
  })
  return { name: `swap_${group}_${low}`, params: ['i32'], results: [], locals: ['i32', 'i32'], body: [rows, values] }
}

/** `relabel(address)`: a group named anew by first mention. */
function relabel(symmetry: Symmetry, group: string, size: number, swapAt: (low: number) => number): Func {
  const ranks = 1, next = 2, id = 3, a = 4, b = 5, isMore = 6
  const nibble = (of: Code): Code => and(shrU(get(ranks), of), i32(unnamed))
  const mention = ({ at, bits, nullable, tests }: ValueSlot): Code => {
    const name: Code = when(eq(nibble(get(id)), i32(unnamed)), [
      set(ranks, xor(get(ranks), shl(xor(i32(unnamed), get(next)), get(id)))), set(next, add(get(next), i32(1))),
    ])
    return under(tests, nullable
      ? [set(a, field(at, bits)), when(get(a), [set(id, shl(sub(get(a), i32(1)), i32(2))), name])]
      : [set(id, shl(field(at, bits), i32(2))), name])
  }
  const rows = symmetry.rows.filter(row => row.group === group)
  const compareRows = (low: number): Code => block(
    rows.map(({ at, bits, tests }) => block(
      // Where the table is not there, other things stand in its place.
      tests.map(test => brIf(0, eqz(holds(test)))),
      pieces(at[low]!, bits).map(piece => [
        set(id, field(at[low]! + piece.offset, piece.bits)), set(next, field(at[low + 1]! + piece.offset, piece.bits)),
        when(gtU(get(id), get(next)), [set(isMore, i32(1)), br(2)]), brIf(1, ltU(get(id), get(next))),
      ]),
    )),
  )
  const order = (low: number): Code => [
    set(a, nibble(i32(4 * low))), set(b, nibble(i32(4 * low + 4))), set(isMore, gtU(get(a), get(b))),
    when(eq(and(get(a), get(b)), i32(unnamed)), compareRows(low)),
    when(get(isMore), [
      call(swapAt(low), get(pointer)), set(a, xor(get(a), get(b))),
      set(ranks, xor(get(ranks), or(shl(get(a), i32(4 * low)), shl(get(a), i32(4 * low + 4))))),
    ]),
  ]
  const passes = Array.from({ length: size - 1 },
    (_, pass) => Array.from({ length: size - 1 - pass }, (_, low) => order(low)))
  return {
    name: null, params: ['i32'], results: [], locals: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    body: [set(ranks, i32(-1)), symmetry.values.filter(value => value.group === group).map(mention), passes],
  }
}

/** The functions of a symmetry, numbered from `base`; the last one is `canon(address)`. */
export function canonFunctions(plan: Plan, symmetry: Symmetry, base: number): Func[] {
  const swaps = swapsOf([...symmetry.tried, ...symmetry.relabelled])
  const swapAt = (group: string, low: number): number =>
    base + swaps.findIndex(one => one.group === group && one.low === low)
  const relabels = symmetry.relabelled.map(({ name, size }) => relabel(symmetry, name, size, low => swapAt(name, low)))
  const named = relabels.map((_, i) => call(base + swaps.length + i, get(pointer)))
  const functions = [...swaps.map(({ group, low }) => swap(symmetry, group, low)), ...relabels]
  const words = Array.from({ length: plan.words }, (_, w) => w * 4), best = 1
  const canon = (body: Code): Func => ({ name: 'canon', params: ['i32'], results: [], locals: ['i32'], body })
  if (symmetry.tried.length === 0) return [...functions, canon(named)]
  const ofWork = set(best, add(getGlobal(0), i32(plan.work)))
  const keepLess: Code = block(
    block(words.map(w => [
      brIf(0, ltU(load(get(pointer), w), load(get(best), w))), brIf(1, gtU(load(get(pointer), w), load(get(best), w))),
    ]), br(1)),
    words.map(w => store(get(best), load(get(pointer), w), w)),
  )
  functions.push({ name: null, params: ['i32'], results: [], locals: ['i32'], body: [ofWork, named, keepLess] })
  // All orders of a group, and in each of them all orders of those before.
  for (const { name, size } of symmetry.tried) {
    const inner = call(base + functions.length - 1, get(pointer))
    functions.push({ name: null, params: ['i32'], results: [], locals: [],
      body: [inner, permutations(size).map(low => [call(swapAt(name, low), get(pointer)), inner])] })
  }
  return [...functions, canon([
    ofWork, words.map(w => store(get(best), i32(-1), w)), call(base + functions.length - 1, get(pointer)),
    words.map(w => store(get(pointer), load(get(best), w), w)),
  ])]
}
