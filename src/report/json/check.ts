/** The document of `check`: the report, and how each result stands. */
import { overallOf, standingOf } from '../check.ts'
import type { CheckReport, DesignReport } from '../check.ts'
import { isVacuous, neverExercised, neverFired } from '../coverage.ts'
import type { ReportOf } from '../report.ts'
import type { BodyOf } from '../schema/index.ts'

export function checkBody({ check }: ReportOf<'check'>): BodyOf<'check'> {
  const { designs, clauses: _, ...about } = check
  return { ...about, designs: designs.map(design => designOf(design, check)) }
}

function designOf(design: DesignReport, { clauses, witnesses }: CheckReport): BodyOf<'check'>['designs'][number] {
  return {
    ...design, neverFired: neverFired(design), neverExercised: neverExercised(design, clauses),
    verdicts: overallOf(design).map(({ property, kind, standing, proved, violation, in: scope }) =>
      ({ property, kind, standing, proved, scope: violation === null ? null : scope.scope,
        ops: violation?.ops.length ?? null })),
    scopes: design.scopes.map(scope => ({
      ...scope,
      exploration: {
        ...scope.exploration,
        results: scope.exploration.results.map(result => ({
          ...result, standing: standingOf(result, scope.exploration, design),
          vacuous: result.vacuous === true || isVacuous(result.property, scope.exploration, witnesses),
        })),
      },
    })),
  }
}
