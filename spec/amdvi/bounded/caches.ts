/** Filling and emptying the caches of a bounded AMD IOMMU (AMD 48882 rev 3.05, 2.4). Hardware may fill any cache at any
 *  time, and drop any entry: what was dropped and fetched anew is modelled as a fill that overwrites. */
import type { Bounds } from '../../bounds.ts'
import { seenByHardware } from '../../iommu/cells.ts'
import type { Dma } from '../../iommu/iommu.ts'
import { pageAddress, pageAt } from '../../iommu/paging.ts'
import { coversDevice, coversDirectory, coversInterrupts, coversPages } from '../invalidation/covers.ts'
import type { Command } from '../invalidation/covers.ts'
import { newTrail, translateBy } from '../walk/walk.ts'
import type { Trail, Translation, WalkStart } from '../walk/walk.ts'
import { translationUnit } from './state.ts'
import type { AmdviState, Unit } from './state.ts'
import { decodeDevice, domainIdOf, interruptAt, tableNumber, tablesOf } from './tables.ts'
import type { InterruptEntry } from './tables.ts'

type CachedPage = NonNullable<Unit['pageCache'][number][number]>

/** A walk of a device's page, what it read, and the domain it was for; null is DomainID 0. */
export interface DeviceWalk { readonly walk: Translation; readonly trail: Trail; readonly domain: number | null }

/** From the directory cache where that holds the last table. */
export function walkFor({ unit, memory }: AmdviState, { device, iova, write }: Dma, b: Bounds): DeviceWalk {
  const entry = unit.deviceCache[device]!, { domain } = entry
  const cached = b.levels > 1 && domain !== null ? unit.directoryCache[domain]![iova >> 1]! : null
  const start: WalkStart | null = cached === null ? null
    : { table: pageAddress(cached, b), level: 1, read: entry.ir, write: entry.iw }
  const trail = newTrail()
  const request = { device, address: iova, access: write ? 'write' : 'read' } as const
  const walk = translateBy(tablesOf(unit.tables, memory, b), translationUnit(unit, b), decodeDevice(entry, b), request,
    start, trail)
  return { walk, trail, domain }
}

/** As a walk for whatever access the entry of the device allows. */
export const walkAhead = (s: AmdviState, p: Pick<Dma, 'device' | 'iova'>, b: Bounds): DeviceWalk =>
  walkFor(s, { ...p, write: !s.unit.deviceCache[p.device]!.ir }, b)

/** The entry that a walk leaves behind; null where it may leave none. */
export function pageFill({ walk, domain }: DeviceWalk, b: Bounds): CachedPage | null {
  if (walk.kind === 'translated') return { domain, frame: walk.address, write: walk.mapping.write }
  return walk.kind === 'fault' && walk.reason.cause === 'not-present' && b.npCache === 1
    ? { domain, frame: null, write: false } : null
}
/** What another device's translation of the page, cached under the DomainID of this one, makes of it. */
export function sharedFill(unit: Unit, device: number, from: number, iova: number): CachedPage | null {
  const entry = unit.deviceCache[device]!, left = unit.pageCache[from]![iova]!
  const mayAsk = entry.v && entry.tv && (entry.ir || entry.iw)
  return mayAsk && left !== null && left.domain === entry.domain ? { ...left, write: left.write && entry.iw } : null
}

/** The last table above the leaves that a walk read; null where it met none of the pool. */
export function lastTableOf({ trail }: DeviceWalk, b: Bounds): number | null {
  const last = trail.visited.find(({ level }) => level === 1)
  return last === undefined ? null : pageAt(last.table, b)
}

/** The entry at an index of a device's table in memory, as the table's place is known now. */
export function interruptOf(unit: Unit, device: number, index: number, b: Bounds): InterruptEntry | null {
  return interruptAt(unit.tables, tableNumber(unit.deviceCache[device]!, b), index, b)
}

/** Takes the entry of a device from memory anew. */
export function fetchDevice({ deviceCache, tables }: Unit, device: number): void {
  const entry = seenByHardware(tables.devices[device]!)
  if (entry !== null) deviceCache[device] = { ...entry }
}

/** Removes what the command covers. */
export function invalidate(unit: Unit, command: Command): void {
  unit.deviceCache.forEach((_, device) => { if (coversDevice(command, device)) fetchDevice(unit, device) })
  for (const row of unit.pageCache) row.forEach((cached, page) => {
    if (cached !== null && coversPages(command, { domain: domainIdOf(cached.domain), page, pages: 1 })) row[page] = null
  })
  unit.directoryCache.forEach((row, domain) => {
    row.forEach((cached, upper) => {
      const tag = { domain: domainIdOf(domain), page: upper * 2, pages: 2 }
      if (cached !== null && coversDirectory(command, tag)) row[upper] = null
    })
  })
  unit.interruptCache.forEach((row, device) => {
    row.forEach((cached, index) => {
      if (cached !== null && coversInterrupts(command, device)) row[index] = null
    })
  })
}
