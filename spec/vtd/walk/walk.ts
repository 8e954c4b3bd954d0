/** DMA translation: the front, the choice of the mode, and legacy mode: root entry, context entry, second stage (VT-d
 *  rev 5.10, 3.7 and ch. 9). Pure and total. The numbers beside the code are the manual's steps; reasons are the codes
 *  of table 30. */
import { identity } from './permissions.ts'
import { translateScalable } from './scalable.ts'
import type { PageRequest } from './scalable.ts'
import { walkSecondStage } from './second-stage.ts'
import { reasonsOf } from './tables.ts'
import type { ContextEntry, ScalableTables, Tables } from './tables.ts'
import { toFault, hasScalableMode, inInterruptRange, noReasons } from './translation.ts'
import type { DmaRequest, RequestType, Trail, Translation, TranslationFault, TranslationUnit } from './translation.ts'

export { useMapping } from './permissions.ts'
export { topOf, walkSecondStage } from './second-stage.ts'
export { newTrail, noSingleSource } from './translation.ts'
export type {
  Access, DmaRequest, Mapping, RequestType, ScalableUnit, SingleSource, Trail, Translated, Translation,
  TranslationFault, TranslationUnit, Update,
  Visit, WalkStart,
} from './translation.ts'

export interface ContextFound { readonly kind: 'context'; readonly context: ContextEntry }

/** What is decided before any table is looked at. An interrupt goes on to `remap`; 'completed' reaches no memory. */
export type Front = { readonly kind: 'bypass' | 'interrupt' | 'completed' | 'translate' } | TranslationFault
const bypass: Front = { kind: 'bypass' }, interrupt: Front = { kind: 'interrupt' },
  completed: Front = { kind: 'completed' }
const proceed: Front = { kind: 'translate' }

/** The front of DMA remapping. Protected memory ranges are not modelled. */
export function checkBeforeTables(unit: TranslationUnit, request: DmaRequest, trail: Trail | null = null): Front {
  const { type, access, pasid } = request
  if (pasid === null && (type === 'untranslated' || type === 'translation')
    && inInterruptRange(unit, request.address)) {
    trail?.exercised.push('VTD:3/interrupt-range')
    if (type === 'translation') return completed // answered W without R: the device may send interrupts there
    if (access === 'write' && request.dword) return interrupt
    return access === 'zero-length-read' ? completed : toFault([0x29], false, trail)
  }
  if (!unit.tes) {
    trail?.exercised.push('VTD:11.4/translation-disabled')
    return type === 'page-request' ? completed : bypass
  }
  const wrong = modeFaults(unit, request)
  if (wrong === noReasons) return proceed
  trail?.exercised.push('VTD:11.4/translation-table-mode')
  return toFault(wrong, false, trail)
}

/** What the mode of RTADDR has against a request; `none` itself if nothing. */
function modeFaults(unit: TranslationUnit, { pasid, type, execute }: DmaRequest): readonly number[] {
  const { ttm, abortMode, singleSource: { ssirwe, executeBlocked } } = unit
  const legacy = ttm === 0, aborting = ttm === 3 && abortMode
  const noSuchMode = ttm === 1 ? !hasScalableMode(unit) : !aborting
  const unsupported = legacy ? ssirwe : noSuchMode
  const strange = legacy && (pasid !== null || type === 'page-request')
  const blocked = executeBlocked && execute
  if (!unsupported && !aborting && !strange && !blocked) return noReasons
  return reasonsOf(
    [unsupported, 0x30], [aborting, 0x33], [strange && pasid !== null, 0x31],
    [strange && type === 'page-request', 0x32], [blocked, 0x34])
}

/** The whole way of a request, no caches. `trail`, where given, is told what was read and exercised. */
export function translate(tables: ScalableTables, unit: TranslationUnit, request: DmaRequest,
  trail: Trail | null = null):
  Front | Translation | PageRequest {
  const first = checkBeforeTables(unit, request, trail)
  if (first.kind !== 'translate') return first
  return unit.ttm === 1 && hasScalableMode(unit) ? translateScalable(tables, unit, request, trail)
    : translateLegacy(tables, unit, request, trail)
}

/** Legacy mode, for a request that `front` let through. */
export function translateLegacy(tables: Tables, unit: TranslationUnit, request: DmaRequest,
  trail: Trail | null = null): Translation {
  const found = lookupContext(tables, unit, request.sid, request.type, trail)
  return found.kind === 'fault' ? found : translateIn(tables, unit, found.context, request, trail)
}

/** Steps 1 and 2: the context entry of `sid`, as the context cache would hold it. */
export function lookupContext(tables: Tables, unit: TranslationUnit, sid: number, type: RequestType,
  trail: Trail | null = null):
  ContextFound | TranslationFault {
  trail?.exercised.push('VTD:9/root-entry')
  // 1. root entry of the bus
  const root = tables.rootEntry(sid >> 8)
  if (root === 'unreadable') return toFault([0x08], false, trail)
  if (!root.present) return toFault([0x01], false, trail)
  if (root.reserved) return toFault([0x0a], false, trail)
  // 2. context entry of device and function
  const context = tables.contextEntry(root.contextTable, sid & 0xff)
  return context === 'unreadable' ? toFault([0x09], false, trail) : checkContext(context, unit, type, trail)
}

/** Step 2, also for an entry that the context cache yields. FPD counts even if the entry is not present. */
export function checkContext(context: ContextEntry, unit: TranslationUnit, type: RequestType,
  trail: Trail | null = null):
  ContextFound | TranslationFault {
  trail?.exercised.push('VTD:9/context-entry')
  if (!context.present) return toFault([0x02], context.fpd, trail)
  const { reserved, tt, levels } = context
  const supported = (tt === 0 || tt === 1 && unit.deviceTlb || tt === 2 && unit.passThrough)
    && unit.levels.includes(levels)
  const admitted = type === 'untranslated' || tt === 1
  if (!reserved && supported && admitted) return { kind: 'context', context }
  return toFault(reasonsOf([reserved, 0x0b], [!supported, 0x03], [!admitted, 0x0d]), context.fpd, trail)
}

/** Steps 3 to 8 under a context entry that `checkContext` passed. */
export function translateIn(tables: Tables, unit: TranslationUnit, context: ContextEntry, request: DmaRequest,
  trail: Trail | null = null):
  Translation {
  const { type, address, access } = request
  if (type !== 'translated' && context.tt !== 2)
    return walkSecondStage(tables, unit, context, address, access, null, trail)
  const rule = type === 'translated' ? 'VTD:9/translated-request' : 'VTD:9/pass-through'
  return identity({ unit, fpd: context.fpd, privileged: false, trail, scalable: null }, 0, context.did, address,
    access, rule)
}
