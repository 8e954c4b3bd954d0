/** DMA translation in legacy mode: root entry, context entry, second-stage walk (VT-d rev 5.10, 3.7 and ch. 9).
 *  Pure and total. The numbers beside the code are the manual's steps; reasons are the codes of table 30. */
import type { VtdClause } from './clauses.ts'
import { faultOf } from './faults.ts'
import type { Fault } from './faults.ts'
import { indexAt, inputWidth, leafSize, reasonsOf, roundDown } from './tables.ts'
import type { ContextEntry, Geometry, Tables } from './tables.ts'

/** What the walk has to know of the unit. Widths in bits, addresses in the unit of the geometry. */
export interface TranslationUnit {
  readonly geometry: Geometry
  /** GSTS.TES */
  readonly tes: boolean
  /** HAW */
  readonly hostAddressWidth: number
  /** CAP.MGAW + 1 */
  readonly maxGuestAddressWidth: number
  /** Numbers of levels that CAP.SAGAW admits. */
  readonly levels: readonly number[]
  /** Levels (2, 3) at which CAP.SSLPS admits a leaf. */
  readonly superpages: readonly number[]
  /** ECAP.PT */
  readonly passThrough: boolean
  /** ECAP.DT */
  readonly deviceTlb: boolean
  /** CAP.ZLR: a zero-length read needs only W where R is missing. */
  readonly zlr: boolean
  /** FEEx_xxxx: first and last address; null where a bounded model has none. */
  readonly interruptRange: { readonly first: number; readonly last: number } | null
}

/** AT: untranslated, ATS translation request, ATS translated request. */
export type RequestType = 'untranslated' | 'translation' | 'translated'
export type Access = 'read' | 'write' | 'atomic' | 'zero-length-read'
/** `dword`: the payload is four bytes. An address of 2^53 and above must be the base of its page, to be exact as a number. */
export interface DmaRequest {
  readonly sid: number; readonly type: RequestType; readonly access: Access; readonly address: number; readonly dword: boolean
}

/** Where a walk goes on: a table, its level, and the permissions ANDed above it. What a paging-structure cache entry holds. */
export interface WalkStart { readonly table: number; readonly level: number; readonly read: boolean; readonly write: boolean }
/** An entry that was read, and the point from which the walk could resume at it. */
export interface Visit extends WalkStart { readonly index: number }

/** What the IOTLB holds: `pages` small pages from `input` go to those from `output`. */
export interface Mapping {
  readonly did: number; readonly input: number; readonly output: number; readonly pages: number
  readonly read: boolean; readonly write: boolean; readonly snoop: boolean
}

/** Entries read on the way, from the top, and the clauses exercised. */
interface Trail { readonly visited: readonly Visit[]; readonly exercised: readonly VtdClause[] }
export interface Translated extends Trail {
  readonly kind: 'translated'
  /** Host address of the page accessed. */
  readonly page: number
  readonly mapping: Mapping
}
export type TranslationFault = Fault & Trail
export type Translation = Translated | TranslationFault
export interface ContextFound extends Trail { readonly kind: 'context'; readonly context: ContextEntry }

/** What is decided before any table is looked at. An interrupt goes on to `remap`; 'completed' reaches no memory. */
export type Front = { readonly kind: 'bypass' | 'interrupt' | 'completed' | 'translate' } & Trail | TranslationFault

/** The front of DMA remapping. Protected memory ranges and PASIDs are not modelled. */
export function front(unit: TranslationUnit, request: DmaRequest): Front {
  if (request.type === 'untranslated' && inInterruptRange(unit, request.address)) {
    if (request.access === 'write' && request.dword) return { kind: 'interrupt', visited: [], exercised: ['VTD:3/interrupt-range'] }
    if (request.access === 'zero-length-read') return { kind: 'completed', visited: [], exercised: ['VTD:3/interrupt-range'] }
    return fault([0x29], false, [], ['VTD:3/interrupt-range'])
  }
  if (!unit.tes) return { kind: 'bypass', visited: [], exercised: ['VTD:11.4/translation-disabled'] }
  return { kind: 'translate', visited: [], exercised: [] }
}

