/** What memory a table of mappings reaches: output addresses as disjoint intervals with rights, and who else reaches
 *  them. */
import { RangeList, rights } from './ranges.ts'

/** Sorted and disjoint: interval i is from `starts[i]` up to `ends[i]`. */
export interface Reach {
  readonly starts: Float64Array
  readonly ends: Float64Array
  readonly rights: Uint8Array
  readonly length: number
}

class Intervals {
  length = 0
  starts: Float64Array
  ends: Float64Array
  rights: Uint8Array
  constructor(room: number) {
    this.starts = new Float64Array(room)
    this.ends = new Float64Array(room)
    this.rights = new Uint8Array(room)
  }
  add(start: number, end: number, bits: number): void {
    if (end <= start) return
    const last = this.length - 1
    if (last >= 0 && this.ends[last] === start && this.rights[last] === bits) { this.ends[last] = end; return }
    const at = this.length++
    this.starts[at] = start
    this.ends[at] = end
    this.rights[at] = bits
  }
}

/** All of host memory, for reading and writing. */
export function everything(haw: number, except: { readonly first: number; readonly last: number } | null): Reach {
  const all = new Intervals(2)
  const end = 2 ** haw
  all.add(0, Math.min(end, except?.first ?? end), rights.both)
  if (except !== null) all.add(except.last + 1, end, rights.both)
  return all
}

/** Rights of an address are what all its mappings give together. */
export function reachOf(...lists: readonly RangeList[]): Reach {
  const ranges = joined(lists)
  const n = ranges.length
  const found = new Intervals(2 * n)
  let sorted = true
  for (let i = 1; i < n && sorted; i++) sorted = ranges.output(i) >= ranges.output(i - 1) + ranges.bytes(i - 1)
  if (sorted) {
    for (let i = 0; i < n; i++) found.add(ranges.output(i), ranges.output(i) + ranges.bytes(i), ranges.rights(i))
    return found
  }
  sweep(n, i => ranges.output(i), i => ranges.output(i) + ranges.bytes(i), i => ranges.rights(i), found)
  return found
}

function joined(lists: readonly RangeList[]): RangeList {
  const used = lists.filter(({ length }) => length > 0)
  if (used.length === 1) return used[0]!
  const all = new RangeList()
  for (const list of used)
    for (let i = 0; i < list.length; i++) all.append(all.length, list.output(i), list.bytes(i), list.rights(i), 1)
  return all
}

/** Where rights change: starts and ends, each sorted by itself, are walked together. */
function sweep(n: number, start: (i: number) => number, end: (i: number) => number, bits: (i: number) => number,
  into: Intervals): void {
  const opens = [rights.read, rights.write].map(bit => boundaries(n, start, bits, bit))
  const closes = [rights.read, rights.write].map(bit => boundaries(n, end, bits, bit))
  const next = [0, 0], past = [0, 0]
  let from = 0, held = 0
  for (;;) {
    let at = Infinity
    for (const side of [0, 1])
      at = Math.min(at, opens[side]![next[side]!] ?? Infinity, closes[side]![past[side]!] ?? Infinity)
    if (held !== 0) into.add(from, at, held)
    if (at === Infinity) return
    held = 0
    for (const side of [0, 1]) {
      while (opens[side]![next[side]!] === at) next[side]!++
      while (closes[side]![past[side]!] === at) past[side]!++
      if (next[side]! > past[side]!) held |= 1 << side
    }
    from = at
  }
}

function boundaries(n: number, place: (i: number) => number, bits: (i: number) => number, bit: number): Float64Array {
  const places = new Float64Array(n)
  let count = 0
  for (let i = 0; i < n; i++) if ((bits(i) & bit) !== 0) places[count++] = place(i)
  return places.subarray(0, count).sort()
}

export function bytesOf(reach: Reach): { readonly read: number; readonly write: number } {
  let read = 0, write = 0
  for (let i = 0; i < reach.length; i++) {
    const bytes = reach.ends[i]! - reach.starts[i]!
    if ((reach.rights[i]! & rights.read) !== 0) read += bytes
    if ((reach.rights[i]! & rights.write) !== 0) write += bytes
  }
  return { read, write }
}

/** Index of the first interval that ends above an address. */
export function firstAbove({ ends, length }: Reach, address: number): number {
  let low = 0, high = length
  while (low < high) {
    const middle = low + high >>> 1
    if (ends[middle]! > address) high = middle
    else low = middle + 1
  }
  return low
}

/** Rights at one address. */
export function rightsAt(reach: Reach, address: number): number {
  const at = firstAbove(reach, address)
  return at < reach.length && reach.starts[at]! <= address ? reach.rights[at]! : rights.none
}
