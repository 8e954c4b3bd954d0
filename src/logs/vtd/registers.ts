/** Register accesses of a log, and the order that GCMD asks for (VT-d rev 5.10, 11.4.4 and table 28). */
import { decode, registers } from '../../../spec/vtd/index.ts'
import type { Register } from '../../../spec/vtd/index.ts'
import type { RegisterWrite } from '../event.ts'
import { count, noPlaces, note } from '../numbers.ts'
import type { Doubts } from '../replay/doubts.ts'
import type { EntryLedger } from '../replay/entries.ts'
import type { Command, PointerSet, RegisterReport } from '../replay/reports.ts'

/** By the offset of each of their dwords. Where the others are, which stand in CAP and ECAP, the log does not say. */
const byOffset: ReadonlyMap<number, Register> = new Map(Object.values(registers)
  .filter(({ relative }) => relative === 'unit')
  .flatMap((register: Register) => Array.from({ length: register.layout.bits / 32 },
    (_, i): [number, Register] => [register.offset + 4 * i, register])))
const nameAt = (offset: number): string => byOffset.get(offset)?.name ?? `0x${offset.toString(16)}`

/** GCMD: bits that keep a level, and bits that ask for one act. */
const levels = ['TE', 'QIE', 'IRE', 'CFI'] as const
const acts = ['SRTP', 'WBF', 'SIRTP'] as const

export type Flush = 'context cache, global' | 'IOTLB, global' | 'interrupt entry cache, global'
interface Open {
  pointer: PointerSet['pointer']; line: number; address: number; usedLine: number | null
  wanted: readonly Flush[]; pending: Flush | null; done: number
}
const wanted: Readonly<Record<PointerSet['pointer'], readonly Flush[]>> = {
  'root table': ['context cache, global', 'IOTLB, global'], 'interrupt table': ['interrupt entry cache, global'],
}

export class RegisterReplay {
  readonly #ledger: EntryLedger
  readonly #writes = new Map<string, { count: number; readonly fields: Set<string> }>()
  readonly #reads = new Map<string, number>()
  readonly #commands: Command[] = []
  readonly #several = noPlaces()
  readonly #pointers: Open[] = []
  readonly #remapping: { line: number; what: 'DMA' | 'interrupt'; on: boolean }[] = []
  #mode: RegisterReport['mode'] = null

  readonly #doubts: Doubts

  constructor(ledger: EntryLedger, doubts: Doubts) { this.#ledger = ledger; this.#doubts = doubts }

  read(offset: number): void { count(this.#reads, nameAt(offset)) }

  /** Half of a register of 64 bits may be written alone. */
  write({ offset, bytes, value, at: { line } }: RegisterWrite): void {
    const name = nameAt(offset)
    let written = this.#writes.get(name)
    if (written === undefined) this.#writes.set(name, written = { count: 0, fields: new Set() })
    written.count++
    const register = byOffset.get(offset)
    if (register === undefined) return
    const words = new Uint32Array(register.layout.bits / 32)
    words.set(value.subarray(0, Math.min(bytes / 4, words.length)), (offset - register.offset) / 4)
    this.#ledger.judge(register.layout, words, line)
    for (const [field, content] of Object.entries(decode(register.layout, words)))
      if (content !== 0) written.fields.add(field)
    if (name === 'IRTA' && decode(registers.IRTA.layout, words).EIME === 0) this.#ledger.narrowDestinations()
  }

  command(status: number, value: number, line: number): void {
    const is = decode(registers.GCMD.layout, [status]), asks = decode(registers.GCMD.layout, [value])
    const commands = [
      ...acts.filter(name => asks[name] === 1),
      ...levels.filter(name => asks[name] !== is[name]).map(name => `${name}=${asks[name]}`),
    ]
    if (this.#commands.length < 100) this.#commands.push({ line, commands })
    if (commands.length > 1) note(this.#several, line)
  }

  mode(scalable: boolean | null): void {
    if (scalable !== null) this.#mode = scalable ? 'scalable' : 'legacy'
  }

  pointer(pointer: PointerSet['pointer'], address: number, line: number): void {
    if (this.#pointers.length < 100)
      this.#pointers.push({ pointer, line, address, usedLine: null, wanted: wanted[pointer], pending: null, done: 0 })
  }

  /** A global invalidation. It counts when its turn has come: the next cache only after the wait for the one before
   *  it. */
  flushed(flush: Flush): void {
    for (const open of this.#open()) if (open.wanted[open.done] === flush) open.pending = flush
  }
  waited(): void {
    for (const open of this.#open()) if (open.pending !== null) { open.done++; open.pending = null }
  }
  enable(what: 'DMA' | 'interrupt', on: boolean, line: number): void {
    if (this.#remapping.length < 100) this.#remapping.push({ line, what, on })
    if (on) for (const open of this.#open())
      if (open.pointer === (what === 'DMA' ? 'root table' : 'interrupt table')) open.usedLine = line
  }

  report(): RegisterReport {
    const byName = <V>(counts: Map<string, V>): [string, V][] => [...counts].sort(([a], [b]) => a < b ? -1 : 1)
    return {
      writes: byName(this.#writes)
        .map(([register, { count: n, fields }]) => ({ register, count: n, fields: [...fields] })),
      reads: byName(this.#reads).map(([register, n]) => ({ register, count: n })), commands: this.#commands,
      several: this.#several, mode: this.#mode,
      pointers: this.#pointers.map(({ wanted: all, done, pointer, line, address, usedLine }) =>
        ({ pointer, line, address, usedLine, missing: all.slice(done),
          doubtful: this.#doubts.between(line - 1, (usedLine ?? Infinity) + 1) })),
      remapping: this.#remapping,
    }
  }
  #open(): Open[] { return this.#pointers.filter(({ usedLine }) => usedLine === null) }
}
