/** Guest translation of an AMD IOMMU: GCR3 table, then tables of the CPU's form, each perhaps through the host tables
 *  (AMD 48882 rev 3.05, 2.2). Our sources say little of it: its causes are known by one source at best, and accessed
 *  and dirty bits are left out. */
import { indexAt, leafSize, roundDown } from '../../iommu/geometry.ts'
import { translateHost } from './second-stage.ts'
import { blame } from './translation.ts'
import type { DmaRequest, Trail, Translation, TranslationUnit } from './translation.ts'
import type { DeviceEntry, GuestMap, GuestPageEntry, Tables } from './tables.ts'

type Fault = Translation & { readonly kind: 'fault' }
type Guest = NonNullable<Tables['guest']>

/** What a step of the way needs: the entry of the device, and where to note what counted. */
interface Way {
  readonly tables: Tables
  readonly guest: Guest
  readonly unit: TranslationUnit
  readonly entry: DeviceEntry
  readonly trail: Trail | null
}
interface Rights { readonly read: boolean; readonly write: boolean }

/** Of a request that guest translation is for. */
export function translateGuest(tables: Tables, unit: TranslationUnit, entry: DeviceEntry, request: DmaRequest,
  trail: Trail | null): Translation {
  const { guest: map } = entry, { guest } = tables
  if (map === null || request.pasid !== undefined && !map.withPasid) return blame('pasid-unexpected', trail)
  if (guest === undefined) return blame('guest-unreadable', trail)
  trail?.exercised.push('AMD:2.2/guest')
  const way: Way = { tables, guest, unit, entry, trail }
  const root = guestRootOf(guest, map, request.pasid ?? 0, trail)
  return typeof root === 'number' ? walkGuest(way, map, root, request) : root
}

/** The root of the guest's tables: guest-physical where Mode is not 0. The GCR3 table itself is host-physical. */
export function guestRootOf(guest: Guest, { table, levels }: Pick<GuestMap, 'table' | 'levels'>, pasid: number,
  trail: Trail | null): number | Fault {
  if (pasid >= 2 ** (9 * levels)) return blame('pasid-range', trail)
  let at = table
  for (let level = levels; level > 0; level--) {
    const entry = guest.gcr3Entry(at, Math.floor(pasid / 2 ** (9 * (level - 1))) % 512)
    if (entry === 'unreadable') return blame('guest-unreadable', trail)
    if (!entry.valid) return blame('gcr3-not-valid', trail)
    if (entry.reserved) return blame('guest-reserved', trail)
    at = entry.address
  }
  return at
}

function walkGuest(way: Way, { paging }: GuestMap, root: number, request: DmaRequest): Translation {
  const { unit: { geometry: g }, trail, entry: { domain } } = way
  const width = g.pageShift + paging * g.levelBits
  if (!isCanonical(request.address, width)) return blame('guest-not-present', trail)
  let table = root, write = true
  for (let level: number = paging; level > 0; level--) {
    const place = throughHost(way, table, 'read')
    if ('kind' in place) return place
    const found = way.guest.pageEntry(place.address, indexAt(g, request.address, level))
    if (found === 'unreadable') return blame('guest-unreadable', trail)
    const size = leafSize(g, level), next = guestTargetOf(found, level, size)
    const wrong = wrongIn(found, request, next === null)
    if (wrong !== null) return blame(wrong, trail)
    write &&= found.write
    if (level > 1 && !found.isPage) { table = next!; continue }
    const offset = request.address % size
    const end = throughHost(way, next! + offset, request.access)
    if ('kind' in end) return end
    const whole = Math.min(size, end.size)
    return { kind: 'translated', address: end.address, mapping: { domain, pasid: request.pasid ?? 0, size: whole,
      input: roundDown(request.address, whole), output: roundDown(end.address, whole),
      read: end.read, write: write && end.write } }
  }
  return blame('guest-not-present', trail)
}

/** Bits above the width are copies of the highest bit below: an address is a number of 64 bits without sign. */
const isCanonical = (address: number, width: number): boolean =>
  address < 2 ** (width - 1) || address >= 2 ** 64 - 2 ** (width - 1)

/** Of a page above the last level, bit 12 is PAT, as in the tables of the CPU: no part of the address. */
const pat = 4096
/** Where an entry of the guest's tables points: the next table, or the page of `size` bytes. Null where a bit is
 *  reserved, or a page stands above level 3. */
export function guestTargetOf({ isPage, address, reserved }: GuestPageEntry, level: number,
  size: number): number | null {
  if (reserved || isPage && level > 3) return null
  if (!isPage || level === 1) return address
  const low = address % size
  return low === 0 || low === pat ? address - low : null
}

/** What forbids the access at an entry of the guest's tables, in order; null where nothing does. */
function wrongIn({ present, write, user, noExecute }: GuestPageEntry, request: DmaRequest,
  isReserved: boolean): string | null {
  if (!present) return 'guest-not-present'
  if (isReserved) return 'guest-reserved'
  if (request.user === true && !user) return 'guest-user'
  return request.access === 'write' && !write || request.execute === true && noExecute ? 'guest-permission' : null
}

interface Place extends Rights { readonly address: number; readonly size: number }
/** Where a guest-physical address is in host memory. */
function throughHost(way: Way, address: number, access: DmaRequest['access']): Place | Fault {
  const { tables, unit, entry, trail } = way
  if (entry.mode === 0) return { address, size: Infinity, read: entry.read, write: entry.write }
  trail?.exercised.push('AMD:2.2/nested')
  const found = translateHost(tables, unit, entry, { address, access }, null, trail)
  if (found.kind === 'fault') return found
  return found.kind === 'untranslated' ? { address, size: Infinity, read: entry.read, write: entry.write }
    : { address: found.address, size: found.mapping.size, read: found.mapping.read, write: found.mapping.write }
}
