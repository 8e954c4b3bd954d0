/** What `cost --throughput` found of each design. */
import type { Cycles, Part } from '../cost/index.ts'

export interface RatePoint {
  readonly bytes: number
  readonly cores: number
  readonly gbps: number
  readonly binds: Part
}
/** Where more cores bring nothing, and why. */
export interface Saturation {
  readonly link_gbps: number
  readonly bytes: number
  readonly cores: number
  readonly gbps: number
  readonly binds: Part
}
export interface ThroughputOfDesign {
  readonly design: string
  /** For a packet of 1500 bytes. */
  readonly packet: {
    readonly cycles: Cycles; readonly serial: Cycles; readonly misses: number; readonly assumed_percent: number
  }
  /** At the link that was asked for. */
  readonly points: readonly RatePoint[]
  readonly saturation: readonly Saturation[]
}
export interface ThroughputReport {
  readonly profile: string
  readonly clock_ghz: number
  readonly link_gbps: number
  readonly page_bytes: number
  /** What every design is put under. */
  readonly load: Readonly<Record<string, number>>
  readonly designs: readonly ThroughputOfDesign[]
}
