/** What `cost --worst` found of each wait, for each design that has it. */
import type { Extremes } from '../explore/extremes.ts'
import type { StopReason } from '../explore/result.ts'

export interface WaitOfDesign {
  readonly design: string
  /** Null when the search was cut short. */
  readonly found: Extremes | null
  readonly states: number
  readonly stopped: StopReason | null
}
export interface WaitReport {
  readonly name: string
  readonly says: string
  /** As the command line takes them. */
  readonly bounds: string
  readonly designs: readonly WaitOfDesign[]
}
