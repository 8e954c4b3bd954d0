/** The exact set of states as WebAssembly: interning, hashing, inserting batches of successors. Slots hold whole 64-bit
 *  keys, so nothing is ever taken for something else; several threads insert at once by compare-and-swap. */
import {
  add, and, and64, anyTrue, assemble, atomicAdd, atomicLoad, atomicLoad64, block, br, brIf, call, divU, eq64, eqPairs,
  eqz, eqz64, exchange, exchange64, extend, geU,
  get, getGlobal, gtS, gtU, i32, i64, load, load64, loadPair, loop, mul, ltU, ne, ne64, or64, orPairs, pairOf, ret,
  select, set, shl, shl64, shrU64, store, store16, store64, sub, when, wrap,
} from './assembler.ts'
import type { Code, Func } from './assembler.ts'
import { control, maxLabels, nowhere, own, recentBits, record } from './memory.ts'
import type { Component, Plan } from './memory.ts'
import { at, hash, mixed, place, regrow, rehash, runSlot, spread, top } from './tables.ts'
import { canonFunctions } from './canon.ts'
import { walk } from './walker.ts'
import { keyOf, unpacked } from './key-words.ts'
import type { Symmetry } from '../symmetry.ts'

/** The bit that tells a key from an empty slot. */
const taken = 1n << 63n
const local = getGlobal(0)

/** `intern(address, slot) -> number` of the run of words at an address, whose search begins at a slot. */
function intern(component: Component, which: number): Func {
  const { words, slots, arena } = component
  const address = get(0), slot = 1, found = 2, mine = 3, from = 4
  const runAt = (number: Code): Code => add(i32(arena), mul(number, i32(words * 4)))
  const each = (code: (i: number) => Code): Code => Array.from({ length: words }, (_, i) => code(i))
  const compare: Code = block(
    set(from, runAt(sub(get(found), i32(1)))),
    each(i => brIf(0, ne(load(get(from), i * 4), load(address, i * 4)))),
    ret(sub(get(found), i32(1))),
  )
  const claim: Code = [
    set(mine, load(local, own.reserved[which]!)),
    when(eqz(get(mine)), [set(mine, add(atomicAdd(i32(0), i32(1), control.components[which]!), i32(1)))]),
    set(from, runAt(sub(get(mine), i32(1)))),
    each(i => store(get(from), load(address, i * 4), i * 4)),
    set(found, exchange(add(i32(slots), shl(get(slot), i32(2))), i32(0), get(mine))),
    when(eqz(get(found)), [store(local, i32(0), own.reserved[which]!), ret(sub(get(mine), i32(1)))]),
    store(local, get(mine), own.reserved[which]!),
  ]
  return {
    name: null, params: ['i32', 'i32'], results: ['i32'], locals: ['i32', 'i32', 'i32'],
    body: [
      loop(
        set(found, atomicLoad(add(i32(slots), shl(get(slot), i32(2))))),
        when(eqz(get(found)), claim),
        compare,
        set(slot, and(add(get(slot), i32(1)), at(control.componentMasks[which]!))),
        br(0),
      ),
      i32(0),
    ],
  }
}

/** Locals of the two functions that go through the records of a buffer. */
const from = 0, end = 1, rec = 2, slot = 3, number = 4, address = 5, key = 6, parent = 7, other = 8, won = 9, most = 10,
  both = 11
const recordLocals = ['i32', 'i32', 'i32', 'i32', 'i64', 'i64', 'i64'] as const
const overRecords = ({ recordBytes }: Plan, ...body: Code): Code =>
  [set(rec, get(from)), onward(recordBytes, body)]
const onward = (recordBytes: number, body: Code): Code =>
  block(loop(brIf(1, geU(get(rec), get(end))), body, set(rec, add(get(rec), i32(recordBytes))), br(0)))
const slotAt = ({ table }: Plan): Code => add(i32(table), shl(get(slot), i32(3)))
const recordSlot: Code = top(load64(get(rec), record.hash))
const nextSlot: Code = set(slot, and(add(get(slot), i32(1)), at(control.tableMask)))

const isChanged = (which: number): Code => and(load(get(rec), record.label), i32(1 << record.changedShift + which))
const touch = (address: Code): Code => set(number, add(get(number), load(address)))

/** Brings the words of the records to their form, and touches the slots of their runs, then the runs: by the time they
 *  are looked for they are on their way, all at once. */
