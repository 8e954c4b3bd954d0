/** One random run: a plan of numbers, turned into ops by the state at hand. */
import fc from 'fast-check'
import { advance, enabled } from '../model/index.ts'
import type { Instance, Machine, ModelEvent, Observation, Op, World } from '../model/index.ts'

/** A run before it is taken: a number for each op, and the actions to keep to where others can be left out (null: all). */
export interface Plan { readonly picks: readonly number[]; readonly only: readonly number[] | null }

/** A pick's low bits say whether to look at the guards, the others which op. */
const blindBits = 8

/** Plans of 1 to `length` picks; half of them keep to some of the actions. Picks are unbiased: a small one is no simpler than a large. */
export function plansOf(actions: number, length: number): fc.Arbitrary<Plan> {
  const picks = fc.array(fc.noBias(fc.nat()), { minLength: 1, maxLength: Math.max(1, length), size: 'max' })
  const indices = Array.from({ length: actions }, (_, i) => i)
  return fc.record({ picks, only: actions === 0 ? fc.constant(null) : fc.option(fc.subarray(indices, { minLength: 1 }), { freq: 2 }) })
}

/** What a run tells as it goes. The world is the live one: whoever keeps something of it copies it. */
export interface Listener<S, L, O> {
  /** Guards were asked of this world, and nothing was written to it if they keep the rules. */
  looked(world: World<S, L>): void
  took(instance: Instance<S, O>, world: World<S, L>, events: readonly ModelEvent<O>[]): void
  refused(): void
}

export class Walker<S, L, O extends Observation> {
  /** The op whose guard or recipe runs; the culprit when one throws. */
  current: Op | null = null
  /** Instances by action, of those actions that have any. */
  readonly actions: readonly (readonly Instance<S, O>[])[]
  private readonly machine: Machine<S, L, O>
  private readonly blindFrom: number

  /** `blind`: share of ops that are chosen without looking at guards. */
  constructor(machine: Machine<S, L, O>, blind: number) {
    this.machine = machine
    this.actions = machine.actions.map(action => machine.instances.filter(i => i.action === action)).filter(own => own.length > 0)
    this.blindFrom = Math.round((1 - blind) * 2 ** blindBits)
  }

  /** Follows a plan from `world`, changing it in place, until the plan's end or until nothing is enabled. */
  follow(plan: Plan, world: World<S, L>, listener: Listener<S, L, O>): void {
    const { machine } = this
    for (const pick of plan.picks) {
      const instance = this.choose(plan, pick, world)
      if (instance === null) return
      this.current = null
      listener.looked(world)
      const { action, op } = instance
      this.current = op
      if (!enabled(machine, action, world.state, op.args)) {
        listener.refused()
        continue
      }
      const events: ModelEvent<O>[] = []
      advance(machine, world, action, op.args, events)
      this.current = null
      listener.took(instance, world, events)
    }
  }

  /** First an action, then one of its instances: many parameters do not make an action more likely. */
  private choose(plan: Plan, pick: number, world: World<S, L>): Instance<S, O> | null {
    const blind = pick % 2 ** blindBits >= this.blindFrom
    const all = blind ? this.actions : this.possible(this.actions, world)
    const wanted = plan.only === null ? all
      : all.filter(own => plan.only!.some(index => this.actions[index]![0]!.action === own[0]!.action))
    const from = wanted.length > 0 ? wanted : all
    if (from.length === 0) return null
    const rest = pick >>> blindBits
    const own = from[rest % from.length]!
    return own[Math.floor(rest / from.length) % own.length]!
  }

  private possible(actions: readonly (readonly Instance<S, O>[])[], world: World<S, L>): Instance<S, O>[][] {
    return actions.map(own => own.filter(({ action, op }) => {
      this.current = op
      return enabled(this.machine, action, world.state, op.args)
    })).filter(own => own.length > 0)
  }
}
