/** The trace of a unit of QEMU as text: one event a line, with or without stamps. What is a unit's own stands in its
 *  `QemuUnit`. */
import type { UserError } from '../../errors.ts'
import type { At } from '../event.ts'
import { logError, patience_lines } from '../lines.ts'
import { Clock } from './clock.ts'
import type { Stamps } from './clock.ts'
import type { LogReader, Reading, Use } from './format.ts'
import { looksNamed, OtherEvents } from './other-events.ts'
import { isMessage } from './qemu-messages.ts'

/** What a line of one event tells: the fields in the order of its form, behind the whole of it. */
export interface EventForm<E> {
  readonly use: Use
  readonly form: RegExp
  readonly says: (fields: readonly string[], at: At) => readonly E[]
}
type Events<E> = ReadonlyMap<string, EventForm<E>>
export interface QemuUnit<E> {
  /** What names of its events begin with, and what kind of unit it is. */
  readonly prefix: string
  readonly title: string
  readonly again: string
  readonly events: Events<E>
  /** Forms that other versions of QEMU have for some of them. */
  readonly otherForms?: Events<E>
  /** What QEMU says on stderr of a request that the unit refuses; null where a line is none. */
  readonly complaintOf?: (body: string, at: At) => E | null
}

const stamp = /^\d+@(\d+)\.(\d{6}):/
/** What names of events begin with that only one kind of unit has. */
const prefixes = ['vtd_', 'amdvi_'] as const
const ofUnits = new RegExp(`^(?:${prefixes.join('|')})`)
/** The beginning of the name of an event that only one kind of unit has; null in other lines. */
export function unitPrefixOf(line: string): string | null {
  const body = line.charCodeAt(0) <= 57 ? line.replace(stamp, '') : line
  return ofUnits.exec(body)?.[0] ?? null
}

/** Errors: E-LOG-MIXED, E-LOG-FOREIGN, E-LOG-BINARY. */
export class QemuReader<E> implements LogReader<E> {
  readonly #path: string
  readonly #unit: QemuUnit<E>
  readonly #clock = new Clock()
  readonly #others: OtherEvents
  #isSure = false
  #isFtrace = false

  constructor(path: string, unit: QemuUnit<E>) {
    this.#path = path
    this.#unit = unit
    this.#others = new OtherEvents(unit.prefix, unit.events.keys())
  }

  get isSure(): boolean { return this.#isSure }
  get stamps(): Stamps { return this.#clock.report() }

  read(text: string, line: number): Reading<E> {
    const stamped = text.charCodeAt(0) <= 57 ? stamp.exec(text) : null
    const body = stamped === null ? text : text.slice(stamped[0].length)
    const space = body.indexOf(' ')
    const name = space < 0 ? body : body.slice(0, space)
    const rest = space < 0 ? '' : body.slice(space + 1).trim()
    let event = this.#unit.events.get(name)
    let fields = event?.form.exec(rest) ?? null
    if (event !== undefined && fields === null) {
      event = this.#unit.otherForms?.get(name)
      fields = event?.form.exec(rest) ?? null
    }
    if (event === undefined || fields === null) return this.#unread(name, body, text, line, stamped)
    this.#stamp(stamped)
    this.#isSure ||= name.startsWith(this.#unit.prefix)
    return { is: 'event', name, use: event.use, events: event.says(fields, this.#at(line)) }
  }

  #stamp(stamped: RegExpExecArray | null): void {
    if (stamped !== null) this.#clock.stamp(Number(stamped[1]), Number(stamped[2]))
  }
  #at(line: number): At { return { line, time_us: this.#clock.now_us } }

  foreign(lines: number, isBinary: boolean, again: string): UserError {
    if (this.#isFtrace) return logError('FOREIGN', this.#path, "this is the kernel's own trace, not QEMU's",
      'give it as --ftrace FILE beside the log of QEMU')
    const where = `none of its ${lines < patience_lines ? '' : 'first '}${lines} lines is an event of an `
      + `IOMMU (${prefixes.map(prefix => `${prefix}*`).join(', ')})`
    const next = `${again}; of a dump, or files of debugfs: remapcheck audit FILE`
    return isBinary ? logError('BINARY', this.#path, 'this is binary data, not a log', next)
      : logError('FOREIGN', this.#path, `this is not a QEMU trace log: ${where}`, next)
  }

  #unread(name: string, body: string, text: string, line: number, stamped: RegExpExecArray | null): Reading<E> {
    const { prefix, title, events, complaintOf } = this.#unit
    if (ofUnits.test(name) && !name.startsWith(prefix)) {
      throw logError('MIXED', `${this.#path}:${line}`,
        `a log of ${unitText(title)} (${prefix}*) has the event ${name} of another vendor's`,
        'a machine has one kind of unit: give the log of one QEMU, recorded by itself')
    }
    if (line === 1 && text.startsWith('# tracer: ')) this.#isFtrace = true
    if (events.has(name)) return { is: 'wrong fields' }
    const complaint = complaintOf?.(body, this.#at(line)) ?? null
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
const unitText = (title: string): string => `${/^[AEIOU]/.test(title) ? 'an' : 'a'} ${title} unit`
