/** What entries of paging tables mean. The rules are those of the walkers in spec/vtd (VT-d rev 5.10: 3.6, 3.7, 9.7,
 *  9.8); a test holds both against each other. */
import { hardwareGeometry, inputWidth, leafSize } from '../../../spec/vtd/index.ts'
import type { EntryReader, FirstStageEntry, SecondStageEntry, TranslationUnit } from '../../../spec/vtd/index.ts'
import { rights } from '../ranges.ts'
import { mapped, Visit } from '../visit.ts'
import type { Below, Limits, Mapped, Visited } from '../visit.ts'

export type Stage = 'second' | 'first'
/** Tables to enumerate. `host` takes the address of a table to host memory: null where nothing maps it. */
export interface Tables {
  readonly stage: Stage; readonly table: number; readonly levels: number
  /** False where outputs are guest-physical, so that none is an interrupt. */
  readonly final: boolean
  /** First stage: privileged requests are allowed, and obey R/W. */
  readonly sre: boolean; readonly wpe: boolean
  readonly host: (address: number) => number | null
}

/** First-stage bits on the way down: present, R/W, U/S. */
const user = 4

export interface Source extends Visited { readonly reader: EntryReader; readonly unit: TranslationUnit }

export const mappedBy = (source: Source, of: Tables): Generator<void, Mapped> =>
  mapped(source.budget, limits => new StageVisit(source, of, limits))

class StageVisit extends Visit {
  readonly #reader: EntryReader
  readonly #unit: TranslationUnit
  readonly #superpages: readonly number[]
  constructor(source: Source, private readonly of: Tables, limits: Limits) {
    super(source, limits)
    this.#reader = source.reader
    this.#unit = source.unit
    this.#superpages = of.stage === 'second' ? source.unit.superpages : source.unit.scalable?.firstStageSuperpages ?? []
  }

  run(): Generator<void> {
    const { stage, table: address, levels: level } = this.of
    const end = stage === 'first' ? Infinity
      : 2 ** Math.min(this.#unit.maxGuestAddressWidth, inputWidth(hardwareGeometry, level))
    return this.descend({ address, level, granted: rights.both | user }, 0, end)
  }
  protected override host(address: number): number | null { return this.of.host(address) }

  protected entry(page: Uint32Array, table: number, index: number, level: number, input: number,
    granted: number): Below | null {
    const entry = this.of.stage === 'second' ? this.#reader.secondStageEntry(page, 2 * index, level)
      : this.#reader.firstStageEntry(page, 2 * index, level)
    const bits = 'read' in entry ? secondBits(entry) : firstBits(entry)
    if (bits === 0) return null
    const large = level > 1 && entry.pageSize
    if (entry.reserved || large && !this.#superpages.includes(level)) {
      this.note('reserved', table, index, level)
      return null
    }
    const left = granted & bits
    if ((left & rights.both) === 0) return null
    if (level > 1 && !large) return { address: entry.address, level: level - 1, granted: left }
    this.#page(input, entry.address, leafSize(hardwareGeometry, level), this.#effective(left), level)
    return null
  }

  /** A user request needs U/S, and R/W to write; a privileged one, where allowed, reads all and needs R/W only if
   *  WPE=1. */
  #effective(left: number): number {
    if (this.of.stage === 'second') return left & rights.both
    const { sre, wpe } = this.of
    const byUser = (left & user) !== 0
    const write = (left & rights.write) !== 0
    return (byUser || sre ? rights.read : 0) | (byUser && write || sre && (write || !wpe) ? rights.write : 0)
  }

  #page(input: number, output: number, bytes: number, bits: number, level: number): void {
    if (bits === rights.none) return
    const { of } = this
    // Canonical addresses: the upper half is at the top of 64 bits.
    const width = inputWidth(hardwareGeometry, of.levels)
    const at = of.stage === 'first' && input >= 2 ** (width - 1) ? input - 2 ** width + 2 ** 64 : input
    const range = of.final ? this.#unit.interruptRange : null
    if (range === null || output > range.last || output + bytes <= range.first) {
      this.leaf(at, output, bytes, bits, level)
      return
    }
    // What would end in the interrupt range is blocked.
    const below = Math.max(0, range.first - output), above = Math.max(0, output + bytes - range.last - 1)
    if (below > 0) this.leaf(at, output, below, bits, level)
    if (above > 0) this.leaf(at + bytes - above, output + bytes - above, above, bits, level, below === 0)
  }
}

const secondBits = ({ read, write }: SecondStageEntry): number => (read ? rights.read : 0) | (write ? rights.write : 0)
/** 0 where it is not present. */
const firstBits = ({ present, write, user: byUser }: FirstStageEntry): number =>
  present ? rights.read | (write ? rights.write : 0) | (byUser ? user : 0) : 0
