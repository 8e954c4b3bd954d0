/** Chance with a seed: the same numbers everywhere. */
export class Dice {
  private state: number
  constructor(seed: number) { this.state = seed | 0 }

  /** 0..n-1 (mulberry32). */
  below(n: number): number {
    this.state = this.state + 0x6d2b79f5 | 0
    let t = Math.imul(this.state ^ this.state >>> 15, 1 | this.state)
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t
    return Math.floor(((t ^ t >>> 14) >>> 0) / 2 ** 32 * n)
  }
  between(low: number, high: number): number { return low + this.below(high - low + 1) }
  chance(share: number): boolean { return this.below(1000) < share * 1000 }
  pick<T>(of: readonly T[]): T { return of[this.below(of.length)]! }
  /** One of several, each as often as its weight says. */
  weigh<T>(...of: readonly (readonly [weight: number, what: T])[]): T {
    let at = this.below(of.reduce((sum, [weight]) => sum + weight, 0))
    return of.find(([weight]) => (at -= weight) < 0)![1]
  }
  shuffle<T>(of: readonly T[]): T[] {
    const left = [...of]
    return of.map(() => left.splice(this.below(left.length), 1)[0]!)
  }
}
