/** Runs guards, recipes, ledgers and properties once on a logging draft: what they read, and what follows from it. */
import { advance, enabled, misfit, ModelError, showOp } from '../model/index.ts'
import type { Action, Instance, Machine, ModelEvent, Observation, World } from '../model/index.ts'
import { draftOf, nodeOf, plain, ReadOnly, Run } from './draft.ts'
import type { ReadLog } from './draft.ts'
import { effectOf } from './effect.ts'
import type { Effect } from './effect.ts'
import type { Shape } from '../model/index.ts'
import { withoutClock } from './clock.ts'

export interface Recorded<O> {
  readonly log: ReadLog
  /** Null where the guard was false. */
  readonly step: { readonly effect: Effect; readonly events: readonly ModelEvent<O>[] } | null
}

/** Judges a step whose worlds are drafts; what it reads is logged. */
export type JudgeStep<S, L, O> = (events: readonly ModelEvent<O>[], world: World<S, L>, before: () => World<S, L>) => void

export class Recorder<S, L, O extends Observation> {
  /** How many runs there were. */
  runs = 0
  private readonly machine: Machine<S, L, O>
  private readonly shape: Shape
  private readonly words: number
  /** Actions of which a step was run twice. */
  private readonly audited = new Set<Action<S, O>>()

  constructor(machine: Machine<S, L, O>, shape: Shape, words: number) {
    this.machine = machine
    this.shape = shape
    this.words = words
  }

  /** @throws ModelError when guard, recipe, ledger or property fail, write what they may not, or are no function of what they read. */
  record(instance: Instance<S, O>, words: Uint32Array, offset: number, judge: JudgeStep<S, L, O>): Recorded<O> {
    return withoutClock(() => `'${showOp(instance.op)}' of machine '${this.machine.name}'`, () => {
      const recorded = this.take(instance, words, offset, judge)
      // The first of each action, and some others, again: what differs reads something else than the state.
      if (++this.runs % auditEvery === 1 || !this.audited.has(instance.action)) this.audit(instance, words, offset, recorded)
      return recorded
    })
  }

  private take(instance: Instance<S, O>, words: Uint32Array, offset: number, judge: JudgeStep<S, L, O> | null): Recorded<O> {
    const { machine } = this
    const { action, op } = instance
    const run = new Run(words, offset)
    const world = draftOf(run, this.shape, 0) as World<S, L>
    run.mode = 'read-only'
    try {
      if (!enabled(machine, action, world.state, op.args)) return { log: run.log, step: null }
    } catch (cause) { throw readOnlyOf(cause, `guard of ${showOp(op)} in machine '${machine.name}' changes the state; a guard only reads`) }
    run.mode = 'free'
    const events: ModelEvent<O>[] = []
    advance(machine, world, action, op.args, events)
    events.forEach((event, i) => { if (event.kind === 'observation') events[i] = { kind: 'observation', seen: plain(event.seen) as O } })
    const effect = this.effect(world, op)
    run.mode = 'read-only'
    if (judge !== null) {
      try { judge(events, world, () => draftOf(run, this.shape, 0) as World<S, L>) } catch (cause) {
        throw readOnlyOf(cause, `a property of machine '${machine.name}' changes the state; a property only reads`)
      }
    }
    run.mode = 'over'
    return { log: run.log, step: { effect, events } }
  }

  private effect(world: World<S, L>, op: Instance<S, O>['op']): Effect {
    try { return effectOf(nodeOf(world)!, this.words, 'world') } catch (cause) {
      if (!(cause instanceof ModelError)) throw cause
      throw new ModelError(`${showOp(op)} in machine '${this.machine.name}' leaves the domain: ${this.misfit(world) ?? cause.message}`, { cause })
    }
  }
  private misfit(world: World<S, L>): string | null {
    try { return misfit(this.machine.worldDomain, world, 'world') } catch { return null } // a part of another step's state cannot be read
  }

  private audit(instance: Instance<S, O>, words: Uint32Array, offset: number, { step, log }: Recorded<O>): void {
    const again = this.take(instance, words, offset, null)
    if (same(again.step, step) && again.log.at.every((at, i) => log.at[i] === at)) {
      if (step !== null) this.audited.add(instance.action)
      return
    }
    this.audited.delete(instance.action)
    throw new ModelError(`${showOp(instance.op)} in machine '${this.machine.name}' does two things in one state: it must depend on the state and its arguments alone`)
  }

  /** What a judgement of a single state reads. @throws ModelError. */
  look(words: Uint32Array, offset: number, judge: (world: World<S, L>) => void): ReadLog {
    return withoutClock(() => `a property of machine '${this.machine.name}'`, () => {
      const run = new Run(words, offset)
      run.mode = 'read-only'
      this.runs++
      try { judge(draftOf(run, this.shape, 0) as World<S, L>) } catch (cause) {
        throw readOnlyOf(cause, `a property of machine '${this.machine.name}' changes the state; a property only reads`)
      }
      run.mode = 'over'
      return run.log
    })
  }
}

const auditEvery = 4
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

function readOnlyOf(cause: unknown, message: string): unknown {
  let at: unknown = cause
  while (at instanceof Error && !(at instanceof ReadOnly)) at = at.cause
  return at instanceof ReadOnly ? new ModelError(message, { cause }) : cause
}
