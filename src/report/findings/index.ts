/** Every kind of report as a list of findings. */
import type { Report, ReportOf } from '../report.ts'
import type { View } from '../view.ts'
import { withIommus } from '../with-iommus.ts'
import { auditFindings, diffFindings } from './audit.ts'
import { ablateFindings, checkFindings, emptyFindings, fileOf } from './check.ts'
import { diagnoseFindings } from './diagnose.ts'
import type { Verdict } from '../../logs/verdicts/judging.ts'
import type { Finding } from './finding.ts'

export function findingsOf(report: Report, view: View): readonly Finding[] {
  switch (report.kind) {
    case 'check': return checkFindings(withIommus(report), view)
    case 'ablate': return ablateFindings(report)
    case 'cost': return costFindings(report)
    case 'worst': return worstFindings(report)
    case 'replay': return replayFindings(report)
    case 'compose': return composeFindings(report)
    case 'compare': return compareFindings(report)
    case 'derivation': case 'throughput': case 'timed': case 'list': return []
    case 'validate': return validateFindings(report)
    case 'validate-trace': return verdictFindings(report.traced.verdicts, report.traced.trace.path, null)
    case 'diagnose': return diagnoseFindings(report)
    case 'audit': return auditFindings(report)
    case 'audit-diff': return diffFindings(report)
    case 'oracle': return oracleFindings(report)
    case 'oracle-replay': return report.requests.map(({ request, model, qemu, verdict }) => ({
      about: `${report.suite}, ${report.setup}`, rule: request, standing: verdict === 'different' ? 'bad' : 'good',
      because: verdict === 'same' ? '' : `the model says ${model}, QEMU ${qemu}`,
    }))
    case 'error': return [errorFinding(report)]
  }
}

function costFindings({ budgets }: ReportOf<'cost'>): readonly Finding[] {
  return [
    ...budgets.results.map(({ budget: { design, path, limit_cycles, derivation }, verdict, used }): Finding => ({
      about: design, rule: `budget of ${path}`, says: derivation,
      standing: verdict === 'within' || verdict === 'changed' ? 'good' : 'bad',
      because: verdict === 'within' ? '' : `${verdict}: ${used === null ? 'nothing was counted'
        : `${used.typ} of ${limit_cycles} cycles`}`,
    })),
    ...budgets.changes.map(({ design, path, unit, from, to }): Finding => ({
      about: design, rule: `counts of ${path}`, standing: 'bad', because: `${unit}: recorded ${from}, now ${to}`,
    })),
  ]
}

const compareFindings = ({ compare: { designs }, searched }: ReportOf<'compare'>): readonly Finding[] => [
  ...designs.flatMap(({ design, isolation, interrupts, progress }) =>
    Object.entries({ isolation, interrupts, progress }).map(([rule, { standing, broken, says }]): Finding => {
      const violated = broken.every(({ known }) => known) ? 'known' : 'bad'
      return { about: design, rule, ...fileOf(searched.designs.find(one => one.design === design)),
        standing: ({ holds: 'good', violated, open: 'open', none: 'unasked' } as const)[standing],
        because: [...broken.map(({ property, scope, ops, at }) => `${property} in scope ${scope}, ${ops} ops: ${at}`),
          ...says === '' ? [] : [says]].join('; ') }
    })),
  ...emptyFindings(searched),
]

/** A row is a comparison, neither right nor wrong; what is far off has a reason or none. */
const composeFindings = ({ tables, reasons }: ReportOf<'compose'>): readonly Finding[] => [
  ...tables.flatMap(({ id, rows }) => rows.map(({ name, how, predicted, measured, unit, off_percent }): Finding => ({
    about: id, rule: name, says: how, standing: 'good',
    because: measured === null ? `${predicted.typ} ${unit}`
      : `predicted ${predicted.typ} ${unit}, measured ${measured} (${off_percent} %)`,
  }))),
  ...reasons.flatMap(({ table, of }) => of.map(({ says, because }): Finding => ({
    about: table, rule: 'far off or in the wrong order', standing: because === null ? 'bad' : 'known',
    because: `${says}: ${because ?? 'for no known reason'}`,
  }))),
]

const worstFindings = ({ waits }: ReportOf<'worst'>): readonly Finding[] => waits.flatMap(({ name, says, designs }) =>
  designs.map(({ design, found, stopped }): Finding => ({
    about: design, rule: name, says, standing: found === null ? 'open' : 'good',
    because: found === null ? `the search was cut short (${stopped})` : '',
  })))

const replayFindings = ({ traces }: ReportOf<'replay'>): readonly Finding[] => traces.map(one => ({
  about: one.trace.design, rule: one.trace.property, file: one.path, standing: one.asExpected ? 'good' : 'bad',
  says: one.replayed.property.claim,
  because: one.replayed.reproduced ? one.replayed.because ?? '' : `does not reproduce: ${one.trace.because}`,
}))

/** An observation (was this strict or deferred?) is neither right nor wrong. */
const validateFindings = ({ validation: { log, kernel, verdicts } }: ReportOf<'validate'>): readonly Finding[] =>
  verdictFindings(verdicts, log.path, kernel?.path ?? null)
function verdictFindings(verdicts: readonly Verdict[], log: string, kernel: string | null): readonly Finding[] {
  return verdicts.map(({ claim, says, kind, verdict, because, lines, of }) => {
    const file = of === 'kernel' && kernel !== null ? kernel : log
    const wrong = kind === 'observation' ? 'good' : 'bad', unshown = kind === 'expectation' ? 'open' : 'unasked'
    const line = verdict === 'false' ? lines[0] : undefined
    return {
      about: log, rule: claim, says, because, file, ...line === undefined ? {} : { line },
      standing: ({ true: 'good', false: wrong, 'not-shown': unshown } as const)[verdict],
    }
  })
}

function oracleFindings({ oracle, saved }: ReportOf<'oracle'>): readonly Finding[] {
  const { setups, differences, interrupted } = oracle
  return [
    ...setups.map(({ suite, setup, cases }): Finding => {
      const wrong = differences.some(one => one.suite === suite && one.setup === setup)
      const unbroken = interrupted ? 'open' : 'good'
      return { about: suite, rule: setup, standing: wrong ? 'bad' : unbroken, because: `${cases} cases` }
    }),
    ...differences.map((one): Finding => ({
      about: one.suite, rule: `${one.setup}, seed ${one.seed}`, standing: 'bad', file: saved.get(one) ?? '',
      because: one.differences.map(({ request, model, qemu }) =>
        `${request}: the model says ${model}, QEMU ${qemu}`).join('; '),
    })),
  ]
}

function errorFinding({ error }: ReportOf<'error'>): Finding {
  const { code, subject, problem, next, below } = error
  return {
    about: subject, rule: code, standing: 'bad', because: `${subject}: ${problem} → ${next}`,
    ...below.length === 0 ? {} : { detail: below.join('\n') },
  }
}
