/** What a set of paging tables maps: every entry is visited once a way, not every address. What an entry means, the
 *  folder of the vendor says; tests hold it against the walks of spec. */
import { hardwareGeometry, leafSize } from '../../spec/iommu/geometry.ts'
import type { PhysicalMemory } from '../../spec/iommu/image.ts'
import { RangeList, rights } from './ranges.ts'
import type { Budget, Defect, Troubles } from './spaces.ts'

export interface Mapped {
  readonly ranges: RangeList
  /** Memory that the unit may reach besides the outputs of `ranges`: where entries are in doubt. */
  readonly beyond: RangeList
  /** Host pages that hold a table, by number. */
  readonly tables: ReadonlySet<number>
  readonly troubles: ReadonlyMap<Defect, Troubles>
  /** More ways, or more ranges, than were followed: outputs are complete, inputs are not. */
  readonly cut: boolean
  /** Not even outputs are complete: the budget of the audit was used up. */
  readonly lost: boolean
}

/** What a visit needs of the dump. */
export interface Visited { readonly memory: PhysicalMemory; readonly budget: Budget }
/** The top table, its level, and what is granted on the way to it: rights, and bits of the vendor's own. */
export interface Below { readonly address: number; readonly level: number; readonly granted: number }
/** `once`: tables that were visited, where each is visited once for each level and rights. */
export interface Limits { tables: number; readonly ranges: number; readonly once: Set<string> | null }

/** What the tables map. Yields after every table that has tables below it. Where their ways are too many to follow
 *  (tables that share tables), `cut` is set, and each table is visited once for each level and rights: then all outputs
 *  are there, but not all inputs. */
export function* mapped(budget: Budget, visit: (limits: Limits) => Visit): Generator<void, Mapped> {
  const whole = visit({ tables: budget.tablesPerSpace, ranges: budget.ranges, once: null })
  yield* whole.run()
  const outputs = whole.cut ? visit({ tables: Infinity, ranges: Infinity, once: new Set() }) : whole
  if (whole.cut) yield* outputs.run()
  const { ranges, beyond, tables, troubles } = outputs
  return { ranges, beyond, tables, troubles, cut: whole.cut, lost: whole.cut && outputs.cut }
}

const entries = 512

export abstract class Visit {
  readonly ranges = new RangeList()
  readonly beyond = new RangeList()
  readonly tables = new Set<number>()
  readonly troubles = new Map<Defect, Troubles>()
  cut = false
  constructor(private readonly source: Visited, private readonly limits: Limits) {}

  abstract run(): Generator<void>
  /** Takes a page by `leaf`, a defect by `note`; gives the table below, null where there is none. */
  protected abstract entry(page: Uint32Array, table: number, index: number, level: number, input: number,
    granted: number): Below | null
  /** The host address of a table; null where nothing maps it. */
  protected host(address: number): number | null { return address }

  /** `above`: the tables on the way here, host addresses. Inputs from `end` on are beyond the unit, or the tables. */
  protected *descend({ address, level, granted }: Below, base = 0, end = Infinity,
    above: readonly number[] = []): Generator<void> {
    const { limits, source: { memory, budget } } = this
    const key = `${address}/${level}/${granted}`
    if (limits.once?.has(key)) return
    limits.once?.add(key)
    if (limits.tables-- <= 0 || budget.tables-- <= 0) { this.cut = true; return }
    const table = this.host(address)
    if (table === null) { this.note('unmapped', address, 0, level); return }
    const page = memory.page(table / 4096)
    if (page === undefined) { this.note('outside', table, 0, level); return }
    this.tables.add(table / 4096)
    const size = leafSize(hardwareGeometry, level), path = [...above, table]
    for (let index = 0; index < entries && !this.cut; index++) {
      if (page[2 * index] === 0 && page[2 * index + 1] === 0) continue
      const input = base + index * size
      if (input >= end) break
      const next = this.entry(page, table, index, level, input, granted)
      if (next === null) continue
      if (path.includes(this.host(next.address) ?? -1)) this.note('cyclic', table, index, level)
      yield* this.descend(next, input, end, path)
    }
    if (level > 1) yield
  }

  protected leaf(input: number, output: number, bytes: number, bits: number, level: number, counts = true): void {
    if (this.ranges.length >= this.limits.ranges) { this.cut = true; return }
    this.ranges.append(input, output, bytes, bits & rights.both, Math.min(level, 3), counts)
  }

  protected note(trouble: Defect, table: number, index: number, level: number): void {
    const known = this.troubles.get(trouble)
    if (known === undefined) this.troubles.set(trouble, { count: 1, table, index, level })
    else known.count++
  }
}

/** Runs of a guest's tables, taken through those of the host; rights are those of both. Pieces do not count as
 *  leaves. */
export function through(first: RangeList, second: RangeList): RangeList {
  const found = new RangeList()
  for (let i = 0; i < first.length; i++) {
    const from = first.output(i), to = from + first.bytes(i)
    for (let at = firstEndingAbove(second, from); at < second.length && second.input(at) < to; at++) {
      const low = Math.max(from, second.input(at)), high = Math.min(to, second.input(at) + second.bytes(at))
      const bits = first.rights(i) & second.rights(at)
      if (bits !== 0) found.append(first.input(i) + low - from, second.output(at) + low - second.input(at), high - low,
        bits, 1, false)
    }
  }
  return found
}
function firstEndingAbove(ranges: RangeList, address: number): number {
  let low = 0, high = ranges.length
  while (low < high) {
    const middle = low + high >>> 1
    if (ranges.input(middle) + ranges.bytes(middle) > address) high = middle
    else low = middle + 1
  }
  return low
}

/** Where the tables of a guest are in host memory, by the mappings of the host: a walk reads them. */
export const readThrough = (host: RangeList) => (address: number): number | null => {
  const at = host.find(address)
  return at < 0 || (host.rights(at) & rights.read) === 0 ? null : host.output(at) + address - host.input(at)
}
