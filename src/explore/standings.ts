/** What a run has learnt so far: the standing of each property, and what was exercised. */
import { withClock } from '../model/clock.ts'
import { isProgressKind, isReached, judge, ModelError, observationsIn } from '../model/index.ts'
import type {
  Action, Machine, ModelEvent, Observation, Op, Property, Sometimes, StepProperty, World,
} from '../model/index.ts'
import type { Coverage, PropertyResult, Violation } from './result.ts'

/** A step as a driver sees it; the initial state counts as one. */
export interface Taken<S, L> {
  readonly world: World<S, L>
  /** The world was not seen before in this run. */
  readonly fresh: boolean
  readonly before: () => World<S, L>
  /** The ops up to and with this step. */
  readonly trace: () => readonly Op[]
}

/** What a run has decided, as plain data. */
export interface Decided {
  readonly violations: readonly Violation[]
  readonly reachedBy: readonly (readonly [property: string, ops: readonly Op[]])[]
  /** Each `sometimes` that tells interchangeable ids apart. */
  readonly apart: readonly string[]
}

type End = 'holds' | 'passed' | 'incomplete'

/** A decided property is not judged again: the first violation stands. */
export class Standings<S, L, O extends Observation> {
  readonly violations = new Map<string, Violation>()
  readonly reachedBy = new Map<string, readonly Op[]>()
  /** Each `sometimes` that tells interchangeable ids apart: not found under the names that are stored, it may be
   *  reached under others. */
  readonly apart = new Set<string>()
  private readonly machine: Machine<S, L, O>
  private readonly shortest: boolean
  /** Undecided claims about states: an undecided one was true of every state seen before, so only new states are
   *  judged. */
  private ofStates: readonly Property<S, L, O>[]
  private ofSteps: readonly StepProperty<S, L, O>[]
  private unreached: readonly Sometimes<S, L, O>[]
  private readonly fired = new Map<string, { fired: number }>()
  private readonly clauses = new Map<string, number>()
  /** Kinds of observations that came. */
  private readonly kinds = new Set<string>()

  /** Hears of each violation when it is found. */
  onViolation: (violation: Violation) => void = () => {}

  /** `shortest`: the run meets steps in the order of their distance from the initial state. */
  constructor(machine: Machine<S, L, O>, shortest: boolean) {
    this.machine = machine
    this.shortest = shortest
    this.ofStates = machine.properties.filter(p => p.kind === 'always' || p.kind === 'monitor')
    this.ofSteps = machine.properties.filter(p => p.kind === 'step')
    this.unreached = machine.properties.filter(p => p.kind === 'sometimes')
    for (const action of machine.actions) this.fired.set(action.name, { fired: 0 })
  }

  /** Whether safety properties were asked for and each is violated: nothing is left that a longer search could
   *  change. */
  get decided(): boolean { return this.violations.size > 0 && this.ofStates.length === 0 && this.ofSteps.length === 0 }

  /** Claims that were true of all that was seen, asked once more of one step. @throws ModelError when one says
   *  something else now: its answer depends on more than the step. */
  judgeAgain(world: World<S, L>, seen: readonly O[], before: () => World<S, L>): void {
    for (const property of [...this.ofStates, ...this.ofSteps]) {
      const verdict = judge(property, world, seen, before)
      if (verdict !== true)
        throw new ModelError(`claim '${property.name}' says two things of one step: it held when the search was `
          + 'there, and '
          + `now: ${verdict.because}. A claim depends on world and observation alone`)
    }
  }

  /** Whether also each `sometimes` is reached. */
  get finished(): boolean { return this.decided && this.unreached.length === 0 }

  /** How far from the initial state the nearest of the states is in which a claim fails, or a step that fails one
   *  begins; Infinity where only those fail that are known to. */
  failsAt(known: readonly string[]): number {
    const levels = [...this.violations.values()].filter(({ property }) => !known.includes(property))
      .map(({ property, ops }) =>
        Math.max(0, ops.length - (this.machine.properties.find(p => p.name === property)?.kind === 'step' ? 1 : 0)))
    return Math.min(...levels)
  }

  /** Counts a step, and judges it. */
  record(action: Action<S, O>, events: readonly ModelEvent<O>[], step: Taken<S, L>): void {
    this.fired.get(action.name)!.fired++
    this.count(events, 1)
    this.judge(observationsIn(events), step)
  }

  private count(events: readonly ModelEvent<O>[], times: number): void {
    if (times === 0) return
    for (const event of events) {
      if (event.kind === 'clause') this.clauses.set(event.id, (this.clauses.get(event.id) ?? 0) + times)
      if (event.kind === 'observation') this.kinds.add(event.observation.what)
    }
  }

  /** Counts a step that was taken `fired` times; it was judged when it was taken first. */
  tally(action: Action<S, O>, events: readonly ModelEvent<O>[], fired: number): void {
    this.fired.get(action.name)!.fired += fired
    this.count(events, fired)
  }

