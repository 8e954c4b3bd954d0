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
  private isJavaScript = false
  /** Takes a root whose compiled tree does not know on: of a parent, its successor to an address. Returns the next
   *  address; 0 to stop there. */
  learn: (parent: number, root: number, at: number) => number = () => 0
  /** Steps taken outside the compiled code, by label. */
  private readonly taken: number[] = []

  constructor(store: StateStore, learner: Learner<S, L, O>) { this.store = store; this.learner = learner }

  /** Code that walks. */
  begin(): void {
    this.module = new WebAssembly.Module(this.bytes(false))
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
    this.isJavaScript = inJavaScript
    if (inJavaScript) {
      this.code = this.script(this.store.kernel.flush)
      return
    }
    this.module = new WebAssembly.Module(this.bytes(true))
    this.code = this.instance(this.module, this.store.kernel, this.learn)
  }

  /** From now on the newest code hands over every step from a state, in the buffer from one address to another, in
   *  place of storing where it leads, and judges nothing. */
  handOver(take: (from: number, end: number) => void): void {
    const { store: { words32, kernel, local }, module, isJavaScript } = this
    words32[local + own.every >>> 2] = 1
    this.code = isJavaScript ? this.script(take) : this.instance(module!, { flush: take, walk: kernel.walk }, () => 0)
  }

  private script(flush: Kernel['flush']): Expand {
    const { store, learner: { judgements, trees } } = this
    return expandInJavaScript(store, trees, judgements.length, flush)
  }

  private bytes(knows: boolean): Uint8Array<ArrayBuffer> {
    const { store, learner: { trees, judgements: { length } } } = this
    const judgements = Array.from({ length }, (_, root) => root)
    const instances = Array.from({ length: trees.roots.length - length }, (_, i) => length + i)
    return new SuccessorsCode({ plan: store.plan, trees, judgements, canonical: store.isCanonical, instances,
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
