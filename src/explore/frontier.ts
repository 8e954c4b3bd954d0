/** Where a breadth-first search stands: the state whose successors come next, and how many states each distance from
 *  the first one has. */
export class Frontier {
  /** The state whose successors come next; those before it are expanded. */
  next = 0
  /** Number of states up to and with the current distance. */
  end = 1
  private sizes: number[] = [1]

  /** The distance of the next state from the first one. */
  get depth(): number { return this.sizes.length - 1 }
  /** Whether each state of the current distance is expanded. */
  get isAtEnd(): boolean { return this.next === this.end }
  /** States at the current distance over those one step nearer; 1 where one of the two has none. */
  get growth(): number {
    const [last = 0, before = 0] = this.sizes.slice(-2).toReversed()
    return before === 0 ? 1 : last / before
  }
  /** States of each distance so far; of `count` states, those beyond are of the next. */
  levels(count = this.end): number[] { return count > this.end ? [...this.sizes, count - this.end] : [...this.sizes] }

  /** Of `count` states, those that are not yet at a distance are at the next. */
  goFarther(count: number): void {
    this.sizes.push(count - this.end)
    this.end = count
  }
  restore(next: number, levels: readonly number[]): void {
    this.sizes = [...levels]
    this.end = levels.reduce((sum, n) => sum + n, 0)
    this.next = next
  }
}
