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

/** More namings than these of one state are not tried, the nearest first. A step looks at few ids at once, and there are many ways to step. */
const mostNamings = { step: 200, property: 5040 } as const

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
    const who = (): string => `${showOp(instance.op)} of machine '${this.machine.name}'`
    this.everywhere(words, offset, instance, (own, one) => this.outcome(one!, own), (here, there, swap) => {
      const isAlike = there.kinds === here.kinds && (here.after === null ? there.after === null
        : there.after !== null && this.swapped(here.after, swap).every((word, i) => word === there.after![i]))
      if (!isAlike) throw new NotInterchangeable(swap.group, who())
    })
  }

  /** @throws NotInterchangeable when the property is true under one naming only. */
  checkProperty(property: Property<S, L, O>, words: Uint32Array, offset: number): void {
    const verdict = (of: Uint32Array): boolean => {
      let holds = true
      this.recorder.look(of, 0, world => { holds = judge(property, world, [], () => world) === true })
      return holds
    }
    this.everywhere(words, offset, null, verdict, (here, there, swap) => {
      if (here !== there) throw new NotInterchangeable(swap.group, `property '${property.name}'`)
    })
  }

  /** Asks under every naming of the state, and compares those that are one swap apart. Neighbours of the state alone would not do: its
   *  names can be such that only two swaps lead to the one that is treated in another way. */
  private everywhere<T>(words: Uint32Array, offset: number, instance: Instance<S, O> | null, ask: (words: Uint32Array, instance: Instance<S, O> | null) => T,
    compare: (here: T, there: T, swap: Swap) => void): void {
    interface Naming { readonly words: Uint32Array; readonly instance: Instance<S, O> | null; readonly answer: T }
    const met = new Map<string, Naming>()
    const meet = (own: Uint32Array, one: Instance<S, O> | null): Naming => {
      const key = `${one === null ? '' : keyOf(one.op)} ${own.join()}`
      let naming = met.get(key)
      if (naming === undefined) met.set(key, naming = { words: own, instance: one, answer: ask(own, one) })
      return naming
    }
    meet(words.slice(offset, offset + this.store.plan.words), instance)
    for (const here of met.values())
      for (const swap of this.swaps) {
        const other = here.instance === null ? null : this.byOp.get(keyOf(swappedOp(here.instance.op, here.instance.action.params, swap)))
        if (other === undefined) throw new NotInterchangeable(swap.group, `${showOp(here.instance!.op)} of machine '${this.machine.name}'`)
        compare(here.answer, meet(this.swapped(here.words, swap), other).answer, swap)
        if (met.size >= mostNamings[instance === null ? 'property' : 'step']) return
      }
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