/** The whole way of a request, no caches: `front`, `lookupContext`, `translateIn`. */
export function translate(tables: Tables, unit: TranslationUnit, request: DmaRequest): Front | Translation {
  const first = front(unit, request)
  if (first.kind !== 'translate') return first
  const found = lookupContext(tables, unit, request.sid, request.type)
  if (found.kind === 'fault') return found
  const result = translateIn(tables, unit, found.context, request)
  return { ...result, exercised: [...found.exercised, ...result.exercised] }
}

/** Steps 1 to 3: the context entry of `sid`, as the context cache would hold it. */
export function lookupContext(tables: Tables, unit: TranslationUnit, sid: number, type: RequestType): ContextFound | TranslationFault {
  const blame = (reason: number): TranslationFault => fault([reason], false, [], ['VTD:9/root-entry'])
  // 1. root entry of the bus
  const root = tables.rootEntry(sid >> 8)
  if (root === 'unreadable') return blame(0x08)
  if (!root.present) return blame(0x01)
  if (root.reserved) return blame(0x0a)
  // 2. context entry of device and function
  const context = tables.contextEntry(root.contextTable, sid & 0xff)
  if (context === 'unreadable') return blame(0x09)
  const found = checkContext(context, unit, type)
  return { ...found, exercised: ['VTD:9/root-entry', ...found.exercised] }
}

/** Step 2, also for an entry that the context cache yields. FPD counts even if the entry is not present. */
export function checkContext(context: ContextEntry, unit: TranslationUnit, type: RequestType): ContextFound | TranslationFault {
  const exercised: VtdClause[] = ['VTD:9/context-entry']
  if (!context.present) return fault([0x02], context.fpd, [], exercised)
  const typeSupported = [true, unit.deviceTlb, unit.passThrough, false][context.tt]!
  const wrong = reasonsOf(
    [context.reserved, 0x0b],
    [!typeSupported || !unit.levels.includes(context.levels), 0x03],
    [type !== 'untranslated' && context.tt !== 1, 0x0d])
  return wrong.length > 0 ? fault(wrong, context.fpd, [], exercised) : { kind: 'context', context, visited: [], exercised }
}

/** Steps 3 to 8 under a context entry that `checkContext` passed. */
export function translateIn(tables: Tables, unit: TranslationUnit, context: ContextEntry, request: DmaRequest): Translation {
  if (request.type === 'translated') return identity(unit, context, request, 'VTD:9/translated-request')
  if (context.tt === 2) return identity(unit, context, request, 'VTD:9/pass-through')
  return walkSecondStage(tables, unit, context, request.address, request.access)
}

/** Step 3: pass-through and translated requests use a host address as it is. */
function identity(unit: TranslationUnit, context: ContextEntry, { address, access }: DmaRequest, rule: VtdClause): Translation {
  if (address >= 2 ** unit.hostAddressWidth) return fault([0x04], context.fpd, [], [rule])
  const page = roundDown(address, leafSize(unit.geometry, 1))
  const mapping = { did: context.did, input: page, output: page, pages: 1, read: true, write: true, snoop: false }
  return useMapping(unit, mapping, context.fpd, address, access, [], [rule])
}

export const topOf = (context: ContextEntry): WalkStart => ({ table: context.table, level: context.levels, read: true, write: true })

