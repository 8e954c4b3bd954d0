/** The shape of every JSON document: their types, the files in schemas/, and the check of what tests print derive from
 *  it. */
import type * as v from 'valibot'
import type { ReportKind } from '../report.ts'
import { ablate } from './ablate.ts'
import { audit, auditDiff } from './audit.ts'
import { check } from './check.ts'
import { compare } from './compare.ts'
import { compose, cost, derivation, throughput, timed, worst } from './cost.ts'
import { diagnose } from './diagnose.ts'
import { error } from './error.ts'
import { list } from './list.ts'
import { oracle, oracleReplay } from './oracle.ts'
import { replay } from './replay.ts'
import { validate } from './validate.ts'
import { validateTrace } from './validate-trace.ts'

export const documents = {
  check, ablate, cost, compose, compare, derivation, throughput, timed, worst, replay, list, validate,
  'validate-trace': validateTrace, diagnose, audit, 'audit-diff': auditDiff,
  oracle, 'oracle-replay': oracleReplay, error,
} as const satisfies Readonly<Record<ReportKind, v.GenericSchema>>

export type DocumentOf<K extends ReportKind> = v.InferOutput<(typeof documents)[K]>
/** What a document has besides its head. */
export type BodyOf<K extends ReportKind> = Omit<DocumentOf<K>, 'format' | 'tool' | 'version' | 'exit'>
