/** Claims about a machine. Each verdict says why and shows the culprit. */
import type { Domain, State } from './domain.ts'
import type { Observation } from './event.ts'

/** `true`, or why not and the values that show it. */
export type Verdict = true | { readonly because: string; readonly witness?: Readonly<Record<string, unknown>> }

/** What a property looks at: the machine's state and the ledger that judges it, both read-only. */
export interface World<S, L> {
  readonly state: S
  readonly ledger: L
  readonly monitors: Readonly<Record<string, unknown>>
}

interface Claim {
  readonly name: string
  /** The claim in one sentence, as a user would say it. */
  readonly claim: string
  /** Clause of a manual that the claim rests on; null where it is the user's own. */
  readonly clause: string | null
  /** `file:line` of the declaration. */
  readonly at: string
}

/** Must be true of every reachable state. With `parts` it is a conjunction of so many, judged one by one: a search
 *  judges again only those that a step can have changed. */
export interface Always<S, L> extends Claim {
  readonly kind: 'always'
  parts?(initial: World<S, L>): number
  /** The scalarset whose ids number the parts: where ids are renamed, the parts are with them. */
  readonly partsBy?: string
  judge(world: World<S, L>, part: number): Verdict
}
/** Must be true of every observation of the kinds `on`, given the worlds right after and right before its step. */
export interface StepProperty<S, L, O> extends Claim {
  readonly kind: 'step'; readonly on: readonly string[]
  judge(seen: O, world: World<S, L>, before: World<S, L>): Verdict
}
/** Owns a small state of its own, updated by observations; must be true of that state always. */
export interface Monitor<L, O> extends Claim {
  readonly kind: 'monitor'; readonly domain: Domain
  update(draft: unknown, seen: O, ledger: L): void
  judge(monitor: unknown): Verdict
}
/** Must be reached at least once; a run that never does so has shown nothing. */
export interface Sometimes<S, L, O> extends Claim {
  readonly kind: 'sometimes'
  reached(world: World<S, L>, seen: readonly O[]): boolean
}
/** On every fair path the goal holds at some time. */
export interface Eventually<S, L> extends Claim { readonly kind: 'eventually'; goal(world: World<S, L>): boolean }
/** On every fair path each state with `from` is that with `to`, or is followed by one. */
export interface LeadsTo<S, L> extends Claim {
  readonly kind: 'leadsTo'
  /** What the claim is made of, each thing for itself: names for `because`, by number for `from` and `to`. */
  cases(initial: World<S, L>): readonly string[]
  from(world: World<S, L>, at: number): boolean
  to(world: World<S, L>, at: number): boolean
}
/** From each reachable state some path leads to the goal: nothing gets stuck, whether or not anybody goes that way. */
export interface Recovers<S, L> extends Claim { readonly kind: 'recovers'; goal(world: World<S, L>): boolean }

/** Claims about endless runs: decided on the graph of all states. */
export type ProgressProperty<S, L> = Eventually<S, L> | LeadsTo<S, L> | Recovers<S, L>
export type Property<S, L, O> = Always<S, L> | StepProperty<S, L, O> | Monitor<L, O> | Sometimes<S, L, O>
  | ProgressProperty<S, L>
export type PropertyKind = Property<unknown, unknown, unknown>['kind']

export const isProgressKind = (kind: PropertyKind): kind is ProgressProperty<unknown, unknown>['kind'] =>
  kind === 'eventually' || kind === 'leadsTo' || kind === 'recovers'
export const isProgress = <S, L, O>(property: Property<S, L, O>): property is ProgressProperty<S, L> =>
  isProgressKind(property.kind)

/** The observations that can have `what === K`, also of a type whose `what` is a union of several. */
type Seen<O, K> = O extends { readonly what: infer W } ? K extends W ? O : never : never

type Stated = { readonly claim: string; readonly clause?: string }
const stated = (name: string, { claim, clause }: Stated): Claim =>
  ({ name, claim, clause: clause ?? null, at: callSite() })

const onlyCase = (): readonly string[] => ['what it is about']

