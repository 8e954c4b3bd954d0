/** One random run: a plan of numbers, turned into ops by the state at hand. */
import fc from 'fast-check'
import type { Instance, Machine, Observation, Op } from '../model/index.ts'
import { Stepper } from './stepper.ts'
import type { Place, Taken } from './stepper.ts'

/** A run before it is taken: a number for each op, and the actions to keep to where others can be left out (null:
 *  all). */
export interface Plan { readonly picks: readonly number[]; readonly only: readonly number[] | null }

/** A pick's low bits say whether to look at the guards, the others which op. */
const blindBits = 8

/** Plans of 1 to `length` picks; half of them keep to some of the actions. Picks are unbiased: a small one is no
 *  simpler than a large. */
export function plansOf(actions: number, length: number): fc.Arbitrary<Plan> {
  const picks = fc.array(fc.noBias(fc.nat()), { minLength: 1, maxLength: Math.max(1, length), size: 'max' })
  const indices = Array.from({ length: actions }, (_, i) => i)
  return fc.record({ picks,
    only: actions === 0 ? fc.constant(null) : fc.option(fc.subarray(indices, { minLength: 1 }), { freq: 2 }) })
}

/** What a run tells as it goes. */
export interface Listener<S, L, O extends Observation> {
  took(instance: Instance<S, O>, taken: Taken<S, L, O>): void
  refused(): void
}

/** Numbers of an action's instances. */
type Own = readonly number[]

export class Walker<S, L, O extends Observation> {
  /** The op whose guard or recipe runs; the culprit when one throws. */
  current: Op | null = null
  readonly stepper: Stepper<S, L, O>
  /** Of those actions that have any instances. */
  readonly actions: readonly Own[]
  private readonly machine: Machine<S, L, O>
  private readonly blindFrom: number
  /** What may be taken in a state. */
  private readonly known = new WeakMap<Place<S, L, O>, readonly Own[]>()

  /** `blind`: share of ops that are chosen without looking at guards. */
  constructor(machine: Machine<S, L, O>, blind: number) {
    this.machine = machine
    this.stepper = new Stepper(machine)
    const own = new Map<unknown, number[]>(machine.actions.map(action => [action, []]))
    machine.instances.forEach(({ action }, number) => { own.get(action)!.push(number) })
    this.actions = [...own.values()].filter(numbers => numbers.length > 0)
    this.blindFrom = Math.round((1 - blind) * 2 ** blindBits)
  }

  /** Follows a plan from the initial state until the plan's end or until nothing is enabled. */
  follow(plan: Plan, listener: Listener<S, L, O>): void {
    const { machine: { instances }, stepper } = this
    let at = stepper.initial()
    for (const pick of plan.picks) {
      const number = this.choose(plan, pick, at)
      if (number === null) return
      const instance = instances[number]!
      this.current = instance.op
      const taken = stepper.take(number, at)
      this.current = null
      if (taken === null) {
        listener.refused()
        continue
      }
      at = taken.to
      listener.took(instance, taken)
    }
  }

  /** First an action, then one of its instances: many parameters do not make an action more likely. */
  private choose(plan: Plan, pick: number, at: Place<S, L, O>): number | null {
    const blind = pick % 2 ** blindBits >= this.blindFrom
    const all = blind ? this.actions : this.possible(at)
    const action = (own: Own): unknown => this.machine.instances[own[0]!]!.action
    const wanted = plan.only === null ? all
      : all.filter(own => plan.only!.some(index => action(this.actions[index]!) === action(own)))
    const from = wanted.length > 0 ? wanted : all
    if (from.length === 0) return null
    const rest = pick >>> blindBits
    const own = from[rest % from.length]!
    return own[Math.floor(rest / from.length) % own.length]!
  }

  private possible(at: Place<S, L, O>): readonly Own[] {
    let possible = this.known.get(at)
    if (possible !== undefined) return possible
    possible = this.actions.map(own => own.filter(number => {
      this.current = this.machine.instances[number]!.op
      return this.stepper.isEnabled(number, at)
    })).filter(own => own.length > 0)
    this.known.set(at, possible)
    return possible
  }
}
