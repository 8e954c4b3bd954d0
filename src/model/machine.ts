/** A machine: a pure transition system, the ledger that judges it, and the claims made of it. */
import { frozen, initial, misfit, productOf, rebuilt, struct } from './domain.ts'
import type { Domain, Fields, Struct, Value } from './domain.ts'
import type { Emit, Observation } from './event.ts'
import { ModelError } from './mistake.ts'
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
  /** Each instance for itself. `true`, weakly fair: what stays enabled for ever is done at some time. Hardware goes on,
   *  a CPU goes on; an adversary need not. `'strong'`: what is enabled again and again for ever is done at some time,
   *  however often it is disabled between. */
  readonly fair: Fairness
  /** Only some mistake lets it happen: a search in which it did not happen missed nothing. */
  readonly ofMistakes: boolean
  when(state: S, args: Args): boolean
  then(draft: S, args: Args, emit: Emit<O>): void
  /** The function that its author wrote, for people to read: `then`, without what others have put around it. */
  readonly recipe: AuthoredRecipe
}
export type AuthoredRecipe = (...given: never[]) => unknown

export interface ActionSpec<S, O, P extends Fields> {
  readonly says?: string
  readonly agent: string | ((args: { readonly [K in keyof P]: Value<P[K]> }) => string)
  readonly params?: P
  readonly path?: string
  readonly fair?: Fairness
  readonly ofMistakes?: boolean
  /** Guard over a read-only state. Pure; no clock, no randomness. */
  readonly when: (state: S, args: { readonly [K in keyof P]: Value<P[K]> }) => boolean
  /** Recipe over a mutable draft. Ordinary deterministic TypeScript. */
  readonly then: (draft: S, args: { readonly [K in keyof P]: Value<P[K]> }, emit: Emit<O>) => void
  /** As in `Action`; `then` where not given. */
  readonly recipe?: AuthoredRecipe
}

/** The constructor of actions over one machine's types: `const action = actionsOf<State, Seen>()`. */
export function actionsOf<S, O extends Observation>() {
  return <P extends Fields = Record<never, Domain>>(name: string, spec: ActionSpec<S, O, P>): Action<S, O> => ({
    name, says: spec.says ?? null, agent: spec.agent as Action<S, O>['agent'], params: spec.params ?? {},
    fair: spec.fair ?? false, ofMistakes: spec.ofMistakes ?? false,
    path: spec.path ?? (typeof spec.agent === 'string' ? spec.agent : name),
    when: spec.when as unknown as Action<S, O>['when'], then: spec.then as unknown as Action<S, O>['then'],
    recipe: spec.recipe ?? spec.then,
  })
}

/** The judge's own book, written from observations only: never by looking at the machine's tables. */
export interface Ledger<L, O> { readonly domain: Domain; readonly initial: L; observe(draft: L, seen: O): void }

/** The units, clauses and observations that a recipe may emit. A machine without one takes any. */
export interface Vocabulary {
  readonly units: object
  readonly clauses: object
  /** By kind (`what`): the other fields of such an observation. */
  readonly observations: Readonly<Record<string, Fields>>
}

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

const emptyLedger = { domain: struct({}), initial: {}, observe: () => {} }

/** @throws ModelError when two actions or properties share a name, or the initial state is outside its domain. */
export function machine<S, L = Record<never, never>,
  O extends Observation = Observation>(spec: MachineSpec<S, L, O>): Machine<S, L, O> {
  const ledger = spec.ledger ?? emptyLedger as unknown as Ledger<L, O>
  const given = spec.properties ?? []
  unique(spec.name, 'action', spec.actions.map(a => a.name))
  unique(spec.name, 'property', given.map(p => p.name))
  const monitors = given.filter(p => p.kind === 'monitor')
  const worldDomain = struct({
    state: spec.domain, ledger: ledger.domain,
    monitors: struct(Object.fromEntries(monitors.map(m => [m.name, m.domain]))),
  }) as unknown as Struct<World<S, L>>
  const start: World<S, L> = {
    state: spec.initial, ledger: ledger.initial,
    monitors: Object.fromEntries(monitors.map(m => [m.name, initial(m.domain)])),
  }
  const why = misfit(worldDomain, start, spec.name)
  if (why !== null) throw new ModelError(`initial state of machine '${spec.name}' is outside its domain: ${why}`)
  const initialWorld = frozen(rebuilt(worldDomain, start)) as World<S, L>
  const properties = given.map(property => counted(property, initialWorld))
  const instances = spec.actions.flatMap(action =>
    productOf(action.params).map(args => ({ action, op: { action: action.name, args: frozen(args) as Args } })))
  return {
    name: spec.name, domain: spec.domain, initial: spec.initial, ledger, vocabulary: spec.vocabulary ?? null,
    actions: spec.actions, properties,
    instances, byName: new Map(spec.actions.map(a => [a.name, a])), worldDomain, initialWorld,
  }
}

function unique(machineName: string, what: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new ModelError(`machine '${machineName}' has two ${what}s named '${twice}'`)
}

/** The property with the number of its parts, or the names of its cases, as they are in the initial world: they are the
 *  same in all worlds. */
function counted<S, L, O>(property: Property<S, L, O>, world: World<S, L>): Property<S, L, O> {
  const { name } = property
  if (property.kind === 'always' && property.parts !== undefined) {
    const parts = property.parts(world)
    if (!Number.isInteger(parts) || parts < 1 || parts > mostParts)
      throw new ModelError(`property '${name}' has ${parts} parts: give a whole number from 1 to `
        + `${mostParts.toLocaleString('en-US')}`)
    return { ...property, parts: () => parts }
  }
  if (property.kind === 'leadsTo') {
    const cases = [...property.cases(world)]
    if (cases.length === 0) throw new ModelError(`property '${name}' has no cases: it claims nothing`)
    return { ...property, cases: () => cases }
  }
  return property
}
const mostParts = 10_000
