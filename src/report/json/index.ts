/** Every kind of report as one JSON document, with a newline at its end. */
import { oracleData } from '../../qemu/oracle/render.ts'
import { headOf } from '../head.ts'
import type { Report } from '../report.ts'
import type { View } from '../view.ts'
import { auditPieces, diffDocument } from './audit.ts'
import { checkDocument } from './check.ts'
import { replayDocument } from './replay.ts'

export function* json(report: Report, view: View): Generator<string> {
  const head = headOf(report.kind, report.exit, view.program)
  if (report.kind === 'audit') yield* auditPieces(report, head)
  else yield JSON.stringify({ ...head, ...documentOf(report) }, null, 2) + '\n'
}

function documentOf(report: Exclude<Report, { readonly kind: 'audit' }>): object {
  switch (report.kind) {
    case 'check': return checkDocument(report)
    case 'ablate': return report.ablation
    case 'cost': return { measured: report.measured, costs: report.costs, budgets: report.budgets }
    case 'worst': return { profile: report.profile, waits: report.waits }
    case 'replay': return replayDocument(report)
    case 'list': return Object.fromEntries(report.lists.map(({ name, rows }) => [name, rows]))
    case 'validate': return report.validation
    case 'audit-diff': return diffDocument(report)
    case 'oracle': return oracleData(report.oracle)
    case 'oracle-replay': return { suite: report.suite, setup: report.setup, requests: report.requests }
  }
}
