/** Taking a step: total, pure, and the same for every driver. */
import { current, isDraft, produce, setAutoFreeze } from 'immer'
import { misfit } from './domain.ts'
import type { Emit, ModelEvent, Observation } from './event.ts'
import { ModelError } from './machine.ts'
import type { Action, Args, Machine, Op } from './machine.ts'
import type { World } from './property.ts'

// Freezing catches a recipe that keeps a reference to the state it was given and writes through it later.
setAutoFreeze(true)

export interface Stepped<S, L, O> {
  readonly world: World<S, L>
  readonly events: readonly ModelEvent<O>[]
  /** The guard was false, or the op is none of this machine's; `world` is the one given. */
  readonly refused: boolean
}

/** Total: an op whose guard is false is refused with an event, so any subsequence of a trace is a trace.
 *  @throws ModelError when a guard or recipe throws. */
export function step<S, L, O extends Observation>(machine: Machine<S, L, O>, world: World<S, L>, op: Op): Stepped<S, L, O> {
  const refuse = (why: string): Stepped<S, L, O> => ({ world, events: [{ kind: 'refused', why }], refused: true })
  const action = machine.byName.get(op.action)
  if (action === undefined) return refuse(`no action '${op.action}'`)
  const bad = badArgument(action, op.args)
  if (bad !== null) return refuse(bad)
  if (!enabled(machine, action, world.state, op.args)) return refuse('guard is false')
  const events: ModelEvent<O>[] = []
  const next = produce(world, draft => {
    advance(machine, draft as World<S, L>, action, op.args, events)
    events.forEach((event, i) => { if (event.kind === 'observation') events[i] = { kind: 'observation', seen: settled(event.seen) as O } })
  })
  return { world: next, events, refused: false }
}

/** An observation may hold parts of the draft, which are no longer readable when the step is done. */
function settled(value: unknown): unknown {
  if (isDraft(value)) return current(value as object)
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? value.map(settled) : Object.fromEntries(Object.entries(value).map(([name, of]) => [name, settled(of)]))
}

/** Hears of each guard and recipe before it runs, and when it is over: what never returns cannot be told of later. */
export interface Listener { begins(part: 'guard' | 'recipe', action: string, args: Args): void; ends(): void }
let running: Listener | null = null
/** In all machines of this process. */
export function onRun(listener: Listener): void { running = listener }

/** Whether the op may be taken. @throws ModelError when the guard throws. */
export function enabled<S, L, O extends Observation>(machine: Machine<S, L, O>, action: Action<S, O>, state: S, args: Args): boolean {
  let answer: boolean
  running?.begins('guard', action.name, args)
  try { answer = action.when(state, args) } catch (cause) { throw recipeFailed(machine, action, args, 'guard', cause) } finally { running?.ends() }
  if (typeof answer === 'boolean') return answer
  throw recipeFailed(machine, action, args, 'guard', new TypeError(`answered ${String(answer)}; answer true or false`))
}

/** Runs recipe, ledger and monitors on a mutable world. Only here is a step's meaning written; drivers differ in the draft alone. */
export function advance<S, L, O extends Observation>(
  machine: Machine<S, L, O>, draft: World<S, L>, action: Action<S, O>, args: Args, events: ModelEvent<O>[]): void {
  running?.begins('recipe', action.name, args)
  // Methods, not arrows: tsx names each arrow of a literal when it is made, a third of the time of a search.
  const emit: Emit<O> = {
    cost(unit, count = 1) {
      known(machine.vocabulary?.units, unit, 'unit of cost')
      if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`cost of '${unit}': ${count} is no whole number from 0`)
      if (count > 0) events.push({ kind: 'cost', path: action.path, unit, count })
    },
    clause(id) {
      known(machine.vocabulary?.clauses, id, 'clause')
      events.push({ kind: 'clause', id })
    },
    see(seen) { events.push({ kind: 'observation', seen }) },
  }
  try {
    refusePromise(action.then(draft.state, args, emit))
    for (const event of events) {
      if (event.kind !== 'observation') continue
      machine.ledger.observe(draft.ledger, event.seen)
      for (const property of machine.properties)
        if (property.kind === 'monitor') property.update(draft.monitors[property.name], event.seen, draft.ledger)
    }
  } catch (cause) { throw recipeFailed(machine, action, args, 'recipe', cause) } finally { running?.ends() }
}

/** For recipes that run others: what one answers is nothing. @throws TypeError for a promise: its state is gone when it goes on. */
export function refusePromise(answer: unknown): void {
  if (!(answer instanceof Promise)) return
  answer.catch(() => {}) // told here, whatever becomes of it
  throw new TypeError('it is async; a step is over when it returns')
}

function known(vocabulary: object | undefined, name: string, what: string): void {
  if (vocabulary !== undefined && !Object.hasOwn(vocabulary, name)) throw new TypeError(`no ${what} is named '${name}'`)
}

/** `dma.issue(device=0, iova=1)` */
export function showOp(op: Op): string {
  const args = Object.entries(op.args).map(([name, value]) => `${name}=${String(value)}`)
  return args.length === 0 ? op.action : `${op.action}(${args.join(', ')})`
}

function badArgument<S, O>(action: Action<S, O>, args: Args): string | null {
  for (const [name, domain] of Object.entries(action.params)) {
    const why = misfit(domain, args[name], name)
    if (why !== null) return why
  }
  return null
}

function recipeFailed<S, L, O extends Observation>(
  machine: Machine<S, L, O>, action: Action<S, O>, args: Args, part: string, cause: unknown): ModelError {
  if (cause instanceof ModelError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  return new ModelError(`${part} of ${showOp({ action: action.name, args })} in machine '${machine.name}' threw: ${message}`, { cause })
}
