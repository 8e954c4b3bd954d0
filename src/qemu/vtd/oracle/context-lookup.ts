/** What the tables above the paging tables say of a requester. */
import {
  hasScalableMode, identityOf, lookupContext, lookupPasid, lookupScalableContext,
} from '../../../../spec/vtd/index.ts'
import type { DmaRequest, ScalableTables, TranslationUnit } from '../../../../spec/vtd/index.ts'

/** `fpd`: faults below are not recorded. `passThrough`: requests go untranslated. `firstStage`: the levels in AW, the
 *  field of the second stage, of an entry that names first-stage tables; 0 where it means no number of them. Null and
 *  false where these tables fault already. */
export interface ContextLookup {
  readonly fpd: boolean; readonly passThrough: boolean; readonly firstStage: number | null
}
/** Where nothing is found, or nothing of note. */
export const nowhere: ContextLookup = { fpd: false, passThrough: false, firstStage: null }

export function contextLookupOf(tables: ScalableTables, unit: TranslationUnit, request: DmaRequest): ContextLookup {
  if (unit.ttm !== 1 || !hasScalableMode(unit)) {
    const found = lookupContext(tables, unit, request.sid, request.type)
    if (found.kind === 'fault') return nowhere
    return { fpd: found.context.fpd, passThrough: found.context.tt === 2, firstStage: null }
  }
  const found = lookupScalableContext(tables, unit, request)
  if (found.kind === 'fault') return nowhere
  const pasid = lookupPasid(tables, unit, found.context, identityOf(found.context, request), request)
  if (pasid.kind === 'fault') return nowhere
  const { pgtt, levels } = pasid.entry
  return { fpd: pasid.fpd, passThrough: pgtt === 4, firstStage: pgtt === 1 ? levels : null }
}

const lax = <E extends { readonly reserved: boolean }>(entry: E | 'unreadable'): E | 'unreadable' =>
  entry === 'unreadable' || !entry.reserved ? entry : { ...entry, reserved: false }
/** The tables of PASIDs and their contexts as a unit would read them that knows no reserved bits there. */
export const unreserved = (tables: ScalableTables): ScalableTables => ({
  ...tables,
  scalableContextEntry: (table, index) => lax(tables.scalableContextEntry(table, index)),
  pasidDirectoryEntry: (table, index) => lax(tables.pasidDirectoryEntry(table, index)),
  pasidEntry: (table, index) => lax(tables.pasidEntry(table, index)),
})
