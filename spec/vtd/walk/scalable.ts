/** DMA translation in scalable mode: root half, context entry, PASID directory and table, then what PGTT says (VT-d rev
 *  5.10, ch. 9). */
import { firstStage } from './first-stage.ts'
import type { PasidWalk } from './first-stage.ts'
import { identity } from './permissions.ts'
import { beyondSecondStage, scalableStage, secondStage } from './second-stage.ts'
import { powersOfTwo, reasonsOf } from './tables.ts'
import type { PasidEntry, ScalableContextEntry, ScalableTables } from './tables.ts'
import { toFault } from './translation.ts'
import type { DmaRequest, PasidUnit, Pgtt, Trail, Translation, TranslationFault } from './translation.ts'

export interface ScalableContextFound { readonly kind: 'context'; readonly context: ScalableContextEntry }
/** `fpd`: any of the context, directory and table entry. */
export interface PasidFound { readonly kind: 'pasid'; readonly entry: PasidEntry; readonly fpd: boolean }
/** A page request that may enter the queue. */
export interface PageRequest { readonly kind: 'page-request' }

/** The PASID and privilege a request goes by; without a PASID of its own those of the context entry. */
export interface Identity { readonly pasid: number; readonly privileged: boolean }

export function translateScalable(tables: ScalableTables, unit: PasidUnit, request: DmaRequest,
  trail: Trail | null): Translation | PageRequest {
  const context = lookupScalableContext(tables, unit, request, trail)
  if (context.kind === 'fault') return context
  // Our sources name no check of the PASID tables for page requests.
  if (request.type === 'page-request') return { kind: 'page-request' }
  const by = identityOf(context.context, request)
  const found = lookupPasid(tables, unit, context.context, by, request, trail)
  return found.kind === 'fault' ? found : translateByPasid(tables, unit, found, by, request, trail)
}

/** Steps 1 and 2: the context entry of the requester, as the context cache would hold it. */
export function lookupScalableContext(tables: ScalableTables, unit: PasidUnit, request: DmaRequest,
  trail: Trail | null = null):
  ScalableContextFound | TranslationFault {
  trail?.exercised.push('VTD:9/scalable-root-entry')
  // 1. the half of the root entry
  const root = tables.scalableRootEntry(request.sid >> 8, (request.sid & 0x80) !== 0)
  if (root === 'unreadable') return toFault([0x38], false, trail)
  if (!root.present) return toFault([0x39], false, trail)
  if (root.reserved) return toFault([0x3a], false, trail)
  // 2. the context entry
  const context = tables.scalableContextEntry(root.contextTable, request.sid & 0x7f)
  if (context === 'unreadable') return toFault([0x40], false, trail)
  return checkScalableContext(context, unit, request, trail)
}

/** Step 2, also for an entry that the context cache yields. */
export function checkScalableContext(context: ScalableContextEntry, unit: PasidUnit, { type, pasid }: DmaRequest,
  trail: Trail | null = null):
  ScalableContextFound | TranslationFault {
  trail?.exercised.push('VTD:9/scalable-context-entry')
  if (!context.present) return toFault([0x41], context.fpd, trail)
  const { dte, pre, paside, eptr, ridPasid } = context
  const { translatedPasid, pasidWidth } = unit.singleSource
  const end = powersOfTwo[context.pdts + 13]! // 2^(PDTS + 7) directory entries of 64 table entries each
  const wrong = reasonsOf(
    [context.reserved, 0x42],
    [!dte && pre || ridPasid >= end || translatedPasid && eptr && !paside, 0x43],
    [!dte && (type === 'translation' || type === 'translated'), 0x44],
    [pasid !== null && !paside, 0x45],
    [pasid !== null && pasid >= end, 0x46],
    [type === 'page-request' && !pre, 0x47],
    [pasid === ridPasid, 0x48],
    [translatedPasid && !eptr && type === 'translated' && pasid !== null, 0x49],
    [pasidWidth && pasid !== null && pasid >= powersOfTwo[unit.scalable.pasidWidth]!, 0x89])
  return wrong.length > 0 ? toFault(wrong, context.fpd, trail) : { kind: 'context', context }
}

