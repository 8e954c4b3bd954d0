/** The report of `check` as one JSON document, `remapcheck-check/1`. Fields are only ever added within a version. */
import { exitCode } from '../exit.ts'
import { exitOf, overallOf, standingOf } from './check.ts'
import type { CheckReport, DesignReport } from './check.ts'
import { isVacuous, neverExercised, neverFired } from './stats.ts'

export const checkFormat = 'remapcheck-check/1'

/** One document with a newline at its end: the report, how each result stands, and the exit class. */
export function checkJson(report: CheckReport): string {
  const { designs, clauses: _, ...about } = report
  const exit = exitOf(report)
  return JSON.stringify({
    format: checkFormat, ...about, exit: { code: exitCode(exit), name: exit }, designs: designs.map(design => documentOf(design, report)),
  }, null, 2) + '\n'
}

function documentOf(design: DesignReport, { clauses, witnesses }: CheckReport): object {
  return {
    ...design, neverFired: neverFired(design), neverExercised: neverExercised(design, clauses),
    verdicts: overallOf(design).map(({ property, kind, standing, proved, violation, in: scope }) =>
      ({ property, kind, standing, proved, scope: violation === null ? null : scope.scope, ops: violation?.ops.length ?? null })),
    scopes: design.scopes.map(scope => ({
      ...scope,
      exploration: {
        ...scope.exploration,
        results: scope.exploration.results.map(result => ({
          ...result, standing: standingOf(result, scope.exploration, design), vacuous: result.vacuous === true || isVacuous(result.property, scope.exploration, witnesses),
        })),
      },
    })),
  }
}
