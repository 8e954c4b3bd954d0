/** Reads a QEMU trace log line by line into the replay. */
import { events } from './formats/qemu-vtd.ts'
import { DamageLedger, isBinary } from './damage.ts'
import type { DamageReport } from './damage.ts'
import { logError, patience_lines, readLines } from './lines.ts'
import { Replay } from './replay/index.ts'
import type { ReplayOptions } from './replay/index.ts'

export interface Stamps {
  /** Lines with a stamp, of all lines with an event. */
  readonly stamped: number
  /** From the first stamp to the last. */
  readonly span_us: number
  /** Stamps earlier than one before them (threads write side by side); such a line is taken to stand at the latest time
   *  so far. */
  readonly backward: number
}
export interface Scanned {
  readonly replay: Replay
  readonly lines: number
  readonly known: number
  readonly stamps: Stamps
  readonly damage: DamageReport
}

const stamp = /^\d+@(\d+)\.(\d{6}):/
const eventName = /^[a-z][a-z0-9]*_[a-z0-9_]*$/

const again = 'record one: qemu-system-x86_64 -device intel-iommu,intremap=on -trace "vtd_*" -D LOG'

/** @throws UserError as `readLines` does, and E-LOG-AMD, E-LOG-FOREIGN, E-LOG-BINARY where the file is no log of a VT-d
 *  unit. */
export async function scanLog(path: string, options: ReplayOptions,
  onProgress?: (lines: number) => void): Promise<Scanned> {
  const scan = new Scan(path, new Replay(options))
  for await (const { lines, unterminated } of readLines(path, again)) {
    for (const line of lines) scan.line(line, unterminated)
    onProgress?.(scan.number)
  }
  return scan.end()
}

class Scan {
  number = 0
  readonly #damage = new DamageLedger()
  readonly #path: string
  readonly #replay: Replay
  #known = 0
  #vtd = false
  #stamped = 0
  #first: { readonly s: number; readonly us: number } | null = null
  #now_us = 0
  #backward = 0
  #binary = false
  #ftrace = false

  constructor(path: string, replay: Replay) { this.#path = path; this.#replay = replay }

  line(text: string, unterminated: boolean): void {
    const line = ++this.number
    const stamped = text.charCodeAt(0) <= 57 ? stamp.exec(text) : null
    const body = stamped === null ? text : text.slice(stamped[0].length)
    const space = body.indexOf(' ')
    const name = space < 0 ? body : body.slice(0, space)
    const event = events.get(name)
    const fields = event === undefined ? null : event.form.exec(space < 0 ? '' : body.slice(space + 1).trimEnd())
    if (fields === null) return this.#unread(name, event !== undefined, text, unterminated)
    this.#known++
    if (stamped !== null) this.#clock(stamped)
    if (!this.#vtd && name.startsWith('vtd_')) this.#vtd = true
    this.#replay.event(name, fields, { line, time_us: this.#now_us })
  }

  end(): Scanned {
    if (!this.#vtd) throw this.#foreign()
    return {
      replay: this.#replay, lines: this.number, known: this.#known, damage: this.#damage.report(),
      stamps: { stamped: this.#stamped, span_us: this.#now_us, backward: this.#backward },
    }
  }

  #clock([, seconds, micros]: RegExpExecArray): void {
    this.#stamped++
    this.#first ??= { s: Number(seconds), us: Number(micros) }
    const time_us = (Number(seconds) - this.#first.s) * 1e6 + Number(micros) - this.#first.us
    if (time_us < this.#now_us) this.#backward++
    else this.#now_us = time_us
  }

  #unread(name: string, known: boolean, text: string, unterminated: boolean): void {
    const line = this.number
    if (!this.#vtd && name.startsWith('amdvi_')) {
      throw logError('AMD', `${this.#path}:${line}`,
        'this is the log of an AMD IOMMU (amdvi_* events), which is not supported yet',
        'give the log of an Intel unit: qemu-system-x86_64 -device intel-iommu,intremap=on -trace "vtd_*"')
    }
    if (line === 1 && text.startsWith('# tracer: ')) this.#ftrace = true
    if (text.trim() === '') this.#damage.blank()
    else if (isBinary(text)) { this.#binary = true; this.#damage.note('binary', line, text) }
    else if (unterminated) this.#damage.note('cut off', line, text)
    else if (known) this.#damage.note('wrong fields', line, text)
    else if (eventName.test(name)) this.#damage.unknown(name, line, text)
    else this.#damage.note('no event', line, text)
    if (this.#known === 0 && line >= patience_lines) throw this.#foreign()
  }

  #foreign(): Error {
    if (this.#ftrace) return logError('FOREIGN', this.#path, "this is the kernel's own trace, not QEMU's",
      'give it as --ftrace FILE beside the log of QEMU')
    const where = `none of its ${this.number < patience_lines ? '' : 'first '}${this.number} lines is an event of a `
      + 'VT-d unit (vtd_*)'
    return this.#binary && this.#known === 0 ? logError('BINARY', this.#path, 'this is binary data, not a log', again)
      : logError('FOREIGN', this.#path, `this is not a QEMU trace log: ${where}`, again)
  }
}
