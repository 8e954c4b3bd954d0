/** Takes a step, or asks a claim, once, on drafts of one packed state: what was read, and what follows from it. Every
 *  driver takes steps here:
 *  a search books what it learns from one, replay and random runs take them one by one. */
import { withoutClock } from './clock.ts'
import { misfit } from './domain.ts'
import { draftOf, nodeOf } from './draft.ts'
import { apply, effectOf, isSameEffect } from './effect.ts'
import type { Effect } from './effect.ts'
import type { ModelEvent, Observation } from './event.ts'
import { layoutOf } from './layout.ts'
import type { Shape } from './layout.ts'
import type { Action, Args, Instance, Machine, Op } from './machine.ts'
import { ModelError } from './mistake.ts'
import { packing } from './pack.ts'
import type { Packing } from './pack.ts'
import type { World } from './property.ts'
import { plain } from './put.ts'
import { advance, enabled, showOp } from './recipe.ts'
import { After, ReadOnly, Refusal, Run } from './run.ts'
import type { ReadLog } from './run.ts'

export interface Recorded<O> {
  readonly log: ReadLog
  /** Null where the guard was false. */
  readonly step: { readonly effect: Effect; readonly events: readonly ModelEvent<O>[] } | null
}

/** Judges a step whose worlds are drafts; what it reads is logged. */
export type JudgeStep<S, L, O> = (events: readonly ModelEvent<O>[], world: World<S, L>,
  before: () => World<S, L>) => void
/** An action with its arguments. */
export type Taken<S, O> = Pick<Instance<S, O>, 'action' | 'op'>

/** Of four steps one is taken twice. */
const auditEvery = 4

export class Recorder<S, L, O extends Observation> {
  /** How many runs there were. */
  runs = 0
  readonly packed: Packing<World<S, L>>
  /** 32-bit words of a state. */
  readonly words: number
  private readonly machine: Machine<S, L, O>
  private readonly shape: Shape
  /** Actions of which a step was run twice. */
  private readonly audited = new Set<Action<S, O>>()

  constructor(machine: Machine<S, L, O>) {
    this.machine = machine
    this.shape = layoutOf(machine.worldDomain, 'world')
    this.packed = packing(machine.worldDomain, 'world')
    this.words = Math.max(2, this.packed.words)
  }

  /** @throws ModelError when guard, recipe, ledger or property fail, write what they may not, or are no function of
   *  what they read. */
  record(instance: Taken<S, O>, words: Uint32Array, offset: number, judge: JudgeStep<S, L, O> | null): Recorded<O> {
    return withoutClock(() => `'${showOp(instance.op)}' of machine '${this.machine.name}'`, () => {
      const recorded = this.take(instance, words, offset, judge)
      // The first of each action, and some others, again: what differs reads something else than the state.
      if (++this.runs % auditEvery === 1 || !this.audited.has(instance.action))
        this.audit(instance, words, offset, recorded)
      return recorded
    })
  }

  /** Whether the op may be taken. @throws ModelError when the guard fails or writes. */
  isEnabled(instance: Taken<S, O>, words: Uint32Array,
    offset: number): { readonly answer: boolean; readonly log: ReadLog } {
    return withoutClock(() => `'${showOp(instance.op)}' of machine '${this.machine.name}'`,
      () => this.ask(instance, words, offset))
  }

  private ask({ action, op }: Taken<S, O>, words: Uint32Array,
    offset: number): { readonly answer: boolean; readonly log: ReadLog; readonly run: Run } {
    const run = new Run(words, offset, 'read-only')
    const { state } = draftOf(run, this.shape, 0) as World<S, L>
    const answer = this.reading(run, 'guard', () => `guard of ${showOp(op)} in machine '${this.machine.name}'`,
      () => enabled(this.machine, action, state, op.args))
    return { answer, log: run.log, run }
  }

  private take(instance: Taken<S, O>, words: Uint32Array, offset: number,
    judge: JudgeStep<S, L, O> | null): Recorded<O> {
    const { machine, shape } = this
    const { action, op } = instance
    const guard = this.ask(instance, words, offset)
    if (!guard.answer) return { log: guard.log, step: null }
    const run = new Run(words, offset, 'free', guard.run)
    const world = draftOf(run, shape, 0) as World<S, L>
    const events: ModelEvent<O>[] = []
    advance(machine, world, action, op.args, events, () => { run.settle() })
    this.tell(events, action, op.args)
    const effect = this.effect(world, op)
    run.mode = 'over'
    if (judge !== null) {
      const after = new Uint32Array(this.words), before = new Run(words, offset, 'read-only', run)
      apply(effect, words, offset, after, 0)
      const seen = new After(before, effect, after)
      this.reading(seen, 'property', () => `a property of machine '${machine.name}'`, () => {
        judge(events, draftOf(seen, shape, 0) as World<S, L>, () => draftOf(before, shape, 0) as World<S, L>)
        before.settle()
      })
    }
    return { log: run.log, step: { effect, events } }
  }

