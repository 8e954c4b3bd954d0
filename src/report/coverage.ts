/** What a search did not cover: actions that never fired, clauses that nothing rested on, claims whose witnesses were
 *  not reached. */
import type { Exploration } from '../explore/result.ts'
import { observationsOf } from '../../spec/observations.ts'
import type { CheckReport, DesignReport } from './check.ts'

/** Actions that fired in none of a design's scopes. */
export function neverFired({ scopes }: DesignReport): string[] {
  const all = scopes.flatMap(({ exploration }) => Object.entries(exploration.coverage.actions))
  const fired = new Set(all.flatMap(([name, counts]) => counts.fired > 0 ? [name] : []))
  return [...new Set(all.map(([name]) => name))].filter(name => !fired.has(name))
}

/** Of the clauses that are known, those that nothing in any of a design's scopes rested on. */
export function neverExercised({ scopes }: DesignReport, clauses: readonly string[]): string[] {
  const exercised = new Set(scopes.flatMap(({ exploration }) => Object.keys(exploration.coverage.clauses)))
  return clauses.filter(id => !exercised.has(id))
}

/** Observations that no step of a call told, though the call was made: the ledger does not know what it did. */
export function untold({ complete, coverage: { actions, observations } }: Exploration):
  readonly { call: string; what: string }[] {
  const made = Object.entries(observationsOf).filter(([call]) => complete && (actions[call]?.fired ?? 0) > 0)
  return made.flatMap(([call, kinds]) =>
    kinds.filter(what => !observations.includes(what)).map(what => ({ call, what })))
}

/** Whether a claim that was not violated means nothing: one of its witnesses was asked for and not reached. */
export function isVacuous(property: string, { results }: Exploration, witnesses: CheckReport['witnesses']): boolean {
  const needed = witnesses[property] ?? []
  return results.some(result => needed.includes(result.property) && result.outcome !== 'reached')
    && results.some(result => result.property === property && result.violation === null)
}