/** Steps 4 to 8, from the root of the tables or from wherever a paging-structure cache has got to. */
export function walkSecondStage(tables: Tables, unit: TranslationUnit, context: ContextEntry, address: number, access: Access,
  start: WalkStart = topOf(context)): Translation {
  const { geometry } = unit
  const visited: Visit[] = []
  const exercised: VtdClause[] = ['VTD:3.7/walk']
  const blame = (...reasons: readonly number[]): Translation => fault(reasons, context.fpd, visited, exercised)
  // 4. the input fits both the unit and the tables
  if (address >= 2 ** Math.min(unit.maxGuestAddressWidth, inputWidth(geometry, context.levels))) return blame(0x04)
  // 5. one entry a level
  let { table, level, read, write } = start
  for (;; level--) {
    const index = indexAt(geometry, address, level)
    visited.push({ table, index, level, read, write })
    const entry = tables.secondStageEntry(table, index, level)
    // A permission that is missing already may be reported here, or only after the last level: the manual leaves it open.
    if (entry === 'unreadable') return blame(level === context.levels ? 0x03 : 0x07, ...missing(unit, { read, write }, access))
    read &&= entry.read
    write &&= entry.write
    if (!entry.read && !entry.write) return blame(...missing(unit, { read, write }, access))
    const large = level > 1 && entry.pageSize
    const leaf = level <= 1 || large
    const size = leafSize(geometry, level)
    const mapping = {
      did: context.did, input: roundDown(address, size), output: entry.address, pages: size / leafSize(geometry, 1),
      read, write, snoop: entry.snoop,
    }
    if (entry.reserved || large && !unit.superpages.includes(level))
      return blame(0x0c, ...leaf ? forbidden(unit, mapping, address, access) : missing(unit, mapping, access))
    if (large) exercised.push('VTD:3.7/superpage')
    // 6, 7, 8.
    if (leaf) return useMapping(unit, mapping, context.fpd, address, access, visited, exercised)
    table = entry.address
  }
}

/** Steps 6 to 8, also for a mapping that the IOTLB yields: the cached permissions decide, not the tables. */
export function useMapping(unit: TranslationUnit, mapping: Mapping, fpd: boolean, address: number, access: Access,
  visited: readonly Visit[] = [], before: readonly VtdClause[] = []): Translation {
  const exercised: VtdClause[] = [...before, 'VTD:3.7/permissions']
  const wrong = forbidden(unit, mapping, address, access)
  if (wrong.length > 0) return fault(wrong, fpd, visited, exercised)
  if (access === 'zero-length-read' && !mapping.read) exercised.push('VTD:3.7/zero-length-read')
  return { kind: 'translated', page: pageOf(unit, mapping, address), mapping, visited, exercised }
}

function forbidden(unit: TranslationUnit, mapping: Mapping, address: number, access: Access): readonly number[] {
  // 6. permission  7. a DMA must not become an interrupt by translation
  return [...missing(unit, mapping, access), ...reasonsOf([inInterruptRange(unit, pageOf(unit, mapping, address)), 0x0e])]
}

/** Step 6. An AtomicOp needs both permissions. */
function missing(unit: TranslationUnit, { read, write }: { read: boolean; write: boolean }, access: Access): readonly number[] {
  const exempt = access === 'zero-length-read' && unit.zlr && write
  return reasonsOf(
    [(access === 'write' || access === 'atomic') && !write, 0x05],
    [access !== 'write' && !read && !exempt, 0x06])
}

const pageOf = (unit: TranslationUnit, mapping: Mapping, address: number): number =>
  mapping.output + roundDown(address - mapping.input, leafSize(unit.geometry, 1))

const inInterruptRange = ({ interruptRange: range }: TranslationUnit, address: number): boolean =>
  range !== null && range.first <= address && address <= range.last

function fault(reasons: readonly number[], fpd: boolean, visited: readonly Visit[], before: readonly VtdClause[]): TranslationFault {
  const { clause, ...found } = faultOf(reasons, fpd)
  const suppressed: readonly VtdClause[] = found.suppressed ? ['VTD:9/fault-processing-disable'] : []
  return { ...found, visited, exercised: [...before, clause, ...suppressed] }
}
