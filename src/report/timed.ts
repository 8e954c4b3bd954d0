/** What `cost --timed` found: times of calls, interrupts and DMA in random workloads. */

/** Of times in cycles. */
export interface Distribution {
  readonly count: number
  readonly median: number
  readonly p99: number
  readonly max: number
}
export interface TimedSpan extends Distribution {
  readonly span: string
  /** Under way when the run ended. */
  readonly unfinished: number
}
export interface TimedAgent { readonly agent: string; readonly busy_percent: number; readonly waited_percent: number }
export interface TimedDesign {
  readonly design: string
  readonly steps: number
  readonly elapsed_cycles: number
  readonly spans: readonly TimedSpan[]
  readonly agents: readonly TimedAgent[]
  /** Translations of a device that reads at random from memory that stays mapped; null without an IOMMU. */
  readonly dma: (Distribution & { readonly miss_percent: number }) | null
}
/** What the workload was. */
export interface Workload {
  readonly seed: number
  readonly steps: number
  readonly cpus: number
  /** Descriptors that the invalidation queue holds. */
  readonly queue: number
  /** Cycles from the end of what an agent did to its next choice, on average. */
  readonly gap: number
  readonly iotlb_entries: number
  readonly pages: number
  /** Requests that the device has under way. */
  readonly depth: number
  readonly page_bytes: number
}
export interface TimedReport {
  readonly profile: string
  readonly clock_ghz: number
  readonly workload: Workload
  readonly designs: readonly TimedDesign[]
}
