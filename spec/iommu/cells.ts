/** Table entries in memory, and the stores to them that hardware does not see yet: they stand in a CPU cache or in a
 *  write buffer of the chipset. */
import { list, oneOf, optional, struct } from '../../src/model/index.ts'
import type { Domain, Struct, Value } from '../../src/model/index.ts'

/** When a store becomes visible to the unit. */
export interface StoreOrder {
  /** Table walks snoop the CPU caches; without it software writes lines back itself. */
  readonly coherent: boolean
  /** Stores may sit in a chipset write buffer that software must flush. */
  readonly rwbf: boolean
}

/** A table entry as software wrote it, and what hardware still sees while the store is in a CPU cache or a write
 *  buffer. */
export interface Cell<E> { now: E | null; pending: { old: E | null; at: 'cache' | 'buffer' }[] }

export function cell<E extends Domain>(entry: E, order: StoreOrder): Struct<Cell<Value<E>>> {
  // One pending store a cell: a later store to the same line joins it. None where stores are visible at once.
  const pending = struct({ old: optional(entry), at: oneOf('cache', 'buffer') })
  const slots = order.coherent && !order.rwbf ? 0 : 1
  return struct({ now: optional(entry), pending: list(pending, slots) }) as Struct<Cell<Value<E>>>
}

/** What hardware reads. */
export function seenByHardware<E>(cell: Cell<E>): E | null {
  return cell.pending.length > 0 ? cell.pending[0]!.old : cell.now
}

export function store<E>(cell: Cell<E>, value: E | null, order: StoreOrder): void {
  if (!order.coherent || order.rwbf) {
    const old = seenByHardware(cell)
    cell.pending = [{ old, at: order.coherent ? 'buffer' : 'cache' }]
  }
  cell.now = value
}

/** CLFLUSH of the entry's line: on to the chipset's write buffer where there is one, else to memory. */
export function writeBack<E>(cell: Cell<E>, order: StoreOrder): void {
  if (cell.pending[0]?.at !== 'cache') return
  if (order.rwbf) cell.pending[0].at = 'buffer'
  else cell.pending = []
}

/** Empties the chipset's write buffer. */
export function flushBuffered(cells: readonly Cell<unknown>[]): void {
  for (const cell of cells) if (cell.pending[0]?.at === 'buffer') cell.pending = []
}

/** Cache lines are evicted and write buffers drain by themselves: any pending store may become visible at any time. */
export function settle<E>(cell: Cell<E>): void { cell.pending = [] }
