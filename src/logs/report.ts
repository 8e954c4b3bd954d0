/** What `validate` says of a log: plain data, ready for JSON. Text for people is in render/. */
import type { DamageReport } from './damage.ts'
import type { PairingReport } from './pairing/index.ts'
import type { EntryReport } from './replay/entries.ts'
import type {
  ContextReport, FaultReport, IotlbReport, IrteReport, QueueReport, RegisterReport,
} from './replay/reports.ts'
import type { UnremappedReport } from './replay/unremapped.ts'
import type { EventCount } from './scan.ts'
import type { TablesReport } from './tables/agreement.ts'
import type { Verdict } from './verdicts/judging.ts'

export interface Facts {
  readonly log: {
    readonly path: string
    readonly lines: number
    /** Lines that are known events. */
    readonly known: number
    /** Seconds from the first stamp to the last; null where not every event has one. */
    readonly span_s: number | null
    /** Stamps earlier than one before them, and by how much the farthest was. */
    readonly backward: number
    readonly farthest_us: number
    /** What QEMU says beside its events. */
    readonly messages: number
  }
  readonly events: readonly EventCount[]
  readonly unread: DamageReport
  readonly entries: EntryReport
  readonly iotlb: IotlbReport
  readonly contexts: ContextReport
  readonly irtes: IrteReport
  readonly queue: QueueReport
  readonly registers: RegisterReport
  readonly faults: FaultReport
  readonly unremapped: UnremappedReport
  /** Null without a dump. */
  readonly tables: TablesReport | null
  /** Null without a kernel log. */
  readonly kernel: null | {
    readonly path: string
    readonly lines: number
    readonly events: readonly { readonly name: string; readonly count: number }[]
    readonly attached: readonly { readonly line: number; readonly device: string }[]
    readonly lost: number
    readonly unread: DamageReport
    readonly pairing: PairingReport
  }
}
/** Line numbers are those of the QEMU log, but in claims about unmaps, where they are those of the kernel log. */
export interface ValidationReport extends Facts {
  /** What the logs lack, so that what they bear out is not shown; null where nothing is lacking. */
  readonly lacks: string | null
  readonly verdicts: readonly Verdict[]
}
