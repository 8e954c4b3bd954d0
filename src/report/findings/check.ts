/** What `check` and `ablate` found, one claim, or one step on one hardware, at a time. */
import { notAskedText, overallOf, unjudgedOf } from '../check.ts'
import type { CheckReport, DesignReport, Overall, Standing as CheckStanding } from '../check.ts'
import type { Cell, Row } from '../ablation.ts'
import type { ReportOf } from '../report.ts'
import { wholeTrace } from '../text/trace.ts'
import type { View } from '../view.ts'
import type { Finding, Standing } from './finding.ts'

const standings = {
  unexpected: 'bad', lost: 'bad', vacuous: 'bad', known: 'known', open: 'open', fine: 'good', unchecked: 'unasked',
} as const satisfies Readonly<Record<CheckStanding, Standing>>

export function checkFindings({ check, evidence }: ReportOf<'check'>, view: View): readonly Finding[] {
  return [
    ...check.designs.flatMap(design => overallOf(design).map(one => claimFinding(design, one, evidence, view))),
    ...unjudgedFindings(check),
    ...check.notAsked.map((one): Finding =>
      ({ about: one.name, rule: 'asked', standing: 'bad', because: notAskedText(one) })),
    ...check.regressions.map(({ path, design, property, because, known }): Finding => {
      const broken = known ? 'known' : 'bad'
      return { about: design, rule: property, file: path, because: because ?? '',
        standing: because === null ? 'good' : broken }
    }),
    ...failureFindings(check),
    ...check.leftOut.map(({ design, title, because }): Finding =>
      ({ about: design, rule: `on ${title}`, standing: 'unasked', because: `left out: ${because}` })),
    ...check.notBegun.map((name): Finding =>
      ({ about: name, rule: 'begun', standing: 'open', because: 'the run ended before this design' })),
  ]
}

const unjudgedFindings = (check: Pick<CheckReport, 'designs' | 'named'>): readonly Finding[] =>
  unjudgedOf(check).map(design => ({
    about: design.design, rule: 'judged', standing: 'bad', ...fileOf(design),
    because: 'no claim was judged: these bounds switch off every part that a claim is about',
  }))
const failureFindings = ({ designs }: Pick<CheckReport, 'designs'>): readonly Finding[] =>
  designs.flatMap(design => design.scopes.flatMap(({ scope, failure }): Finding[] =>
    failure === undefined ? [] : [{
      about: design.design, rule: 'runs', standing: 'bad', ...fileOf(design),
      because: `${failure.problem} (scope ${scope}) [${failure.code}]`, says: 'every step can be taken',
      detail: [`${failure.subject}: ${failure.problem}`, `→ ${failure.next}`, ...failure.below].join('\n'),
    }]))

/** What fails a run beside violations: claims and designs that it shows nothing of, and steps that fail. */
export const emptyFindings = (check: Pick<CheckReport, 'designs' | 'named'>): readonly Finding[] => [
  ...check.designs.flatMap(design =>
    overallOf(design).flatMap(({ property, standing, in: { scope } }): Finding[] =>
      standing !== 'lost' && standing !== 'vacuous' ? [] : [{
        about: design.design, rule: property, standing: 'bad', ...fileOf(design), because: whyOf(standing, scope),
      }])),
  ...unjudgedFindings(check), ...failureFindings(check),
]

function claimFinding(design: DesignReport, one: Overall, evidence: ReportOf<'check'>['evidence'],
  view: View): Finding {
  const { property, standing, violation, in: { scope } } = one
  const about = { about: design.design, rule: property, standing: standings[standing], ...fileOf(design) }
  if (violation === null) return { ...about, because: whyOf(standing, scope) }
  const shown = evidence(design, one)
  const detail = wholeTrace(shown, view, false, design.saved[property])
  return {
    ...about, because: `${violation.because} (${scope}, ${violation.ops.length} ops)`,
    ...shown === null ? {} : { says: shown.replayed.property.claim }, ...detail === null ? {} : { detail },
  }
}
/** Why a claim that no run violates does not hold either; empty where nothing is to be said. */
export function whyOf(standing: CheckStanding, scope: string): string {
  switch (standing) {
    case 'lost': return 'a known violation is no longer found: the model has lost a bug'
    case 'vacuous': return `never reached in ${scope}: the claim that needs it shows nothing`
    case 'open': return `not decided in ${scope}`
    case 'unchecked': return `not checked in ${scope}`
    default: return ''
  }
}
export const fileOf = (design: DesignReport | undefined): { readonly file?: string } =>
  design?.path === undefined ? {} : { file: design.path }

/** A step that is needed is no mistake; only what was not decided makes a difference. */
export const ablateFindings = ({ ablation: { design, protocols } }: ReportOf<'ablate'>): readonly Finding[] =>
  protocols.flatMap(({ call, rows }) => rows.flatMap(row =>
    row.cells.map(cell => stepFinding(`${design} on ${cell.hardware}`, call, row, cell))))

function stepFinding(about: string, call: string, { edit, says }: Row, { verdict, why }: Cell): Finding {
  return {
    about, rule: `${call}/${edit}`, says, standing: verdict === 'undecided' ? 'open' : 'good',
    because: [verdict, ...why === null ? [] : [`${why.property ?? 'without it'}: ${why.because}`]].join(', '),
  }
}