  /** How many properties are judged no more. */
  get decisions(): number { return this.violations.size + this.reachedBy.size }

  /** Tells violations, and ways to what was reached, in another way. */
  rewriteTraces(violation: (of: Violation) => Violation,
    reached: (of: Sometimes<S, L, O>, ops: readonly Op[]) => readonly Op[] | null): void {
    for (const [name, of] of this.violations) this.violations.set(name, violation(of))
    for (const property of this.machine.properties) {
      const ops = property.kind === 'sometimes' ? this.reachedBy.get(property.name) : undefined
      if (property.kind !== 'sometimes' || ops === undefined) continue
      const told = reached(property, ops)
      if (told !== null) { this.reachedBy.set(property.name, told); continue }
      this.reachedBy.delete(property.name)
      this.apart.add(property.name)
    }
  }

  /** Takes over how another run of the same machine tells what both have found. */
  adopt({ violations, reachedBy }: Standings<S, L, O>): void {
    for (const [name, violation] of violations) this.violations.set(name, violation)
    for (const [name, ops] of reachedBy) this.reachedBy.set(name, ops)
  }

  /** Takes over what another run of the same machine has decided: it is judged no more. */
  restore({ violations, reachedBy, apart }: Decided): void {
    for (const violation of violations) this.note(violation)
    for (const [name, ops] of reachedBy) this.reachedBy.set(name, ops)
    for (const name of apart) this.apart.add(name)
    this.ofStates = this.ofStates.filter(({ name }) => !this.violations.has(name))
    this.ofSteps = this.ofSteps.filter(({ name }) => !this.violations.has(name))
    this.unreached = this.unreached.filter(({ name }) => !this.reachedBy.has(name))
  }

  /** Each `sometimes` that is not reached yet. */
  get witnesses(): readonly Sometimes<S, L, O>[] { return this.unreached }

  isOpen(property: Property<S, L, O>): boolean { return this.ofStates.includes(property) }

  judge(seen: readonly O[], step: Taken<S, L>): void {
    if (step.fresh) for (const property of this.ofStates) this.ask(property, seen, step)
    if (seen.length > 0) for (const property of this.ofSteps) this.ask(property, seen, step)
    for (const property of this.unreached) {
      if (!isReached(property, step.world, seen)) continue
      this.reachedBy.set(property.name, step.trace())
      this.unreached = this.unreached.filter(p => p !== property)
    }
  }

  /** Judges one open property; `part` is the one conjunct to judge, null all. */
  ask(property: Property<S, L, O>, seen: readonly O[], step: Taken<S, L>, part: number | null = null): void {
    const verdict = judge(property, step.world, seen, step.before, part)
    if (verdict === true) return
    this.note({
      property: property.name, because: verdict.because, witness: verdict.witness ?? {},
      ops: step.trace(), loop: null, shortest: this.shortest,
    })
    this.ofStates = this.ofStates.filter(p => p !== property)
    this.ofSteps = this.ofSteps.filter(p => p !== property)
  }

  private note(violation: Violation): void {
    this.violations.set(violation.property, violation)
    // A claim is judged where the clock is hidden; who hears of it is no claim.
    withClock(() => { this.onViolation(violation) })
  }

  private outcomeOf({ name, kind }: Property<S, L, O>, end: End): PropertyResult['outcome'] {
    if (this.violations.has(name)) return 'violated'
    if (this.reachedBy.has(name)) return 'reached'
    if (isProgressKind(kind) || this.apart.has(name)) return 'unchecked'
    return kind === 'sometimes' && end !== 'incomplete' ? 'unreached' : end
  }

  /** `end` is what a property is that was neither violated nor reached: 'incomplete' when the run was cut short. */
  results(end: End): PropertyResult[] {
    return this.machine.properties.map(of => {
      const { name: property, kind } = of
      const violation = this.violations.get(property) ?? null
      const reachedBy = this.reachedBy.get(property) ?? null
      const outcome = this.outcomeOf(of, end)
      return { property, kind, outcome, violation, reachedBy,
        ...(outcome === 'holds' || outcome === 'passed') && this.isUnfed(of) ? { vacuous: true } : {} }
    })
  }

  /** Nothing came that the property judges. */
  private isUnfed(property: Property<S, L, O>): boolean {
    return property.kind === 'step' ? !property.on.some(kind => this.kinds.has(kind))
      : property.kind === 'monitor' && this.kinds.size === 0
  }

  coverage(): Coverage {
    const clauses = [...this.clauses].sort(([a], [b]) => a < b ? -1 : 1)
    const fired = [...this.fired].filter(([name, { fired }]) => fired > 0 || !this.machine.byName.get(name)!.ofMistakes)
    return { observations: [...this.kinds].sort(), actions: Object.fromEntries(fired),
      clauses: Object.fromEntries(clauses) }
  }
}
