/** The report of `check` as one JSON document, `remapcheck-check/1`. Fields are only ever added within a version. */
import { exitCode } from '../exit.ts'
import { exitOf, standingOf } from './check.ts'
import type { CheckReport } from './check.ts'

export const checkFormat = 'remapcheck-check/1'

/** One document with a newline at its end: the report, each result with what was expected and how it stands, and the exit class. */
export function checkJson(report: CheckReport): string {
  const { tool, version, seed, bounds, designs } = report
  const exit = exitOf(report)
  const document = {
    format: checkFormat, tool, version, seed, bounds, exit: { code: exitCode(exit), name: exit },
    designs: designs.map(design => ({
      design: design.design, scope: design.scope, bounds: design.bounds,
      exploration: {
        ...design.exploration,
        results: design.exploration.results.map(result => ({
          ...result, expected: design.expected[result.property] ?? 'holds', standing: standingOf(result, design),
          saved: design.saved?.[result.property] ?? null,
        })),
      },
    })),
  }
  return JSON.stringify(document, null, 2) + '\n'
}
