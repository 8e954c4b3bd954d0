/** The set of states that random runs have met: packed, exact, numbered in the order of their arrival. */

/** No further state can be stored. What was stored stays valid. */
export class StatesFull extends Error {
  readonly reason: 'states' | 'memory'
  constructor(reason: 'states' | 'memory') { super(`no room for another state: ${reason}`); this.reason = reason }
}

export class PackedStates {
  count = 0
  private readonly words: number
  /** Packed states one behind the other. */
  private arena: Uint32Array
  /** Open addressing: 0 or the number of a state + 1. */
  private slots = new Uint32Array(1 << 11)
  private static readonly growth = 2

  /** @param words 32-bit words of a state. */
  constructor(words: number) {
    this.words = words
    this.arena = new Uint32Array(words << 10)
  }

  /** Whether the state is new. @throws StatesFull. */
  insert(state: Uint32Array): boolean {
    const { words } = this
    const at = this.count * words
    if (at + words > this.arena.length) this.grow()
    this.arena.set(state, at)
    const mask = this.slots.length - 1
    let slot = this.hash(at) & mask
    for (let found = this.slots[slot]!; found !== 0; found = this.slots[slot]!) {
      if (this.equal((found - 1) * words, at)) return false
      slot = (slot + 1) & mask
    }
    this.slots[slot] = ++this.count
    return true
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
