/** The trace of QEMU's VT-d unit as text: `vtd_*` events, one a line, with or without stamps. */
import type { UserError } from '../../errors.ts'
import { logError, patience_lines } from '../lines.ts'
import { Clock } from './clock.ts'
import type { Stamps } from './clock.ts'
import type { At } from '../event.ts'
import type { Format, LogReader, Reading } from './format.ts'
import { looksNamed, OtherEvents } from './other-events.ts'
import { complaintOf, isMessage } from './qemu-messages.ts'
import { events, ofUnit, otherForms } from './qemu-vtd-events.ts'

const again = 'record one: qemu-system-x86_64 -device intel-iommu,intremap=on -trace "vtd_*" -D LOG'
const stamp = /^\d+@(\d+)\.(\d{6}):/

/** Errors: E-LOG-AMD, E-LOG-FOREIGN, E-LOG-BINARY. */
export const qemuVtd: Format = { again, iotlbEntries: 1024, open: path => new Reader(path) }

class Reader implements LogReader {
  readonly #path: string
  readonly #clock = new Clock()
  #isSure = false
  #isFtrace = false
  readonly #others = new OtherEvents()

  constructor(path: string) { this.#path = path }

  get isSure(): boolean { return this.#isSure }
  get stamps(): Stamps { return this.#clock.report() }

  read(text: string, line: number): Reading {
    const stamped = text.charCodeAt(0) <= 57 ? stamp.exec(text) : null
    const body = stamped === null ? text : text.slice(stamped[0].length)
    const space = body.indexOf(' ')
    const name = space < 0 ? body : body.slice(0, space)
    const rest = space < 0 ? '' : body.slice(space + 1).trimEnd()
    let event = events.get(name)
    let fields = event?.form.exec(rest) ?? null
    if (event !== undefined && fields === null) {
      event = otherForms.get(name)
      fields = event?.form.exec(rest) ?? null
    }
    if (event === undefined || fields === null) return this.#unread(name, body, text, line, stamped)
    this.#stamp(stamped)
    this.#isSure ||= ofUnit.test(name)
    return { is: 'event', name, use: event.use, events: event.says(fields, this.#at(line)) }
  }

  #stamp(stamped: RegExpExecArray | null): void {
    if (stamped !== null) this.#clock.stamp(Number(stamped[1]), Number(stamped[2]))
  }
  #at(line: number): At { return { line, time_us: this.#clock.now_us } }

  foreign(lines: number, isBinary: boolean): UserError {
    if (this.#isFtrace) return logError('FOREIGN', this.#path, "this is the kernel's own trace, not QEMU's",
      'give it as --ftrace FILE beside the log of QEMU')
    const where = `none of its ${lines < patience_lines ? '' : 'first '}${lines} lines is an event of a `
      + 'VT-d unit (vtd_*)'
    return isBinary ? logError('BINARY', this.#path, 'this is binary data, not a log', again)
      : logError('FOREIGN', this.#path, `this is not a QEMU trace log: ${where}`, again)
  }

  #unread(name: string, body: string, text: string, line: number, stamped: RegExpExecArray | null): Reading {
    if (!this.#isSure && name.startsWith('amdvi_')) {
      throw logError('AMD', `${this.#path}:${line}`,
        'this is the log of an AMD IOMMU (amdvi_* events), which is not supported yet',
        'give the log of an Intel unit: qemu-system-x86_64 -device intel-iommu,intremap=on -trace "vtd_*"')
    }
    if (line === 1 && text.startsWith('# tracer: ')) this.#isFtrace = true
    if (events.has(name)) return { is: 'wrong fields' }
    const complaint = complaintOf(body, this.#at(line))
    if (complaint !== null) {
      this.#isSure = true
      return { is: 'message', events: [complaint] }
    }
    if (isMessage(body)) return { is: 'message', events: [] }
    // In a log with stamps each event has one.
    const other = stamped !== null || !this.#clock.isUsed ? this.#others.nameOf(name, body) : null
    if (other !== null) {
      this.#stamp(stamped)
      return { is: 'event', name: other, use: 'ignored', events: [] }
    }
    return looksNamed(name) ? { is: 'unknown event', name } : { is: 'no event' }
  }
}
