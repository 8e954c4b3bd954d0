/** The kernel's own events of a boot: ftrace `iommu:*` and `irq_vectors:*`, as text (Linux 6.1,
 *  Documentation/trace/ftrace.rst). */
import { DamageLedger, isBinary } from '../damage.ts'
import type { DamageReport } from '../damage.ts'
import type { KernelEvent } from '../event.ts'
import { logError, patience_lines, readLines } from '../lines.ts'
import { isHeading, kernelLine, lostBy } from './kernel-lines.ts'
import { count } from '../numbers.ts'

/** Names that are counted one by one. */
const mostNames = 500
/** About 100 bytes each. */
export const eventsLimit = 2_000_000

export interface KernelLog {
  readonly lines: number
  readonly events: readonly KernelEvent[]
  readonly counts: readonly { readonly name: string; readonly count: number }[]
  readonly attached: readonly { readonly line: number; readonly device: string }[]
  /** Events that the kernel's buffer lost, by its own words, and those beyond `eventsLimit`. Pairing is then
   *  unsound. */
  readonly lost: number
  readonly damage: DamageReport
}

const mapForm = /^IOMMU: iova=0x([0-9a-f]+) - 0x([0-9a-f]+) paddr=0x([0-9a-f]+) size=\d+$/
const unmapForm = /^IOMMU: iova=0x([0-9a-f]+) - 0x([0-9a-f]+) size=\d+ unmapped_size=(\d+)$/
const deviceForm = /^IOMMU: (?:groupID=\d+ )?device=(\S+)$/
const vectorForm = /^irq=\d+ \S.*$/
const vectorEvents = ['vector_activate', 'vector_alloc', 'vector_alloc_managed', 'vector_clear', 'vector_config',
  'vector_deactivate',
  'vector_free_moved', 'vector_reserve', 'vector_reserve_managed', 'vector_setup', 'vector_teardown', 'vector_update']
const deviceEvents = ['add_device_to_group', 'attach_device_to_domain', 'detach_device_from_domain',
  'remove_device_from_group']
const qemuForm = /^(?:\d+@\d+\.\d{6}:)?vtd_[a-z_0-9]+ /
const pageOf = (hex: string): number => Number.parseInt(hex, 16) / 4096

const again = 'give the text of /sys/kernel/tracing/trace with iommu:map and iommu:unmap switched on'

/** @throws UserError as `readLines` does, and E-LOG-NO-FTRACE where the file holds no ftrace event. */
export async function readKernelLog(path: string): Promise<KernelLog> {
  const reader = new Reader()
  const foreign = (): Error =>
    logError('NO-FTRACE', path,
      reader.isQemu ? "this is QEMU's trace log, not the kernel's"
        : `none of its ${reader.number} lines is a kernel trace event`, again)
  for await (const { lines, unterminated } of readLines(path, again)) {
    for (const line of lines) {
      reader.line(line, unterminated)
      if (!reader.isFtrace && reader.number >= patience_lines) throw foreign()
    }
  }
  if (reader.counts.size === 0) throw foreign()
  return reader.end()
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
  readonly #events: KernelEvent[] = []
  readonly #attached: { line: number; device: string }[] = []
  readonly #damage = new DamageLedger()
  #lost = 0

  line(text: string, unterminated: boolean): void {
    const line = ++this.number
    if (text.trim() === '') return this.#damage.blank()
    const event = kernelLine(text)
    this.isFtrace ||= event !== null
    if (event === null) return this.#between(text, line, unterminated)
    const { name, rest, cpu, time_us } = event
    const known = this.#take(name, rest, { line, cpu, time_us })
    if (known === true) count(this.counts, name)
    else if (known === false) this.#damage.note(damageOf(text, unterminated, 'wrong fields'), line, text)
    // Events of other groups say nothing here. One that speaks of the IOMMU and is not known may be a damaged one.
    else if (!rest.includes('IOMMU:')) count(this.counts, this.counts.size < mostNames ? name : 'other events')
    else this.#damage.unknown(name, line, text)
  }

  #between(text: string, line: number, unterminated: boolean): void {
    const lost = lostBy(text)
    this.#lost += lost
    if (lost > 0 || isHeading(text)) return
    this.isQemu ||= qemuForm.test(text)
    this.#damage.note(damageOf(text, unterminated, 'no event'), line, text)
  }

  end(): KernelLog {
    const counts = [...this.counts].sort(([a], [b]) => a < b ? -1 : 1).map(([name, n]) => ({ name, count: n }))
    return { lines: this.number, events: this.#events, counts, attached: this.#attached, lost: this.#lost,
      damage: this.#damage.report() }
  }

  #keep(event: KernelEvent): void {
    if (this.#events.length >= eventsLimit) this.#lost++
    else if (event.end > event.page) this.#events.push(event)
  }

  /** False: damaged. Null: not an event this reader knows. */
  #take(name: string, rest: string, at: { line: number; cpu: number; time_us: number }): boolean | null {
    if (name === 'map') {
      const f = mapForm.exec(rest)
      if (f === null) return false
      this.#keep({ kind: 'map', ...at, page: pageOf(f[1]!), end: pageOf(f[2]!), frame: pageOf(f[3]!) })
      return true
    }
    if (name === 'unmap') {
      const f = unmapForm.exec(rest)
      if (f === null) return false
      const page = pageOf(f[1]!)
      this.#keep({ kind: 'unmap', ...at, page, end: page + Number(f[3]) / 4096 })
      return true
    }
    if (deviceEvents.includes(name)) {
      const f = deviceForm.exec(rest)
      if (f !== null && name === 'attach_device_to_domain') this.#attached.push({ line: at.line, device: f[1]! })
      return f !== null
    }
    return vectorEvents.includes(name) ? vectorForm.test(rest) : null
  }
}
