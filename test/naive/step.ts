/** What a step means, written down once more: guard, recipe, ledger and monitors over plain objects. Nothing of a
 *  search is used. */
import type { Action, Args, Machine, Property } from '../../src/index.ts'
import { Draft, Mistake, rebuilt, Shown } from './values.ts'

export type AnyMachine = Machine<unknown, unknown, Seen>
export type Claim = Property<unknown, unknown, Seen>
export interface Seen { readonly what: string }
export interface World {
  readonly state: unknown
  readonly ledger: unknown
  readonly monitors: Readonly<Record<string, unknown>>
}
export interface Taken { readonly world: World; readonly seen: readonly Seen[]; readonly clauses: readonly string[] }

/** The world as it is between two steps: what is declared, each part an object of its own. */
export const between = (machine: AnyMachine, world: unknown): World =>
  rebuilt(machine.worldDomain, world, 'world') as World

/** Asks somebody who may only read. @throws Mistake when they write, or do not answer by yes or no. */
export function ask(question: (show: <T>(value: T) => T) => unknown): unknown {
  const shown = new Shown()
  let answer: unknown
  try { answer = question(value => shown.of(value)) } catch (cause) { throw mistakeOf(cause) }
  shown.expectUnwritten()
  return answer
}
export function yes(question: (show: <T>(value: T) => T) => unknown): boolean {
  const answer = ask(question)
  if (typeof answer !== 'boolean') throw new Mistake('answers neither yes nor no')
  return answer
}
const mistakeOf = (cause: unknown): Mistake =>
  cause instanceof Mistake ? cause : new Mistake(cause instanceof Error ? cause.message : String(cause))

/** The step, or null where the guard says no. @throws Mistake. */
export function take(machine: AnyMachine, world: World, action: Action<unknown, Seen>, args: Args): Taken | null {
  if (!yes(show => action.when(show(world.state), args))) return null
  const draft = new Draft()
  const copy: unknown = JSON.parse(JSON.stringify(world))
  const live = draft.of(copy) as World
  const seen: Seen[] = [], clauses: string[] = []
  try {
    const answer: unknown = action.then(live.state, args, {
      observe: one => { seen.push(one) }, clause: id => { clauses.push(id) },
      cost: (_, count = 1) => {
        if (!Number.isSafeInteger(count) || count < 0) throw new Mistake(`a cost of ${count}`)
      },
    })
    if (typeof answer === 'function' || typeof answer === 'object' && answer !== null)
      throw new Mistake('answers something; a step changes the state')
    for (const one of seen) {
      machine.ledger.observe(live.ledger, one)
      for (const claim of machine.properties)
        if (claim.kind === 'monitor') claim.update(live.monitors[claim.name], one, live.ledger)
    }
    draft.expectLeftAlone()
  } catch (cause) { throw mistakeOf(cause) }
  return { world: between(machine, copy), seen: draft.settled(seen) as Seen[], clauses }
}

/** How many conjuncts a claim has: counted once, of the first world. */
export const partsOf = (machine: AnyMachine, claim: Claim): number =>
  claim.kind === 'always' && claim.parts !== undefined ? claim.parts(machine.initialWorld) : 1

/** Whether the claim stands after a step; `before` is the world before it. A `sometimes` stands until it is reached. */
export function stands(machine: AnyMachine, claim: Claim, { world, seen }: Pick<Taken, 'world' | 'seen'>,
  before: World): boolean {
  const says = (question: (show: <T>(value: T) => T) => unknown): boolean => {
    const verdict = ask(question)
    if (verdict === true || typeof (verdict as { because?: unknown } | null)?.because === 'string')
      return verdict === true
    throw new Mistake(`'${claim.name}' answers neither true nor why not`)
  }
  switch (claim.kind) {
    case 'always': {
      for (let part = 0; part < partsOf(machine, claim); part++)
        if (!says(show => claim.judge(show(world), part))) return false
      return true
    }
    case 'monitor': return says(show => claim.judge(show(world.monitors[claim.name])))
    case 'step':
      return seen.every(one =>
        !claim.on.includes(one.what) || says(show => claim.judge(show(one), show(world), show(before))))
    case 'sometimes': return !yes(show => claim.reached(show(world), show(seen)))
    case 'eventually': case 'leadsTo': case 'recovers': return true
  }
}
