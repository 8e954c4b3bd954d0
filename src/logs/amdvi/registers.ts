/** Accesses of registers in a log of an AMD unit, control bit by bit, and what the unit refused (AMD 48882 rev 3.05:
 *  2.5, ch. 3). */
import { decode, registerNameAt, registers } from '../../../spec/amdvi/index.ts'
import { count, noPlaces, note } from '../numbers.ts'
import type { EntryLedger } from '../replay/entries.ts'
import type { FaultGroup, FaultReport, RegisterReport } from '../replay/reports.ts'
import type { Access, Control, Refused } from './event.ts'
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

/** Refusals by event and device. QEMU names the device in the line that follows, or in the message before. */
export class FaultReplay {
  readonly #groups = new Map<string, FaultGroup>()
  #total = 0
  #pending: Refused | null = null
  #device: number | null = null

  /** A message of this device is under way. */
  message(device: number): void { this.#device = device }
  /** A request of this device has come to its end. */
  ended(device: number): void {
    if (this.#pending !== null) this.#add(this.#pending, device)
    this.#pending = null
  }
  refused(event: Refused, isInterrupt: boolean): void {
    this.#total++
    if (this.#pending !== null) this.#add(this.#pending, null)
    this.#pending = isInterrupt ? null : event
    if (isInterrupt) this.#add(event, this.#device)
  }

  report(): FaultReport {
    if (this.#pending !== null) this.#add(this.#pending, null)
    this.#pending = null
    const groups = [...this.#groups.values()].sort((a, b) => a.reason - b.reason || (a.sid ?? -1) - (b.sid ?? -1))
    return { total: this.#total, groups, recorded: noPlaces(), complaints: [], refused: [] }
  }

  #add({ reason, says, at: { line } }: Refused, sid: number | null): void {
    const key = `${reason} ${sid} ${says}`
    const group: FaultGroup = this.#groups.get(key)
      ?? { reason, condition: conditionOf(reason), says, sid, write: null, places: noPlaces() }
    this.#groups.set(key, group)
    note(group.places, line)
  }
}
