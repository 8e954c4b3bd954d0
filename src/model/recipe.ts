/** Running guards and recipes, and saying whose mistake one made. */
import type { Emit, ModelEvent, Observation } from './event.ts'
import { misfit, struct } from './domain.ts'
import type { Action, Args, Machine, Op, Vocabulary } from './machine.ts'
import { ModelError } from './mistake.ts'
import type { World } from './property.ts'

/** Hears of each guard and recipe before it runs, and when it is over: what never returns cannot be told of later. */
export interface Listener { begins(part: 'guard' | 'recipe', action: string, args: Args): void; ends(): void }
let running: Listener | null = null
/** In all machines of this process. */
export function onRun(listener: Listener): void { running = listener }

/** Whether the op may be taken. @throws ModelError when the guard throws. */
export function enabled<S, L, O extends Observation>(machine: Machine<S, L, O>, action: Action<S, O>, state: S,
  args: Args): boolean {
  let answer: boolean
  running?.begins('guard', action.name, args)
  try {
    answer = action.when(state, args)
  } catch (cause) { throw recipeFailed(machine, action, args, 'guard', cause) } finally { running?.ends() }
  if (typeof answer === 'boolean') return answer
  throw recipeFailed(machine, action, args, 'guard', new TypeError(`answered ${String(answer)}; answer true or false`))
}

/** Runs recipe, ledger and monitors on a mutable world. `settle` throws when they did what they may not, and caught
 *  it. */
export function advance<S, L, O extends Observation>(
  machine: Machine<S, L, O>, draft: World<S, L>, action: Action<S, O>, args: Args, events: ModelEvent<O>[],
  settle: () => void): void {
  running?.begins('recipe', action.name, args)
  // Methods, not arrows: tsx names each arrow of a literal when it is made, a third of the time of a search.
  const emit: Emit<O> = {
    cost(unit, count = 1) {
      known(machine.vocabulary?.units, unit, 'unit of cost')
      if (!Number.isSafeInteger(count) || count < 0)
        throw new RangeError(`cost of '${unit}': ${count} is no whole number from 0`)
      if (count > 0) events.push({ kind: 'cost', path: action.path, unit, count })
    },
    clause(id) {
      known(machine.vocabulary?.clauses, id, 'clause')
      events.push({ kind: 'clause', id })
    },
    observe(observation) {
      if (typeof observation !== 'object' || observation === null || typeof observation.what !== 'string')
        throw new TypeError('observe() takes an observation: an object whose `what` says its kind')
      if (machine.vocabulary !== null) fits(machine.vocabulary, observation)
      events.push({ kind: 'observation', observation })
    },
  }
  try {
    refuseAnswer(action.then(draft.state, args, emit))
    for (const event of events) {
      if (event.kind !== 'observation') continue
      refuseAnswer(machine.ledger.observe(draft.ledger, event.observation))
      for (const property of machine.properties)
        if (property.kind === 'monitor')
          refuseAnswer(property.update(draft.monitors[property.name], event.observation, draft.ledger))
    }
    settle()
  } catch (cause) { throw recipeFailed(machine, action, args, 'recipe', cause) } finally { running?.ends() }
}

/** For recipes that run others: a recipe changes the draft, and what it answers is nothing. @throws TypeError for an
 *  object or function: what is in it would be lost, and what a promise or generator does, it does when the step is
 *  over. */
export function refuseAnswer(answer: unknown): void {
  if ((typeof answer !== 'object' || answer === null) && typeof answer !== 'function') return
  if (answer instanceof Promise) {
    answer.catch(() => {}) // told here, whatever becomes of it
    throw new TypeError('it is async; a step is over when it returns')
  }
  throw new TypeError('it returns an object; a recipe changes its draft and returns nothing: put its body in { }')
}

function known(vocabulary: object | undefined, name: string, what: string): void {
  if (vocabulary !== undefined && !Object.hasOwn(vocabulary, name)) throw new TypeError(`no ${what} is named '${name}'`)
}

/** @throws TypeError where the observation is not as the vocabulary has it: a judge that does not know what was meant
 *  would judge by less than happened. */
function fits({ observations }: Vocabulary, observation: Observation): void {
  const { what, ...others } = observation
  if (!Object.hasOwn(observations, what))
    throw new TypeError(`no observation is named '${what}': there are ${Object.keys(observations).join(', ')}`)
  const why = misfit(struct(observations[what]!), others, `observe(${what})`)
  if (why !== null) throw new TypeError(why)
}

/** One text for one op, whatever its arguments hold, and in whichever order they stand. */
export const keyOf = (op: Op): string => JSON.stringify([op.action, op.args], byName)
const byName = (_: string, value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value) ? value
    : Object.fromEntries(Object.entries(value).sort(([one], [other]) => one < other ? -1 : 1))

/** `dma.issue(device=0, iova=1)` */
export function showOp(op: Op): string {
  const show = (value: unknown): string =>
    typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
  const args = Object.entries(op.args).map(([name, value]) => `${name}=${show(value)}`)
  return args.length === 0 ? op.action : `${op.action}(${args.join(', ')})`
}

function recipeFailed<S, L, O extends Observation>(
  machine: Machine<S, L, O>, action: Action<S, O>, args: Args, part: string, cause: unknown): ModelError {
  if (cause instanceof ModelError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  return new ModelError(`${part} of ${showOp({ action: action.name, args })} in machine '${machine.name}' threw: `
    + `${message}`, { cause })
}
