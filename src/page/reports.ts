/** What pages of `ablate`, `cost`, `validate`, `audit` and `diagnose` show. */
import type { FindingData, TraceData } from './data.ts'
import type { Parameter, Range3 } from './figures.ts'

export interface AblationData {
  readonly design: string
  readonly says: string
  readonly protocols: readonly {
    readonly call: string
    readonly hardware: readonly { readonly name: string; readonly says: string }[]
    readonly rows: readonly AblationRow[]
    readonly flaws: readonly string[]
  }[]
  readonly unasked: readonly { readonly call: string; readonly why: string }[]
  readonly traces: readonly TraceData[]
  /** Counterexamples that the page has no room for. */
  readonly left: number
}
export interface AblationRow {
  readonly edit: string
  readonly says: string
  /** It looks at nothing and writes nothing: it costs, and that is all. */
  readonly costOnly: boolean
  readonly cells: readonly AblationCell[]
}
export interface AblationCell {
  readonly hardware: string
  readonly verdict: 'needed' | 'not-needed' | 'nothing' | 'undecided' | 'itself'
  readonly property: string | null
  readonly because: string | null
  /** Id of the trace that shows it; null where there is none. */
  readonly trace: string | null
  /** Steps to the violation. */
  readonly ops: number | null
  readonly command: string | null
  readonly states: number
}

export interface CostData {
  readonly profile: string
  readonly title: string
  readonly clock_ghz: number
  readonly notes: readonly string[]
  /** Kinds of work, at most eight, with their units. */
  readonly families: Readonly<Record<string, readonly string[]>>
  readonly units: Readonly<Record<string, string>>
  readonly paths: readonly { readonly path: string; readonly says: string; readonly bars: readonly CostBar[] }[]
  readonly sources: readonly { readonly source: string; readonly status: string; readonly units: readonly string[] }[]
  readonly budgets: readonly FindingData[]
}
/** In cycles. */
export interface CostBar {
  /** Designs that cost the very same. */
  readonly designs: readonly string[]
  readonly min: number
  readonly typ: number
  readonly max: number
  /** Dearest first. */
  readonly rows: readonly CostPart[]
}
export interface CostPart {
  readonly unit: string
  readonly count: number
  readonly cycles: number
  /** No published figure isolates it. */
  readonly assumption: boolean
  /** The unit whose price holds this one's time. */
  readonly within: string | null
}

export interface BootData {
  readonly files: readonly string[]
  readonly facts: Facts
  readonly verdicts: readonly BootVerdict[]
  /** Why unmaps were not paired with their answers; null where they were, or there is no kernel log. */
  readonly refused: string | null
  readonly windows: readonly WindowData[]
  readonly timeline: readonly BinData[]
  readonly notes: readonly string[]
}
export type Facts = readonly (readonly [name: string, value: string])[]
export interface BootVerdict {
  readonly claim: string
  readonly says: string
  readonly verdict: 'true' | 'false' | 'not-shown'
  /** A breach of the manual where it is false; else a fact of the boot. */
  readonly rule: boolean
  readonly because: string
}
/** From unmap to the invalidation that answers it, of unmaps that were answered alike. */
export interface WindowData {
  readonly answer: string
  readonly basis: string
  readonly unmaps: number
  readonly held: number
  readonly hit: string
  /** Unmaps recorded meanwhile. */
  readonly later: Spread
  /** Null without a common clock. */
  readonly wait_us: Spread | null
}
export interface Spread { readonly median: number; readonly p90: number; readonly max: number }
/** Some consecutive unmaps of the kernel log. */
export interface BinData {
  readonly from: number
  readonly to: number
  /** By what answered them. */
  readonly own: number
  readonly flushed: number
  readonly unanswered: number
  /** The longest window among them; null without a clock. */
  readonly longest_us: number | null
}

export interface AuditData {
  readonly path: string
  readonly facts: Facts
  readonly devices: readonly { readonly device: string; readonly ways: readonly DeviceWay[] }[]
  readonly spaces: readonly SpaceData[]
  readonly alarms: readonly AlarmData[]
  readonly policy: readonly FindingData[]
  /** Names of the ends of memory that the map shows, and of places between. */
  readonly axis: readonly string[]
}
export interface DeviceWay {
  readonly says: string
  readonly space: number | null
  readonly blocked: boolean
}
export interface SpaceData {
  readonly id: number
  readonly kind: string
  readonly devices: readonly string[]
  readonly domains: readonly number[]
  readonly readable: string
  readonly writable: string
  readonly shares: readonly string[]
  /** Of consecutive pieces of memory: the share of each that the space reaches for reading only, and for writing. */
  readonly map: readonly (readonly [read: number, write: number])[]
}
/** All alarms of one kind. */
export interface AlarmData {
  readonly code: string
  readonly severity: 'error' | 'warning' | 'note'
  readonly says: string
  readonly todo: string
  /** One for each alarm: devices, and why. */
  readonly places: readonly string[]
}

export interface DiagnosisData {
  readonly files: readonly {
    readonly path: string
    readonly facts: string
    readonly doubts: readonly string[]
    readonly unread: readonly string[]
  }[]
  readonly faults: readonly FaultData[]
  readonly beyond: number
}
export interface FaultData {
  readonly title: string
  readonly happened: readonly string[]
  readonly when: string
  readonly count: number
  readonly hardware: readonly { readonly says: string; readonly clause: string | null }[]
  readonly concludes: readonly { readonly certainty: 'sure' | 'likely' | 'open'; readonly says: string
    readonly rule: string }[]
  readonly next: readonly LookData[]
  readonly shows: readonly LookData[]
}
export interface LookData { readonly run: string | null; readonly says: string }

export interface CompareData {
  readonly question: string
  readonly profile: string
  readonly clock_ghz: number
  readonly designs: readonly ComparedData[]
  /** Sentences of the answer, each with the figures that it rests on. */
  readonly answer: readonly { readonly says: string; readonly rests: readonly string[] }[]
  readonly weak: readonly { readonly unit: string; readonly weighs: string; readonly settledBy: string }[]
  /** What the profile rests on, and what it does not fit. */
  readonly notes: readonly string[]
  readonly traces: readonly TraceData[]
}
export interface ComparedData {
  readonly design: string
  readonly says: string
  readonly verdicts: readonly { readonly about: string; readonly standing: 'holds' | 'violated' | 'open' | 'none'
    readonly broken: readonly BrokenData[] }[]
  /** Typical, least and greatest cycles; null where the design has no such path. */
  readonly packet: Range3
  readonly interrupt: Range3 | null
  readonly migration: Range3 | null
  /** Cycles, or why there is no such number. */
  readonly wait: number | string | null
  readonly one_core_gbps: number
  readonly saturates: string
}
export interface BrokenData {
  readonly property: string
  /** Scope and length. */
  readonly says: string
  readonly because: string | null
  /** Its saved file, or the command that finds it. */
  readonly at: string
  /** Id of its trace; null where the page has none. */
  readonly trace: string | null
}

export interface ThroughputData {
  readonly profile: string
  readonly link_gbps: number
  readonly load: readonly Parameter[]
  readonly sizes: readonly number[]
  readonly cores: readonly number[]
  readonly curves: readonly CurveData[]
}
export interface CurveData {
  /** Designs of which the same is true. */
  readonly designs: readonly string[]
  readonly packet: string
  readonly saturates: string
  /** By size and by number of cores: Gb/s, and what binds. */
  readonly points: readonly (readonly (readonly [gbps: number, binds: string])[])[]
}
