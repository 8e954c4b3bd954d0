/** DMA translation of an AMD IOMMU: device table entry, then host tables, and those of a guest (AMD 48882 rev 3.05:
 *  2.2, 2.5.3). Pure and total. The order of the checks is that of the implementations. The range FDh of
 *  HyperTransport, translated requests and page requests are left out. */
import { translateGuest } from './first-stage.ts'
import { allows, translateHost } from './second-stage.ts'
import { blame } from './translation.ts'
import type { DmaRequest, Trail, Translation, TranslationUnit, WalkStart } from './translation.ts'
import type { DeviceEntry, Tables } from './tables.ts'

export { guestRootOf, guestTargetOf } from './first-stage.ts'
export { pageSize, sizeOf } from './second-stage.ts'
export { newTrail } from './translation.ts'
export type { DmaRequest, Mapping, Trail, Translation, TranslationUnit, WalkStart } from './translation.ts'

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
export function translateBy(tables: Tables, unit: TranslationUnit, entry: DeviceEntry, request: DmaRequest,
  start: WalkStart | null, trail: Trail | null): Translation {
  const { address, access } = request
  trail?.exercised.push('AMD:2.2/device-table')
  if (!entry.valid) return { kind: 'untranslated' }
  if (entry.reserved) return blame('dte-reserved', trail)
  if (unit.checksIoCtl && entry.portIo === 3) return blame('ioctl-reserved', trail)
  if (unit.exclusionFirst && isExcluded(unit, entry, address, trail)) return { kind: 'untranslated' }
  if (!entry.translates) {
    trail?.exercised.push('AMD:2.2/blocked')
    return blame('tv-zero', trail)
  }
  if (isExcluded(unit, entry, address, trail)) return { kind: 'untranslated' }
  if (!allows(entry, access)) return blame('dte-permission', trail)
  if (unit.guest && (entry.guest?.withoutPasid === true || request.pasid !== undefined))
    return translateGuest(tables, unit, entry, request, trail)
  if (!unit.guest && unit.refusesPasid && request.pasid !== undefined) return blame('pasid-unexpected', trail)
  return translateHost(tables, unit, entry, request, start, trail)
}

/** The addresses that the device of the entry uses as they are, ends included; null where there are none. */
export const exclusionFor = ({ exclusion }: Pick<TranslationUnit, 'exclusion'>,
  { excluded }: DeviceEntry): TranslationUnit['exclusion'] =>
  exclusion !== null && (exclusion.forAll || excluded) ? exclusion : null
function isExcluded(unit: TranslationUnit, entry: DeviceEntry, address: number, trail: Trail | null): boolean {
  const range = exclusionFor(unit, entry)
  if (range === null || address < range.base || address > range.limit) return false
  trail?.exercised.push('AMD:2.2/exclusion')
  return true
}