function prepared(plan: Plan, canon: number | null): Code {
  const { components } = plan
  if (components.length === 0)
    return canon === null ? [] : overRecords(plan, call(canon, add(get(rec), i32(record.words))))
  const slotOf = (component: Component, which: number): Code =>
    add(i32(component.slots), shl(load(get(rec), record.key + 4 * which), i32(2)))
  return [
    overRecords(plan,
      canon === null ? [] : call(canon, add(get(rec), i32(record.words))),
      components.map((component, which) => when(isChanged(which), [
        runSlot(component, which, add(get(rec), i32(record.words + component.first * 4)), slot),
        store(get(rec), get(slot), record.key + 4 * which),
        touch(slotOf(component, which)),
      ])),
    ),
    overRecords(plan, components.map((component, which) => when(isChanged(which),
      touch(add(i32(component.arena), mul(load(slotOf(component, which)), i32(component.words * 4))))))),
  ]
}

/** Sets the `key` of a record that is prepared. What a step did not change keeps its parent's number. */
function keyed(plan: Plan): Code {
  const { components, arena } = plan
  const component = (which: number): Code => [
    isChanged(which), 0x04, 0x7e,
    extend(call(which, add(get(rec), i32(record.words + components[which]!.first * 4)),
      load(get(rec), record.key + 4 * which))), 0x05,
    and64(shrU64(get(parent), i64(BigInt(32 * which))), i64(0x7fffffffn)), 0x0b,
  ]
  return [
    components.length === 0 ? [] : set(parent, load64(add(i32(arena), shl(load(get(rec), record.parent), i32(3))))),
    set(key, or64(i64(taken),
      components.length === 0 ? keyOf(plan, add(get(rec), i32(record.words)))
        : or64(component(0), shl64(component(1), i64(32n))))),
  ]
}

/** Keeps of the records those whose states this thread has not stored of late, with their keys; without a branch, for
 *  one would be guessed wrong half of the time. */
function sifted(plan: Plan): Code {
  const out = won, entry = address
  return [
    set(out, get(from)),
    overRecords(plan,
      keyed(plan),
      set(other, mixed(get(key), other)),
      set(entry, add(local, shl(wrap(shrU64(get(other), i64(64n - BigInt(recentBits)))), i32(3)))),
      store64(get(out), load64(get(rec))),
      store64(get(out), get(key), record.key),
      store64(get(out), get(other), record.hash),
      set(other, load64(get(entry), plan.recent)),
      store64(get(entry), get(key), plan.recent),
      set(out, add(get(out), mul(ne64(get(other), get(key)), i32(plan.recordBytes)))),
    ),
    set(end, get(out)),
  ]
}

/** Keeps those whose keys do not stand in the cache line where their search begins: most of the duplicates do, and are
 *  found without a branch. */
function unfound(plan: Plan): Code {
  const out = won, line = number
  const equal = [0, 16, 32, 48].map(at => eqPairs(loadPair(get(line), at), get(both))).reduce(orPairs)
  return [
    set(out, get(from)),
    overRecords(plan,
      set(key, load64(get(rec), record.key)),
      set(both, pairOf(get(key))),
      set(line, add(i32(plan.table), shl(and(recordSlot, i32(-8)), i32(3)))),
      store64(get(out), load64(get(rec))),
      store64(get(out), get(key), record.key),
      store64(get(out), load64(get(rec), record.hash), record.hash),
      set(out, add(get(out), mul(eqz(anyTrue(equal)), i32(plan.recordBytes)))),
    ),
    set(end, get(out)),
  ]
}

/** Gives numbers to the states of the records from `from` to `won`, whose keys are in the table. All numbers at once:
 *  threads that took them one by one would write side by side in the same cache lines. */
function published({ arena, parents, labels, recordBytes }: Plan): Code {
  const state = slot
  return when(gtU(get(won), get(from)), [
    set(state, atomicAdd(i32(0), divU(sub(get(won), get(from)), i32(recordBytes)), control.count)),
    set(address, get(from)),
    loop(
      store64(add(i32(arena), shl(get(state), i32(3))), load64(get(address), record.key)),
      store16(add(i32(labels), shl(get(state), i32(1))), and(load(get(address), record.label), i32(maxLabels - 1))),
      store(add(i32(parents), shl(get(state), i32(2))), load(get(address), record.parent)),
      set(state, add(get(state), i32(1))),
      set(address, add(get(address), i32(recordBytes))),
      brIf(0, ltU(get(address), get(won))),
    ),
  ])
}

/** `flush(from, end)`: stores the records of a buffer that are new. First all keys, then all their slots, then all
 *  probes: the misses overlap. */
