/** Devices of an AMD unit and what each may do: every entry of the device table, judged by the checks of the walk (AMD
 *  48882 rev 3.05, 2.2). */
import { exclusionFor, faultReasons, perSegment, translateBy } from '../../../spec/amdvi/index.ts'
import type { DeviceEntry, rootsOf, Tables, TranslationUnit } from '../../../spec/amdvi/index.ts'
import type { PhysicalMemory } from '../../../spec/iommu/image.ts'
import { lacks, nothingFound, reads } from '../devices.ts'
import type { Found, RequestClass } from '../devices.ts'
import type { Budget, Space } from '../spaces.ts'
import { Guests, notRead, notThere } from './guests.ts'
import type { Spaces } from './spaces.ts'

const entryDwords = 8, perPage = 1024 / entryDwords

export interface AmdviFound extends Found {
  /** DeviceIDs whose entry is all zeros: how many, and the first. */
  readonly zeros: { count: number; first: number }
  /** Every entry that is not, by DeviceID. */
  readonly entries: Map<number, DeviceEntry>
  /** Devices with guest tables that cannot be followed. */
  readonly notFollowed: number[]
  /** Entries of GCR3 tables that point back to a table on the way to them. */
  readonly loops: { readonly sid: number; readonly table: number; readonly index: number }[]
}

/** What an audit of device table entries needs. */
export interface Sources {
  readonly memory: PhysicalMemory
  readonly tables: Tables
  readonly unit: TranslationUnit
  readonly roots: ReturnType<typeof rootsOf>
  readonly spaces: Spaces
  readonly budget: Budget
  /** False where GCR3 tables cannot be followed. */
  readonly followsGuests: boolean
}

/** Yields after each set of tables. */
export function* devicesOf(of: Sources): Generator<void, AmdviFound> {
  const { tables, unit } = of
  const found: AmdviFound =
    { ...nothingFound(), zeros: { count: 0, first: 0 }, entries: new Map(), notFollowed: [], loops: [] }
  if (!unit.enabled) return found
  const guests = new Guests(tables.guest!, of.spaces, of.budget, found)
  for (const device of idsOf(of, found)) {
    const entry = tables.deviceEntry(device)
    if (entry === null || entry === 'unreadable') continue
    found.entries.set(device, entry)
    const ways = yield* waysOf(device, entry, of, guests, found)
    if (isSilent(entry, ways)) continue
    found.devices.push({ sid: device, ways, deviceTlb: entry.remoteTlb })
  }
  return found
}

/** DeviceIDs whose entry the dump holds, and is not all zeros. */
function* idsOf({ memory, roots }: Sources, found: AmdviFound): Generator<number> {
  const each = perSegment(roots)
  for (const [segment, table] of roots.segments.entries()) {
    if (table === null) continue
    reads(found, 'device table', table.address, table.devices * entryDwords * 4)
    for (let index = 0; index < Math.min(each, table.devices); index++) {
      const page = memory.page(table.address / 4096 + Math.floor(index / perPage))
      const at = index % perPage * entryDwords, device = segment * each + index
      if (page === undefined) {
        lacks(found, 'device table', table.address + index * entryDwords * 4)
        index += perPage - 1
      } else if (page.subarray(at, at + entryDwords).some(word => word !== 0)) yield device
      else if (found.zeros.count++ === 0) found.zeros.first = device
    }
  }
}

/** Refusals of entries that block on purpose: V=1 with TV=0, neither IR nor IW, and no guest tables for requests
 *  without PASID. */
const closed: readonly number[] = [...['tv-zero', 'dte-permission']
  .map(cause => faultReasons.find(reason => reason.cause === cause)!.code), notThere]
/** And what is told as a table that the dump does not hold. */
export const blocks: readonly number[] = [...closed, notRead]

/** An entry that is meant to let nothing through, no DMA and no interrupt: that of a device which is not there. */
const isSilent = ({ interrupts: { valid, control } }: DeviceEntry, ways: readonly RequestClass[]): boolean =>
  ways.every(({ fault }) => fault !== null && closed.includes(fault)) && valid && control === 0

function* waysOf(sid: number, entry: DeviceEntry, { tables, unit, spaces, followsGuests }: Sources, guests: Guests,
  found: AmdviFound): Generator<void, RequestClass[]> {
  const way = (space: Space | null, fault: number | null): RequestClass =>
    ({ pasid: null, tag: null, did: entry.valid && entry.translates ? entry.domain : null, space, fault })
  if (!entry.valid) return [way(spaces.passThrough(), null)]
  // What the entry refuses to reads and writes alike it refuses to all, those of a guest too.
  const asked = (access: 'read' | 'write') => translateBy(headless(tables), { ...unit, exclusion: null, guest: false },
    entry, { device: 0, address: 0, access }, null, null)
  const read = asked('read'), write = asked('write')
  const refusal = read.kind === 'fault' && write.kind === 'fault' ? read.reason : null
  const range = exclusionFor(unit, entry)
  if (refusal !== null && refusal.cause !== 'not-present')
    return [range !== null && afterExclusion.includes(refusal.cause) ? way(spaces.passThrough(), null)
      : way(null, refusal.code)]
  const map = unit.guest ? entry.guest : null
  if (map !== null && !followsGuests) found.notFollowed.push(sid)
  if (map === null || !followsGuests) return [way(yield* hostSpace(entry, spaces, range), null)]
  const of = { sid, entry, map, range }
  return [map.withoutPasid ? yield* guests.own(of) : way(yield* hostSpace(entry, spaces, range), null),
    ...map.withPasid ? yield* guests.byPasid(of) : []]
}

function* hostSpace(entry: DeviceEntry, spaces: Spaces, range: TranslationUnit['exclusion']): Generator<void, Space> {
  if (entry.mode > 0) return yield* spaces.host(entry, range)
  return range === null ? spaces.untranslated(entry) : spaces.passThrough()
}
/** What the exclusion range goes by: such a device counts as reaching all, which is more than the range. */
const afterExclusion: readonly string[] = ['dte-permission', 'mode-reserved', 'level-unsupported',
  'mode-page-fault']
/** No walk goes on below the entry. */
const headless = (tables: Tables): Tables => ({ ...tables,
  pageEntry: () => ({ present: false, nextLevel: 0, address: 0, read: false, write: false, reserved: false }) })