/** Step 3. Without ECAP.RPS, RID_PASID is a reserved field, and so 0: the PASID that requests without one then go
 *  by. */
export const identityOf = ({ ridPasid, ridPriv }: ScalableContextEntry, { pasid, privileged }: DmaRequest): Identity =>
  pasid === null ? { pasid: ridPasid, privileged: ridPriv } : { pasid, privileged }

/** Steps 4 and 5: the PASID entry, as the PASID cache would hold it. */
export function lookupPasid(tables: ScalableTables, unit: PasidUnit, context: ScalableContextEntry, by: Identity,
  request: DmaRequest,
  trail: Trail | null = null): PasidFound | TranslationFault {
  trail?.exercised.push('VTD:9/pasid-directory-entry')
  // 4. directory
  const directory = tables.pasidDirectoryEntry(context.directory, by.pasid >> 6)
  if (directory === 'unreadable') return toFault([0x50], context.fpd, trail)
  const fpd = context.fpd || directory.fpd
  if (!directory.present) return toFault([0x51], fpd, trail)
  if (directory.reserved) return toFault([0x52], fpd, trail)
  // 5. table
  const entry = tables.pasidEntry(directory.table, by.pasid & 0x3f)
  if (entry === 'unreadable') return toFault([0x58], fpd, trail)
  return checkPasid({ kind: 'pasid', entry, fpd: fpd || entry.fpd }, unit, by, request, trail)
}

/** Step 5, also for an entry that the PASID cache yields. */
export function checkPasid(found: PasidFound, unit: PasidUnit, { privileged }: Identity, { execute }: DmaRequest,
  trail: Trail | null = null):
  PasidFound | TranslationFault {
  const { entry, fpd } = found
  trail?.exercised.push('VTD:9/pasid-entry')
  if (!entry.present) return toFault([0x59], fpd, trail)
  const wrong = reasonsOf(
    [entry.reserved, 0x5a],
    [!isSupported(entry, unit), 0x5b],
    [execute && !unit.scalable.executeRequests, 0x5c],
    [privileged && !entry.sre, 0x5d])
  return wrong.length > 0 ? toFault(wrong, fpd, trail) : found
}

/** PGTT, with AW and FSPM where it uses them. */
function isSupported(entry: PasidEntry, unit: PasidUnit): boolean {
  const { firstStage: first, secondStage: second, nested, firstStageLevels } = unit.scalable
  const firstWidth = firstStageLevels.includes(entry.firstStageLevels), secondWidth = unit.levels.includes(entry.levels)
  switch (entry.pgtt) {
    case 1: return first && firstWidth
    case 2: return second && secondWidth
    case 3: return nested && firstWidth && secondWidth && !beyondSecondStage(unit, entry.levels, entry.firstStageTable)
    case 4: return unit.passThrough
    default: return false
  }
}

/** Step 6, under a PASID entry that `checkPasid` passed. */
export function translateByPasid(tables: ScalableTables, unit: PasidUnit, { entry, fpd }: PasidFound,
  { privileged }: Identity,
  { type, address, access }: DmaRequest, trail: Trail | null = null): Translation {
  const walk: PasidWalk = { unit, fpd, privileged, trail, scalable: { tables, entry, updates: [], failing: [] } }
  const pgtt = entry.pgtt as Pgtt
  if (type === 'translated') return identity(walk, pgtt, entry.did, address, access, 'VTD:9/translated-request')
  switch (pgtt) {
    case 4: return identity(walk, pgtt, entry.did, address, access, 'VTD:9/pass-through')
    case 2: return secondStage(tables, walk, entry, scalableStage, address, access)
    default: return firstStage(walk, address, access)
  }
}
