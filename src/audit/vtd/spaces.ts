/** Address spaces of a VT-d unit: sets of paging tables, each enumerated once, whoever uses it. */
import type { PasidEntry } from '../../../spec/vtd/index.ts'
import { RangeList } from '../ranges.ts'
import { everything, reachOf } from '../reach.ts'
import type { Space } from '../spaces.ts'
import { readThrough, through } from '../visit.ts'
import type { Mapped } from '../visit.ts'
import { mappedBy } from './mapped.ts'
import type { Source } from './mapped.ts'

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
    const found = yield* mappedBy(this.source,
      { stage: 'first', table, levels, final: true, sre, wpe, host: address => address })
    return this.#add(key, { kind: 'first-stage', table, levels, second: null, ...spaceOf(found), guestTables: noPages })
  }

  *nested(entry: PasidEntry): Generator<void, Space> {
    const { firstStageTable: table, firstStageLevels: levels, sre, wpe, table: below, levels: levelsBelow } = entry
    const key = `nested ${table}/${levels}/${sre}/${sre && wpe} ${below}/${levelsBelow}`
    const known = this.#known(key)
    if (known !== undefined) return known
    const second = yield* this.#second(below, levelsBelow)
    const first = yield* mappedBy(this.source,
      { stage: 'first', table, levels, final: false, sre, wpe, host: readThrough(second.ranges) })
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
    const found = yield* mappedBy(this.source,
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
