/** The set of visited states: bit-packed, exact, in typed arrays that grow; states are numbered in the order of their arrival. */
import { packing } from '../model/index.ts'
import type { Domain } from '../model/index.ts'

/** No further state can be stored. What was stored stays valid. */
export class StatesFull extends Error {
  readonly reason: 'states' | 'memory'
  constructor(reason: 'states' | 'memory') { super(`no room for another state: ${reason}`); this.reason = reason }
}

export class PackedStates<T> {
  count = 0
  private readonly limit: number
  private readonly words: number
  private readonly pack: (value: T, out: Uint32Array, at: number) => void
  private readonly rebuild: (from: Uint32Array, at: number) => T
  /** Packed states one behind the other, and room for one candidate after the last. */
  private arena: Uint32Array
  /** Open addressing: 0 or the number of a state + 1. */
  private slots = new Uint32Array(1 << 11)
  private static readonly growth = 2

  /** Holds at most `limit` states. @throws ModelError when the domain cannot be packed. */
  constructor(domain: Domain, limit = Infinity) {
    const { words, pack, unpack } = packing<T>(domain, 'world')
    this.limit = limit
    this.words = words
    this.pack = pack
    this.rebuild = unpack
    this.arena = new Uint32Array(words << 10)
  }

  /** The number of a new state, or the complement (`~n`) of the number it already had.
   *  @throws ModelError naming the field that is outside its domain; StatesFull. */
  insert(value: T): number {
    const { words } = this
    const at = this.count * words
    if (at + words > this.arena.length) this.grow()
    const arena = this.arena
    this.pack(value, arena, at)
    const mask = this.slots.length - 1
    let slot = this.hash(at) & mask
    for (let found = this.slots[slot]!; found !== 0; found = this.slots[slot]!) {
      if (this.equal((found - 1) * words, at)) return ~(found - 1)
      slot = (slot + 1) & mask
    }
    if (this.count >= this.limit) throw new StatesFull('states')
    this.slots[slot] = ++this.count
    return this.count - 1
  }

  /** A fresh mutable value of a stored state. */
  unpack(index: number): T { return this.rebuild(this.arena, index * this.words) }

  /** Whether `value` is still what was stored. @throws ModelError when it left its domain. */
  holds(index: number, value: T): boolean {
    const at = this.count * this.words
    if (at + this.words > this.arena.length) this.grow()
    this.pack(value, this.arena, at)
    return this.equal(index * this.words, at)
  }

  private equal(one: number, other: number): boolean {
    for (let i = 0; i < this.words; i++) if (this.arena[one + i] !== this.arena[other + i]) return false
    return true
  }

  private hash(at: number): number {
    let h = 0
    for (let i = 0; i < this.words; i++) {
      h = Math.imul(h ^ this.arena[at + i]!, 0x9e3779b1)
      h ^= h >>> 15
    }
    h = Math.imul(h, 0x85ebca6b)
    return (h ^ (h >>> 13)) >>> 0
  }

  /** Twice the room, the table at most half full. */
  private grow(): void {
    try {
      const arena = new Uint32Array(this.arena.length * PackedStates.growth)
      const slots = new Uint32Array(this.slots.length * PackedStates.growth)
      arena.set(this.arena)
      this.arena = arena
      const mask = slots.length - 1
      for (let index = 0; index < this.count; index++) {
        let slot = this.hash(index * this.words) & mask
        while (slots[slot] !== 0) slot = (slot + 1) & mask
        slots[slot] = index + 1
      }
      this.slots = slots
    } catch (error) {
      if (error instanceof RangeError) throw new StatesFull('memory')
      throw error
    }
  }
}