  /** What only reads is over, and does not get away with what it was refused and caught. */
  private reading<T>(run: Run, kind: 'guard' | 'property', who: () => string, work: () => T): T {
    try {
      const result = work()
      run.settle()
      return result
    } catch (cause) {
      if (isOfReadOnly(run.refused ?? cause))
        throw new ModelError(`${who()} changes the state; a ${kind} only reads`, { cause })
      throw cause instanceof Refusal ? new ModelError(`${who()} ${cause.message}`, { cause }) : cause
    } finally { run.mode = 'over' }
  }

  /** Observations become data: they outlive the step. */
  private tell(events: ModelEvent<O>[], action: Action<S, O>, args: Args): void {
    events.forEach((event, i) => {
      if (event.kind !== 'observation') return
      try { events[i] = { kind: 'observation', observation: plain(event.observation) as O } } catch (cause) {
        throw new ModelError(`${showOp({ action: action.name, args })} in machine '${this.machine.name}' `
          + `${(cause as Error).message}`, { cause })
      }
    })
  }

  private effect(world: World<S, L>, op: Taken<S, O>['op']): Effect {
    try { return effectOf(nodeOf(world)!, this.words, 'world') } catch (cause) {
      if (!(cause instanceof ModelError)) throw cause
      throw new ModelError(`${showOp(op)} in machine '${this.machine.name}' leaves the domain: `
        + `${this.misfit(world) ?? cause.message}`, { cause })
    }
  }
  private misfit(world: World<S, L>): string | null {
    // a part of another step's state cannot be read
    try { return misfit(this.machine.worldDomain, world, 'world') } catch { return null }
  }

  private audit(instance: Taken<S, O>, words: Uint32Array, offset: number, { step, log }: Recorded<O>): void {
    const again = this.take(instance, words, offset, null)
    if (same(again.step, step) && again.log.at.every((at, i) => log.at[i] === at)) {
      if (step !== null) this.audited.add(instance.action)
      return
    }
    this.audited.delete(instance.action)
    throw twoThings(instance, this.machine)
  }

  /** What a judgement of a single state reads. @throws ModelError. */
  look(words: Uint32Array, offset: number, judge: (world: World<S, L>) => void): ReadLog {
    const run = new Run(words, offset, 'read-only')
    this.runs++
    this.judging(run, () => { judge(draftOf(run, this.shape, 0) as World<S, L>) })
    return run.log
  }

  /** What is asked of a step by those who learn nothing of it: of the state after it, and of that before.
   *  @throws ModelError. */
  asked<T>(after: Uint32Array, before: Uint32Array,
    ask: (world: World<S, L>, before: () => World<S, L>) => T): T {
    const run = new Run(after, 0, 'read-only'), earlier = new Run(before, 0, 'read-only')
    return this.judging(run, () => {
      const answer = ask(draftOf(run, this.shape, 0) as World<S, L>,
        () => draftOf(earlier, this.shape, 0) as World<S, L>)
      earlier.settle()
      return answer
    })
  }

  private judging<T>(run: Run, work: () => T): T {
    const who = (): string => `a property of machine '${this.machine.name}'`
    return withoutClock(who, () => this.reading(run, 'property', who, work))
  }
}

export const twoThings = ({ op }: { readonly op: Op }, { name }: { readonly name: string }): ModelError =>
  new ModelError(`${showOp(op)} in machine '${name}' does two things in one state: it must depend on the state and `
    + 'its arguments alone')
type Step = Recorded<unknown>['step']
const same = (a: Step, b: Step): boolean => a === null || b === null ? a === b
  : isSameEffect(a.effect, b.effect) && JSON.stringify(a.events) === JSON.stringify(b.events)

function isOfReadOnly(cause: unknown): boolean {
  let at: unknown = cause
  while (at instanceof Error && !(at instanceof ReadOnly)) at = at.cause
  return at instanceof ReadOnly
}
