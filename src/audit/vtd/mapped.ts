/** All that a set of paging tables maps: every entry is visited once a way, not every address. The rules are those of
 *  the walkers in spec/vtd (VT-d rev 5.10: 3.6, 3.7, 9.7, 9.8); a test holds both against each other. */
import type { PhysicalMemory } from '../../../spec/iommu/image.ts'
import { hardwareGeometry, inputWidth, leafSize } from '../../../spec/vtd/index.ts'
import type { EntryReader, FirstStageEntry, SecondStageEntry, TranslationUnit } from '../../../spec/vtd/index.ts'
import { RangeList, rights } from '../ranges.ts'
import type { Budget, Defect, Troubles } from '../spaces.ts'

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

export interface Mapped {
  readonly ranges: RangeList
  /** Host pages that hold a table, by number. */
  readonly tables: Set<number>
  readonly troubles: Map<Defect, Troubles>
  /** More ways, or more ranges, than were followed: outputs are complete, inputs are not. */
  cut: boolean
  /** Not even outputs are complete: the budget of the audit was used up. */
  readonly lost: boolean
}

/** First-stage bits on the way down: present, R/W, U/S. */
const user = 4
const entries = 512

export interface Source { readonly memory: PhysicalMemory; readonly reader: EntryReader; readonly unit: TranslationUnit
  readonly budget: Budget }

/** What the tables map. Yields after every table that has tables below it. Where their ways are too many to follow
 *  (tables that share tables), `cut` is set, and each table is visited once for each level and rights: then all outputs
 *  are there, but not all inputs. */
export function* mapped(source: Source, of: Tables): Generator<void, Mapped> {
  const { budget } = source
  const whole = new Enumeration(source, of, { tables: budget.tablesPerSpace, ranges: budget.ranges, once: null })
  yield* whole.run()
  if (!whole.found.cut) return whole.found
  const outputs = new Enumeration(source, of, { tables: Infinity, ranges: Infinity, once: new Set() })
  yield* outputs.run()
  return { ...outputs.found, cut: true, lost: outputs.found.cut }
}

interface Limits { tables: number; readonly ranges: number; readonly once: Set<string> | null }

class Enumeration {
  readonly found: Mapped = { ranges: new RangeList(), tables: new Set(), troubles: new Map(), cut: false, lost: false }
  /** Inputs from here on are beyond the unit, or beyond the tables. */
  readonly #limit: number
  readonly #superpages: readonly number[]
  constructor(private readonly source: Source, private readonly of: Tables, private readonly limits: Limits) {
    const { unit } = source
    this.#limit = of.stage === 'first' ? Infinity
      : 2 ** Math.min(unit.maxGuestAddressWidth, inputWidth(hardwareGeometry, of.levels))
    this.#superpages = of.stage === 'second' ? unit.superpages : unit.scalable?.firstStageSuperpages ?? []
  }

  run(): Generator<void> { return this.#descend(this.of.table, this.of.levels, 0, rights.both | user, []) }

  /** `above`: the tables on the way here, host addresses. */
  *#descend(address: number, level: number, base: number, granted: number, above: readonly number[]): Generator<void> {
    const { found, of, limits, source: { memory, budget } } = this
    const key = `${address}/${level}/${granted}`
    if (limits.once?.has(key)) return
    limits.once?.add(key)
    if (limits.tables-- <= 0 || budget.tables-- <= 0) { found.cut = true; return }
    const table = of.host(address)
    if (table === null) { this.#note('unmapped', address, 0, level); return }
    const page = memory.page(table / 4096)
    if (page === undefined) { this.#note('outside', table, 0, level); return }
    found.tables.add(table / 4096)
    const size = leafSize(hardwareGeometry, level)
    const path = [...above, table]
    for (let index = 0; index < entries && !found.cut; index++) {
      if (page[2 * index] === 0 && page[2 * index + 1] === 0) continue
      const input = base + index * size
      if (input >= this.#limit) break
      const next = this.#entry(page, table, index, level, input, granted)
      if (next === null) continue
      const { address: below, granted: left } = next
      if (path.includes(of.host(below) ?? -1)) this.#note('cyclic', table, index, level)
      yield* this.#descend(below, level - 1, input, left, path)
    }
    if (level > 1) yield
  }

  /** Takes a leaf; gives the table below, null where there is none. */
  #entry(page: Uint32Array, table: number, index: number, level: number, input: number, granted: number):
    { readonly address: number; readonly granted: number } | null {
    const { reader } = this.source
    const entry = this.of.stage === 'second' ? reader.secondStageEntry(page, 2 * index, level)
      : reader.firstStageEntry(page, 2 * index, level)
    const bits = 'read' in entry ? secondBits(entry) : firstBits(entry)
    if (bits === 0) return null
    const large = level > 1 && entry.pageSize
    if (entry.reserved || large && !this.#superpages.includes(level)) {
      this.#note('reserved', table, index, level)
      return null
    }
    const left = granted & bits
    if ((left & rights.both) === 0) return null
    if (level > 1 && !large) return { address: entry.address, granted: left }
    this.#leaf(input, entry.address, leafSize(hardwareGeometry, level), this.#effective(left), level)
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

  #leaf(input: number, output: number, bytes: number, bits: number, level: number): void {
    if (bits === rights.none) return
    const { found, of, limits } = this
    if (found.ranges.length >= limits.ranges) { found.cut = true; return }
    // Canonical addresses: the upper half is at the top of 64 bits.
    const width = inputWidth(hardwareGeometry, of.levels)
    const at = of.stage === 'first' && input >= 2 ** (width - 1) ? input - 2 ** width + 2 ** 64 : input
    const range = of.final ? this.source.unit.interruptRange : null
    if (range === null || output > range.last || output + bytes <= range.first) {
      found.ranges.append(at, output, bytes, bits, level)
      return
    }
    // What would end in the interrupt range is blocked.
    const below = Math.max(0, range.first - output), above = Math.max(0, output + bytes - range.last - 1)
    if (below > 0) found.ranges.append(at, output, below, bits, level)
    if (above > 0) found.ranges.append(at + bytes - above, output + bytes - above, above, bits, level, below === 0)
  }

  #note(trouble: Defect, table: number, index: number, level: number): void {
    const known = this.found.troubles.get(trouble)
    if (known === undefined) this.found.troubles.set(trouble, { count: 1, table, index, level })
    else known.count++
  }
}

const secondBits = ({ read, write }: SecondStageEntry): number => (read ? rights.read : 0) | (write ? rights.write : 0)
/** 0 where it is not present. */
const firstBits = ({ present, write, user: byUser }: FirstStageEntry): number =>
  present ? rights.read | (write ? rights.write : 0) | (byUser ? user : 0) : 0
