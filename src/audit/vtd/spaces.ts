/** Address spaces of a VT-d unit: sets of paging tables, each enumerated once, whoever uses it. */
import type { PasidEntry } from '../../../spec/vtd/index.ts'
import { RangeList } from '../ranges.ts'
import { everything, reachOf } from '../reach.ts'
import type { Space } from '../spaces.ts'
import { mapped } from './mapped.ts'
import type { Mapped, Source } from './mapped.ts'

const noPages: ReadonlySet<number> = new Set()

export class Spaces {
  readonly all: Space[] = []
  readonly #byKey = new Map<string, Space>()
  readonly #seconds = new Map<string, Mapped>()
  constructor(private readonly source: Source) {}

  passThrough(): Space {
    const { unit } = this.source
    return this.#known('pass-through') ?? this.#add('pass-through', {
      kind: 'pass-through', table: 0, levels: 0, second: null, ranges: new RangeList(),
      reach: everything(unit.hostAddressWidth, unit.interruptRange),
      tables: noPages, guestTables: noPages, troubles: new Map(), cut: false, lost: false,
    })
  }

  *secondStage(table: number, levels: number): Generator<void, Space> {
    const key = `second ${table}/${levels}`
    const known = this.#known(key)
    if (known !== undefined) return known
    return this.#add(key,
      { kind: 'second-stage', table, levels, second: null, ...spaceOf(yield* this.#second(table, levels)),
        guestTables: noPages })
  }

  *firstStage({ firstStageTable: table, firstStageLevels: levels, sre, wpe }: PasidEntry): Generator<void, Space> {
    const key = `first ${table}/${levels}/${sre}/${sre && wpe}`
    const known = this.#known(key)
    if (known !== undefined) return known
    const found = yield* mapped(this.source,
      { stage: 'first', table, levels, final: true, sre, wpe, host: address => address })
    return this.#add(key, { kind: 'first-stage', table, levels, second: null, ...spaceOf(found), guestTables: noPages })
  }

  *nested(entry: PasidEntry): Generator<void, Space> {
    const { firstStageTable: table, firstStageLevels: levels, sre, wpe, table: below, levels: levelsBelow } = entry
    const key = `nested ${table}/${levels}/${sre}/${sre && wpe} ${below}/${levelsBelow}`
    const known = this.#known(key)
    if (known !== undefined) return known
    const second = yield* this.#second(below, levelsBelow)
    const host = (address: number): number | null => {
      const at = second.ranges.find(address)
      return at < 0 || (second.ranges.rights(at) & 1) === 0 ? null
        : second.ranges.output(at) + address - second.ranges.input(at)
    }
    const first = yield* mapped(this.source, { stage: 'first', table, levels, final: false, sre, wpe, host })
    const ranges = through(first.ranges, second.ranges)
    const cut = first.cut || second.cut
    return this.#add(key, {
      kind: 'nested', table, levels, second: { table: below, levels: levelsBelow }, ranges,
      // Where inputs of the second stage are not all known, what it reaches bounds what both reach.
      reach: reachOf(second.cut ? second.ranges : ranges), tables: second.tables, guestTables: first.tables,
      troubles: new Map([...second.troubles, ...first.troubles]), cut, lost: first.lost || second.lost,
    })
  }

  *#second(table: number, levels: number): Generator<void, Mapped> {
    const key = `${table}/${levels}`
    const known = this.#seconds.get(key)
    if (known !== undefined) return known
    const found = yield* mapped(this.source,
      { stage: 'second', table, levels, final: true, sre: false, wpe: false, host: address => address })
    this.#seconds.set(key, found)
    return found
  }

  #known(key: string): Space | undefined { return this.#byKey.get(key) }
  #add(key: string, space: Omit<Space, 'id'>): Space {
    const added = { id: this.all.length, ...space }
    this.all.push(added)
    this.#byKey.set(key, added)
    return added
  }
}

const spaceOf = ({ ranges, tables, troubles, cut, lost }: Mapped) =>
  ({ ranges, reach: reachOf(ranges), tables, troubles, cut, lost })

/** Runs of the first stage, taken through those of the second; rights are those of both. Pieces do not count as
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
