/** How every JSON document begins: what it is, who made it, and how the run ended. */
import { exitCode } from '../exit.ts'
import type { ExitName } from '../exit.ts'
import type { ReportKind } from './report.ts'

/** The number is raised when the shape of a document changes. */
export const formats = {
  check: 'remapcheck-check/1', ablate: 'remapcheck-ablate/1', cost: 'remapcheck-cost/2', worst: 'remapcheck-worst/2',
  compose: 'remapcheck-compose/1', derivation: 'remapcheck-derivation/1',
  throughput: 'remapcheck-throughput/1', compare: 'remapcheck-compare/1', timed: 'remapcheck-timed/2',
  replay: 'remapcheck-replay/2',
  list: 'remapcheck-list/2', validate: 'remapcheck-validate/2',
  'validate-trace': 'remapcheck-validate-trace/1',
  diagnose: 'remapcheck-diagnose/1', audit: 'remapcheck-audit/2',
  'audit-diff': 'remapcheck-audit-diff/2',
  oracle: 'remapcheck-oracle/2', 'oracle-replay': 'remapcheck-oracle-replay/1',
  error: 'remapcheck-error/1',
} as const satisfies { readonly [K in ReportKind]: `remapcheck-${K}/${number}` }

export interface Head<K extends ReportKind = ReportKind> {
  readonly format: (typeof formats)[K]
  readonly tool: string
  readonly version: string
  readonly exit: { readonly code: number; readonly name: ExitName }
}

export function headOf<K extends ReportKind>(kind: K, exit: ExitName,
  { tool, version }: { readonly tool: string; readonly version: string }): Head<K> {
  return { format: formats[kind], tool, version, exit: { code: exitCode(exit), name: exit } }
}
