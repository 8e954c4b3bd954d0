/** From renamed states to a real trace: a search under symmetry stores one state for all that differ in names; here the way from the true
 *  initial state is found again, step by step. */
import { advance, enabled } from '../model/index.ts'
import type { Instance, Machine, ModelEvent, Observation, Op, Packing, World } from '../model/index.ts'
import type { StateStore } from './store.ts'

export class Retracer<S, L, O extends Observation> {
  private readonly machine: Machine<S, L, O>
  private readonly store: StateStore
  private readonly packed: Packing<World<S, L>>
  constructor(machine: Machine<S, L, O>, store: StateStore, packed: Packing<World<S, L>>) {
    this.machine = machine
    this.store = store
    this.packed = packed
  }

  /** Ops that lead through the orbits of the given states, the first of which is the initial one, and then do what `last` does in the last. */
  ops(states: readonly number[], last: Op | null): readonly Op[] {
    let world = this.machine.initialWorld
    const ops: Op[] = []
    for (const state of states.slice(1)) {
      const found = this.step(world, this.wordsOf(state), () => true)
      ops.push(found.op)
      world = found.world
    }
    if (last === null) return ops
    const from = this.packed.unpack(this.wordsOf(states.at(-1)!), 0)
    const instance = this.machine.instances.find(one => one.op.action === last.action && JSON.stringify(one.op.args) === JSON.stringify(last.args))!
    const meant = this.take(from, instance)!
    const kinds = kindsOf(meant.events)
    return [...ops, this.step(world, this.canonical(meant.world), ({ action }, events) => action.name === last.action && kindsOf(events) === kinds).op]
  }

  private step(world: World<S, L>, target: Uint32Array, isMeant: (instance: Instance<S, O>, events: readonly ModelEvent<O>[]) => boolean)
    : { op: Op; world: World<S, L> } {
    for (const instance of this.machine.instances) {
      const taken = this.take(world, instance)
      if (taken !== null && isMeant(instance, taken.events) && this.canonical(taken.world).every((word, i) => word === target[i]))
        return { op: instance.op, world: taken.world }
    }
    throw new Error(`symmetry of machine '${this.machine.name}': a step that leads on under other names is missing`)
  }

  private take(world: World<S, L>, { action, op }: Instance<S, O>): { world: World<S, L>; events: ModelEvent<O>[] } | null {
    if (!enabled(this.machine, action, world.state, op.args)) return null
    const own = structuredClone(world)
    const events: ModelEvent<O>[] = []
    advance(this.machine, own, action, op.args, events)
    return { world: own, events }
  }

  private wordsOf(state: number): Uint32Array {
    const { store } = this
    store.kernel.unpack(state, store.local + store.plan.spare)
    return this.spare()
  }
  private canonical(world: World<S, L>): Uint32Array {
    const { store, packed } = this
    const at = store.local + store.plan.spare
    store.words32.fill(0, at >>> 2, (at >>> 2) + store.plan.words)
    packed.pack(world, store.words32, at >>> 2)
    store.kernel.canon!(at)
    return this.spare()
  }
  private spare(): Uint32Array {
    const at = this.store.local + this.store.plan.spare >>> 2
    return this.store.words32.slice(at, at + this.store.plan.words)
  }
}

/** Events without the ids they carry: those differ under other names. */
export function kindsOf(events: readonly ModelEvent<Observation>[]): string {
  return events.map(event => event.kind === 'observation' ? event.seen.what : event.kind === 'cost' ? `${event.unit} ${event.count}` : JSON.stringify(event)).join()
}
