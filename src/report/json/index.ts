/** Every kind of report as one JSON document, with a newline at its end. Its shape is declared in ../schema. */
import { oracleData } from '../../qemu/oracle/render.ts'
import { headOf } from '../head.ts'
import type { Report, ReportKind, ReportOf } from '../report.ts'
import type { BodyOf } from '../schema/index.ts'
import type { View } from '../view.ts'
import { auditPieces, diffBody } from './audit.ts'
import { checkBody } from './check.ts'
import { replayBody } from './replay.ts'

export function* json(report: Report, { program }: View): Generator<string> {
  if (report.kind === 'audit') yield* auditPieces(report, headOf(report.kind, report.exit, program))
  else yield JSON.stringify({ ...headOf(report.kind, report.exit, program), ...bodyOf(report) }, null, 2) + '\n'
}

/** Kinds that a string has room for. */
type Short = Exclude<ReportKind, 'audit'>
const bodies: { readonly [K in Short]: (report: ReportOf<K>) => BodyOf<K> } = {
  check: checkBody,
  ablate: ({ ablation }) => ablation,
  cost: ({ measured, costs, budgets }) => ({ measured, costs, budgets }),
  compose: ({ profile, tables, fit, reasons, missing }) => ({ profile, tables, fit, reasons, missing }),
  derivation: ({ profile, clock_ghz, path, designs }) => ({ profile, clock_ghz, path, designs }),
  compare: ({ compare }) => compare,
  timed: ({ timed }) => timed,
  throughput: ({ throughput }) => throughput,
  worst: ({ profile, waits }) => ({ profile, waits }),
  replay: replayBody,
  list: ({ lists }) => Object.fromEntries(lists.map(({ name, rows }) => [name, rows])),
  validate: ({ validation }) => validation,
  'validate-trace': ({ traced }) => traced,
  diagnose: ({ diagnosis }) => diagnosis,
  'audit-diff': diffBody,
  oracle: ({ oracle }) => oracleData(oracle),
  error: ({ error }) => ({ error }),
  'oracle-replay': ({ suite, setup, requests }) => ({ suite, setup, requests }),
}
const bodyOf = <K extends Short>(report: ReportOf<K>): BodyOf<K> => bodies[report.kind](report)
