/** Measuring: runs a scenario on a machine and counts what each path took. Works on any machine. */
import { isEnabled, showOp, step, tracing } from '../model/index.ts'
import type { Machine, ModelEvent, Observation, Op, World } from '../model/index.ts'
import { CostError, countCosts } from './count.ts'
import type { PathCounts, Vocabulary } from './count.ts'

/** What is done to the machine so that its paths can be counted. */
export interface Scenario {
  readonly name: string
  /** Taken in order; each must be enabled when its turn comes. */
  readonly ops: readonly Op[]
  /** How many fair steps may follow one op before the machine must be quiet; 1000 where not given, 0 turns settling
   *  off. */
  readonly settle?: number
}
export interface Measured {
  readonly scenario: string
  readonly counts: PathCounts
  /** What was run: the scenario's ops, each followed by the fair steps that settled it. Replays to the same counts. */
  readonly ops: readonly Op[]
}

/** Runs the ops; after each one lets hardware and kernel go on until nothing fair is enabled: every fair action
 *  instance in order of declaration, round after round, so that none starves.
 *  @throws CostError when an op is refused or the machine does not settle: such a run has not measured the path.
 *  @throws ModelError, with the ops that lead there, when a guard or recipe fails, or a step leaves the declared
 *  domain. */
export function measure<S, L, O extends Observation>(machine: Machine<S, L, O>, scenario: Scenario,
  vocabulary: Vocabulary): Measured {
  const limit = scenario.settle ?? 1000
  const fair = machine.instances.filter(instance => instance.action.fair)
  const run: Run<S, L, O> = { machine, world: machine.initialWorld, events: [], ops: [] }
  scenario.ops.forEach((op, i) => {
    const why = take(run, op)
    const here = `scenario '${scenario.name}' on machine '${machine.name}', op ${i + 1} ${showOp(op)}`
    if (why !== null) throw new CostError(`${here}: refused, ${why}`)
    if (limit === 0) return
    const started = run.ops.length
    for (let before = -1; before !== run.ops.length;) {
      before = run.ops.length
      for (const instance of fair) {
        const { op: next } = instance
        if (!tracing(() => isEnabled(machine, run.world, instance), () => run.ops)) continue
        if (run.ops.length - started >= limit)
          throw new CostError(`${here}: not quiet within ${limit} steps, ${showOp(next)} is still enabled`)
        take(run, next)
      }
    }
  })
  return { scenario: scenario.name, counts: countCosts(run.events, vocabulary), ops: run.ops }
}

interface Run<S, L, O extends Observation> {
  readonly machine: Machine<S, L, O>
  world: World<S, L>
  readonly events: ModelEvent<O>[]
  readonly ops: Op[]
}

/** Why the op was refused, or null. */
function take<S, L, O extends Observation>(run: Run<S, L, O>, op: Op): string | null {
  const stepped = tracing(() => step(run.machine, run.world, op), () => [...run.ops, op])
  const refusal = stepped.events.find(event => event.kind === 'refused')
  if (refusal !== undefined) return refusal.why
  run.world = stepped.world
  for (const event of stepped.events) run.events.push(event)
  run.ops.push(op)
  return null
}
