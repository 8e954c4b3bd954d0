/** The first-stage walk, alone or nested in a second stage (VT-d rev 5.10: 3.6, 9.7). */
import { blameIn, denials, firstStageUse, isWrite, land, refusals } from './permissions.ts'
import type { ScalableWalk, Walk } from './permissions.ts'
import { beyondSecondStage, scalableStage, secondStage } from './second-stage.ts'
import type { StageReasons } from './second-stage.ts'
import { indexAt, inputWidth, leafSize, reasonsOf, roundDown } from './tables.ts'
import type { FirstStageEntry } from './tables.ts'
import { noReasons } from './translation.ts'
import type { Access, Mapping, PasidUnit, Translated, Translation } from './translation.ts'

/** The second stage's reasons for the access to the top first-stage table, and to the others. */
const topTable: StageReasons = { ...scalableStage, final: false, read: 0x75, write: 0x75 }
const lowerTable: StageReasons = { ...scalableStage, final: false, read: 0x76, write: 0x76 }

/** A walk in scalable mode. */
export interface PasidWalk extends Walk { readonly unit: PasidUnit; readonly scalable: ScalableWalk }

/** Bits 63 to `width` - 1 are equal. An address as a number loses its low bits above 2^53, which decides nothing
 *  here. */
const isCanonical = (address: number, width: number): boolean =>
  address < 2 ** (width - 1) || address >= 2 ** 64 - 2 ** (width - 1) && address < 2 ** 64

export function firstStage(walk: PasidWalk, address: number, access: Access): Translation {
  const { unit, trail, scalable: { tables, entry: pasid, failing } } = walk
  const nested = pasid.pgtt === 3
  if (trail !== null) trail.exercised.push('VTD:3.6/walk')
  if (!isCanonical(address, inputWidth(unit.geometry, pasid.firstStageLevels))) return blameIn(walk, 0x80)
  let table = pasid.firstStageTable, write = true, user = true
  for (let level = pasid.firstStageLevels; ; level--) {
    const top = level === pasid.firstStageLevels
    const host = nested ? hostOf(walk, table, top) : null
    if (host !== null && host.kind === 'fault') return host
    const at = { table: host === null ? table : host.page, index: indexAt(unit.geometry, address, level), level }
    if (trail !== null) trail.visited.push({ stage: 1, ...at, read: true, write })
    const entry = tables.firstStageEntry(at.table, at.index, level)
    if (entry === 'unreadable') return blameIn(walk, top ? 0x73 : 0x70)
    if (!entry.present) return blameIn(walk, 0x71)
    write &&= entry.write
    user &&= entry.user
    const denied = denials(walk, firstStageUse, user, true, write || walk.privileged && !pasid.wpe, access)
    const large = level > 1 && entry.pageSize
    const leaf = level <= 1 || large
    const dirties = leaf && isWrite(access) && denied === noReasons
    const mapping = leaf ? mappingOf(walk, entry, level, address, write, user, entry.dirty || dirties) : null
    const reserved = entry.reserved || large && !unit.scalable.firstStageSuperpages.includes(level)
    const beyond = nested && beyondSecondStage(unit, pasid.levels, entry.address)
    if (reserved || beyond) {
      const others = mapping === null || nested ? denied : refusals(walk, firstStageUse, mapping, address, access)
      return blameIn(walk, ...reasonsOf([reserved, 0x72], [beyond, 0x74], [beyond && leaf, 0x84]), ...others)
    }
    // As in the second stage, the manual does not say at which level a permission that is missing is found.
    failing.push(...denied)
    update(walk, entry, at, host, dirties)
    if (mapping !== null) {
      if (large && trail !== null) trail.exercised.push('VTD:3.6/superpage')
      if (!nested) return land(walk, firstStageUse, mapping, address, access)
      return denied === noReasons ? throughSecondStage(walk, mapping, address, access) : blameIn(walk, ...denied)
    }
    table = entry.address
  }
}

/** Nested: where a first-stage table is. With SSADE=1 its entries need both permissions; that they then count as
 *  written is our reading. */
function hostOf(walk: PasidWalk, table: number, top: boolean): Translation {
  const { tables, entry } = walk.scalable
  walk.trail?.exercised.push('VTD:3/nested')
  return secondStage(tables, walk, entry, top ? topTable : lowerTable, table, entry.ssade ? 'atomic' : 'read')
}

function mappingOf({ unit: { geometry }, scalable: { entry: pasid } }: PasidWalk, entry: FirstStageEntry, level: number,
  address: number,
  write: boolean, user: boolean, dirty: boolean): Mapping {
  const size = leafSize(geometry, level)
  return {
    pgtt: 1, did: pasid.did, input: roundDown(address, size), output: entry.address,
    pages: size / leafSize(geometry, 1),
    read: true, write, user, privilegedWrite: write || !pasid.wpe, dirty, snoop: pasid.pgsnp,
  }
}

/** Nested: the first stage's page, in the second stage. The mapping is of the smaller of the two pages, with the
 *  permissions of both. */
function throughSecondStage(walk: PasidWalk, first: Mapping, address: number, access: Access): Translation {
  const { tables, entry } = walk.scalable
  const small = leafSize(walk.unit.geometry, 1)
  const guest = first.output + roundDown(address - first.input, small)
  const found = secondStage(tables, walk, entry, scalableStage, guest, access)
  if (found.kind === 'fault') return found
  const second = found.mapping
  const pages = Math.min(first.pages, second.pages)
  return land(walk, firstStageUse, {
    pgtt: 3, did: first.did, input: roundDown(address, pages * small),
    output: second.output + roundDown(guest, pages * small) - second.input, pages,
    read: second.read, write: first.write && second.write, user: first.user,
    privilegedWrite: first.privilegedWrite && second.write,
    dirty: first.dirty && second.dirty, snoop: second.snoop,
  }, address, access)
}

/** A in each entry used, EA where EAFE=1, D in the leaf of a write. `host`: the second stage's mapping of the table,
 *  where nested. */
function update({ trail, scalable: { tables, entry: pasid, updates, failing } }: PasidWalk, entry: FirstStageEntry,
  at: { readonly table: number; readonly index: number; readonly level: number }, host: Translated | null,
  dirties: boolean): void {
  const accessed = !entry.accessed
  const extendedAccessed = pasid.eafe && !entry.extendedAccessed
  const dirty = dirties && !entry.dirty
  if (!accessed && !extendedAccessed && !dirty) return
  const wrong = reasonsOf(
    [host !== null && !host.mapping.write, 0x77],
    [!pasid.pwsnp, 0x90],
    [pasid.pwsnp && !tables.acceptsUpdate(at.table, at.index), 0x91])
  if (trail !== null) trail.exercised.push('VTD:3.6/accessed-dirty')
  failing.push(...wrong)
  if (wrong.length === 0) updates.push({ stage: 1, ...at, accessed, extendedAccessed, dirty })
}
