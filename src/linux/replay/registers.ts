/** Register accesses of a log, and the order that GCMD asks for (VT-d rev 5.10, 11.4.4 and table 28). */
import { count, noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'

const names: ReadonlyMap<number, string> = new Map([
  [0x00, 'VER'], [0x08, 'CAP'], [0x10, 'ECAP'], [0x18, 'GCMD'], [0x1c, 'GSTS'], [0x20, 'RTADDR'], [0x28, 'CCMD'], [0x34, 'FSTS'],
  [0x38, 'FECTL'], [0x3c, 'FEDATA'], [0x40, 'FEADDR'], [0x44, 'FEUADDR'], [0x64, 'PMEN'], [0x80, 'IQH'], [0x88, 'IQT'], [0x90, 'IQA'],
  [0x9c, 'ICS'], [0xa0, 'IECTL'], [0xa4, 'IEDATA'], [0xa8, 'IEADDR'], [0xac, 'IEUADDR'], [0xb0, 'IQERCD'], [0xb8, 'IRTA'],
])
/** GCMD: bits that keep a level, and bits that ask for one act. */
const levels = { TE: 31, QIE: 26, IRE: 25, CFI: 23 } as const
const acts = { SRTP: 30, WBF: 27, SIRTP: 24 } as const
const bit = (value: number, at: number): number => Math.floor(value / 2 ** at) % 2

export interface Command { readonly line: number; readonly commands: readonly string[] }
/** A new table pointer, and whether the caches were flushed and waited for before the table was put to use. */
export interface PointerSet {
  readonly pointer: 'root table' | 'interrupt table'
  readonly line: number
  /** Where TE or IRE was set after it; null where it was not. */
  readonly usedLine: number | null
  readonly missing: readonly string[]
}
export interface RegisterReport {
  readonly writes: readonly { readonly register: string; readonly count: number }[]
  readonly reads: readonly { readonly register: string; readonly count: number }[]
  readonly commands: readonly Command[]
  /** Writes of GCMD that ask for more than one thing. */
  readonly several: Places
  readonly pointers: readonly PointerSet[]
  readonly mode: 'legacy' | 'scalable' | null
  readonly remapping: readonly { readonly line: number; readonly what: 'DMA' | 'interrupt'; readonly on: boolean }[]
}

type Flush = 'context cache, global' | 'IOTLB, global' | 'interrupt entry cache, global'
interface Open {
  pointer: PointerSet['pointer']; line: number; usedLine: number | null
  wanted: readonly Flush[]; pending: Flush | null; done: number
}
const wanted: Readonly<Record<PointerSet['pointer'], readonly Flush[]>> = {
  'root table': ['context cache, global', 'IOTLB, global'], 'interrupt table': ['interrupt entry cache, global'],
}

export class RegisterReplay {
  readonly #writes = new Map<string, number>()
  readonly #reads = new Map<string, number>()
  readonly #commands: Command[] = []
  readonly #several = noPlaces()
  readonly #pointers: Open[] = []
  readonly #remapping: { line: number; what: 'DMA' | 'interrupt'; on: boolean }[] = []
  #mode: RegisterReport['mode'] = null

  access(kind: 'read' | 'write', offset: number): void {
    count(kind === 'read' ? this.#reads : this.#writes, names.get(offset) ?? `0x${offset.toString(16)}`)
  }

  command(status: number, value: number, line: number): void {
    const commands = [
      ...Object.entries(acts).filter(([, at]) => bit(value, at) === 1).map(([name]) => name),
      ...Object.entries(levels).filter(([, at]) => bit(value, at) !== bit(status, at)).map(([name, at]) => `${name}=${bit(value, at)}`),
    ]
    if (this.#commands.length < 100) this.#commands.push({ line, commands })
    if (commands.length > 1) note(this.#several, line)
  }

  pointer(pointer: PointerSet['pointer'], line: number, scalable?: boolean): void {
    if (scalable !== undefined) this.#mode = scalable ? 'scalable' : 'legacy'
    if (this.#pointers.length < 100)
      this.#pointers.push({ pointer, line, usedLine: null, wanted: wanted[pointer], pending: null, done: 0 })
  }

  /** A global invalidation. It counts when its turn has come: the next cache only after the wait for the one before it. */
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
    const list = (counts: Map<string, number>) =>
      [...counts].sort(([a], [b]) => a < b ? -1 : 1).map(([register, n]) => ({ register, count: n }))
    return {
      writes: list(this.#writes), reads: list(this.#reads), commands: this.#commands, several: this.#several, mode: this.#mode,
      pointers: this.#pointers.map(({ wanted: all, done, pointer, line, usedLine }) =>
        ({ pointer, line, usedLine, missing: all.slice(done) })),
      remapping: this.#remapping,
    }
  }
  #open(): Open[] { return this.#pointers.filter(({ usedLine }) => usedLine === null) }
}
