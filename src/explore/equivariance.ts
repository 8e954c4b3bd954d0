/** Whether ids are interchangeable in deed: each way that a recipe or property was seen to go must be gone alike under other names. */
import { judge, seenIn, showOp } from '../model/index.ts'
import type { Instance, Machine, Observation, Property, World } from '../model/index.ts'
import { kindsOf } from './retrace.ts'
import type { Recorder } from '../model/record.ts'
import type { StateStore } from './store.ts'
import { NotInterchangeable, swappedOp } from './symmetry.ts'
import type { RowSet, Swap } from './symmetry.ts'
import type { ReadLog } from '../model/run.ts'
import { apply } from '../model/effect.ts'

/** More namings than these of one state are not tried, the nearest first. A step looks at few ids at once, and there are many ways to step. */
const mostNamings = { step: 200, property: 5040 } as const

export class Equivariance<S, L, O extends Observation> {
  private readonly machine: Machine<S, L, O>
  private readonly recorder: Recorder<S, L, O>
  private readonly store: StateStore
  private readonly way: readonly Swap[]
  private readonly rows: readonly RowSet[]
  private readonly byOp: ReadonlyMap<string, Instance<S, O>>

  constructor(machine: Machine<S, L, O>, recorder: Recorder<S, L, O>, store: StateStore, way: readonly Swap[], rows: readonly RowSet[]) {
    this.machine = machine
    this.recorder = recorder
    this.store = store
    this.way = way
    this.rows = rows
    this.byOp = new Map(machine.instances.map(instance => [keyOf(instance.op), instance]))
  }

  /** Adds to `log` what the instance reads under other names, under the names of this state: then all states that look alike to the tree
   *  were asked under all of them. @throws NotInterchangeable when it does something else there. */
  checkStep(instance: Instance<S, O>, words: Uint32Array, offset: number, log: ReadLog): void {
    const who = (): string => `${showOp(instance.op)} of machine '${this.machine.name}'`
    const own = words.slice(offset, offset + this.store.plan.words)
    let here = this.outcome(instance, own), op = instance
    let at: Uint32Array = own
    this.along(mostNamings.step, (swap, placeOf) => {
      const other = this.byOp.get(keyOf(swappedOp(op.op, op.action.params, swap)))
      if (other === undefined) throw new NotInterchangeable(swap.group, who())
      const named = this.swapped(at, swap)
      const there = this.outcome(other, named)
      const isAlike = there.kinds === here.kinds && (here.after === null ? there.after === null
        : there.after !== null && this.swapped(here.after, swap).every((word, i) => word === there.after![i]))
      if (!isAlike) throw new NotInterchangeable(swap.group, who())
      addReads(log, there.log, own, placeOf)
      here = there
      op = other
      at = named
    })
  }

  /** As `checkStep`, of a claim. One in parts is judged whole, and nothing is added to the log: as one tree the parts would have the product of
   *  their branches. @throws NotInterchangeable when the property is true under one naming only. */
  checkProperty(property: Property<S, L, O>, words: Uint32Array, offset: number, log: ReadLog): void {
    const own = words.slice(offset, offset + this.store.plan.words)
    const isWhole = property.kind !== 'always' || property.parts === undefined
    const verdict = (of: Uint32Array): { readonly holds: boolean; readonly log: ReadLog } => {
      let holds = true
      const read = this.recorder.look(of, 0, world => { holds = judge(property, world, [], () => world) === true })
      return { holds, log: read }
    }
    const here = verdict(own)
    let at: Uint32Array = own
    this.along(mostNamings.property, (swap, placeOf) => {
      at = this.swapped(at, swap)
      const there = verdict(at)
      if (there.holds !== here.holds) throw new NotInterchangeable(swap.group, `property '${property.name}'`)
      if (isWhole) addReads(log, there.log, own, placeOf)
    })
  }

  /** From one naming to the next by one swap, until all have been met. `placeOf`: where a place stands under the first names. The way is
   *  the same for every state: so what it reads is a function of what it has read before. */
  private along(most: number, visit: (swap: Swap, placeOf: (at: number) => number) => void): void {
    const done: Swap[] = []
    for (const swap of this.way.slice(0, most)) {
      done.unshift(swap)
      const back = [...done]
      visit(swap, at => back.reduce((place, one) => this.moved(place, one), at))
    }
  }

  /** Where a place stands after a swap. */
  private moved(at: number, { group, low }: Swap): number {
    let place = at
    for (const row of this.rows) {
      if (row.group !== group) continue
      const [a, b] = [row.at[low]!, row.at[low + 1]!]
      if (a <= place && place < a + row.bits) place += b - a
      else if (b <= place && place < b + row.bits) place += a - b
    }
    return place
  }

  private outcome(instance: Instance<S, O>, words: Uint32Array): { readonly after: Uint32Array | null; readonly kinds: string; readonly log: ReadLog } {
    const verdicts: boolean[] = []
    const { step, log } = this.recorder.record(instance, words, 0, (events, world: World<S, L>, before) => {
      for (const property of this.machine.properties)
        if (property.kind === 'step') verdicts.push(judge(property, world, seenIn(events), before) === true)
    })
    if (step === null) return { after: null, kinds: '', log }
    const after = new Uint32Array(words.length)
    apply(step.effect, words, 0, after, 0)
    return { after, kinds: `${kindsOf(step.events)} ${verdicts.join()}`, log }
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

/** Reads under other names, as reads of the state itself. */
function addReads(log: ReadLog, other: ReadLog, words: Uint32Array, placeOf: (at: number) => number): void {
  other.at.forEach((there, i) => {
    const at = placeOf(there), bits = other.bits[i]!
    if (log.at.includes(at)) return
    log.at.push(at)
    log.bits.push(bits)
    log.raw.push(words[at >>> 5]! >>> (at & 31) & 2 ** bits - 1)
  })
}
