/** Asking a property for its verdict: one place, so that every driver, the shrinker and replay treat a broken property
 *  alike. */
import type { ModelEvent, Observation } from './event.ts'
import { ModelError } from './mistake.ts'
import { plain } from './put.ts'
import type { Property, Sometimes, Verdict, World } from './property.ts'

/** The verdict on one step, given the world after it, what it let be seen, and how to get the world before it.
 *  Always true for kinds that one step cannot violate. `part`: the one conjunct to judge; null for all.
 *  @throws ModelError naming the property when it throws, or answers neither `true` nor `{ because }`. */
export function judge<S, L, O extends Observation>(
  property: Property<S, L, O>, world: World<S, L>, seen: readonly O[], before: () => World<S, L>,
  part: number | null = null): Verdict {
  let verdict: Verdict
  try { verdict = asked(property, world, seen, before, part) } catch (cause) { throw failed(property.name, cause) }
  if (verdict === true) return true
  if (typeof (verdict as { because?: unknown } | null | undefined)?.because === 'string')
    return failureOf(property.name, verdict)
  throw new ModelError(`property '${property.name}' answered ${JSON.stringify(verdict) ?? 'undefined'}; answer true `
    + `or { because: '...' }`)
}

function asked<S, L, O extends Observation>(
  property: Property<S, L, O>, world: World<S, L>, seen: readonly O[], before: () => World<S, L>,
  part: number | null): Verdict {
  let verdict: Verdict = true
  switch (property.kind) {
    case 'always':
      if (part !== null) return property.judge(world, part)
      for (let i = 0, parts = property.parts?.(world) ?? 1; i < parts && verdict === true; i++)
        verdict = property.judge(world, i)
      return verdict
    case 'monitor': return property.judge(world.monitors[property.name])
    case 'step':
      for (const one of seen)
        if (verdict === true && property.on.includes(one.what)) verdict = property.judge(one, world, before())
      return verdict
    case 'sometimes': case 'eventually': case 'leadsTo': case 'recovers': return true
  }
}

/** The verdict as data, which outlives the world it was given in. */
function failureOf(name: string, { because, witness }: Exclude<Verdict, true>): Verdict {
  if (witness === undefined) return { because }
  try { return { because, witness: plain(witness) as typeof witness } } catch (cause) { throw failed(name, cause) }
}

/** Whether a `sometimes` is reached by this step. @throws ModelError naming the property when it throws or answers no
 *  boolean. */
export function isReached<S, L, O>(property: Sometimes<S, L, O>, world: World<S, L>, seen: readonly O[]): boolean {
  return answerOf(property.name, () => property.reached(world, seen))
}

/** What a predicate of the property says. @throws ModelError naming the property when it throws or answers no
 *  boolean. */
export function answerOf(property: string, ask: () => boolean): boolean {
  let answer: boolean
  try { answer = ask() } catch (cause) { throw failed(property, cause) }
  if (typeof answer === 'boolean') return answer
  throw new ModelError(`property '${property}' answered ${JSON.stringify(answer) ?? 'undefined'}; answer true or false`)
}

/** The observations among the events of a step. */
export function observationsIn<O>(events: readonly ModelEvent<O>[]): readonly O[] {
  if (events.length === 0) return nothing
  const seen: O[] = []
  for (const event of events) if (event.kind === 'observation') seen.push(event.observation)
  return seen
}
const nothing: readonly never[] = []

function failed(name: string, cause: unknown): ModelError {
  return new ModelError(`property '${name}' threw: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause })
}
