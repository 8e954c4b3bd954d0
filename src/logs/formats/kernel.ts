/** The kernel's own events of a boot: ftrace `iommu:*` and `irq_vectors:*`, as text (Linux 6.1,
 *  Documentation/trace/ftrace.rst). */
import { DamageLedger, isBinary } from '../damage.ts'
import type { DamageReport } from '../damage.ts'
import type { KernelEvent, SubmitEvent, TagEvent, TracedEvent } from '../event.ts'
import { logError, nameOf, patience_lines, readLines } from '../lines.ts'
import type { LogSource } from '../lines.ts'
import { count } from '../numbers.ts'
import { tracedEvent } from './kernel-events.ts'
import { unitPrefixOf } from './qemu.ts'
import { isHeading, kernelLine, lostBy } from './kernel-lines.ts'

/** Names that are counted one by one. */
const mostNames = 500
const mostAttached = 1000
/** About 100 bytes each. */
export const eventsLimit = 2_000_000

export interface KernelLog {
  readonly lines: number
  readonly events: readonly KernelEvent[]
  readonly submits: readonly SubmitEvent[]
  readonly tags: readonly TagEvent[]
  readonly counts: readonly { readonly name: string; readonly count: number }[]
  readonly attached: readonly { readonly line: number; readonly device: string }[]
  /** Events that the kernel's buffer lost, by its own words, and those beyond `eventsLimit`. Pairing is then
   *  unsound. */
  readonly lost: number
  readonly damage: DamageReport
}

const qemuForm = /^(?:\d+@\d+\.\d{6}:)?vtd_[a-z_0-9]+ /
const attachedForm = /\bdevice=(\S+)$/

export const again = 'give the text of /sys/kernel/tracing/trace with iommu:map and iommu:unmap switched on'

/** Whether these are the first lines of a kernel's trace, by the first that is an event of either. */
export function isTrace(lines: readonly string[]): boolean {
  for (const line of lines) {
    if (unitPrefixOf(line) !== null) return false
    if (line.startsWith('# tracer: ') || kernelLine(line) !== null) return true
  }
  return false
}

/** What a trace holds besides what its events tell. */
export type TraceFile = Omit<KernelLog, 'events' | 'submits' | 'tags'>

/** @throws UserError as `readLines` does, and E-LOG-NO-FTRACE where the file holds no trace event of a kernel. */
export async function readTrace(source: LogSource, take: (event: TracedEvent) => void,
  onProgress?: (lines: number) => void): Promise<TraceFile> {
  const reader = new Reader(take)
  const foreign = (): Error =>
    logError('NO-FTRACE', nameOf(source),
      reader.isQemu ? "this is QEMU's trace log, not the kernel's"
        : `none of its ${reader.number} lines is a kernel trace event`, again)
  for await (const { lines, unterminated } of readLines(source, again)) {
    for (const line of lines) {
      reader.line(line, unterminated)
      if (!reader.isFtrace && reader.number >= patience_lines) throw foreign()
    }
    onProgress?.(reader.number)
  }
  if (reader.counts.size === 0) throw foreign()
  return reader.end()
}

/** Everything that is paired with the log of a unit, in memory. @throws UserError as `readTrace` does. */
export async function readKernelLog(path: string): Promise<KernelLog> {
  const events: KernelEvent[] = [], submits: SubmitEvent[] = [], tags: TagEvent[] = []
  let beyond = 0
  const file = await readTrace(path, event => {
    if (event.kind !== 'map' && event.kind !== 'unmap' && event.kind !== 'submit' && event.kind !== 'tag') return
    if (events.length + submits.length + tags.length >= eventsLimit) beyond++
    else if (event.kind === 'submit') submits.push(event)
    else if (event.kind === 'tag') tags.push(event)
    else if (event.end > event.page) events.push(event)
  })
  return { ...file, events, submits, tags, lost: file.lost + beyond }
}

function damageOf<T extends 'no event' | 'wrong fields'>(text: string, unterminated: boolean,
  otherwise: T): 'binary' | 'cut off' | T {
  if (isBinary(text)) return 'binary'
  return unterminated ? 'cut off' : otherwise
}

class Reader {
  number = 0
  /** Whether an event of QEMU's is in it. */
  isQemu = false
  /** Whether a line has the form of an event, known or not. */
  isFtrace = false
  readonly counts = new Map<string, number>()
  readonly #attached: { line: number; device: string }[] = []
  readonly #damage = new DamageLedger()
  readonly #tell: (event: TracedEvent) => void
  #lost = 0

  constructor(tell: (event: TracedEvent) => void) { this.#tell = tell }

  line(text: string, unterminated: boolean): void {
    const line = ++this.number
    if (text.trim() === '') return this.#damage.blank()
    const event = kernelLine(text)
    this.isFtrace ||= event !== null
    if (event === null) return this.#between(text, line, unterminated)
    const { name, rest, cpu, time_us } = event
    const told = tracedEvent(name, rest, { line, cpu, time_us })
    if (told === null) return this.#damage.note(damageOf(text, unterminated, 'wrong fields'), line, text)
    // Events of other groups say nothing here. One that speaks of the IOMMU and is not known may be a damaged one.
    if (told === undefined && rest.includes('IOMMU:')) return this.#damage.unknown(name, line, text)
    count(this.counts, this.counts.size < mostNames || this.counts.has(name) ? name : 'other events')
    if (told === undefined) return
    if (told !== 'left') this.#tell(told)
    else if (name === 'attach_device_to_domain' && this.#attached.length < mostAttached)
      this.#attached.push({ line, device: attachedForm.exec(rest)![1]! })
  }

  #between(text: string, line: number, unterminated: boolean): void {
    const lost = lostBy(text)
    this.#lost += lost
    if (lost > 0 || isHeading(text)) return
    this.isQemu ||= qemuForm.test(text)
    this.#damage.note(damageOf(text, unterminated, 'no event'), line, text)
  }

  end(): TraceFile {
    const counts = [...this.counts].sort(([a], [b]) => a < b ? -1 : 1).map(([name, n]) => ({ name, count: n }))
    return { lines: this.number, counts, attached: this.#attached, lost: this.#lost, damage: this.#damage.report() }
  }
}
