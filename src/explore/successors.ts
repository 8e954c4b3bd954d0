/** The compiled trees of a search: made anew as more is learnt, and the counts of what fired in them. */
import type { Observation } from '../model/index.ts'
import type { Learner } from './learner.ts'
import type { StateStore } from './store.ts'
import { own } from './wasm/memory.ts'
import { SuccessorsCode } from './wasm/successors.ts'

type Expand = (next: number, end: number) => number

export class Successors<S, L, O extends Observation> {
  /** The parent after those that `expand` has taken. */
  next = 0
  private readonly store: StateStore
  private readonly learner: Learner<S, L, O>
  /** The newest code, for threads. */
  module: WebAssembly.Module | null = null
  private code: Expand | null = null
  /** Steps taken outside the compiled code, by label. */
  private readonly walked: number[] = []

  constructor(store: StateStore, learner: Learner<S, L, O>) { this.store = store; this.learner = learner }

  get compiled(): boolean { return this.code !== null }

  compile(): void {
    const { store, learner } = this
    const { trees, judgements } = learner
    const judging = judgements.map((_, root) => root)
    const bytes = new SuccessorsCode({
      plan: store.plan, trees, judgements: judging, canonical: store.isCanonical,
      instances: Array.from({ length: trees.roots.length - judging.length }, (_, i) => judging.length + i),
    }).bytes()
    const { memory, kernel, local } = store
    this.module = new WebAssembly.Module(bytes)
    const instance = new WebAssembly.Instance(this.module, {
      env: { memory, flush: kernel.flush, local: new WebAssembly.Global({ value: 'i32' }, local) },
    })
    this.code = instance.exports['expand'] as Expand
  }

  /** Takes parents from `next` on; null when it came to `end`, or the root where the trees do not know on: then `next` is the parent
   *  whose later roots are still to be taken. */
  expand(next: number, end: number): number | null {
    this.next = this.code!(next, end)
    const missed = this.store.words32[this.store.local + own.missed >>> 2]!
    return missed === 0 ? null : missed - 1
  }

  count(label: number): void { this.walked[label] = (this.walked[label] ?? 0) + 1 }

  firedOf(label: number): number {
    const { plan, words32 } = this.store
    let sum = this.walked[label] ?? 0
    for (let thread = 0; thread < plan.threads; thread++) {
      const at = this.store.localOf(thread) + plan.fired + label * 8 >>> 2
      sum += words32[at]! + words32[at + 1]! * 2 ** 32
    }
    return sum
  }
  /** All steps. */
  fired(): number { return this.learner.labels.reduce((sum, _, label) => sum + this.firedOf(label), 0) }
}
