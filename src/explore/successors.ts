/** The compiled trees of a search: made anew as more is learnt, and the counts of what fired in them. */
import type { Observation } from '../model/index.ts'
import type { Learner } from './learner.ts'
import type { StateStore } from './store.ts'
import { expandInJavaScript } from './javascript.ts'
import type { Expand } from './javascript.ts'
import type { Kernel } from './wasm/kernel.ts'
import { own } from './wasm/memory.ts'
import { SuccessorsCode } from './wasm/successors.ts'

export class Successors<S, L, O extends Observation> {
  /** The parent after those that `expand` has taken. */
  next = 0
  private readonly store: StateStore
  private readonly learner: Learner<S, L, O>
  /** The newest code, for threads. */
  module: WebAssembly.Module | null = null
  private code: Expand | null = null
  /** Takes a root whose compiled tree does not know on: of a parent, its successor to an address. Returns the next
   *  address; 0 to stop there. */
  learn: (parent: number, root: number, at: number) => number = () => 0
  /** Steps taken outside the compiled code, by label. */
  private readonly taken: number[] = []

  constructor(store: StateStore, learner: Learner<S, L, O>) { this.store = store; this.learner = learner }

  /** Code that walks. */
  begin(): void {
    this.module = new WebAssembly.Module(this.bytes({ judges: true, every: false, knows: false }))
    this.code = this.instance(this.module, this.store.kernel, this.learn)
  }

  /** Roots that were walked. */
  get walked(): number {
    let sum = 0
    for (let thread = 0; thread < this.store.plan.threads; thread++) sum += this.store.ownWord(thread, own.walked)
    return sum
  }

  /** Code of the trees. `inJavaScript`: for this thread alone. */
  compile(inJavaScript: boolean): void {
    const { judgements, trees } = this.learner
    if (inJavaScript) {
      this.code = expandInJavaScript(this.store, trees, judgements.length)
      return
    }
    this.module = new WebAssembly.Module(this.bytes({ judges: true, every: false, knows: true }))
    this.code = this.instance(this.module, this.store.kernel, this.learn)
  }

  /** Code that hands over every step from a state, in the buffer from one address to another, in place of storing where
   *  it leads. */
  compileSteps(take: (from: number, end: number) => void): void {
    this.code = this.instance(new WebAssembly.Module(this.bytes({ judges: false, every: true, knows: true })),
      { flush: take, walk: () => 0 }, () => 0)
  }

  private bytes({ judges, every, knows }: {
    readonly judges: boolean
    readonly every: boolean
    readonly knows: boolean
  }): Uint8Array<ArrayBuffer> {
    const { store, learner: { trees, judgements: { length } } } = this
    const judgements = judges ? Array.from({ length }, (_, root) => root) : []
    const instances = Array.from({ length: trees.roots.length - length }, (_, i) => length + i)
    return new SuccessorsCode({ plan: store.plan, trees, judgements, canonical: store.isCanonical, every, instances,
      knows }).bytes()
  }
  private instance(module: WebAssembly.Module, { flush, walk }: Pick<Kernel, 'flush' | 'walk'>,
    learn: Successors<S, L, O>['learn']): Expand {
    const { memory, local } = this.store
    const env = { memory, flush, walk, learn, local: new WebAssembly.Global({ value: 'i32' }, local) }
    return new WebAssembly.Instance(module, { env }).exports['expand'] as Expand
  }

  /** Takes parents from `next` on; null when it came to `end`, or the root where the trees do not know on: then `next`
   *  is the parent whose later roots are still to be taken. */
  expand(next: number, end: number): number | null {
    this.next = this.code!(next, end)
    const missed = this.store.words32[this.store.local + own.missed >>> 2]!
    return missed === 0 ? null : missed - 1
  }

  /** Adds steps that another search took. */
  restore(label: number, fired: number): void { this.taken[label] = fired }
  count(label: number): void { this.taken[label] = (this.taken[label] ?? 0) + 1 }

  firedOf(label: number): number {
    const { plan, words32 } = this.store
    let sum = this.taken[label] ?? 0
    for (let thread = 0; thread < plan.threads; thread++) {
      const at = this.store.localOf(thread) + plan.fired + label * 8 >>> 2
      sum += words32[at]! + words32[at + 1]! * 2 ** 32
    }
    return sum
  }
  /** All steps. */
  fired(): number { return this.learner.labels.reduce((sum, _, label) => sum + this.firedOf(label), 0) }
}
