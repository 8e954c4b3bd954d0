/** The second-stage walk, of legacy mode, scalable mode and nested translation (VT-d rev 5.10: 3.7, 9.8). */
import type { ContextEntry, PasidEntry, SecondStageEntry, Tables } from './tables.ts'
import { indexAt, inputWidth, leafSize, powersOfTwo, roundDown } from './tables.ts'
import { blameIn, isWrite, land, legacyUse, missing, refusals, scalableUse } from './permissions.ts'
import type { ScalableWalk, UseReasons, Walk } from './permissions.ts'
import { noReasons } from './translation.ts'
import type { Access, Mapping, Pgtt, Trail, Translation, TranslationUnit, WalkStart } from './translation.ts'

/** The tables to walk. Context entries and PASID entries are such. */
export type SecondStage = Pick<ContextEntry & PasidEntry, 'table' | 'levels' | 'did'>

/** Fault reasons by what the walk is for. `nothing`: an entry with R=W=0; null where the permission that lacks is the
 *  reason. For the access to a first-stage table the manual names both reasons and does not say which of them such an
 *  entry gives. */
export interface StageReasons extends UseReasons {
  readonly pgtt: Pgtt
  readonly top: number; readonly entry: number; readonly nothing: number | null; readonly reserved: number
  readonly range: number
}
export const legacyStage: StageReasons = { ...legacyUse, pgtt: 0, top: 0x03, entry: 0x07, nothing: null, reserved: 0x0c,
  range: 0x04 }
export const scalableStage: StageReasons = { ...scalableUse, pgtt: 2, top: 0x7b, entry: 0x78, nothing: 0x79,
  reserved: 0x7a, range: 0x84 }

export const topOf = (stage: SecondStage): WalkStart =>
  ({ table: stage.table, level: stage.levels, read: true, write: true })

/** Whether the second stage has no place for an address: above MGAW, or above what its tables index. */
export const beyondSecondStage = (unit: TranslationUnit, levels: number, address: number): boolean =>
  address >= powersOfTwo[Math.min(unit.maxGuestAddressWidth, inputWidth(unit.geometry, levels))]!

/** Steps 4 to 8 of legacy mode, from the root of the tables or from wherever a paging-structure cache has got to. */
export function walkSecondStage(tables: Tables, unit: TranslationUnit, context: ContextEntry, address: number,
  access: Access,
  start: WalkStart | null = null, trail: Trail | null = null): Translation {
  return secondStage(tables, { unit, fpd: context.fpd, privileged: false, trail, scalable: null }, context, legacyStage,
    address, access, start)
}

export function secondStage(tables: Tables, walk: Walk, stage: SecondStage, of: StageReasons, address: number,
  access: Access,
  start: WalkStart | null = null): Translation {
  const { unit, trail, scalable } = walk
  if (trail !== null) trail.exercised.push('VTD:3.7/walk')
  if (beyondSecondStage(unit, stage.levels, address)) return blameIn(walk, of.range)
  let table = stage.table, level = stage.levels, read = true, write = true
  if (start !== null) ({ table, level, read, write } = start)
  for (;; level--) {
    const index = indexAt(unit.geometry, address, level)
    if (trail !== null) trail.visited.push({ stage: 2, table, index, level, read, write })
    const entry = tables.secondStageEntry(table, index, level)
    // A permission that is missing already may be reported here, or only after the last level: the manual leaves it
    // open.
    if (entry === 'unreadable')
      return blameIn(walk, level === stage.levels ? of.top : of.entry, ...missing(unit, of, read, write, access))
    if (!entry.read && !entry.write)
      return of.nothing === null ? blameIn(walk, ...missing(unit, of, false, false, access))
        : blameIn(walk, of.nothing, ...missing(unit, of, of.final && read, of.final && write, access))
    read &&= entry.read
    write &&= entry.write
    const large = level > 1 && entry.pageSize
    // No leaf stands above level 3, so that PS there leads to no page.
    const leaf = level <= 1 || large && level <= 3
    if (entry.reserved || large && !unit.superpages.includes(level)) return blameIn(walk, of.reserved,
      ...leaf ? refusals(walk, of, mappingOf(walk, stage, of, entry, level, address, read, write, true), address,
        access)
        : nothingLeft(walk, of, read, write, access))
    if (of.nothing !== null && !read && !write) return blameIn(walk, ...nothingLeft(walk, of, read, write, access))
    const dirties = leaf && isWrite(access)
    const tracked = scalable !== null && scalable.entry.ssade
    if (tracked) update(scalable, trail, entry, table, index, level, dirties)
    if (leaf) {
      if (large && trail !== null) trail.exercised.push('VTD:3.7/superpage')
      const mapping = mappingOf(walk, stage, of, entry, level, address, read, write, !tracked || entry.dirty || dirties)
      return land(walk, of, mapping, address, access)
    }
    table = entry.address
  }
}
/** Permissions that lack below the top: with `nothing` a reason of its own, no permission left after the AND comes
 *  first. */
const nothingLeft = ({ unit }: Walk, of: StageReasons, read: boolean, write: boolean,
  access: Access): readonly number[] =>
  [...of.nothing !== null && !read && !write ? [of.nothing] : noReasons, ...missing(unit, of, read, write, access)]

function mappingOf({ unit: { geometry }, scalable }: Walk, { did }: SecondStage, { pgtt }: StageReasons,
  entry: SecondStageEntry, level: number,
  address: number, read: boolean, write: boolean, dirty: boolean): Mapping {
  const size = leafSize(geometry, level)
  return {
    pgtt, did, input: roundDown(address, size), output: entry.address,
    pages: powersOfTwo[(level - 1) * geometry.levelBits]!, read, write,
    user: true, privilegedWrite: write, dirty, snoop: entry.snoop || scalable !== null && scalable.entry.pgsnp,
  }
}

/** SSADE=1: A in each entry used, D in the leaf of a write. */
function update(scalable: ScalableWalk, trail: Trail | null, entry: SecondStageEntry, table: number, index: number,
  level: number,
  dirties: boolean): void {
  const dirty = dirties && !entry.dirty
  if (entry.accessed && !dirty) return
  trail?.exercised.push('VTD:3.7/accessed-dirty')
  if (!scalable.entry.pwsnp) scalable.failing.push(0x7c)
  else if (!scalable.tables.acceptsUpdate(table, index)) scalable.failing.push(0x7d)
  else scalable.updates.push({ stage: 2, table, index, level, accessed: !entry.accessed, extendedAccessed: false,
    dirty })
}
