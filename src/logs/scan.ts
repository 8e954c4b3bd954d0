/** Reads a log line by line: a format says what each tells of the unit, and the replay is told. */
import { DamageLedger, isBinary } from './damage.ts'
import type { DamageReport } from './damage.ts'
import type { Stamps } from './formats/clock.ts'
import type { Format, LogReader, Reading, Use } from './formats/format.ts'
import { qemuVtd } from './formats/qemu-vtd.ts'
import { patience_lines, readLines } from './lines.ts'
import { Replay } from './replay/index.ts'
import type { ReplayOptions } from './replay/index.ts'

/** A sort of event that the log has, by the name that the log has for it. */
export interface EventCount { readonly name: string; readonly use: Use; readonly count: number }
export interface Scanned {
  readonly replay: Replay
  readonly lines: number
  readonly known: number
  /** What QEMU says beside its events. */
  readonly messages: number
  /** By name. */
  readonly events: readonly EventCount[]
  readonly stamps: Stamps
  readonly damage: DamageReport
}
export interface ScanOptions extends ReplayOptions {
  /** QEMU's trace where not said. */
  readonly format?: Format
}

/** @throws UserError as `readLines` does, and as the format does where the file is none of its logs. */
export async function scanLog(path: string, { format = qemuVtd, ...options }: ScanOptions,
  onProgress?: (lines: number) => void): Promise<Scanned> {
  const scan = new Scan(format.open(path), new Replay(format.iotlbEntries, options))
  for await (const { lines, unterminated } of readLines(path, format.again)) {
    for (const line of lines) scan.line(line, unterminated)
    onProgress?.(scan.number)
  }
  return scan.end()
}

class Scan {
  number = 0
  readonly #damage = new DamageLedger()
  readonly #reader: LogReader
  readonly #replay: Replay
  readonly #seen = new Map<string, { readonly name: string; readonly use: Use; count: number }>()
  #known = 0
  #messages = 0
  #binary = false

  constructor(reader: LogReader, replay: Replay) { this.#reader = reader; this.#replay = replay }

  line(text: string, unterminated: boolean): void {
    const reading = this.#reader.read(text, ++this.number)
    if (reading.is !== 'event' && reading.is !== 'message') return this.#unread(reading, text, unterminated)
    for (const event of reading.events) this.#replay.take(event)
    if (reading.is === 'message') { this.#messages++; return }
    this.#known++
    const seen = this.#seen.get(reading.name)
    if (seen === undefined) this.#seen.set(reading.name, { name: reading.name, use: reading.use, count: 1 })
    else seen.count++
  }

  end(): Scanned {
    if (!this.#reader.isSure) throw this.#foreign()
    return {
      replay: this.#replay, lines: this.number, known: this.#known, messages: this.#messages,
      damage: this.#damage.report(),
      stamps: this.#reader.stamps, events: [...this.#seen.values()].sort((a, b) => a.name < b.name ? -1 : 1),
    }
  }

  #unread(reading: Exclude<Reading, { is: 'event' | 'message' }>, text: string, unterminated: boolean): void {
    const line = this.number
    const isBlank = text.trim() === ''
    if (!isBlank) this.#replay.doubts.note(line)
    if (isBlank) this.#damage.blank()
    else if (isBinary(text)) { this.#binary = true; this.#damage.note('binary', line, text) }
    else if (unterminated) this.#damage.note('cut off', line, text)
    else if (reading.is === 'unknown event') this.#damage.unknown(reading.name, line, text)
    else this.#damage.note(reading.is, line, text)
    if (this.#known === 0 && line >= patience_lines) throw this.#foreign()
  }

  #foreign(): Error { return this.#reader.foreign(this.number, this.#binary && this.#known === 0) }
}
