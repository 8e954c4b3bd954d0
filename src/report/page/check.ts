/** `check` as a page: the verdicts of each design, the bounds that they hold in, and what was found. */
import type { Body, DesignData, Standing, TraceData } from '../../page/data.ts'
import { counted, thousands } from '../../text/count.ts'
import { notAskedText, overallOf } from '../check.ts'
import type { DesignReport, Overall, ScopeReport, Standing as CheckStanding } from '../check.ts'
import { markOf, marks } from '../marks.ts'
import type { ReportOf } from '../report.ts'
import type { View } from '../view.ts'
import { leftOutTexts } from '../with-iommus.ts'
import { traceData } from './trace.ts'

export const standings = {
  unexpected: 'bad', lost: 'bad', vacuous: 'bad', known: 'known', open: 'open', fine: 'good', unchecked: 'unasked',
} as const satisfies Readonly<Record<CheckStanding, Standing>>

export function checkBody({ check, evidence, says }: ReportOf<'check'>, view: View): Body {
  const designs = check.designs.map(design => designData(design, evidence, view))
  const asked = new Set(designs.flatMap(({ verdicts }) => verdicts.map(({ property }) => property)))
  const broken = check.regressions.filter(({ because }) => because !== null)
  return { kind: 'check', check: {
    designs, claims: check.claims.filter(name => asked.has(name))
      .map(name => ({ name, says: says[name] ?? '' })),
    notes: [
      ...check.interrupted ? ['Ctrl-C ended the run: designs and scopes may be missing'] : [],
      ...leftOutTexts(check), ...check.notAsked.map(one => notAskedText(one)),
      ...check.notBegun.length === 0 ? [] : [`not come to: ${check.notBegun.join(', ')}`],
      ...check.regressions.length === 0 ? []
        : [`saved counterexamples replayed first: ${check.regressions.length}, of which ${broken.length} still `
          + 'violate'],
      ...broken.map(({ path, property, design, because }) => `${design} ${property}: ${because} (${path})`),
      ...check.climbs.map(({ design, scope, proved }) => `${design}, ${scope}: ${proved === null
        ? 'no larger bounds were proved' : `proved up to ${proved.bounds}, ${counted(proved.states, 'state')}`}`),
    ],
  } }
}

function designData(design: DesignReport, evidence: ReportOf<'check'>['evidence'], view: View): DesignData {
  const all = overallOf(design)
  const traces = all.flatMap((one): TraceData[] => {
    const shown = one.violation === null ? null : evidence(design, one)
    return shown === null ? [] : [traceData(shown.replayed, shown.trace, view.traces, {
      id: traceId(design.design, one.property), file: design.saved[one.property] ?? null,
      accepted: acceptedBy(design, one.property) })]
  })
  const witnesses = all.filter(({ kind, standing }) => kind === 'sometimes' && standing !== 'unchecked')
  return {
    design: design.design, says: design.says, file: null, traces,
    states: design.scopes.reduce((sum, { exploration }) => sum + exploration.states, 0),
    verdicts: all.filter(({ kind }) => kind !== 'sometimes').map(one => verdictOf(design, one)),
    scopes: design.scopes.map(scope => ({ name: scope.scope, says: scope.says,
      bounds: scope.bounds.replaceAll(',', ', '), searched: searchedOf(scope) })),
    failures: design.scopes.flatMap(({ scope, failure }) =>
      failure === undefined ? []
        : [[`${scope}: ${failure.problem}`, `→ ${failure.next}`, ...failure.below].join('\n')]),
    witnesses: [witnesses.filter(({ standing }) => standing === 'fine').length, witnesses.length],
  }
}
export const traceId = (design: string, property: string): string =>
  `${property}-${design}`.replace(/[^\w-]+/g, '-')
const acceptedBy = ({ givesUp }: DesignReport, property: string): string | null =>
  Object.hasOwn(givesUp, property) ? givesUp[property]! : null

function verdictOf(design: DesignReport, one: Overall): DesignData['verdicts'][number] {
  const { property, standing, violation, in: { scope } } = one
  const { text, says } = marks[markOf(one)]
  return { property, standing: standings[standing], mark: text, word: says, scope,
    ops: violation?.ops.length ?? null, accepted: acceptedBy(design, property),
    trace: violation === null ? null : traceId(design.design, property) }
}

function searchedOf({ exploration: { states, complete, stopped, random } }: ScopeReport): string {
  if (random !== null) return `${counted(random.runs, 'random run')}, ${counted(random.ops, 'op')}`
  const ends = { violation: 'ended at a violation', mistake: 'ended where a step or a claim failed',
    interrupted: 'ended by Ctrl-C' } as const
  const early = 'ended early: every claim it judged is violated'
  const words = stopped === null ? early
    : (ends as Readonly<Record<string, string>>)[stopped] ?? `cut short by ${stopped}`
  return `${thousands(states)} ${states === 1 ? 'state' : 'states'}, ${complete ? 'every reachable one' : words}`
}
