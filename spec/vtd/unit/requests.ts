/** Requests at the register-level unit, without caches: what its registers mean to the walkers, and faults brought back
 *  to the registers (VT-d rev 5.10: 3, 5.1, 7.2). A driver with caches puts them between `viewOf` and `record`. */
import { interruptUnitOf, rootsOf, translationUnitOf } from '../capabilities.ts'
import { entryReader } from '../layout/read-entries.ts'
import type { PhysicalMemory } from '../../iommu/image.ts'
import { dwordsOf } from '../layout/index.ts'
import { rawTables } from '../walk/raw-tables.ts'
import { recordRequest } from './registers/faults.ts'
import { isProtected } from './registers/protected.ts'
import { change, reservedRules } from './registers/state.ts'
import type { Outcome, RequestRecord, UnitState } from './registers/state.ts'
import { decodeMessage, remap } from '../remap/remap.ts'
import type { InterruptUnit, Remapped } from '../remap/remap.ts'
import type { ScalableTables } from '../walk/tables.ts'
import { globalStatus } from './unit.ts'
import { translate } from '../walk/walk.ts'
import type { DmaRequest, TranslationUnit } from '../walk/walk.ts'

export { isProtected, protectedRanges } from './registers/protected.ts'

/** The registers as the walkers go by them: pointers as latched, switches as GSTS has them. */
export interface View {
  readonly translation: TranslationUnit
  readonly interrupts: InterruptUnit
  readonly tables: (memory: PhysicalMemory) => ScalableTables
}
/** The same view as long as configuration, GSTS and latched pointers are the same. */
export function viewOf(state: UnitState): View {
  const { config, status, latched } = state
  const known = views.get(latched)
  if (known !== undefined && known.config === config && known.status === status) return known.view
  const unit = { cap: dwordsOf(config.cap), ecap: dwordsOf(config.ecap), gsts: globalStatus(status),
    rtaddr: latched.rtaddr, irta: latched.irta }
  const roots = rootsOf(unit), reader = entryReader(reservedRules(state))
  const view: View = {
    translation: translationUnitOf(unit, config.haw, config.singleSource),
    interrupts: interruptUnitOf(unit, config.haw),
    tables: memory => rawTables(memory, roots, reader),
  }
  views.set(latched, { config, status, view })
  return view
}
const views = new WeakMap<UnitState['latched'], Pick<UnitState, 'config' | 'status'> & { readonly view: View }>()

/** Hardware has blocked a request: it is recorded unless an FPD met on the way suppresses that. */
export const record = (state: UnitState, what: RequestRecord, suppressed: boolean): Outcome =>
  change(state, work => { recordRequest(work, what, suppressed) })

/** AT; a page request has none. */
const attributes = { untranslated: 0, translation: 1, translated: 2, 'page-request': 0 } as const
/** What FRCD holds of a DMA blocked for `reason`. */
export const recordOfDma = ({ config }: UnitState,
  { sid, type, access, address, pasid, privileged, execute }: DmaRequest, reason: number): RequestRecord => ({
  reason, sid, address: Math.floor(address / 4096), write: type === 'page-request' || access === 'write',
  at: attributes[type], pasid, privileged, execute,
  second: config.secondTypeBit && (type === 'page-request' || access === 'atomic'),
})
/** What FRCD holds of an interrupt blocked for `reason`; the index is undefined where the request has none, here 0. */
export const recordOfInterrupt = (sid: number, index: number | null, reason: number): RequestRecord =>
  ({ reason, sid, address: (index ?? 0) % 2 ** 16 * 2 ** 36, write: true, at: 0, pasid: null, privileged: false,
    execute: false, second: false })

/** What became of a DMA: `protected` is blocked by PMEN, unrecorded; `interrupt` goes on to `message` with its data. */
export type DmaResult = ReturnType<typeof translate> | { readonly kind: 'protected' }

/** A DMA from one end to the other: walk, protected memory, fault record. Accessed and dirty bits to set are in the
 *  result. */
export function request(state: UnitState, memory: PhysicalMemory,
  dma: DmaRequest): Outcome & { readonly result: DmaResult } {
  const { translation, tables } = viewOf(state)
  const result = translate(tables(memory), translation, dma)
  if (result.kind === 'fault')
    return { ...record(state, recordOfDma(state, dma, result.reason), result.suppressed), result }
  const reached = reachedBy(result, dma)
  return { state, effects: [],
    result: reached !== null && isProtected(state, reached) ? { kind: 'protected' } : result }
}
function reachedBy(result: Exclude<DmaResult, { readonly kind: 'protected' }>, dma: DmaRequest): number | null {
  if (result.kind === 'bypass') return dma.address
  return result.kind === 'translated' ? result.page : null
}

/** An interrupt request, a dword write to FEEx_xxxx: remapping and fault record; posting is left to the driver.
 *  @throws RangeError where the address is none of those. */
export function message(state: UnitState, memory: PhysicalMemory,
  { sid, address, data }: { readonly sid: number; readonly address: number; readonly data: number }):
  Outcome & { readonly result: Remapped } {
  const asked = decodeMessage(sid, address, data)
  if (asked === null) throw new RangeError(`0x${address.toString(16)} is no address of an interrupt`)
  const { interrupts, tables } = viewOf(state)
  const result = remap(interrupts, asked, tables(memory).irte)
  if (result.kind !== 'fault') return { state, effects: [], result }
  return { ...record(state, recordOfInterrupt(sid, result.index, result.reason), result.suppressed), result }
}
