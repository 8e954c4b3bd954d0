/** Devices of an AMD unit and what each may do: every entry of the device table, judged by the checks of the walk (AMD
 *  48882 rev 3.05, 2.2). */
import { exclusionFor, faultReasons, translateBy } from '../../../spec/amdvi/index.ts'
import type { DeviceEntry, rawTables, rootsOf, TranslationUnit } from '../../../spec/amdvi/index.ts'
import type { PhysicalMemory } from '../../../spec/iommu/image.ts'
import { nothingFound } from '../devices.ts'
import type { Found, RequestClass } from '../devices.ts'
import type { Space } from '../spaces.ts'
import type { HostSpaces } from './spaces.ts'

type Tables = ReturnType<typeof rawTables>
const entryDwords = 8, perPage = 1024 / entryDwords

export interface AmdviFound extends Found {
  /** DeviceIDs whose entry is all zeros: how many, and the first. */
  readonly zeros: { count: number; first: number }
  /** Every entry that is not, by DeviceID. */
  readonly entries: Map<number, DeviceEntry>
}

/** Yields after each set of tables. */
export function* devicesOf(memory: PhysicalMemory, tables: Tables, unit: TranslationUnit,
  roots: ReturnType<typeof rootsOf>, spaces: HostSpaces): Generator<void, AmdviFound> {
  const found: AmdviFound = { ...nothingFound(), zeros: { count: 0, first: 0 }, entries: new Map() }
  if (!unit.enabled) return found
  found.structures.set('device table',
    { kind: 'device table', address: roots.deviceTable, bytes: roots.devices * entryDwords * 4 })
  for (let device = 0; device < roots.devices; device++) {
    const page = memory.page(roots.deviceTable / 4096 + Math.floor(device / perPage))
    if (page === undefined) {
      const known = found.outside.get('device table')
      if (known !== undefined) known.count++
      else found.outside.set('device table', { count: 1, address: roots.deviceTable + device * entryDwords * 4 })
      device += perPage - 1
      continue
    }
    const at = device % perPage * entryDwords
    if (page.subarray(at, at + entryDwords).every(word => word === 0)) {
      if (found.zeros.count++ === 0) found.zeros.first = device
      continue
    }
    const entry = tables.deviceEntry(device)
    if (entry === null || entry === 'unreadable') continue
    found.entries.set(device, entry)
    const way = yield* wayOf(entry, tables, unit, spaces)
    if (isSilent(entry, way)) continue
    found.devices.push({ sid: device, ways: [way], deviceTlb: entry.remoteTlb })
  }
  return found
}

/** Refusals of entries that block on purpose: V=1 with TV=0, and neither IR nor IW. */
export const blocks: readonly number[] = ['tv-zero', 'dte-permission']
  .map(cause => faultReasons.find(reason => reason.cause === cause)!.code)

/** An entry that is meant to let nothing through, no DMA and no interrupt: that of a device which is not there. */
const isSilent = ({ interrupts: { valid, control } }: DeviceEntry, { fault }: RequestClass): boolean =>
  fault !== null && blocks.includes(fault) && valid && control === 0

function* wayOf(entry: DeviceEntry, tables: Tables, unit: TranslationUnit,
  spaces: HostSpaces): Generator<void, RequestClass> {
  const way = (space: Space | null, fault: number | null): RequestClass =>
    ({ pasid: null, tag: null, did: entry.valid && entry.translates ? entry.domain : null, space, fault })
  if (!entry.valid) return way(spaces.passThrough(), null)
  // Guest tables are not followed. What the entry refuses to reads and writes alike it refuses to all.
  const asked = (access: 'read' | 'write') => translateBy(headless(tables), { ...unit, exclusion: null, guest: false },
    entry, { device: 0, address: 0, access }, null, null)
  const read = asked('read'), write = asked('write')
  const refusal = read.kind === 'fault' && write.kind === 'fault' ? read.reason : null
  const range = exclusionFor(unit, entry)
  if (refusal !== null && refusal.cause !== 'not-present')
    return range !== null && afterExclusion.includes(refusal.cause) ? way(spaces.passThrough(), null)
      : way(null, refusal.code)
  if (entry.mode === 0) return way(range === null ? spaces.untranslated(entry) : spaces.passThrough(), null)
  return way(yield* spaces.host(entry, range), null)
}
/** What the exclusion range goes by: such a device counts as reaching all, which is more than the range. */
const afterExclusion: readonly string[] = ['dte-permission', 'mode-reserved', 'level-unsupported']
/** No walk goes on below the entry. */
const headless = (tables: Tables): Tables => ({ ...tables,
  pageEntry: () => ({ present: false, nextLevel: 0, address: 0, read: false, write: false, reserved: false }) })
