/** Says which op a mistake in a machine belongs to, and how one gets there. */
import { enabled, ModelError, showOp } from '../model/index.ts'
import type { Machine, Observation, Op, World } from '../model/index.ts'
import type { PackedStates } from './states.ts'

/** Stores the world after `op`; as `PackedStates.insert`, but a value outside its domain is blamed on the op. */
export function store<S, L, O extends Observation>(
  machine: Machine<S, L, O>, states: PackedStates<World<S, L>>, world: World<S, L>, op: Op): number {
  try { return states.insert(world) } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause
    throw new ModelError(`${showOp(op)} in machine '${machine.name}' leaves the domain: ${cause.message}`, { cause })
  }
}

/** Guards are run on the live state: one that wrote to it would change every later step.
 *  @throws ModelError naming the guard when `world` is no longer state `number`. */
export function checkGuards<S, L, O extends Observation>(
  machine: Machine<S, L, O>, states: PackedStates<World<S, L>>, number: number, world: World<S, L>): void {
  if (unchanged(states, number, world)) return
  const culprit = machine.instances.find(({ action, op }) => {
    const fresh = states.unpack(number)
    enabled(machine, action, fresh.state, op.args)
    return !unchanged(states, number, fresh)
  })
  const who = culprit === undefined ? 'a guard' : `guard of ${showOp(culprit.op)}`
  throw new ModelError(`${who} in machine '${machine.name}' changes the state; a guard only reads`)
}
function unchanged<T>(states: PackedStates<T>, number: number, world: T): boolean {
  try { return states.holds(number, world) } catch (error) {
    if (error instanceof ModelError) return false
    throw error
  }
}
