/** Keys of states and the words they stand for, as WebAssembly. */
import {
  add, and, extend, get, i32, i64, load, load16, load64, mul, or, or64, set, shl, shl64, shrU, shrU64, wrap,
} from './assembler.ts'
import type { Code } from './assembler.ts'
import type { Plan } from './memory.ts'

/** The key of the words at an address, without the bit that tells it from an empty slot. */
export function keyOf({ pieces }: Plan, address: Code): Code {
  if (pieces.length === 0) return load64(address)
  return pieces.map(({ word, shift, bits, to, rank, of }) => {
    const raw = field(load(address, word * 4), shift, bits)
    return shifted(extend(rank === null ? raw : load16(shl(raw, i32(1)), of)), to)
  }).reduce(or64)
}
const field = (word: Code, shift: number, bits: number): Code => {
  const low = shift === 0 ? word : shrU(word, i32(shift))
  return shift + bits === 32 ? low : and(low, i32(2 ** bits - 1))
}
const shifted = (value: Code, to: number): Code => to === 0 ? value : shl64(value, i64(BigInt(to)))

/** A word of the state with a key. */
function wordOf({ pieces }: Plan, key: Code, word: number): Code {
  const parts = pieces.filter(piece => piece.word === word).map(({ shift, to, width, rank, raw }) => {
    const low = and(wrap(to === 0 ? key : shrU64(key, i64(BigInt(to)))), i32(width === 32 ? -1 : 2 ** width - 1))
    const value = rank === null ? low : load16(shl(low, i32(1)), raw)
    return shift === 0 ? value : shl(value, i32(shift))
  })
  return parts.length === 0 ? i32(0) : parts.reduce(or)
}

/** The word of a state as an i32, given where its parts stand. */
export function unpacked(plan: Plan, state: number,
  parts: readonly number[]): { readonly prepare: Code; readonly word: (w: number) => Code } {
  const key = load64(add(i32(plan.arena), shl(get(state), i32(3))))
  if (plan.pieces.length > 0) return { prepare: [], word: w => wordOf(plan, key, w) }
  if (plan.components.length === 0)
    return { prepare: [], word: w => w === 0 ? wrap(key) : and(wrap(shrU64(key, i64(32n))), i32(0x7fffffff)) }
  const prepare = plan.components.map((component, which) => set(parts[which]!,
    add(i32(component.arena),
      mul(and(wrap(shrU64(key, i64(BigInt(32 * which)))), i32(0x7fffffff)), i32(component.words * 4)))))
  return { prepare, word: w => {
    const which = w < plan.components[0]!.words ? 0 : 1
    return load(get(parts[which]!), (w - plan.components[which]!.first) * 4)
  } }
}