/** @throws TypeError */
function changeable(name: string, domain: Domain): Domain {
  if (['struct', 'table', 'list'].includes(domain.kind)) return domain
  throw new TypeError(`monitor '${name}' has ${domain.kind} as its domain, which update cannot change: use `
    + 'struct({ … })')
}
/** @throws TypeError where `on` names no kind. */
function kindsOf(name: string, on: string | readonly string[] | undefined): readonly string[] {
  const kinds = typeof on === 'string' ? [on] : on ?? []
  if (kinds.length > 0) return kinds
  throw new TypeError(`claim '${name}' is about no observation: step(name, { claim, on: 'landed' }, judge)`)
}

/** Constructors of properties over one machine's types: `const { always, step } = propertiesOf<State, Ledger,
 *  Seen>()`. */
export function propertiesOf<S, L, O extends Observation>() {
  type W = World<S, L>
  return {
    /** `parts`: of how many conjuncts the claim is made, given the initial world; `judge` gets the number of the one
     *  asked. `partsBy` names the scalarset whose ids these numbers are, where they are: else a search with symmetry
     *  asks all parts at once. */
    always: (name: string, say: Stated & { readonly parts?: (initial: W) => number; readonly partsBy?: string },
      judge: (world: W, part: number) => Verdict): Always<S, L> =>
      ({ kind: 'always', ...stated(name, say), ...say.parts === undefined ? {} : { parts: say.parts },
        ...say.partsBy === undefined ? {} : { partsBy: say.partsBy }, judge }),
    /** `judge` sees only observations whose `what` is `on`, or one of these, with their own type. */
    step: <const K extends O['what']>(name: string, say: Stated & { readonly on: K | readonly K[] },
      judge: (seen: Seen<O, K>, world: W, before: W) => Verdict): StepProperty<S, L, O> =>
      ({ kind: 'step', on: kindsOf(name, say.on), ...stated(name, say),
        judge: judge as StepProperty<S, L, O>['judge'] }),
    /** Its domain is one that `update` can change in place: not a number or a word. */
    monitor: <D extends Domain>(name: string, say: Stated & { readonly domain: D },
      update: (draft: NonNullable<D['value']>, seen: O, ledger: L) => void,
      judge: (monitor: State<D>) => Verdict): Monitor<L, O> =>
      ({ kind: 'monitor', domain: changeable(name, say.domain), ...stated(name, say),
        update: update as Monitor<L, O>['update'], judge: judge as Monitor<L, O>['judge'] }),
    sometimes: (name: string, say: Stated, reached: (world: W, seen: readonly O[]) => boolean): Sometimes<S, L, O> =>
      ({ kind: 'sometimes', ...stated(name, say), reached }),
    eventually: (name: string, say: Stated, goal: (world: W) => boolean): Eventually<S, L> =>
      ({ kind: 'eventually', ...stated(name, say), goal }),
    /** `each`: the names of several things of which this is claimed alike. */
    leadsTo: (name: string, say: Stated & { readonly each?: (initial: W) => readonly string[] },
      from: (world: W, at: number) => boolean, to: (world: W, at: number) => boolean): LeadsTo<S, L> =>
      ({ kind: 'leadsTo', cases: say.each ?? onlyCase, ...stated(name, say), from, to }),
    recovers: (name: string, say: Stated, goal: (world: W) => boolean): Recovers<S, L> =>
      ({ kind: 'recovers', ...stated(name, say), goal }),
  }
}

/** `folder/file.ts:line` of the first frame outside this file, or the bundle that it is in: reports point at the
 *  property, not at the constructor. */
function callSite(): string {
  const frames = (new Error().stack ?? '').split('\n').slice(1).map(line => placed.exec(line))
  const found = frames.find(frame => frame !== null && frame[1] !== frames[0]?.[1])
  return found ? `${found[2]!.replaceAll('\\', '/')}:${found[3]}` : 'unknown'
}
/** The whole path; the name of the file, of built-in claims with its folders; the line. */
const placed = /[ (]((?:file:\/\/)?[^\s()]*?((?:properties[/\\](?:[\w-]+[/\\])?)?[\w.-]+\.[cm]?[tj]s)):(\d+)/
