/** Reads a log line by line: whose unit it is of says the first line that only one kind of unit has. */
import { DamageLedger, isBinary } from './damage.ts'
import type { DamageReport } from './damage.ts'
import type { Stamps } from './formats/clock.ts'
import type { Use } from './formats/format.ts'
import { nameOf, patience_lines, readLines } from './lines.ts'
import type { Batch, LogSource } from './lines.ts'
import type { Heard, Listener, Side, SoFar } from './side.ts'

/** A sort of event that the log has, by the name that the log has for it. */
export interface EventCount { readonly name: string; readonly use: Use; readonly count: number }
export interface Scanned {
  readonly side: Side
  readonly lines: number
  readonly known: number
  /** What QEMU says beside its events. */
  readonly messages: number
  /** By name. */
  readonly events: readonly EventCount[]
  readonly stamps: Stamps
  readonly damage: DamageReport
}

/** Which side a log is of, by a line; null where it does not say. */
export type Choose = (line: string) => Side | null

/** @param otherwise the side of a log none of whose first lines says so.
 *  @throws UserError as `readLines` does, and as the side does where the file is none of its logs. */
export async function scanLog(source: LogSource, choose: Choose, otherwise: () => Side, again: string,
  onProgress?: (lines: number, soFar: readonly SoFar[]) => void): Promise<Scanned> {
  const path = nameOf(source)
  const waiting: Batch[] = []
  let scan: Scan | null = null, before = 0
  for await (const batch of readLines(source, again)) {
    waiting.push(batch)
    const side = scan === null ? firstOf(batch, choose) ?? (before >= patience_lines ? otherwise() : null) : null
    if (side !== null) scan = new Scan(path, side, again)
    before += batch.lines.length
    if (scan === null) continue
    for (const { lines, unterminated } of waiting.splice(0)) for (const line of lines) scan.line(line, unterminated)
    if (onProgress !== undefined) onProgress(scan.number, scan.soFar())
  }
  scan ??= new Scan(path, otherwise(), again)
  for (const { lines, unterminated } of waiting) for (const line of lines) scan.line(line, unterminated)
  return scan.end()
}
function firstOf({ lines }: Batch, choose: Choose): Side | null {
  for (const line of lines) {
    const side = choose(line)
    if (side !== null) return side
  }
  return null
}

class Scan {
  number = 0
  readonly #damage = new DamageLedger()
  readonly #side: Side
  readonly #again: string
  readonly #listener: Listener
  readonly #seen = new Map<string, { readonly name: string; readonly use: Use; count: number }>()
  #known = 0
  #messages = 0
  #binary = false

  constructor(path: string, side: Side, again: string) {
    this.#side = side
    this.#listener = side.listen(path)
    this.#again = again
  }

  soFar(): readonly SoFar[] { return this.#side.soFar?.() ?? [] }

  line(text: string, unterminated: boolean): void {
    const heard = this.#listener.line(text, ++this.number)
    if (heard.is !== 'event' && heard.is !== 'message') return this.#unread(heard, text, unterminated)
    if (heard.is === 'message') { this.#messages++; return }
    this.#known++
    const seen = this.#seen.get(heard.name)
    if (seen === undefined) this.#seen.set(heard.name, { name: heard.name, use: heard.use, count: 1 })
    else seen.count++
  }

  end(): Scanned {
    if (!this.#listener.isSure) throw this.#foreign()
    return {
      side: this.#side, lines: this.number, known: this.#known, messages: this.#messages,
      damage: this.#damage.report(), stamps: this.#listener.stamps,
      events: [...this.#seen.values()].sort((a, b) => a.name < b.name ? -1 : 1),
    }
  }

  #unread(heard: Exclude<Heard, { is: 'event' | 'message' }>, text: string, unterminated: boolean): void {
    const line = this.number
    if (text.trim() === '') this.#damage.blank()
    else this.#damaged(heard, text, unterminated)
    if (this.#known === 0 && line >= patience_lines) throw this.#foreign()
  }

  #damaged(heard: Exclude<Heard, { is: 'event' | 'message' }>, text: string, unterminated: boolean): void {
    const line = this.number
    this.#side.doubts.note(line)
    if (isBinary(text)) { this.#binary = true; this.#damage.note('binary', line, text) }
    else if (unterminated) this.#damage.note('cut off', line, text)
    else if (heard.is === 'unknown event') this.#damage.unknown(heard.name, line, text)
    else this.#damage.note(heard.is, line, text)
  }

  #foreign(): Error { return this.#listener.foreign(this.number, this.#binary && this.#known === 0, this.#again) }
}
