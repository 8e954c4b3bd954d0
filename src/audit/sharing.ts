/** Memory that several spaces reach: one sweep over all their intervals at once. */
import type { Reach } from './reach.ts'
import { rights } from './ranges.ts'

/** A run of memory and who reaches it: indices of spaces, ascending, with rights; at most `mostNamed` are named. */
export interface Shared {
  readonly start: number; readonly end: number
  readonly who: readonly { readonly space: number; readonly rights: number }[]
  /** All who reach it, also those not named; what they may do together; and whether they have one owner. */
  readonly count: number
  readonly rights: number
  readonly isOfOne: boolean
}
export const mostNamed = 16

/** In the order of addresses; neighbours that the same reach with the same rights are one. `ownerOf` a space: the one
 *  device that uses it, or else a number that no other space has. */
export function* sharedRuns(reaches: readonly Reach[], ownerOf: (space: number) => number): Generator<Shared> {
  const heap = new Heap(reaches)
  const active = new Active(ownerOf)
  let from = 0
  let open = null as Shared | null
  for (let turn = heap.next(); turn !== null; turn = heap.next()) {
    if (turn.at > from && active.spaces.size > 1) {
      const run = active.run(from, turn.at)
      if (open !== null && joins(open, run)) open = { ...open, end: run.end }
      else {
        if (open !== null) yield open
        open = run
      }
    }
    from = turn.at
    active.turn(turn)
  }
  if (open !== null) yield open
}

/** Who reaches the address of the sweep, with sums that stand for those a run does not name. */
class Active {
  readonly spaces = new Map<number, number>()
  readonly #owners = new Map<number, number>()
  #readers = 0
  #writers = 0
  constructor(private readonly ownerOf: (space: number) => number) {}

  turn({ space, bits }: Turn): void {
    this.#sum(space, this.spaces.get(space) ?? rights.none, -1)
    this.#sum(space, bits, 1)
    if (bits === rights.none) this.spaces.delete(space)
    else this.spaces.set(space, bits)
  }
  #sum(space: number, bits: number, by: 1 | -1): void {
    if (bits === rights.none) return
    if ((bits & rights.read) !== 0) this.#readers += by
    if ((bits & rights.write) !== 0) this.#writers += by
    const owner = this.ownerOf(space), left = (this.#owners.get(owner) ?? 0) + by
    if (left === 0) this.#owners.delete(owner)
    else this.#owners.set(owner, left)
  }

  run(start: number, end: number): Shared {
    const who: { space: number; rights: number }[] = []
    for (const [space, bits] of this.spaces) {
      if (who.length === mostNamed) break
      who.push({ space, rights: bits })
    }
    const together = (this.#readers > 0 ? rights.read : rights.none) | (this.#writers > 0 ? rights.write : rights.none)
    return { start, end, who: who.sort((a, b) => a.space - b.space), count: this.spaces.size, rights: together,
      isOfOne: this.#owners.size === 1 }
  }
}
const joins = (a: Shared, b: Shared): boolean =>
  a.end === b.start && a.count === b.count && a.rights === b.rights && a.isOfOne === b.isOfOne
  && a.who.every(({ space, rights: bits }, i) => b.who[i]!.space === space && b.who[i]!.rights === bits)

interface Turn { readonly space: number; readonly at: number; readonly bits: number }

/** The next boundary over all spaces. Ends come before starts at the same address, so that neighbours do not meet. */
class Heap {
  /** Spaces, the one with the least boundary first. */
  readonly #order: number[] = []
  /** Of each space: twice the index of its interval, plus 1 where it is open. */
  readonly #cursor: Uint32Array
  constructor(private readonly reaches: readonly Reach[]) {
    this.#cursor = new Uint32Array(reaches.length)
    reaches.forEach((reach, space) => { if (reach.length > 0) this.#push(space) })
  }

  next(): Turn | null {
    const space = this.#order[0]
    if (space === undefined) return null
    const at = this.#place(space), cursor = this.#cursor[space]!++
    const bits = cursor % 2 === 0 ? this.reaches[space]!.rights[cursor >> 1]! : rights.none
    if (this.#cursor[space]! < 2 * this.reaches[space]!.length) this.#sink()
    else {
      const last = this.#order.pop()!
      if (this.#order.length > 0) { this.#order[0] = last; this.#sink() }
    }
    return { space, at, bits }
  }

  #place(space: number): number {
    const cursor = this.#cursor[space]!
    return (cursor % 2 === 0 ? this.reaches[space]!.starts : this.reaches[space]!.ends)[cursor >> 1]!
  }
  #before(a: number, b: number): boolean {
    const difference = this.#place(a) - this.#place(b)
    if (difference !== 0) return difference < 0
    const side = this.#cursor[b]! % 2 - this.#cursor[a]! % 2
    return side !== 0 ? side < 0 : a < b
  }
  #push(space: number): void {
    const order = this.#order
    let at = order.push(space) - 1
    for (; at > 0; at = at - 1 >> 1) {
      const parent = at - 1 >> 1
      if (!this.#before(space, order[parent]!)) break
      order[at] = order[parent]!
      order[parent] = space
    }
  }
  #sink(): void {
    const order = this.#order
    for (let at = 0; ;) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < order.length && this.#before(order[child]!, order[least]!)) least = child
      if (least === at) return
      const moved = order[at]!
      order[at] = order[least]!
      order[least] = moved
      at = least
    }
  }
}
