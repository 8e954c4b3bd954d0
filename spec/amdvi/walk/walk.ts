/** DMA translation of an AMD IOMMU: device table entry, then host page tables (AMD 48882 rev 3.05: 2.2.3, 2.5.3). Pure
 *  and total. The order of the checks is that of the implementations. */
import { indexAt, inputWidth, leafSize, powersOfTwo, roundDown } from '../../iommu/geometry.ts'
import type { Geometry } from '../../iommu/geometry.ts'
import type { AmdviClause } from '../clauses.ts'
import { causeNamed } from '../faults.ts'
import type { FaultReason } from '../faults.ts'
import type { DeviceEntry, PageEntry, Tables } from './tables.ts'

/** What the walk has to know of the unit. */
export interface TranslationUnit {
  readonly geometry: Geometry
  /** IommuEn */
  readonly enabled: boolean
  /** HATS: levels of the largest tables, 4 to 6 on hardware. */
  readonly levels: number
  /** Whether bits above what Mode reaches are looked at: one implementation does not. */
  readonly checksReach: boolean
  /** What Mode=7 or too many levels give: sources have either event. */
  readonly reservedMode: 'mode-reserved' | 'level-unsupported'
}
export interface DmaRequest { readonly device: number; readonly address: number; readonly access: 'read' | 'write' }

/** A range of 2^n pages with the same tag, as the caches hold it. `input` and `output` are its first addresses. */
export interface Mapping {
  readonly domain: number
  readonly input: number
  readonly output: number
  readonly size: number
  readonly read: boolean
  readonly write: boolean
}
export type Translation =
  /** The address is used as it is. */
  | { readonly kind: 'untranslated' }
  | { readonly kind: 'translated'; readonly address: number; readonly mapping: Mapping }
  | { readonly kind: 'fault'; readonly reason: FaultReason }

/** What was read, and which rules counted. */
export interface Trail {
  readonly visited: { readonly table: number; readonly index: number; readonly level: number }[]
  readonly exercised: AmdviClause[]
}
export const newTrail = (): Trail => ({ visited: [], exercised: [] })

/** Where a walk stands: at the root, or where a directory cache has got to. */
export interface WalkStart {
  readonly table: number
  readonly level: number
  readonly read: boolean
  readonly write: boolean
}

function blame(cause: string, trail: Trail | null): Translation {
  const reason = causeNamed(cause)
  trail?.exercised.push(reason.clause)
  return { kind: 'fault', reason }
}

/** The whole way of a request, no caches. */
export function translate(tables: Tables, unit: TranslationUnit, request: DmaRequest,
  trail: Trail | null = null): Translation {
  if (!unit.enabled) {
    trail?.exercised.push('AMD:2.2/iommu-off')
    return { kind: 'untranslated' }
  }
  const entry = tables.deviceEntry(request.device)
  if (entry === null) return blame('outside-device-table', trail)
  return entry === 'unreadable' ? blame('dte-unreadable', trail)
    : translateBy(tables, unit, entry, request, null, trail)
}

/** Under a device table entry, which may come from the cache. */
export function translateBy(tables: Tables, unit: TranslationUnit, entry: DeviceEntry,
  { address, access }: DmaRequest, start: WalkStart | null, trail: Trail | null): Translation {
  trail?.exercised.push('AMD:2.2/device-table')
  if (!entry.valid) return { kind: 'untranslated' }
  if (entry.reserved) return blame('dte-reserved', trail)
  if (!entry.translates) {
    trail?.exercised.push('AMD:2.2/blocked')
    return blame('tv-zero', trail)
  }
  if (!allows(entry, access)) return blame('dte-permission', trail)
  if (entry.mode === 0) {
    trail?.exercised.push('AMD:2.2/mode-zero')
    return { kind: 'untranslated' }
  }
  if (entry.mode > unit.levels) return blame(unit.reservedMode, trail)
  if (unit.checksReach && isBeyond(unit.geometry, entry.mode, address)) return blame('above-mode', trail)
  const { mode: level, root: table, read, write } = entry
  return walk(tables, unit, entry.domain, address, access, start ?? { table, level, read, write }, trail)
}

const allows = ({ read, write }: { readonly read: boolean; readonly write: boolean },
  access: DmaRequest['access']): boolean => access === 'write' ? write : read
const isBeyond = (g: Geometry, levels: number, address: number): boolean =>
  address >= powersOfTwo[Math.min(127, inputWidth(g, levels))]!

function walk(tables: Tables, unit: TranslationUnit, domain: number, address: number, access: DmaRequest['access'],
  from: WalkStart, trail: Trail | null): Translation {
  trail?.exercised.push('AMD:2.2.3/walk')
  let { table, level, read, write } = from
  for (;;) {
    const index = indexAt(unit.geometry, address, level)
    trail?.visited.push({ table, index, level })
    const entry = tables.pageEntry(table, index, level)
    if (entry === 'unreadable') return blame('pte-unreadable', trail)
    const wrong = wrongIn(entry, unit, level, address, access)
    if (wrong !== null) return blame(wrong, trail)
    trail?.exercised.push('AMD:2.2/permissions')
    read &&= entry.read
    write &&= entry.write
    const size = pageSize(entry, unit.geometry, level)
    if (size !== null) {
      if (entry.nextLevel === 7) trail?.exercised.push('AMD:2.2.3/page-size')
      const input = roundDown(address, size), output = roundDown(entry.address, size)
      return { kind: 'translated', address: output + (address - input),
        mapping: { domain, input, output, size, read, write } }
    }
    table = entry.address
    level = entry.nextLevel
  }
}

/** What forbids the access at an entry of a table of this level, in order; null where nothing does. */
function wrongIn(entry: PageEntry, { geometry: g, levels }: TranslationUnit, level: number, address: number,
  access: DmaRequest['access']): string | null {
  const { nextLevel } = entry
  if (!entry.present) return 'not-present'
  if (nextLevel !== 7 && nextLevel > levels) return 'level-unsupported'
  if (entry.reserved) return 'pte-reserved'
  if (!allows(entry, access)) return 'permission'
  if (nextLevel === 0) return null
  if (nextLevel === 7) {
    const size = pageSize(entry, g, level)!
    return size > leafSize(g, level) && size < leafSize(g, level + 1) ? null : 'page-size'
  }
  if (nextLevel >= level) return 'level-invalid'
  // What levels between would index must be 0.
  return roundDown(address, leafSize(g, nextLevel + 1)) % leafSize(g, level) === 0 ? null : 'skipped-bits'
}

/** What an entry maps, in address units; null where it leads to a table. */
export function pageSize({ nextLevel, address }: Pick<PageEntry, 'nextLevel' | 'address'>, g: Geometry,
  level: number): number | null {
  if (nextLevel === 0) return leafSize(g, level)
  return nextLevel === 7 ? sizeOf(address, g) : null
}

/** 2^(1+z), z the lowest zero bit of the address at or above the bit of a page: of a page, and of an invalidation with
 *  S=1. */
export function sizeOf(address: number, { pageShift }: Geometry): number {
  let z = pageShift
  while (z < 64 && Math.floor(address / powersOfTwo[z]!) % 2 === 1) z++
  return powersOfTwo[z + 1]!
}
