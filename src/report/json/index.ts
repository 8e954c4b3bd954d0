/** Every kind of report as one JSON document, with a newline at its end. */
import { exitCode } from '../../exit.ts'
import { oracleData } from '../../qemu/oracle/render.ts'
import type { Report } from '../report.ts'
import type { View } from '../view.ts'
import { auditPieces, diffDocument } from './audit.ts'
import { checkDocument } from './check.ts'
import { replayDocument } from './replay.ts'

export function* json(report: Report, view: View): Generator<string> {
  const head = headOf(report, view)
  if (report.kind === 'audit') yield* auditPieces(report, head)
  else yield JSON.stringify({ ...head, ...documentOf(report) }, null, 2) + '\n'
}

/** The first fields of each document. */
function headOf({ kind, exit }: Report, { program }: View): object {
  const of = { exit: { code: exitCode(exit), name: exit } }
  switch (kind) {
    case 'check': case 'ablate': return { format: `remapcheck-${kind}/1`, ...program, ...of }
    case 'cost': case 'worst': case 'replay': return { format: `remapcheck-${kind}/1`, ...of }
    case 'list': return { format: 'remapcheck-list/1' }
    case 'validate': case 'audit': case 'audit-diff': case 'oracle': return { schema: `remapcheck-${kind}/1`, ...of }
    case 'oracle-replay': return { schema: 'remapcheck-oracle/1', ...of }
  }
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
