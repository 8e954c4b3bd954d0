/** Replay: fold the ops of a trace with `step` and judge every state and observation on the way. */
import { nearest, UserError } from '../errors.ts'
import { isProgress, isReached, judge, observationsIn, step, tracing } from '../model/index.ts'
import type { Action, Machine, ModelEvent, Observation, Op, Property, Verdict, World } from '../model/index.ts'
import { specHash } from './format.ts'
import type { Trace } from './format.ts'
import { judgeLasso, judgeStuck } from '../model/lasso.ts'
import { asked, notEnabled } from '../model/step.ts'

export interface Broken {
  readonly property: string
  readonly because: string
  readonly witness: Readonly<Record<string, unknown>>
}

export interface ReplayedStep<S, L, O> {
  readonly op: Op
  /** The lane it is drawn in. */
  readonly agent: string
  readonly before: World<S, L>
  readonly after: World<S, L>
  readonly events: readonly ModelEvent<O>[]
  readonly refused: boolean
  /** Every safety property that this step violates, the trace's own or not. */
  readonly violated: readonly Broken[]
}

export interface Replayed<S = unknown, L = unknown, O extends Observation = Observation> {
  readonly machine: Machine<S, L, O>
  /** The property of the trace. */
  readonly property: Property<S, L, O>
  readonly steps: readonly ReplayedStep<S, L, O>[]
  /** The property was violated (a `sometimes`: reached). */
  readonly reproduced: boolean
  /** Ops taken when it was first: the number of the op, 0 for the initial state; null when never. Of an endless run:
   *  when its loop began. */
  readonly at: number | null
  /** Of an endless run: how many ops come before those that repeat for ever; null where the ops are all. */
  readonly loop: number | null
  /** Why, as the property says it now; null when not reproduced. */
  readonly because: string | null
  readonly witness: Readonly<Record<string, unknown>>
  readonly refusedCount: number
  /** Why the first op is none of this machine's that is none; null where it has them all. Without it the ops show
   *  nothing, unless they violate the claim all the same. */
  readonly unknown: string | null
  /** The machine declares another structure than the one the trace was found on. */
  readonly specChanged: boolean
}

/** Total over ops: those this machine does not know, or does not allow now, are refused steps.
 *  @throws UserError E-TRACE-PROPERTY when the machine lacks the property, E-TRACE-LIVENESS when these ops cannot
 *  decide it.
 *  @throws ModelError, with the ops that lead there, when a recipe or property fails. */
export function replay<S, L, O extends Observation>(
  machine: Machine<S, L, O>, trace: Trace, where = trace.property): Replayed<S, L, O> {
  const property = propertyOf(machine, trace, where)
  const reachedAt = (at: World<S, L>, seen: readonly O[]): boolean => property.kind === 'sometimes'
    && asked(machine, at, at, world => isReached(property, world, seen))
  const broken = brokenBy(machine, machine.initialWorld, [], machine.initialWorld)
  let first = findFirst(property.name, broken, reachedAt(machine.initialWorld, []), 0)
  let world = machine.initialWorld
  const steps = trace.ops.map((op, i): ReplayedStep<S, L, O> => {
    const taken = tracing(() => takeStep(machine, world, op), () => trace.ops.slice(0, i + 1))
    const { after, events, refused, violated } = taken
    first ??= findFirst(property.name, violated, !refused && reachedAt(after, observationsIn(events)), i + 1)
    world = after
    return taken
  })
  if (isProgress(property)) first = progressOf(machine, property, trace, steps)
  return {
    machine, property, steps, loop: trace.loop ?? null, reproduced: first !== null,
    at: first?.at ?? null, because: first?.because ?? null, witness: first?.witness ?? {},
    refusedCount: steps.filter(s => s.refused).length, unknown: unknownIn(steps),
    specChanged: specHash(machine) !== trace.specHash,
  }
}

function unknownIn<S, L, O>(steps: readonly ReplayedStep<S, L, O>[]): string | null {
  for (const { op, events } of steps)
    for (const event of events)
      if (event.kind === 'refused' && event.why !== notEnabled) return `${op.action}: ${event.why}`
  return null
}

/** One op, with all that it violates. @throws ModelError when a recipe or property fails. */
export function takeStep<S, L, O extends Observation>(machine: Machine<S, L, O>, before: World<S, L>,
  op: Op): ReplayedStep<S, L, O> {
  const { world: after, events, refused } = step(machine, before, op)
  return { op, agent: agentOf(machine.byName.get(op.action), op), before, after, events, refused,
    violated: refused ? [] : brokenBy(machine, after, observationsIn(events), before) }
}

function progressOf<S, L, O extends Observation>(machine: Machine<S, L, O>, property: Property<S, L, O>, trace: Trace,
  steps: readonly ReplayedStep<S, L, O>[]): First | null {
  const worlds = [machine.initialWorld, ...steps.map(({ after }) => after)]
  let verdict: Verdict = true
  if (property.kind === 'recovers') verdict = judgeStuck(machine, property, worlds.at(-1)!)
  else if (property.kind === 'eventually' || property.kind === 'leadsTo') {
    // A refused op does nothing: a loop with one is not the one that was found.
    const refused = steps.slice(trace.loop!).some(one => one.refused)
    verdict = refused ? true : judgeLasso(machine, property, { ops: trace.ops, worlds, loop: trace.loop! })
  }
  return verdict === true ? null
    : { at: trace.loop ?? trace.ops.length, because: verdict.because, witness: verdict.witness ?? {} }
}
interface First { readonly at: number; readonly because: string; readonly witness: Readonly<Record<string, unknown>> }

function findFirst(property: string, broken: readonly Broken[], reached: boolean, at: number): First | null {
  const one = broken.find(b => b.property === property)
  if (one !== undefined) return { at, because: one.because, witness: one.witness }
  return reached ? { at, because: 'reached', witness: {} } : null
}

function brokenBy<S, L, O extends Observation>(
  machine: Machine<S, L, O>, world: World<S, L>, seen: readonly O[], before: World<S, L>): Broken[] {
  return asked(machine, world, before, (at, earlier) => machine.properties.flatMap(property => {
    const verdict = judge(property, at, seen, earlier)
    return verdict === true ? []
      : [{ property: property.name, because: verdict.because, witness: verdict.witness ?? {} }]
  }))
}

function propertyOf<S, L, O extends Observation>(machine: Machine<S, L, O>, { property: name, loop, ops }: Trace,
  subject: string): Property<S, L, O> {
  const names = machine.properties.map(p => p.name)
  const property = machine.properties.find(p => p.name === name)
  if (property === undefined) {
    const meant = nearest(name, names)
    const next = meant === null ? `it has: ${names.join(', ')}` : `did you mean '${meant}'?`
    throw new UserError({ code: 'E-TRACE-PROPERTY', subject,
      problem: `machine '${machine.name}' has no property '${name}'`, next })
  }
  if ((property.kind === 'eventually' || property.kind === 'leadsTo') && (loop === undefined || loop > ops.length))
    throw new UserError({
      code: 'E-TRACE-LIVENESS', subject,
      problem: `'${name}' is a claim about endless runs; a trace against it says by "loop" which of its ops repeat `
        + 'for ever',
      next: 'find it again with `remapcheck check`',
    })
  return property
}

function agentOf<S, O>(action: Action<S, O> | undefined, op: Op): string {
  if (action === undefined) return '?'
  return typeof action.agent === 'string' ? action.agent : action.agent(op.args)
}
