/** The walk through the host tables of an AMD IOMMU (AMD 48882 rev 3.05: 2.2.3, 2.5.3). The order of the checks is that
 *  of the implementations. */
import { indexAt, inputWidth, leafSize, powersOfTwo, roundDown } from '../../iommu/geometry.ts'
import type { Geometry } from '../../iommu/geometry.ts'
import { blame } from './translation.ts'
import type { DmaRequest, Trail, Translation, TranslationUnit, WalkStart } from './translation.ts'
import type { DeviceEntry, PageEntry, Tables } from './tables.ts'

/** From the root of the host tables, or as the address is where Mode is 0. */
export function translateHost(tables: Tables, unit: TranslationUnit, entry: DeviceEntry,
  { address, access }: Pick<DmaRequest, 'address' | 'access'>, start: WalkStart | null,
  trail: Trail | null): Translation {
  if (entry.mode === 0) {
    trail?.exercised.push('AMD:2.2/mode-zero')
    return { kind: 'untranslated' }
  }
  if (entry.mode > unit.levels) return blame(unit.reservedMode, trail)
  if (unit.checksReach && isBeyond(unit.geometry, entry.mode, address)) return blame('above-mode', trail)
  const { mode: level, root: table, read, write } = entry
  return walk(tables, unit, entry.domain, address, access, start ?? { table, level, read, write }, trail)
}

export const allows = ({ read, write }: { readonly read: boolean; readonly write: boolean },
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
  if (nextLevel === level - 1) return null
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
