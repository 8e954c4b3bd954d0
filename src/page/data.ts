/** What a page shows, as plain data: `src/report/page` makes it of a report, the components of this folder show it. It
 *  is embedded in the page as JSON. */
import type { ComposeData, DerivationData, TimedData, WorstData } from './figures.ts'
import type { ExploreStart } from './live.ts'
import type {
  AblationData, AuditData, BootData, CompareData, CostData, DiagnosisData, ThroughputData,
} from './reports.ts'

export interface PageDoc {
  readonly tool: string
  readonly version: string
  /** The verb, such as `check`. */
  readonly verb: string
  /** What it is about, for the title of the window and the first line. */
  readonly title: string
  /** Null where nothing was judged. */
  readonly exit: { readonly code: number; readonly name: string; readonly meaning: string } | null
  /** The command that makes it again. */
  readonly repeat: string
  readonly terms: Terms
  readonly clauses: Readonly<Record<string, ClauseText>>
  /** Other pages of the folder, by file name. */
  readonly links: readonly Link[]
  readonly body: Body
}
/** By term: what it means. */
export type Terms = Readonly<Record<string, string>>
export interface ClauseText { readonly section: string; readonly says: string; readonly strength?: string }
export interface Link { readonly file: string; readonly title: string; readonly says: string }

export type Body = { readonly kind: 'check'; readonly check: CheckData }
  | { readonly kind: 'replay'; readonly traces: readonly TraceData[] }
  | { readonly kind: 'ablate'; readonly ablation: AblationData }
  | { readonly kind: 'cost'; readonly cost: CostData }
  | { readonly kind: 'compare'; readonly compare: CompareData }
  | { readonly kind: 'timed'; readonly timed: TimedData }
  | { readonly kind: 'derivation'; readonly derivation: DerivationData }
  | { readonly kind: 'worst'; readonly worst: WorstData }
  | { readonly kind: 'compose'; readonly compose: ComposeData }
  | { readonly kind: 'throughput'; readonly throughput: ThroughputData }
  | { readonly kind: 'validate'; readonly boot: BootData }
  | { readonly kind: 'audit'; readonly audit: AuditData }
  | { readonly kind: 'diagnose'; readonly diagnosis: DiagnosisData }
  | { readonly kind: 'explore'; readonly start: ExploreStart }
  | { readonly kind: 'findings'; readonly findings: readonly FindingData[] }

/** `bad` fails the run, `known` is wrong and accepted, `open` was not decided, `unasked` not judged. */
export type Standing = 'good' | 'bad' | 'known' | 'open' | 'unasked'
export interface FindingData {
  readonly about: string
  readonly rule: string
  readonly standing: Standing
  readonly because: string
  readonly says?: string
  readonly detail?: string
  readonly file?: string
  readonly line?: number
}

/** A counterexample, or any other list of steps, with the state after each of them. */
export interface TraceData {
  /** Unique in the page. */
  readonly id: string
  readonly design: string
  readonly property: string
  readonly claim: string
  /** Where the claim stands in the sources. */
  readonly place: string
  readonly clause: string | null
  /** Whether the steps still show what they should. */
  readonly reproduced: boolean
  /** `sometimes` is reached, all others are violated. */
  readonly wanted: boolean
  /** The design is known to break this claim, and why its authors accept that. */
  readonly accepted: string | null
  readonly because: string
  readonly facts: readonly string[]
  readonly bounds: string
  /** How it was found, such as `exhaustive search, 9 ops; none is shorter`. */
  readonly found: string
  readonly notes: readonly string[]
  /** Its file; null where it was not saved. */
  readonly file: string | null
  /** Steps before those that repeat for ever; null where the steps are all. */
  readonly loop: number | null
  /** The step that shows it, from 1; 0 is the initial state; null where none does. */
  readonly at: number | null
  readonly lanes: readonly Lane[]
  /** By name. */
  readonly actions: Readonly<Record<string, ActionText>>
  /** By name of a call: the names of its actions in order. */
  readonly protocols: Readonly<Record<string, readonly string[]>>
  readonly parts: readonly Part[]
  /** Of each cell of each part in turn, what it holds at first; null for nothing. */
  readonly initial: readonly (string | null)[]
  readonly steps: readonly StepData[]
  /** Steps before the first that is shown: a page has room for so many. */
  readonly skipped: number
}
/** Who acts, or a place where something is kept. */
export interface Lane { readonly id: string; readonly title: string; readonly says: string; readonly acts: boolean }
/** What an action does, and the function that does it. */
export interface ActionText { readonly says: string | null; readonly code: string }

/** A table of the state: one cell for each row and column. */
export interface Part {
  readonly path: string
  readonly says: string | null
  /** Index of the lane that it belongs to; -1 where the trace does not change it. */
  readonly lane: number
  readonly rows: readonly string[]
  /** Empty where each row has one cell. */
  readonly columns: readonly string[]
  /** Index of its first cell. */
  readonly first: number
}
export interface StepData {
  /** Index of the lane of who takes it. */
  readonly lane: number
  readonly action: string
  readonly args: string
  /** Why it is not allowed here; null where it is. */
  readonly refused: string | null
  /** What the outside sees of it: all that the judge learns. */
  readonly seen: readonly string[]
  readonly changes: readonly ChangeData[]
  /** Cells that it sets. */
  readonly cells: readonly (readonly [cell: number, value: string | null])[]
  readonly clauses: readonly string[]
  /** Of these, the rule by which something was refused. */
  readonly faults: readonly string[]
  readonly costs: readonly string[]
  /** Claims that it violates, with the reason. */
  readonly violates: readonly { readonly property: string; readonly because: string }[]
}
export interface ChangeData {
  readonly sign: '+' | '-' | '~'
  readonly path: string
  readonly before: string | null
  readonly after: string | null
  readonly lane: number
}

export interface CheckData {
  readonly claims: readonly { readonly name: string; readonly says: string }[]
  readonly designs: readonly DesignData[]
  readonly notes: readonly string[]
}
export interface DesignData {
  readonly design: string
  readonly says: string
  /** Page of its own; null where this is it. */
  readonly file: string | null
  readonly states: number
  readonly verdicts: readonly VerdictData[]
  readonly scopes: readonly ScopeData[]
  readonly traces: readonly TraceData[]
  readonly failures: readonly string[]
  /** Situations that the claims need, and how many of them were reached. */
  readonly witnesses: readonly [reached: number, all: number]
}
export interface VerdictData {
  readonly property: string
  readonly standing: Standing
  /** `✓`, and what it means. */
  readonly mark: string
  readonly word: string
  readonly scope: string
  /** Steps to the violation; null where none was found. */
  readonly ops: number | null
  /** Id of its trace. */
  readonly trace: string | null
  /** Why the design's authors accept the violation. */
  readonly accepted: string | null
}
export interface ScopeData {
  readonly name: string
  readonly says: string
  readonly bounds: string
  /** How far it was searched, such as `29,794 states, every reachable one`. */
  readonly searched: string
}
