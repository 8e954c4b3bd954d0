/** Whether ids are interchangeable in deed: each way that a recipe or property was seen to go must be gone alike under other names. */
import { judge, ModelError, seenIn, showOp } from '../model/index.ts'
import type { Instance, Machine, Observation, Property, World } from '../model/index.ts'
import { kindsOf } from './retrace.ts'
import type { Recorder } from './record.ts'
import type { StateStore } from './store.ts'
import { swappedOp } from './symmetry.ts'
import type { Swap } from './symmetry.ts'
import { apply } from './trees.ts'

/** Ids of a scalarset are ordered or computed with, so they are not interchangeable. */
export class NotInterchangeable extends ModelError {
  readonly group: string
  constructor(group: string, who: string) {
    super(`${who} tells the ids of scalarset '${group}' apart: it may compare them for equality and index tables with them, nothing else`)
    this.group = group
    this.trace = []
  }
}

export class Equivariance<S, L, O extends Observation> {
  private readonly machine: Machine<S, L, O>
  private readonly recorder: Recorder<S, L, O>
  private readonly store: StateStore
  private readonly swaps: readonly Swap[]
  private readonly byOp: ReadonlyMap<string, Instance<S, O>>

  constructor(machine: Machine<S, L, O>, recorder: Recorder<S, L, O>, store: StateStore, swaps: readonly Swap[]) {
    this.machine = machine
    this.recorder = recorder
    this.store = store
    this.swaps = swaps
    this.byOp = new Map(machine.instances.map(instance => [keyOf(instance.op), instance]))
  }

  /** @throws NotInterchangeable when the instance does something else under other names. */
  checkStep(instance: Instance<S, O>, words: Uint32Array, offset: number): void {
    const own = words.slice(offset, offset + this.store.plan.words)
    const here = this.outcome(instance, own)
    for (const swap of this.swaps) {
      const other = this.byOp.get(keyOf(swappedOp(instance.op, instance.action.params, swap)))
      const there = other === undefined ? null : this.outcome(other, this.swapped(own, swap))
      const isAlike = there !== null && there.kinds === here.kinds && (here.after === null ? there.after === null
        : there.after !== null && this.swapped(here.after, swap).every((word, i) => word === there.after![i]))
      if (!isAlike) throw new NotInterchangeable(swap.group, `${showOp(instance.op)} of machine '${this.machine.name}'`)
    }
  }

  /** @throws NotInterchangeable when the property is true under one naming only. */
  checkProperty(property: Property<S, L, O>, words: Uint32Array, offset: number): void {
    const own = words.slice(offset, offset + this.store.plan.words)
    const verdict = (of: Uint32Array): boolean => {
      let holds = true
      this.recorder.look(of, 0, world => { holds = judge(property, world, [], () => world) === true })
      return holds
    }
    const here = verdict(own)
    for (const swap of this.swaps)
      if (verdict(this.swapped(own, swap)) !== here) throw new NotInterchangeable(swap.group, `property '${property.name}'`)
  }

  private outcome(instance: Instance<S, O>, words: Uint32Array): { readonly after: Uint32Array | null; readonly kinds: string } {
    const verdicts: boolean[] = []
    const { step } = this.recorder.record(instance, words, 0, (events, world: World<S, L>, before) => {
      for (const property of this.machine.properties)
        if (property.kind === 'step') verdicts.push(judge(property, world, seenIn(events), before) === true)
    })
    if (step === null) return { after: null, kinds: '' }
    const after = new Uint32Array(words.length)
    apply(step.effect, words, 0, after, 0)
    return { after, kinds: `${kindsOf(step.events)} ${verdicts.join()}` }
  }

  private swapped(words: Uint32Array, { group, low }: Swap): Uint32Array {
    const { store } = this
    const at = store.local + store.plan.spare
    store.words32.set(words, at >>> 2)
    store.kernel.swaps.get(`swap_${group}_${low}`)!(at)
    return store.words32.slice(at >>> 2, (at >>> 2) + words.length)
  }
}

const keyOf = (op: Instance<unknown, unknown>['op']): string => `${op.action} ${JSON.stringify(op.args)}`
