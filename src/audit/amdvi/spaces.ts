/** What sets of host tables map: every entry is visited once a way, not every address. The rules are those of the walk
 *  in spec/amdvi (AMD 48882 rev 3.05, 2.2.3); a test holds both against each other. */
import { pageSize } from '../../../spec/amdvi/index.ts'
import type { DeviceEntry, EntryReader, PageEntry, TranslationUnit } from '../../../spec/amdvi/index.ts'
import { hardwareGeometry, leafSize, roundDown } from '../../../spec/iommu/geometry.ts'
import type { PhysicalMemory } from '../../../spec/iommu/image.ts'
import { RangeList, rights } from '../ranges.ts'
import { everything, reachOf } from '../reach.ts'
import type { Budget, Defect, Space, Troubles } from '../spaces.ts'

export interface Source {
  readonly memory: PhysicalMemory
  readonly reader: EntryReader
  readonly unit: TranslationUnit
  readonly budget: Budget
}
type Rights = Pick<DeviceEntry, 'read' | 'write'>
const bitsOf = ({ read, write }: Rights): number => (read ? rights.read : 0) | (write ? rights.write : 0)
const entries = 512
/** Writes to FEEx_xxxx are interrupts. */
const interruptRange = { first: 0xfee00000, last: 0xfeefffff } as const

export class HostSpaces {
  readonly all: Space[] = []
  readonly #byKey = new Map<string, Space>()
  constructor(private readonly source: Source, private readonly haw: number) {}

  passThrough(): Space { return this.untranslated({ read: true, write: true }) }

  /** Mode=0: addresses as they are, as far as IR and IW allow. */
  untranslated(of: Rights): Space {
    const all = everything(this.haw, interruptRange)
    return this.#byKey.get(`as they are ${bitsOf(of)}`) ?? this.#add(`as they are ${bitsOf(of)}`, {
      kind: 'pass-through', table: 0, levels: 0, second: null, ranges: new RangeList(),
      reach: { ...all, rights: all.rights.map(bits => bits & bitsOf(of)) },
      tables: new Set(), guestTables: new Set(), troubles: new Map(), cut: false, lost: false,
    })
  }

  /** @param range addresses that pass as they are, beside the tables. */
  *host(entry: DeviceEntry, range: TranslationUnit['exclusion']): Generator<void, Space> {
    const { root: table, mode: levels } = entry
    const key = `${table}/${levels}/${bitsOf(entry)}${range === null ? '' : '/excluded'}`
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const { budget } = this.source
    const whole = new Enumeration(this.source, { tables: budget.tablesPerSpace, ranges: budget.ranges, once: null })
    yield* whole.run(table, levels, bitsOf(entry))
    const outputs = !whole.cut ? whole
      : new Enumeration(this.source, { tables: Infinity, ranges: Infinity, once: new Set() })
    if (whole.cut) yield* outputs.run(table, levels, bitsOf(entry))
    if (range !== null) outputs.pass(range)
    return this.#add(key, {
      kind: 'host', table, levels, second: null, ranges: outputs.ranges, reach: reachOf(outputs.reached),
      tables: outputs.tables, guestTables: new Set(), troubles: outputs.troubles, cut: whole.cut,
      lost: whole.cut && outputs.cut,
    })
  }

  #add(key: string, space: Omit<Space, 'id'>): Space {
    const added = { id: this.all.length, ...space }
    this.all.push(added)
    this.#byKey.set(key, added)
    return added
  }
}

interface Limits { tables: number; readonly ranges: number; readonly once: Set<string> | null }

class Enumeration {
  readonly ranges = new RangeList()
  /** All that the unit may reach: `ranges`, and the whole of pages whose entry does not stand in all its places. */
  readonly reached = new RangeList()
  readonly tables = new Set<number>()
  readonly troubles = new Map<Defect, Troubles>()
  cut = false
  constructor(private readonly source: Source, private readonly limits: Limits) {}

  run(table: number, levels: number, granted: number): Generator<void> {
    return this.#descend(table, levels, 0, granted, [])
  }

  pass({ base, limit }: NonNullable<TranslationUnit['exclusion']>): void {
    this.reached.append(this.reached.length, base, limit + 1 - base, rights.read | rights.write, 1)
  }

  /** `above`: the tables on the way here. */
  *#descend(table: number, level: number, base: number, granted: number, above: readonly number[]): Generator<void> {
    const { limits, source: { memory, budget } } = this
    const key = `${table}/${level}/${granted}`
    if (limits.once?.has(key)) return
    limits.once?.add(key)
    if (limits.tables-- <= 0 || budget.tables-- <= 0) { this.cut = true; return }
    const page = memory.page(table / 4096)
    if (page === undefined) { this.#note('outside', table, 0, level); return }
    this.tables.add(table / 4096)
    const size = leafSize(hardwareGeometry, level), path = [...above, table]
    for (let index = 0; index < entries && !this.cut; index++) {
      if (page[2 * index] === 0 && page[2 * index + 1] === 0) continue
      const input = base + index * size
      const next = this.#entry(page, table, index, level, input, granted)
      if (next === null) continue
      if (path.includes(next.address)) this.#note('cyclic', table, index, level)
      yield* this.#descend(next.address, next.level, input, next.granted, path)
    }
    if (level > 1) yield
  }

  /** Takes a page; gives the table below, null where there is none. */
  #entry(page: Uint32Array, table: number, index: number, level: number, input: number, granted: number):
    { readonly address: number; readonly level: number; readonly granted: number } | null {
    const { reader, unit: { levels } } = this.source
    const entry = reader.pageEntry(page, 2 * index)
    const { present, nextLevel, address } = entry
    if (!present) return null
    const left = granted & bitsOf(entry), size = pageSize(entry, hardwareGeometry, level)
    const isOdd = nextLevel === 7
      && (size! <= leafSize(hardwareGeometry, level) || size! >= leafSize(hardwareGeometry, level + 1))
    if (entry.reserved || isOdd || nextLevel !== 7 && (nextLevel > levels || nextLevel >= level)) {
      this.#note('reserved', table, index, level)
      return null
    }
    if (left === rights.none) return null
    if (size === null) return { address, level: nextLevel, granted: left }
    if (nextLevel === 7 && !isReplicated(page, index, size / leafSize(hardwareGeometry, level)))
      this.#note('not replicated', table, index, level)
    this.#leaf(entry, input, leafSize(hardwareGeometry, level), size, left, level)
    return null
  }

  /** The place of one entry, of a page that may be larger. */
  #leaf({ address }: PageEntry, input: number, bytes: number, size: number, bits: number, level: number): void {
    const output = roundDown(address, size)
    if (this.ranges.length >= this.limits.ranges) { this.cut = true; return }
    const at = output + input % size
    this.ranges.append(input, at, bytes, bits, Math.min(level, 3))
    this.reached.append(this.reached.length, at, bytes, bits, 1)
    if (size > bytes && this.troubles.has('not replicated'))
      this.reached.append(this.reached.length, output, size, bits, 1)
  }

  #note(trouble: Defect, table: number, index: number, level: number): void {
    const known = this.troubles.get(trouble)
    if (known === undefined) this.troubles.set(trouble, { count: 1, table, index, level })
    else known.count++
  }
}

/** Whether all `count` places of a page hold the same entry. */
function isReplicated(page: Uint32Array, index: number, count: number): boolean {
  const first = index - index % count
  for (let at = first; at < first + count; at++)
    if (page[2 * at] !== page[2 * index] || page[2 * at + 1] !== page[2 * index + 1]) return false
  return true
}
