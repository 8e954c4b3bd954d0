/** Taking a step: total, pure, and the same for every driver. */
import { misfit } from './domain.ts'
import { apply } from './effect.ts'
import type { ModelEvent, Observation } from './event.ts'
import type { Action, Args, Instance, Machine, Op } from './machine.ts'
import type { World } from './property.ts'
import { Recorder } from './record.ts'

export interface Stepped<S, L, O> {
  readonly world: World<S, L>
  readonly events: readonly ModelEvent<O>[]
  /** The guard was false, or the op is none of this machine's; `world` is the one given. */
  readonly refused: boolean
}

/** Why an op of the machine is refused. */
export const notEnabled = 'guard is false'

/** Total: an op whose guard is false is refused with an event, so any subsequence of a trace is a trace. The world is
 *  frozen.
 *  @throws ModelError when a guard or recipe throws, does what it may not, or leaves the domain. */
export function step<S, L, O extends Observation>(machine: Machine<S, L, O>, world: World<S, L>,
  op: Op): Stepped<S, L, O> {
  const refuse = (why: string): Stepped<S, L, O> => ({ world, events: [{ kind: 'refused', why }], refused: true })
  const action = machine.byName.get(op.action)
  if (action === undefined) return refuse(`no action '${op.action}'`)
  const bad = badArgument(action, op.args)
  if (bad !== null) return refuse(bad)
  const recorder = recorderOf(machine), words = packed(recorder, world)
  const { step: taken } = recorder.record({ action, op }, words, 0, null)
  if (taken === null) return refuse(notEnabled)
  const after = new Uint32Array(words.length)
  apply(taken.effect, words, 0, after, 0)
  return { world: recorder.packed.frozen(after, 0), events: taken.events, refused: false }
}

/** Whether an op of the machine may be taken. @throws ModelError when its guard throws or writes. */
export function isEnabled<S, L, O extends Observation>(machine: Machine<S, L, O>, world: World<S, L>,
  { action, op }: Instance<S, O>): boolean {
  const recorder = recorderOf(machine)
  return recorder.isEnabled({ action, op }, packed(recorder, world), 0).answer
}

/** What `ask` says of a step between two worlds, which it sees as a search shows them: they refuse to be written, and
 *  to be asked for what they do not have. Of a single world, that is both. @throws ModelError when it fails. */
export function asked<S, L, O extends Observation, T>(machine: Machine<S, L, O>, world: World<S, L>,
  before: World<S, L>, ask: (world: World<S, L>, before: () => World<S, L>) => T): T {
  const recorder = recorderOf(machine)
  return recorder.asked(packed(recorder, world), packed(recorder, before), ask)
}

const recorders = new WeakMap<object, unknown>()
function recorderOf<S, L, O extends Observation>(machine: Machine<S, L, O>): Recorder<S, L, O> {
  let recorder = recorders.get(machine) as Recorder<S, L, O> | undefined
  if (recorder === undefined) recorders.set(machine, recorder = new Recorder(machine))
  return recorder
}

function packed<S, L, O extends Observation>({ words, packed: { pack } }: Recorder<S, L, O>,
  world: World<S, L>): Uint32Array {
  const into = new Uint32Array(words)
  pack(world, into, 0)
  return into
}

function badArgument<S, O>(action: Action<S, O>, args: Args): string | null {
  for (const name of Object.keys(args)) if (!Object.hasOwn(action.params, name)) return `${name}: no such argument`
  for (const [name, domain] of Object.entries(action.params)) {
    const why = misfit(domain, args[name], name)
    if (why !== null) return why
  }
  return null
}
