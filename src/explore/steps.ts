/** Steps that compiled code does not know: taken by the trees themselves, which run what they do not know yet, and
 *  learn it. */
import { ModelError, observationsIn, tracing } from '../model/index.ts'
import type { Machine, Observation, Op } from '../model/index.ts'
import type { Standings } from './standings.ts'
import type { Learner } from './learner.ts'
import type { Retracer } from './retrace.ts'
import type { StateStore } from './store.ts'
import { NotInterchangeable } from './symmetry.ts'
import { apply } from '../model/effect.ts'
import type { Successors } from './successors.ts'
import { twoThings } from '../model/record.ts'
import { record } from './wasm/memory.ts'

export class Steps<S, L, O extends Observation> {
  /** Roots that compiled code did not know since this was last set to 0, and may know next time. */
  misses = 0
  /** Whether a parent was left before its last step, because no further was wanted. */
  leftSome = false
  retracer: Retracer<S, L, O> | null = null
  /** Whether compiled code is to stop after the parent at hand. */
  isHeld: () => boolean = () => false
  /** The parent at hand. */
  private parent = 0
  private readonly machine: Machine<S, L, O>
  private readonly store: StateStore
  private readonly learner: Learner<S, L, O>
  private readonly standings: Standings<S, L, O>
  private readonly successors: Successors<S, L, O>
  /** Whether no further step is wanted. */
  private readonly isDecided: () => boolean
  constructor(machine: Machine<S, L, O>, store: StateStore, learner: Learner<S, L, O>, standings: Standings<S, L, O>,
    successors: Successors<S, L, O>, isDecided: () => boolean) {
    this.machine = machine
    this.store = store
    this.learner = learner
    this.standings = standings
    this.successors = successors
    this.isDecided = isDecided
    successors.learn = (parent, root, at) => this.one(parent, root, at)
  }

  private opOf(root: number): Op | null {
    const { learner: { judgements: { length } }, machine } = this
    return root < length ? null : machine.instances[root - length]!.op
  }

  /** A parent from a root on, or up to another. */
  finish(parent: number, from: number, end = Infinity): void {
    this.parent = parent
    const { store, learner } = this
    const { words32 } = store
    let current = from
    this.tracing(() => {
      const at = store.unpack(parent)
      const touch = store.touchOf(store.label(parent))
      for (let root = from; root < Math.min(end, learner.trees.roots.length); root++) {
        const isJudgement = root < learner.judgements.length
        if (isJudgement && (touch & 1 << Math.min(root, 31)) === 0) continue
        // The step that decided the last is taken itself.
        if (!isJudgement && root > from && this.isDecided()) { this.leftSome = true; return }
        current = root
        const { label, effect } = learner.follow(root, words32, at, parent, this.trace)
        if (label === null || effect === null) continue
        this.successors.count(label)
        apply(effect, words32, at, words32, store.candidate)
        store.insert(parent, label)
      }
    }, () => this.opOf(current))
  }

  /** One root of a parent whose words stand in the scratch area, for compiled code: its successor comes to the buffer
   *  at `at`. Returns where the next one goes, or 0 when something was decided, or no further parent is wanted now:
   *  then the parent is to be finished from this root on. */
  private one(parent: number, root: number, at: number): number {
    this.parent = parent
    this.missed(root)
    const { store: { words32, scratch, plan }, learner, standings } = this
    const { decisions } = standings
    const { label, effect } = this.tracing(() => learner.follow(root, words32, scratch, parent, this.trace),
      () => this.opOf(root))
    if (standings.decisions !== decisions || this.isHeld()) return 0
    if (label === null || effect === null) return at
    this.successors.count(label)
    apply(effect, words32, scratch, words32, at + record.words >>> 2)
    words32[at + record.label >>> 2] = (label | 3 << record.changedShift) >>> 0
    words32[at + record.parent >>> 2] = parent
    return at + plan.recordBytes
  }

  /** Takes some steps from states all over the space once more, as they are, and holds them against the trees: a step
   *  that changes its mind later than it was learnt shows itself here. @throws ModelError when one does something else
   *  now. */
  audit(times: number): void {
    const { store, learner, machine: { instances } } = this
    const { words32 } = store, after = new Uint32Array(learner.words), again = new Uint32Array(learner.words)
    for (let i = 0; i < times; i++) {
      this.parent = Math.floor(i * store.count / times)
      const at = store.unpack(this.parent)
      for (let tried = 0; tried < instances.length; tried++) {
        const number = ((i >>> 1) + tried) % instances.length, instance = instances[number]!
        const known = learner.known(number, words32, at)
        // Of two looks one is at a step that is taken: few are, in one state.
        if (known === null || i % 2 === 0 && known.label === null) continue
        tracing(() => {
          const { step } = learner.recorder.record(instance, words32, at, null)
          if (known.effect !== null) apply(known.effect, words32, at, after, 0)
          if (step !== null) apply(step.effect, words32, at, again, 0)
          const isSame = step === null || known.label === null ? step === known.effect
            : learner.isLabel(known.label, step.events) && after.every((word, w) => word === again[w])
          if (!isSame) throw twoThings(instance, this.machine)
          if (step !== null)
            learner.recorder.asked(again, words32.subarray(at, at + learner.words), (world, before) => {
              this.standings.judgeAgain(world, observationsIn(step.events), before)
            })
        }, () => this.trace(instance.op))
        break
      }
    }
  }

  /** A tree that was given up is never compiled. */
  missed(root: number): void { if (!this.learner.direct.has(root)) this.misses++ }

  /** A mistake gets the ops that lead to it. Under symmetry it may be one of names that are never reached. */
  private tracing<T>(work: () => T, op: () => Op | null): T {
    return tracing(() => {
      try { return work() } catch (error) {
        const at = op()
        if (this.retracer === null || at === null || !(error instanceof ModelError)
          || error instanceof NotInterchangeable) throw error
        throw this.retracer.failure(this.way(), at)
      }
    }, () => this.trace(op()))
  }

  /** The states to the current parent. */
  private way(): number[] {
    const states = [this.parent]
    for (let at = this.parent; at !== 0;) states.push(at = this.store.parent(at))
    return states.reverse()
  }

  /** The ops to the current parent, and one more. */
  private readonly trace = (op: Op | null): readonly Op[] => {
    const states = this.way()
    if (this.retracer !== null) return this.retracer.ops(states, op)
    const ops = states.slice(1).map(state => this.learner.labels[this.store.label(state)]!.instance.op)
    return op === null ? ops : [...ops, op]
  }
}
