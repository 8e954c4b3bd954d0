/** A machine: a pure transition system, the ledger that judges it, and the claims made of it. */
import { initial, misfit, productOf, struct } from './domain.ts'
import type { Domain, Fields, Struct, Value } from './domain.ts'
import type { Emit, Observation } from './event.ts'
import type { Property, World } from './property.ts'

export type Scalar = number | string | boolean | null
export type Args = Readonly<Record<string, Scalar>>
/** One step somebody takes, as data: traces are lists of these. */
export interface Op { readonly action: string; readonly args: Args }

export type Fairness = boolean | 'strong'

export interface Action<S, O> {
  readonly name: string
  /** What it does, in one line; null where nobody said. */
  readonly says: string | null
  /** Who does it: the lane it is drawn in, and the clock it runs on when priced. */
  readonly agent: string | ((args: Args) => string)
  readonly params: Fields
  /** What its cost belongs to; the agent's name where not given. */
  readonly path: string
  /** Each instance for itself. `true`, weakly fair: what stays enabled for ever is done at some time. Hardware goes on, a CPU goes on; an
   *  adversary need not. `'strong'`: what is enabled again and again for ever is done at some time, however often it is disabled between. */
  readonly fair: Fairness
  when(state: S, args: Args): boolean
  then(draft: S, args: Args, emit: Emit<O>): void
}

export interface ActionSpec<S, O, P extends Fields> {
  readonly says?: string
  readonly agent: string | ((args: { readonly [K in keyof P]: Value<P[K]> }) => string)
  readonly params?: P
  readonly path?: string
  readonly fair?: Fairness
  /** Guard over a read-only state. Pure; no clock, no randomness. */
  readonly when: (state: S, args: { readonly [K in keyof P]: Value<P[K]> }) => boolean
  /** Recipe over a mutable draft. Ordinary deterministic TypeScript. */
  readonly then: (draft: S, args: { readonly [K in keyof P]: Value<P[K]> }, emit: Emit<O>) => void
}

/** The constructor of actions over one machine's types: `const action = actionsOf<State, Seen>()`. */
export function actionsOf<S, O extends Observation>() {
  return <P extends Fields = Record<never, Domain>>(name: string, spec: ActionSpec<S, O, P>): Action<S, O> => ({
    name, says: spec.says ?? null, agent: spec.agent as Action<S, O>['agent'], params: spec.params ?? {}, fair: spec.fair ?? false,
    path: spec.path ?? (typeof spec.agent === 'string' ? spec.agent : name),
    when: spec.when as unknown as Action<S, O>['when'], then: spec.then as unknown as Action<S, O>['then'],
  })
}

/** The judge's own book, written from observations only: never by looking at the machine's tables. */
export interface Ledger<L, O> { readonly domain: Domain; readonly initial: L; observe(draft: L, seen: O): void }

/** The units and clauses that a recipe may emit. A machine without one takes any. */
export interface Vocabulary { readonly units: object; readonly clauses: object }

export interface Machine<S = unknown, L = unknown, O extends Observation = Observation> {
  readonly name: string
  readonly domain: Domain
  readonly initial: S
  readonly ledger: Ledger<L, O>
  readonly vocabulary: Vocabulary | null
  readonly actions: readonly Action<S, O>[]
  readonly properties: readonly Property<S, L, O>[]
  /** Every action with each combination of its parameters, in a fixed order: the alphabet of traces. */
  readonly instances: readonly Instance<S, O>[]
  readonly byName: ReadonlyMap<string, Action<S, O>>
  /** Domain of `World`: what an exhaustive search stores. */
  readonly worldDomain: Struct<World<S, L>>
  readonly initialWorld: World<S, L>
}
export interface Instance<S, O> { readonly action: Action<S, O>; readonly op: Op }

export interface MachineSpec<S, L, O extends Observation> {
  readonly name: string
  readonly domain: Domain
  readonly initial: S
  readonly ledger?: Ledger<L, O>
  readonly vocabulary?: Vocabulary | null
  readonly actions: readonly Action<S, O>[]
  readonly properties?: readonly Property<S, L, O>[]
}

/** A mistake in a machine's own declaration or recipes: the author mends it. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  /** The ops that lead there from the initial state, with the failing one where that is known; null where no driver was running. */
  trace: readonly Op[] | null = null
}

/** Runs `work`; a mistake in the machine gets the ops that lead to it, where it has none yet. */
export function tracing<T>(work: () => T, trace: () => readonly Op[]): T {
  try { return work() } catch (error) {
    if (error instanceof ModelError) error.trace ??= trace()
    throw error
  }
}

const emptyLedger = { domain: struct({}), initial: {}, observe: () => {} }

/** @throws ModelError when two actions or properties share a name, or the initial state is outside its domain. */
export function machine<S, L = Record<never, never>, O extends Observation = Observation>(spec: MachineSpec<S, L, O>): Machine<S, L, O> {
  const ledger = spec.ledger ?? emptyLedger as unknown as Ledger<L, O>
  const properties = spec.properties ?? []
  unique(spec.name, 'action', spec.actions.map(a => a.name))
  unique(spec.name, 'property', properties.map(p => p.name))
  const monitors = properties.filter(p => p.kind === 'monitor')
  const worldDomain = struct({
    state: spec.domain, ledger: ledger.domain, monitors: struct(Object.fromEntries(monitors.map(m => [m.name, m.domain]))),
  }) as unknown as Struct<World<S, L>>
  const initialWorld: World<S, L> = {
    state: spec.initial, ledger: ledger.initial, monitors: Object.fromEntries(monitors.map(m => [m.name, initial(m.domain)])),
  }
  const why = misfit(worldDomain, initialWorld, spec.name)
  if (why !== null) throw new ModelError(`initial state of machine '${spec.name}' is outside its domain: ${why}`)
  const instances = spec.actions.flatMap(action =>
    productOf(action.params).map(args => ({ action, op: { action: action.name, args: args as Args } })))
  return {
    name: spec.name, domain: spec.domain, initial: spec.initial, ledger, vocabulary: spec.vocabulary ?? null, actions: spec.actions, properties,
    instances, byName: new Map(spec.actions.map(a => [a.name, a])), worldDomain, initialWorld,
  }
}

function unique(machineName: string, what: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new ModelError(`machine '${machineName}' has two ${what}s named '${twice}'`)
}
