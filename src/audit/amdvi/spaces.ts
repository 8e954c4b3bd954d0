/** Address spaces of an AMD unit: sets of host tables, and of a guest's tables, each visited once, whoever uses it (AMD
 *  48882 rev 3.05: 2.2, 2.2.3). */
import type { DeviceEntry, TranslationUnit } from '../../../spec/amdvi/index.ts'
import { RangeList, rights } from '../ranges.ts'
import { everything, reachOf } from '../reach.ts'
import type { Space } from '../spaces.ts'
import { mapped, readThrough, through } from '../visit.ts'
import type { Mapped } from '../visit.ts'
import { bitsOf, GuestVisit, HostVisit } from './visits.ts'
import type { Source } from './visits.ts'

/** Writes to FEEx_xxxx are interrupts. */
const interruptRange = { first: 0xfee00000, last: 0xfeefffff } as const
const noPages: ReadonlySet<number> = new Set()
/** Addresses that pass as they are, beside the tables; null where there are none. */
type Passing = TranslationUnit['exclusion']

export class Spaces {
  readonly all: Space[] = []
  readonly #byKey = new Map<string, Space>()
  readonly #hosts = new Map<string, Mapped>()
  constructor(private readonly source: Source, private readonly haw: number) {}

  passThrough(): Space { return this.untranslated({ read: true, write: true }) }

  /** Mode=0: addresses as they are, as far as IR and IW allow. */
  untranslated(of: Pick<DeviceEntry, 'read' | 'write'>): Space {
    const all = everything(this.haw, interruptRange), key = `as they are ${bitsOf(of)}`
    return this.#byKey.get(key) ?? this.#add(key, {
      kind: 'pass-through', table: 0, levels: 0, second: null, ranges: new RangeList(),
      reach: { ...all, rights: all.rights.map(bits => bits & bitsOf(of)) },
      tables: noPages, guestTables: noPages, troubles: new Map(), cut: false, lost: false,
    })
  }

  *host(entry: DeviceEntry, range: Passing): Generator<void, Space> {
    const { root: table, mode: levels } = entry
    const key = `host ${table}/${levels}/${bitsOf(entry)}${passes(range)}`
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const { ranges, beyond, ...found } = yield* this.#host(table, levels, bitsOf(entry))
    return this.#add(key, { kind: 'host', table, levels, second: null, ranges,
      reach: reachOf(ranges, beyond, passing(range)), guestTables: noPages, ...found })
  }

  /** The tables of a guest, whose root is guest-physical where Mode is not 0. */
  *guest(entry: DeviceEntry, table: number, levels: number, range: Passing): Generator<void, Space> {
    const key = `guest ${table}/${levels}/${entry.mode}/${entry.mode === 0 ? '' : entry.root}/${bitsOf(entry)}`
      + passes(range)
    return this.#byKey.get(key) ?? this.#add(key, entry.mode === 0 ? yield* this.#flat(entry, table, levels, range)
      : yield* this.#nested(entry, table, levels, range))
  }

  *#flat(entry: DeviceEntry, table: number, levels: number, range: Passing): Generator<void, Omit<Space, 'id'>> {
    const { ranges, beyond: _, ...found } = yield* this.#guest(entry, table, levels, address => address)
    return { kind: 'guest', table, levels, second: null, ranges, reach: reachOf(ranges, passing(range)),
      guestTables: noPages, ...found }
  }

  *#nested(entry: DeviceEntry, table: number, levels: number, range: Passing): Generator<void, Omit<Space, 'id'>> {
    const { root, mode } = entry
    // IR and IW of the device table entry do not keep a walk from the tables of the guest.
    const host = yield* this.#host(root, mode, rights.both)
    const guest = yield* this.#guest(entry, table, levels, readThrough(host.ranges))
    const ranges = through(guest.ranges, host.ranges)
    // Where what the host tables map is in doubt, all that they reach bounds what both reach.
    const isOpen = host.cut || host.beyond.length > 0
    return {
      kind: 'nested', table, levels, second: { table: root, levels: mode }, ranges,
      reach: reachOf(...isOpen ? [host.ranges, host.beyond] : [ranges], passing(range)),
      tables: host.tables, guestTables: guest.tables, troubles: new Map([...host.troubles, ...guest.troubles]),
      cut: guest.cut || host.cut, lost: guest.lost || host.lost,
    }
  }

  #guest(entry: DeviceEntry, table: number, levels: number, toHost: (address: number) => number | null):
    Generator<void, Mapped> {
    const top = { address: table, level: levels, granted: bitsOf(entry) }
    return mapped(this.source.budget, limits => new GuestVisit(this.source, limits, top, toHost))
  }

  *#host(table: number, levels: number, granted: number): Generator<void, Mapped> {
    const key = `${table}/${levels}/${granted}`
    const known = this.#hosts.get(key)
    if (known !== undefined) return known
    const found = yield* mapped(this.source.budget,
      limits => new HostVisit(this.source, limits, { address: table, level: levels, granted }))
    this.#hosts.set(key, found)
    return found
  }

  #add(key: string, space: Omit<Space, 'id'>): Space {
    const added = { id: this.all.length, ...space }
    this.all.push(added)
    this.#byKey.set(key, added)
    return added
  }
}

const passes = (range: Passing): string => range === null ? '' : '/excluded'
function passing(range: Passing): RangeList {
  const found = new RangeList()
  if (range !== null) found.append(0, range.base, range.limit + 1 - range.base, rights.both, 1)
  return found
}
