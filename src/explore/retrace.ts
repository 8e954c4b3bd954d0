/** From renamed states to a real trace: a search under symmetry stores one state for all that differ in names; here the
 *  way from the true initial state is found again, step by step. */
import { isReached, ModelError, observationsIn, showOp, step } from '../model/index.ts'
import type { Instance, Machine, ModelEvent, Observation, Op, Packing, Sometimes, World } from '../model/index.ts'
import { asked } from '../model/step.ts'
import { judgeOps } from './shrink.ts'
import type { Standings } from './standings.ts'
import type { Violation } from './result.ts'
import type { StateStore } from './store.ts'
import { NotInterchangeable } from './symmetry.ts'
import type { Group } from './symmetry.ts'

export class Retracer<S, L, O extends Observation> {
  private readonly machine: Machine<S, L, O>
  private readonly store: StateStore
  private readonly packed: Packing<World<S, L>>
  private readonly groups: readonly Group[]
  constructor(machine: Machine<S, L, O>, store: StateStore, packed: Packing<World<S, L>>, groups: readonly Group[]) {
    this.groups = groups
    this.machine = machine
    this.store = store
    this.packed = packed
  }

  /** Ops that lead through the orbits of the given states, the first of which is the initial one, and then do what
   *  `last` does in the last. */
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
    const instance = this.machine.instances.find(one =>
      one.op.action === last.action && JSON.stringify(one.op.args) === JSON.stringify(last.args))!
    const meant = this.take(from, instance)!
    const kinds = kindsOf(meant.events)
    return [...ops, this.step(world, this.canonical(meant.world),
      ({ action }, events) => action.name === last.action && kindsOf(events) === kinds).op]
  }

  /** A failure of `op` in the last of the states, as the true names show it. Where they do not, only names that are
   *  never reached fail: the step tells them apart. */
  failure(states: readonly number[], op: Op): ModelError {
    const ops = this.ops(states, null)
    const world = ops.reduce((at, one) => step(this.machine, at, one).world, this.machine.initialWorld)
    for (const { op: one } of this.machine.instances.filter(({ action }) => action.name === op.action))
      try { step(this.machine, world, one) } catch (cause) {
        if (!(cause instanceof ModelError)) throw cause
        cause.trace ??= [...ops, one]
        return cause
      }
    return new NotInterchangeable(this.groups[0]!.name, `${showOp(op)} of machine '${this.machine.name}'`)
  }

  private step(world: World<S, L>, target: Uint32Array,
    isMeant: (instance: Instance<S, O>, events: readonly ModelEvent<O>[]) => boolean): { op: Op; world: World<S, L> } {
    for (const instance of this.machine.instances) {
      const taken = this.take(world, instance)
      if (taken !== null && isMeant(instance, taken.events)
        && this.canonical(taken.world).every((word, i) => word === target[i]))
        return { op: instance.op, world: taken.world }
    }
    throw new NotInterchangeable(this.groups[0]!.name, `a step of machine '${this.machine.name}'`)
  }

  private take(world: World<S, L>,
    instance: Instance<S, O>): { world: World<S, L>; events: readonly ModelEvent<O>[] } | null {
    const taken = step(this.machine, world, instance.op)
    return taken.refused ? null : taken
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

  /** Rewrites the traces, so that they show under the true names what was found under others. */
  rewriteTraces(standings: Standings<S, L, O>): void {
    standings.rewriteTraces(of => this.told(of), (of, ops) => this.reached(of, ops))
  }

  /** The violation with a trace that shows it: of the last op's action, the instance that violates under the true
   *  names.
   *  @throws NotInterchangeable when there is none: then the property tells ids apart. */
  private told(violation: Violation): Violation {
    const judged = judgeOps(this.machine, violation.property)
    for (const ops of this.endings(violation.ops)) {
      const found = judged(ops)
      if (found !== null && found.ops.length === ops.length)
        return { ...violation, ops, because: found.verdict.because, witness: found.verdict.witness ?? {} }
    }
    throw new NotInterchangeable(this.groups[0]!.name, `property '${violation.property}'`)
  }

  /** A way to reach the property under the true names; null when none is found: it tells ids apart. */
  private reached(property: Sometimes<S, L, O>, told: readonly Op[]): readonly Op[] | null {
    for (const ops of this.endings(told)) {
      let at = this.machine.initialWorld, events: readonly ModelEvent<O>[] = []
      for (const op of ops) ({ world: at, events } = step(this.machine, at, op))
      if (asked(this.machine, at, at, world => isReached(property, world, observationsIn(events)))) return ops
    }
    return null
  }

  private *endings(ops: readonly Op[]): Generator<readonly Op[]> {
    yield ops
    const last = ops.at(-1)
    if (last === undefined) return
    for (const { op } of this.machine.instances) if (op.action === last.action) yield [...ops.slice(0, -1), op]
  }
}

/** Events without the ids they carry: those differ under other names. */
export function kindsOf(events: readonly ModelEvent<Observation>[]): string {
  return events.map(event => {
    switch (event.kind) {
      case 'observation': return event.observation.what
      case 'cost': return `${event.unit} ${event.count}`
      default: return JSON.stringify(event)
    }
  }).join()
}
