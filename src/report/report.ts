/** What a verb has found, as data: one kind for each document of `--json`. A reporter makes text of it
 *  (reporters.ts). */
import type { AuditDiff } from '../audit/diff.ts'
import type { Gate } from '../audit/policy.ts'
import type { AuditReport } from '../audit/report.ts'
import type { BudgetReport, ComposedTable, CostReport, Fit, MeasuredDesign } from '../cost/index.ts'
import type { DiagnosisReport } from '../diagnose/report.ts'
import type { ExitName } from '../exit.ts'
import type { ValidationReport } from '../logs/report.ts'
import type { TraceReport } from '../logs/traced/report.ts'
import type { Difference, OracleReport } from '../qemu/oracle/drive.ts'
import type { Comparison, Verdict } from '../qemu/oracle/judged.ts'
import type { SuiteName } from '../qemu/oracle/suite.ts'
import type { AblationReport, Reason } from './ablation.ts'
import type { Broken, CompareReport } from './compare.ts'
import type { PathDerivation } from './derivation.ts'
import type { CheckReport, DesignReport, Overall } from './check.ts'
import type { ListedRows } from './list.ts'
import type { Evidence, ReplayedTrace } from './replay.ts'
import type { TimedReport } from './timed.ts'
import type { ThroughputReport } from './throughput.ts'
import type { WaitReport } from './worst.ts'

/** What ended a run before it had a report. */
export interface ErrorReport {
  /** Short and stable, like 'E-DESIGN'. */
  readonly code: string
  /** Where: a file, a flag, a name. */
  readonly subject: string
  readonly problem: string
  /** What to do about it. */
  readonly next: string
  /** What stands below it, such as the steps that lead there. */
  readonly below: readonly string[]
}

interface Kinds {
  check: {
    readonly check: CheckReport
    /** The trace of a violation, taken again; null where there is none to take. */
    readonly evidence: (design: DesignReport, overall: Overall) => Evidence | null
    /** By name of a claim: what it says. */
    readonly says: Readonly<Record<string, string>>
  }
  ablate: { readonly ablation: AblationReport; readonly evidence: (call: string, reason: Reason) => Evidence | null }
  cost: { readonly measured: readonly MeasuredDesign[]; readonly costs: CostReport; readonly budgets: BudgetReport }
  compose: {
    /** Of rows of one's own; null where each row says its own. */
    readonly profile: string | null
    readonly tables: readonly ComposedTable[]
    readonly fit: Fit
    /** Of published tables what is far off, or in the wrong order: each row or pair, and why; null where that is not
     *  known. */
    readonly reasons: readonly {
      readonly table: string; readonly beyond: number; readonly inversions: number; readonly because: string | null
      readonly of: readonly { readonly says: string; readonly because: string | null }[]
    }[]
    /** Published tables of which nothing, or not all, is composed, with what the model lacks. */
    readonly missing: readonly {
      readonly id: string; readonly title: string; readonly lacks: string; readonly isPart: boolean
    }[]
  }
  derivation: {
    readonly profile: string; readonly clock_ghz: number; readonly path: string
    readonly designs: readonly PathDerivation[]
  }
  compare: {
    readonly compare: CompareReport
    /** What was searched for it: the designs, and those that they share parts with. */
    readonly searched: Pick<CheckReport, 'designs' | 'named'>
    /** The trace of what a design breaks, taken again; null where there is none to take. */
    readonly evidence: (design: string, broken: Broken) => Evidence | null
  }
  timed: { readonly timed: TimedReport }
  throughput: { readonly throughput: ThroughputReport }
  worst: { readonly profile: string; readonly waits: readonly WaitReport[] }
  replay: { readonly traces: readonly ReplayedTrace[] }
  /** `named`: lists that were asked for; else all there are. */
  list: { readonly lists: readonly ListedRows[]; readonly named: boolean }
  validate: { readonly validation: ValidationReport }
  /** Of a kernel's trace without a log of the unit. */
  'validate-trace': { readonly traced: TraceReport }
  diagnose: { readonly diagnosis: DiagnosisReport }
  /** `policy`: null where none was given. */
  audit: { readonly audit: AuditReport; readonly policy: Gate | null }
  'audit-diff': { readonly diff: AuditDiff }
  /** `saved`: files of the differences. */
  oracle: { readonly oracle: OracleReport; readonly saved: ReadonlyMap<Difference, string> }
  'oracle-replay': {
    readonly suite: SuiteName; readonly setup: string
    readonly requests: readonly (Comparison & { readonly verdict: Verdict })[]
  }
  error: { readonly error: ErrorReport }
}
export type ReportKind = keyof Kinds

/** `exit`: the class of the whole run. */
export type ReportOf<K extends ReportKind> = { readonly kind: K; readonly exit: ExitName } & Kinds[K]
export type Report = { [K in ReportKind]: ReportOf<K> }[ReportKind]
