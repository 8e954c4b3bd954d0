/** What no device should write: tables and queues that the unit reads; and who can. */
import type { Structure } from './devices.ts'
import { rights } from './ranges.ts'
import { firstAbove } from './reach.ts'
import type { Space } from './spaces.ts'

export type ProtectedKind = Structure['kind'] | 'page table' | 'posted-interrupt descriptor' | 'invalidation queue'
  | 'command buffer' | 'event log'
export interface Protected {
  readonly kind: ProtectedKind
  readonly start: number; readonly end: number
  /** A guest's own tables: those below them may reach them. */
  readonly guestOf: string | null
}

const secondOf = (space: Space): string | null => {
  if (space.second !== null) return `${space.second.table}/${space.second.levels}`
  return space.kind === 'second-stage' || space.kind === 'host' ? `${space.table}/${space.levels}` : null
}

/** @param others what the unit reads or writes besides tables of translation. */
export function protectedOf(structures: Iterable<Structure>, spaces: readonly Space[],
  others: readonly Omit<Protected, 'guestOf'>[]): Guarded {
  const found: Protected[] = []
  const seen = new Set<number>()
  const add = (kind: ProtectedKind, start: number, bytes: number, guestOf: string | null = null): void => {
    found.push({ kind, start, end: start + bytes, guestOf })
  }
  for (const { kind, address, bytes } of structures) add(kind, address, bytes)
  for (const space of spaces) {
    for (const page of space.tables) if (!seen.has(page)) { seen.add(page); add('page table', page * 4096, 4096) }
    for (const page of space.guestTables) add('page table', page * 4096, 4096, secondOf(space))
  }
  for (const { kind, start, end } of others) add(kind, start, end - start)
  const items = found.sort((a, b) => a.start - b.start || a.end - b.end)
  return { items, long: items.filter(isLong) }
}
/** Sorted by start; `long` are those of more than a page. */
export interface Guarded { readonly items: readonly Protected[]; readonly long: readonly Protected[] }
const isLong = ({ start, end }: Protected): boolean => end - start > 4096

export interface Writable { readonly kind: ProtectedKind; count: number; readonly first: number }
/** Beyond these a space is not looked at on. */
export const mostWritable = 1000

/** By kind, what a space can write; at most `mostWritable` in all. */
export function writableBy(space: Space, guarded: Guarded): readonly Writable[] {
  const found = new Map<ProtectedKind, Writable>()
  const { reach } = space
  const own = secondOf(space)
  let left = mostWritable
  // Items are looked up in the reach, or the reach in the items, whichever is shorter.
  for (const item of reach.length < guarded.items.length / 8 ? candidates(space, guarded) : guarded.items) {
    if (left === 0) break
    if (item.guestOf !== null && item.guestOf === own || !canWrite(space, item)) continue
    left--
    const known = found.get(item.kind)
    if (known === undefined) found.set(item.kind, { kind: item.kind, count: 1, first: item.start })
    else known.count++
  }
  return [...found.values()]
}

function canWrite({ reach }: Space, { start, end }: Protected): boolean {
  for (let at = firstAbove(reach, start); at < reach.length && reach.starts[at]! < end; at++)
    if ((reach.rights[at]! & rights.write) !== 0) return true
  return false
}

/** Items near an interval: those that begin in it, and those before that may be long. */
function* candidates({ reach }: Space, { items, long }: Guarded): Generator<Protected> {
  yield* long
  let past = -1
  for (let at = 0; at < reach.length; at++) {
    if ((reach.rights[at]! & rights.write) === 0) continue
    for (let i = Math.max(past, firstFrom(items, reach.starts[at]! - 4096)); i < items.length
      && items[i]!.start < reach.ends[at]!; i++) {
      past = i + 1
      if (!isLong(items[i]!)) yield items[i]!
    }
  }
}
function firstFrom(items: readonly Protected[], address: number): number {
  let low = 0, high = items.length
  while (low < high) {
    const middle = low + high >>> 1
    if (items[middle]!.start < address) low = middle + 1
    else high = middle
  }
  return low
}
