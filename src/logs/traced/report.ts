/** What `validate` says of a kernel's trace without a log of the unit: plain data, ready for JSON. */
import type { DamageReport } from '../damage.ts'
import type { Verdict } from '../verdicts/judging.ts'
import type { FlushReport } from '../vtd/flushes.ts'
import type { IrqReport } from './interrupts.ts'

export interface TraceFacts {
  readonly trace: {
    readonly path: string
    readonly lines: number
    /** Of the kernel's clock, from the first event to the last. */
    readonly span_s: number
    /** Events earlier than one before them, and by how much the farthest was. */
    readonly backward: number
    readonly farthest_us: number
    /** Events that the kernel's buffer lost, by its own words. */
    readonly lost: number
  }
  readonly events: readonly { readonly name: string; readonly count: number }[]
  readonly unread: DamageReport
  readonly maps: number
  readonly flushes: FlushReport
  readonly interrupts: IrqReport
  /** `io_page_fault` events: the first ones, and what the trace says of the page. */
  readonly faults: { readonly total: number; readonly first: readonly FaultSeen[] }
}
export interface FaultSeen {
  readonly line: number
  readonly device: string
  readonly address: number
  readonly flags: number
  readonly says: string
}
export interface TraceReport extends TraceFacts {
  /** What the trace lacks, so that what it bears out is not shown; null where nothing is lacking. */
  readonly lacks: string | null
  readonly verdicts: readonly Verdict[]
}