function flush(plan: Plan, canon: number | null): Func {
  const { recordBytes } = plan
  // Near the limit, where one thread is left, each state gets its number at once.
  const left = sub(at(control.limit), at(control.count))
  const insert: Code = [
    when(eqz(get(most)), [store(local, i32(1), own.full), br(3)]),
    set(other, exchange64(slotAt(plan), i64(0n), get(key))),
    when(eqz64(get(other)), [
      store64(get(won), load64(get(rec))),
      store64(get(won), get(key), record.key),
      set(won, add(get(won), i32(recordBytes))),
      brIf(3, ltU(get(won), get(most))),
      set(rec, add(get(rec), i32(recordBytes))),
      br(5),
    ]),
  ]
  return {
    name: 'flush', params: ['i32', 'i32'], results: [], locals: [...recordLocals, 'i32', 'i32', 'v128'],
    body: [
      prepared(plan, canon),
      sifted(plan),
      // Touched, all of them at once, so that they are on their way when the probes come; to intern takes too long for
      // that.
      overRecords(plan, set(slot, recordSlot), set(number, add(get(number), wrap(load64(slotAt(plan)))))),
      unfound(plan),
      set(rec, get(from)),
      loop(
        set(won, get(from)),
        // Past this address the winners are published; 0 where there is no room for one.
        set(most, select(i32(-1), select(get(from), i32(0), gtS(left, i32(0))), gtS(left, i32(plan.batch)))),
        onward(recordBytes, [
          set(key, load64(get(rec), record.key)),
          set(slot, recordSlot),
          block(loop(
            set(other, atomicLoad64(slotAt(plan))),
            when(eqz64(get(other)), insert),
            brIf(1, eq64(get(other), get(key))),
            nextSlot,
            br(0),
          )),
        ]),
        published(plan),
        brIf(0, ltU(get(rec), get(end))),
      ),
    ],
  }
}

/** `locate(from, end)`: puts the slot of each record's state in place of its key; `nowhere` where it is not stored. */
function locate(plan: Plan, canon: number | null): Func {
  return {
    name: 'locate', params: ['i32', 'i32'], results: [], locals: recordLocals,
    body: [
      prepared(plan, canon),
      overRecords(plan,
        keyed(plan),
        set(slot, hash(get(key), other)),
        block(loop(
          set(other, load64(slotAt(plan))),
          brIf(1, eq64(get(other), get(key))),
          when(eqz64(get(other)), [set(slot, i32(nowhere)), br(2)]),
          nextSlot,
          br(0),
        )),
        store(get(rec), get(slot), record.key),
      ),
    ],
  }
}

/** `unpack(state, address)`: the words of a stored state. */
function unpack(plan: Plan): Func {
  const { prepare, word } = unpacked(plan, 0, [2, 3])
  return {
    name: 'unpack', params: ['i32', 'i32'], results: [], locals: ['i32', 'i32'],
    body: [prepare, Array.from({ length: plan.words }, (_, w) => store(get(1), word(w), w * 4))],
  }
}

export interface Kernel {
  flush(from: number, end: number): void
  rehash(): void
  spread(slots: number): number
  locate(from: number, end: number): void
  place(next: number, end: number, address: number): void
  unpack(state: number, address: number): void
  walk(parent: number, root: number, at: number): number
  canon?(address: number): void
  /** By name, `swap_GROUP_LOW`: two ids of the state at an address in each other's place. */
  readonly swaps: ReadonlyMap<string, (address: number) => void>
  regrow0?(): void
  regrow1?(): void
}

/** The kernel for the thread whose own memory is at `local`. */
export function kernelOf(module: WebAssembly.Module, memory: WebAssembly.Memory, local: number): Kernel {
  const env = { memory, local: new WebAssembly.Global({ value: 'i32' }, local) }
  const { exports } = new WebAssembly.Instance(module, { env })
  const swaps = Object.entries(exports).filter(([name]) => name.startsWith('swap_'))
  return {
    ...exports as unknown as Omit<Kernel, 'swaps'>,
    swaps: new Map(swaps as [string, (address: number) => void][]),
  }
}

/** `symmetry`: states are brought to one form for all names before they are stored. */
export function kernelBytes(plan: Plan, symmetry: Symmetry | null): Uint8Array<ArrayBuffer> {
  const first = [...plan.components.map(intern), ...plan.components.map(regrow)]
  const canon = symmetry === null ? [] : canonFunctions(plan, symmetry, first.length)
  const canonical = canon.length === 0 ? null : first.length + canon.length - 1
  return assemble({
    pages: plan.pages, imports: [], globals: ['local'], ownGlobals: 0,
    functions: [
      ...first, ...canon, flush(plan, canonical), locate(plan, canonical), place(plan), rehash(plan), spread(plan),
      unpack(plan), walk(plan),
    ],
  })
}
