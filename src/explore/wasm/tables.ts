/** Where keys and runs stand in their tables, and how the tables grow. */
import {
  add, and, block, br, brIf, eq64, eqz, eqz64, extend, geU, get, getGlobal, gtU, i32, i64, load, load64, loop, ltU, mul,
  mul64, ret, set, shl, shrU, shrU64, store, store64, sub, when, wrap, xor, xor64,
} from './assembler.ts'
import type { Code, Func } from './assembler.ts'
import { control } from './memory.ts'
import type { Component, Plan } from './memory.ts'

const local = getGlobal(0)
export const at = (address: number): Code => load(i32(0), address)

/** The slot a key belongs to: the top bits of a product with the golden ratio. */
export const hash = (key: Code, temp: number): Code => top(mixed(key, temp))
export const mixed = (key: Code, temp: number): Code =>
  mul64(xor64([key, 0x22, temp], shrU64(get(temp), i64(29n))), i64(0x9e3779b97f4a7c15n))
export const top = (mix: Code): Code => wrap(shrU64(mix, extend(at(control.tableShift))))

/** Sets `h` to the slot in which the search for the run of words at an address begins. */
export const runSlot = ({ words }: Component, which: number, address: Code, h: number): Code => [
  set(h, i32(0)),
  Array.from({ length: words }, (_, i) => [
    set(h, mul(xor(get(h), load(address, i * 4)), i32(0x9e3779b1))), set(h, xor(get(h), shrU(get(h), i32(15)))),
  ]),
  set(h, and(xor(get(h), shrU(get(h), i32(13))), at(control.componentMasks[which]!))),
]

/** How many states ahead of its turn a slot is touched. */
const touchedAhead = 24

/** `rehash()`: puts every stored state into the emptied table. */
export function rehash({ arena, table }: Plan): Func {
  const n = 0, slot = 1, touched = 2, key = 3, temp = 4
  const slotAt: Code = add(i32(table), shl(get(slot), i32(3)))
  const keyAt = (ahead: number): Code => load64(add(i32(arena), shl(get(n), i32(3))), ahead * 8)
  return {
    name: 'rehash', params: [], results: [], locals: ['i32', 'i32', 'i32', 'i64', 'i64'],
    body: [
      block(loop(
        brIf(1, geU(get(n), at(control.count))),
        // A slot that is wanted soon; past the last state any slot will do.
        set(slot, hash(keyAt(touchedAhead), temp)),
        set(touched, add(get(touched), wrap(load64(slotAt)))),
        set(key, keyAt(0)),
        set(slot, hash(get(key), temp)),
        block(loop(brIf(1, eqz64(load64(slotAt))), set(slot, and(add(get(slot), i32(1)), at(control.tableMask))),
          br(0))),
        store64(slotAt, get(key)),
        set(n, add(get(n), i32(1))),
        br(0),
      )),
    ],
  }
}

/** `place(next, end, address)`: writes the slots of stored states, from one to another, to an address on. */
export function place({ arena, table }: Plan): Func {
  const next = 0, end = 1, out = 2, slot = 3, key = 4, temp = 5
  return {
    name: 'place', params: ['i32', 'i32', 'i32'], results: [], locals: ['i32', 'i64', 'i64'],
    body: [
      block(loop(
        brIf(1, geU(get(next), get(end))),
        set(key, load64(add(i32(arena), shl(get(next), i32(3))))),
        set(slot, hash(get(key), temp)),
        block(loop(
          brIf(1, eq64(load64(add(i32(table), shl(get(slot), i32(3)))), get(key))),
          set(slot, and(add(get(slot), i32(1)), at(control.tableMask))),
          br(0),
        )),
        store(get(out), get(slot)),
        set(out, add(get(out), i32(4))),
        set(next, add(get(next), i32(1))),
        br(0),
      )),
    ],
  }
}

/** `spread(slots) -> 1`: brings the keys of the first `slots` slots to where they belong in a table twice or four times
 *  as large, the rest of which is empty. A slot is the top of a hash, so they keep their order: from the last to the
 *  first, each finds its place past all that are still to be moved, and memory is gone through in order. The few for
 *  which that is not so wait aside until the others stand; where they are too many, the result is 0, and the table is
 *  to be emptied and filled anew. */
export function spread({ table, buffer, bufferEnd }: Plan): Func {
  const i = 0, slot = 1, aside = 2, key = 3, temp = 4
  const slotAt = (index: number): Code => add(i32(table), shl(get(index), i32(3)))
  const begin = add(local, i32(buffer))
  return {
    name: 'spread', params: ['i32'], results: ['i32'], locals: ['i32', 'i32', 'i64', 'i64'],
    body: [
      set(aside, begin),
      block(loop(
        brIf(1, eqz(get(i))),
        set(i, sub(get(i), i32(1))),
        set(key, load64(slotAt(i))),
        brIf(0, eqz64(get(key))),
        store64(slotAt(i), i64(0n)),
        set(slot, hash(get(key), temp)),
        block(
          block(
            brIf(0, ltU(get(slot), get(i))),
            block(loop(
              brIf(1, eqz64(load64(slotAt(slot)))),
              set(slot, add(get(slot), i32(1))),
              brIf(2, gtU(get(slot), at(control.tableMask))),
              br(0),
            )),
            store64(slotAt(slot), get(key)),
            br(1),
          ),
          when(geU(get(aside), add(local, i32(bufferEnd))), ret(i32(0))),
          store64(get(aside), get(key)),
          set(aside, add(get(aside), i32(8))),
        ),
        br(0),
      )),
      block(loop(
        brIf(1, eqz(sub(get(aside), begin))),
        set(aside, sub(get(aside), i32(8))),
        set(key, load64(get(aside))),
        set(slot, hash(get(key), temp)),
        block(loop(brIf(1, eqz64(load64(slotAt(slot)))), set(slot, and(add(get(slot), i32(1)), at(control.tableMask))),
          br(0))),
        store64(slotAt(slot), get(key)),
        br(0),
      )),
      i32(1),
    ],
  }
}

/** `regrow<n>()`: puts every run of a component into its emptied slots. */
export function regrow(component: Component, which: number): Func {
  const n = 0, slot = 1, address = 2
  const { words, slots, arena } = component
  return {
    name: `regrow${which}`, params: [], results: [], locals: ['i32', 'i32', 'i32'],
    body: [
      block(loop(
        brIf(1, geU(get(n), at(control.components[which]!))),
        set(address, add(i32(arena), mul(get(n), i32(words * 4)))),
        runSlot(component, which, get(address), slot),
        block(loop(
          brIf(1, eqz(load(add(i32(slots), shl(get(slot), i32(2)))))),
          set(slot, and(add(get(slot), i32(1)), at(control.componentMasks[which]!))),
          br(0),
        )),
        set(n, add(get(n), i32(1))),
        store(add(i32(slots), shl(get(slot), i32(2))), get(n)),
        br(0),
      )),
    ],
  }
}
