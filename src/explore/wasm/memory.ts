/** Where everything stands in the one shared memory of a search. The address space is laid out for the most states it
 *  can hold; the operating system gives a page when it is first touched. */

import type { Keys, Piece } from '../keys.ts'

/** A run of words that is interned: equal runs are stored once, and a state holds their numbers. */
export interface Component {
  readonly first: number; readonly words: number
  /** Byte addresses: the hash slots (u32: number + 1), and the runs themselves one behind the other. */
  readonly slots: number; readonly arena: number
  /** Most runs. */
  readonly capacity: number
}
/** A piece of a key, with the byte addresses of its tables (u16) where it is counted. */
export interface PlacedPiece extends Piece { readonly of: number; readonly raw: number }
export interface Plan {
  /** 32-bit words of a state. */
  readonly words: number
  /** Two where a state fits in no key; none where it does. */
  readonly components: readonly Component[]
  /** None where the words of a state are its key. */
  readonly pieces: readonly PlacedPiece[]
  readonly pages: number
  readonly maxStates: number
  readonly touch: number; readonly rows: number; readonly tables16: number; readonly roots: number
  readonly arena: number; readonly parents: number; readonly labels: number; readonly table: number
  readonly threadBase: number; readonly threadBytes: number; readonly threads: number
  /** Offsets within a thread's own region. */
  readonly scratch: number; readonly work: number; readonly spare: number; readonly buffer: number
  readonly bufferEnd: number; readonly fired: number; readonly misses: number; readonly recent: number
  readonly recordBytes: number
  /** Most records that are stored at a time. */
  readonly batch: number
}

/** Byte addresses of the words that all threads share. */
export const control = {
  // What threads write stands in cache lines of its own, apart from what all read all the time.
  count: 0, components: [64, 128], next: 192, tableShift: 512, tableMask: 516, componentMasks: [520, 524], limit: 528,
  /** Of rounds of several threads: number, first parent not in it, threads that are done, version of the code, threads
   *  that have begun to listen. */
  round: 256, end: 260, done: 320, code: 264, ready: 384,
  /** Of rounds too: with so many states, or runs of a component, no further parents are taken. */
  stops: [268, 272, 276],
} as const
/** Offsets of a thread's words: where a tree did not know on, whether the table was full, numbers kept for a next run
 *  of a component, parents it could not finish, roots that were walked, whether every step is written: others only
 *  count those that lead back to where they began, or to what is stored already, and judge the states. */
export const own = { missed: 0, full: 4, reserved: [8, 12], misses: 16, walked: 20, every: 24, bytes: 64 } as const
/** Parents that a thread could not finish: pairs of parent and root, at most so many a round. */
export const mostMisses = 2048
/** Offsets within a record of the buffer: label with the changed components in its top bits, parent, key, words; where
 *  the words stood, the hash of the key. */
export const record = { label: 0, parent: 4, key: 8, words: 16, hash: 16, changedShift: 30 } as const

/** No slot of the table. */
export const nowhere = 0xffffffff

/** Distinct (instance, events) pairs: as many as 16 bits tell apart. */
export const maxLabels = 1 << 16
/** Labels and leaves of which it is told which make which superfluous; a row of bits for each label. That of label 0,
 *  which no step has, stays empty. */
export const independent = { labels: 1 << 12, leaves: 1 << 10, rowBytes: 1 << 7 } as const
/** Nodes, children, leaves, and words of leaves, of the trees that threads walk: at most. */
export const treeSizes = { nodes: 1 << 14, children: 1 << 16, leaves: 1 << 13, words: 1 << 17 } as const
const nodesAt = 4096, childrenAt = nodesAt + treeSizes.nodes * 16, leafAt = childrenAt + treeSizes.children * 4,
  leavesAt = leafAt + treeSizes.leaves * 4
/** Byte addresses of those trees: the same in every plan, for what is there is written before it is read, and never
 *  emptied. */
export const treesAt = { nodes: nodesAt, children: childrenAt, leafAt, leaves: leavesAt,
  end: leavesAt + treeSizes.words * 4 } as const
const bufferRecords = 256
/** Keys that a thread has stored of late, as a power of two: half of all successors are among them, and need no look at
 *  the table. */
export const recentBits = 14
/** Share of slots in use at most: of runs, and of the largest table; then of the table before it grows. Neighbours in
 *  the table are one cache line, runs are not. */
export const maxLoad = 0.75, tableLoad = 0.875
/** Slots of the table, and of the runs of a component, that a search begins with: as powers of two. */
export const firstTableBits = 13, firstRunBits = 11
export const pageBytes = 65_536
const align = (n: number, to: number): number => Math.ceil(n / to) * to

export const largestMemory = 65_535 * pageBytes

/** Null where not even a small search fits. `fanout` is the most successors a state can have, `roots` the number of
 *  trees. */
export function planOf({ words, pieces: keyed }: Keys, fanout: number, roots: number, threads: number,
  bytes: number): Plan | null {
  const split = Math.max(1, Math.round(words / 2))
  const runs = keyed !== null ? [] : [{ first: 0, words: split }, { first: split, words: words - split }]
  const recordBytes = align(record.words + words * 4, 8)
  const scratch = own.bytes
  const work = align(scratch + words * 4, 8), spare = align(work + words * 4, 8)
  const buffer = align(spare + words * 4, 64)
  const bufferEnd = buffer + (bufferRecords + fanout) * recordBytes
  const fired = align(bufferEnd, 64)
  const misses = fired + maxLabels * 8
  const recent = align(misses + mostMisses * 8, 64)
  const threadBytes = align(recent + (8 << recentBits), 4096)
  const threadBase = treesAt.end
  const touch = threadBase + threads * threadBytes
  const rows = touch + maxLabels * 4
  const tables16 = rows + independent.labels * independent.rowBytes
  let at = tables16
  const table16 = (numbers: Uint16Array | undefined): number => {
    const from = at
    at = align(at + (numbers?.byteLength ?? 0), 64)
    return from
  }
  const pieces = (keyed ?? []).map(piece => ({ ...piece, of: table16(piece.rank?.of), raw: table16(piece.rank?.raw) }))
  const rootsAt = at
  at = align(at + roots * 4, 4096)
  const room = bytes - at
  const tableBits = Math.floor(Math.log2(room * (runs.length === 0 ? 1 : 0.7) / 18.5))
  if (!(tableBits >= firstTableBits)) return null
  const maxStates = Math.floor(maxLoad * 2 ** tableBits)
  const table = at
  const arena = table + 8 * 2 ** tableBits, parents = arena + 8 * maxStates, labels = parents + 4 * maxStates
  at = align(labels + 2 * maxStates, 4096)
  const each = (bytes - at) / Math.max(1, runs.length)
  const components = runs.map((run): Component => {
    const slotBits = Math.floor(Math.log2(each / (4 + maxLoad * run.words * 4)))
    const slots = at, capacity = Math.floor(maxLoad * 2 ** slotBits)
    const from = align(slots + 4 * 2 ** slotBits, 64)
    at = align(from + capacity * run.words * 4, 4096)
    return { ...run, slots, arena: from, capacity }
  })
  if (components.some(({ capacity }) => !(capacity >= maxLoad * 2 ** firstRunBits))) return null
  return {
    words, components, pieces, pages: Math.ceil(at / pageBytes), maxStates, touch, rows, tables16, roots: rootsAt,
    arena, parents, labels, table, threadBase, threadBytes, threads,
    scratch, work, spare, buffer, bufferEnd: buffer + bufferRecords * recordBytes, fired, misses, recent, recordBytes,
    batch: bufferRecords + fanout,
  }
}
