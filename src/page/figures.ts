/** What pages of the further forms of `cost` show: times, derivations, waits, and the model beside measured numbers. */

/** A number of a workload, with what it means. */
export interface Parameter { readonly name: string; readonly value: string; readonly says: string }

/** In cycles. */
export interface TimedData {
  readonly profile: string
  readonly clock_ghz: number
  readonly workload: readonly Parameter[]
  /** A call, an interrupt or DMA, with its times in each design. */
  readonly spans: readonly { readonly span: string; readonly says: string; readonly rows: readonly TimesData[] }[]
  readonly designs: readonly { readonly design: string; readonly says: string
    readonly agents: readonly AgentData[] }[]
}
export interface TimesData {
  readonly design: string
  readonly median: number
  readonly p99: number
  readonly max: number
  /** How often, and what else is to be said. */
  readonly says: string
}
/** Of the whole time. */
export interface AgentData { readonly agent: string; readonly busy_percent: number; readonly waited_percent: number }

export interface DerivationData {
  readonly profile: string
  readonly clock_ghz: number
  readonly path: string
  readonly says: string
  readonly designs: readonly { readonly design: string; readonly cycles: Range3
    readonly rows: readonly DerivedData[] }[]
}
export interface Range3 { readonly min: number; readonly typ: number; readonly max: number }
export interface DerivedData {
  readonly unit: string
  readonly says: string
  readonly count: number
  readonly cycles: Range3
  /** Null where the time is in the price of another unit. */
  readonly status: string | null
  readonly note: string | null
  /** The whole path, with this price at its least and at its greatest. */
  readonly weighs: { readonly min: number; readonly max: number }
  readonly steps: readonly DerivedStep[]
}
export interface DerivedStep {
  /** 0 for the price itself. */
  readonly depth: number
  readonly name: string
  readonly value: number
  readonly measure: string
  /** The formula, or what was measured. */
  readonly says: string
  readonly status: string
  /** Null where it is computed. */
  readonly source: string | null
}

/** In typical cycles. */
export interface WorstData {
  readonly profile: string
  readonly waits: readonly { readonly name: string; readonly says: string; readonly bounds: string
    readonly rows: readonly WaitData[] }[]
}
export interface WaitData {
  /** Designs of which the same is true. */
  readonly designs: readonly string[]
  readonly greatest: ExtremeData | null
  readonly least: ExtremeData | null
  /** What else is true of it: that it may never end, never begins, or was not decided. */
  readonly notes: readonly string[]
}
/** A way with the steps that take time, or why there is none. */
export type ExtremeData = { readonly cost: number; readonly steps: readonly PricedStep[] }
  | { readonly cost: null; readonly says: string }
export interface PricedStep { readonly action: string; readonly cost: number }

export interface ComposeData {
  /** Null where each row says its own. */
  readonly profile: string | null
  readonly tables: readonly { readonly id: string; readonly title: string; readonly source: string | null
    readonly rows: readonly ComposedData[] }[]
  /** How well all of it fits, a sentence each. */
  readonly fit: readonly string[]
  readonly limit_percent: number
  /** Tables with rows far off, or in the wrong order, and why. */
  readonly reasons: readonly NamedText[]
  /** Tables that are not composed, or in part. */
  readonly missing: readonly NamedText[]
}
interface NamedText { readonly name: string; readonly says: string }
export interface ComposedData extends Range3 {
  readonly name: string
  readonly how: string
  readonly unit: string
  readonly measured: number | null
  readonly off_percent: number | null
  /** Why the row does not count; null where it does. */
  readonly fitted: string | null
}
