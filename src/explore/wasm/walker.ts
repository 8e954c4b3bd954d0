/** The learnt trees walked as they are, in WebAssembly: for roots that no code was made of yet, by every thread at
 *  once. */
import {
  add, add64, and, atomicLoad, block, br, brIf, eqz, geU, get, getGlobal, i32, i64, load, load64, loop, or, ret, set,
  shl, shrU, store, store64, sub, when, xor,
} from './assembler.ts'
import type { Code, Func } from './assembler.ts'
import { own, record, treesAt } from './memory.ts'
import type { Plan } from './memory.ts'

const local = getGlobal(0)

/** `walk(parent, root, at) -> next`: follows a root from the parent whose words stand in the scratch area, counts what
 *  fired and writes where it leads to `at`. Where the next record goes; 0 where the tree does not know on. */
export function walk(plan: Plan): Func {
  const parent = 0, root = 1, at = 2, ref = 3, leaf = 4, left = 5
  const { words, scratch } = plan
  const word = (offset: Code): Code => load(add(local, offset), scratch)
  const node = add(i32(treesAt.nodes), shl(get(ref), i32(4)))
  const raw = and(shrU(word(shl(load(node), i32(2))), load(node, 4)), load(node, 8))
  const counter = add(local, shl(load(get(leaf)), i32(3)))
  const target = add(get(at), load(get(leaf), 12))
  return {
    name: 'walk', params: ['i32', 'i32', 'i32'], results: ['i32'], locals: ['i32', 'i32', 'i32'],
    body: [
      set(ref, atomicLoad(add(i32(plan.roots), shl(get(root), i32(2))))),
      block(loop(
        brIf(1, geU(sub(get(ref), i32(1)), i32(0x7fffffff))),
        set(ref, atomicLoad(add(i32(treesAt.children), shl(add(load(node, 12), raw), i32(2))))),
        br(0),
      )),
      when(eqz(get(ref)), ret(i32(0))),
      store(local, add(load(local, own.walked), i32(1)), own.walked),
      // Leaf 0: nothing follows.
      when(eqz(xor(get(ref), i32(-1))), ret(get(at))),
      set(leaf, add(i32(treesAt.leaves),
        shl(load(add(i32(treesAt.leafAt), shl(xor(get(ref), i32(-1)), i32(2)))), i32(2)))),
      store64(counter, add64(load64(counter, plan.fired), i64(1n)), plan.fired),
      when(eqz(or(load(get(leaf), 4), load(local, own.every))), ret(get(at))),
      store(get(at), or(load(get(leaf)), i32(3 << record.changedShift)), record.label),
      store(get(at), get(parent), record.parent),
      Array.from({ length: words }, (_, w) => store(get(at),
        or(and(load(local, scratch + 4 * w), load(get(leaf), 8 + 8 * w)), load(get(leaf), 12 + 8 * w)),
        record.words + 4 * w)),
      set(leaf, add(get(leaf), i32(8 + 8 * words))),
      set(left, load(get(leaf))),
      set(leaf, add(get(leaf), i32(4))),
      block(loop(
        brIf(1, eqz(get(left))),
        store(target, or(load(target, record.words),
          shl(and(shrU(word(load(get(leaf))), load(get(leaf), 4)), load(get(leaf), 8)), load(get(leaf), 16))),
        record.words),
        set(leaf, add(get(leaf), i32(20))),
        set(left, sub(get(left), i32(1))),
        br(0),
      )),
      add(get(at), i32(plan.recordBytes)),
    ],
  }
}
