/** Numbers that look random, and are the same for the same seed. */
export class Seeded {
  private state: number

  /** Any whole number. */
  constructor(seed: number) { this.state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0 || 1 }

  /** 0 .. 2^32 - 1 (xorshift, Marsaglia 2003). */
  next(): number {
    let x = this.state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return this.state = x >>> 0
  }
  /** 0 .. below - 1. */
  below(below: number): number { return Math.floor(this.next() / 2 ** 32 * below) }
}
