/** Filling and emptying the caches of a bounded VT-d unit (rev 5.10, chapter 6). Hardware may fill any cache at any
 *  time, and drop any entry: what was dropped and fetched anew is modelled as a fill that overwrites, so no drop of its
 *  own is needed. */
import type { Bounds } from '../../bounds.ts'
import { seenByHardware } from '../../iommu/cells.ts'
import type { Dma } from '../../iommu/iommu.ts'
import { pageAddress, pageAt } from '../../iommu/paging.ts'
import { coversContext, coversIec, coversIotlb, coversPagingStructure } from '../invalidation/covers.ts'
import type { Descriptor } from '../invalidation/covers.ts'
import { decodeContext, didOf, tablesOf } from './tables.ts'
import { newTrail, topOf, walkSecondStage } from '../walk/walk.ts'
import type { Trail, Translation, WalkStart } from '../walk/walk.ts'
import { translationUnit } from './state.ts'
import type { Unit, VtdState } from './state.ts'

type CachedContext = NonNullable<Unit['contextCache'][number]>
type CachedPage = NonNullable<Unit['iotlb'][number][number]>

/** The context-cache entry a fetch would make now; null where nothing may be cached. */
export function contextFill(unit: Unit, device: number, b: Bounds): CachedContext | null {
  const entry = unit.tables.rootPresent ? seenByHardware(unit.tables.context[device]!) : null
  return entry !== null || b.cm === 1 ? { entry: entry === null ? null : { ...entry } } : null
}

/** A walk of a device's page, what it read, and the domain it was for. */
export interface DeviceWalk { readonly walk: Translation; readonly trail: Trail; readonly domain: number }

/** The walk of a device's page under its cached context entry, from the paging-structure cache where that holds the
 *  last table. */
export function walkFor({ unit, memory }: VtdState, { device, iova, write }: Dma, b: Bounds): DeviceWalk | null {
  const context = unit.contextCache[device]?.entry ?? null
  if (context === null) return null
  const decoded = decodeContext(context, b)
  const cached = b.levels > 1 ? unit.pagingCache[context.domain]![iova >> 1]! : null
  const start: WalkStart = cached === null ? topOf(decoded)
    : { table: pageAddress(cached, b), level: 1, read: true, write: true }
  const trail = newTrail()
  const walk = walkSecondStage(tablesOf(unit.tables, memory, b), translationUnit(unit, b), decoded, iova,
    write ? 'write' : 'read', start, trail)
  return { walk, trail, domain: context.domain }
}

/** The IOTLB entry that a walk leaves behind; null where it may leave none. */
export function iotlbFill({ walk, domain }: DeviceWalk, b: Bounds): CachedPage | null {
  if (walk.kind === 'translated') return { domain, frame: walk.page, write: walk.mapping.write }
  return b.cm === 1 ? { domain, frame: null, write: false } : null
}

/** The last table above the leaves that a walk read; null where it met none of the pool. */
export function lastTableOf({ trail }: DeviceWalk, b: Bounds): number | null {
  const last = trail.visited.find(visit => visit.level === 1)
  return last === undefined ? null : pageAt(last.table, b)
}

/** Removes what the descriptor covers, from the cache it names (table 28). A wait removes nothing. */
export function invalidate(unit: Unit, descriptor: Descriptor): void {
  switch (descriptor.type) {
    case 'context-cache':
      unit.contextCache.forEach((cached, sid) => {
        const did = cached?.entry ? didOf(cached.entry.domain) : 0
        if (cached !== null && coversContext(descriptor, { did, sid })) unit.contextCache[sid] = null
      })
      return
    case 'iotlb':
      for (const row of unit.iotlb) row.forEach((cached, page) => {
        if (cached !== null && coversIotlb(descriptor, { did: didOf(cached.domain), page, pages: 1 })) row[page] = null
      })
      unit.pagingCache.forEach((row, domain) => row.forEach((cached, upper) => {
        const covered = coversPagingStructure(descriptor, { did: didOf(domain), page: upper * 2, pages: 2 })
        if (cached !== null && covered) row[upper] = null
      }))
      return
    case 'iec':
      unit.iec.forEach((cached, index) => {
        if (cached !== null && coversIec(descriptor, index)) unit.iec[index] = null
      })
      return
    case 'wait': return
  }
}
