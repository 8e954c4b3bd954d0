/** Accesses of registers in a log of an AMD unit, control bit by bit, and what the unit refused (AMD 48882 rev 3.05:
 *  2.5, ch. 3). */
import { decode, registerNameAt, registers } from '../../../spec/amdvi/index.ts'
import { count, noPlaces, note } from '../numbers.ts'
import type { EntryLedger } from '../replay/entries.ts'
import { mostPages } from '../replay/reports.ts'
import type { FaultAt, FaultGroup, FaultReport, RegisterReport } from '../replay/reports.ts'
import type { Access, AmdviEvent, Control, Refused } from './event.ts'
import { conditionOf } from './refusals.ts'

const off = new Uint32Array(2)

export class RegisterReplay {
  readonly #ledger: EntryLedger
  readonly #accesses = new Map<string, number>()
  readonly #commands: { line: number; commands: readonly string[] }[] = []
  readonly #remapping: { line: number; what: 'DMA' | 'interrupt'; on: boolean }[] = []
  readonly #fields = new Set<string>()
  #writes = 0
  #control: Uint32Array = off

  constructor(ledger: EntryLedger) { this.#ledger = ledger }

  /** Reads and writes look alike. */
  access({ offset }: Access): void {
    count(this.#accesses, registerNameAt(offset) ?? `0x${offset.toString(16)}`)
  }

  control({ words, at: { line } }: Control): readonly string[] {
    const { layout } = registers.IommuControl
    this.#ledger.judge(layout, words, line)
    this.#writes++
    const was: Readonly<Record<string, number>> = decode(layout, this.#control)
    const is: Readonly<Record<string, number>> = decode(layout, words)
    const changed = Object.keys(is).filter(name => is[name] !== was[name]).map(name => `${name}=${is[name]}`)
    for (const [name, value] of Object.entries(is)) if (value !== 0) this.#fields.add(name)
    if (changed.length > 0 && this.#commands.length < 100) this.#commands.push({ line, commands: changed })
    if (was.IommuEn !== is.IommuEn && this.#remapping.length < 100)
      this.#remapping.push({ line, what: 'DMA', on: is.IommuEn === 1 })
    this.#control = words
    return changed
  }

  report(): RegisterReport {
    return {
      writes: this.#writes === 0 ? []
        : [{ register: registers.IommuControl.name, count: this.#writes, fields: [...this.#fields] }],
      reads: [...this.#accesses].sort(([a], [b]) => a < b ? -1 : 1).map(([register, n]) => ({ register, count: n })),
      commands: this.#commands, several: noPlaces(), mode: null, pointers: [], remapping: this.#remapping,
    }
  }
}

/** Refusals by event and device. QEMU names the device in the very next event, what became of the request, or in the
 *  message before. */
export class FaultReplay {
  readonly #groups = new Map<string, FaultGroup>()
  readonly #pages = new Map<string, FaultAt>()
  #total = 0
  #unplaced = 0
  #pending: Refused | null = null
  /** Of the message that is under way. */
  #device: number | null = null
  /** Whether it is the last event. */
  #isFresh = false

  message(device: number): void {
    this.#device = device
    this.#isFresh = true
  }
  /** It became what it became. */
  messageEnded(): void { this.#device = null }
  /** The log goes on. A request that has come to its end names who was refused just before. */
  next(event: AmdviEvent): void {
    const pending = this.#pending
    this.#pending = null
    if (event.kind !== 'refused') this.#isFresh = false
    if (pending === null) return
    const isOwn = event.kind === 'result' && (pending.page === null || pending.page === event.page)
    this.#add(pending, isOwn ? event.device : null)
  }
  refused(event: Refused): void {
    this.#total++
    const ofMessage = event.of === 'interrupt' || event.of === 'either' && this.#isFresh
    if (event.of === 'command') this.#add(event, null)
    else if (!ofMessage) this.#pending = event
    else {
      this.#add(event, this.#device)
      this.#device = null
    }
  }

  report(): FaultReport {
    if (this.#pending !== null) this.#add(this.#pending, null)
    this.#pending = null
    const groups = [...this.#groups.values()].sort((a, b) => a.reason - b.reason || (a.sid ?? -1) - (b.sid ?? -1))
    return { total: this.#total, groups, recorded: noPlaces(), complaints: [], refused: [...this.#pages.values()],
      unplaced: this.#unplaced }
  }

  #add({ reason, says, page, at: { line } }: Refused, sid: number | null): void {
    if (sid === null || page === null) this.#unplaced++
    else if (this.#pages.size < mostPages && !this.#pages.has(`${sid} ${page}`))
      this.#pages.set(`${sid} ${page}`, { sid, page, line })
    const key = `${reason} ${sid} ${says}`
    const group: FaultGroup = this.#groups.get(key)
      ?? { reason, condition: conditionOf(reason), says, sid, write: null, places: noPlaces() }
    this.#groups.set(key, group)
    note(group.places, line)
  }
}
