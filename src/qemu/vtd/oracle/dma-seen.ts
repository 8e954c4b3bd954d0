/** One DMA: what the model allows, what QEMU's trace and memory show, and whether they agree. */
import type { DmaRequest, Feature, ScalableTables, Translation, TranslationUnit } from '../../../../spec/vtd/index.ts'
import type { TraceEvent } from '../../events.ts'
import type { Version } from '../../find.ts'
import type { ContextLookup } from './context-lookup.ts'

/** What QEMU did. `silent`: no event at all, as where its unit steps aside. */
export type Seen =
  /** `landing` of the address asked for; `size` of the page in bytes. `hit`: from its IOTLB. */
  | { readonly kind: 'translated'; readonly landing: number; readonly size: number; readonly hit: boolean }
  | {
    readonly kind: 'fault'
    readonly reason: number
    readonly page: number
    readonly write: boolean
    readonly hit: boolean
  }
  | { readonly kind: 'suppressed'; readonly hit: boolean }
  | { readonly kind: 'silent'; readonly hit: boolean }

export interface DmaCompared {
  /** Of the QEMU. */
  readonly version: Version
  readonly unit: TranslationUnit
  /** As they are at the time of the request. */
  readonly tables: ScalableTables
  /** The same, read by a unit that has these features too. */
  readonly reading: (more: readonly Feature[]) => ScalableTables
  readonly request: DmaRequest
  readonly model: Translation
  readonly way: ContextLookup
  readonly seen: Seen
  /** Whether what was written stands where the model says; null where nothing was written, or where no memory is. */
  readonly landed: boolean | null
}

/** The translation of an unremapped or untranslated outcome has no place here: the caller asks only for what goes
 *  through the tables. */
export function landingOf(request: DmaRequest, model: Translation): number | null {
  return model.kind === 'translated' ? model.page + request.address % 4096 : null
}
export const isWrite = (request: DmaRequest): boolean => request.access === 'write'

/** Whether QEMU did what the model allows. `alternatives` are allowed by the open priority of several faults of one
 *  entry. */
export function agrees({ request, model, way, seen, landed }: DmaCompared): boolean {
  if (model.kind === 'translated') {
    if (landed === false) return false
    // Where a device goes around the unit, only what it wrote tells.
    if (seen.kind === 'silent') return way.passThrough && landed === true
    return seen.kind === 'translated' && seen.landing === landingOf(request, model)
      && seen.size === model.mapping.pages * 4096
  }
  if (landed === true) return false
  if (model.suppressed) return seen.kind === 'suppressed'
  return seen.kind === 'fault' && (seen.reason === model.reason || model.alternatives.includes(seen.reason))
    && seen.page === pageOf(request) && seen.write === isWrite(request)
}
const pageOf = ({ address }: DmaRequest): number => address - address % 4096

/** Tells whose events are whose: devices started together run in the order they were started in. An event without
 *  source id is of the first device that has no other, unless `landed` says that it went around the unit. @returns what
 *  each did, and the events that are nobody's */
export function attribute(events: readonly TraceEvent[], requests: readonly DmaRequest[],
  landed: readonly (boolean | null)[]):
  { readonly seen: readonly Seen[]; readonly left: number } {
  let at = 0
  const seen = requests.map((request, i): Seen => {
    let hit = false
    const first = events[at]
    if (first?.name === 'vtd_iotlb_page_hit' && first.sid === request.sid) {
      hit = true
      at++
    }
    const event = events[at]
    if (event?.name === 'vtd_dmar_translate' && event.sid === request.sid) {
      at++
      const size = Number(event.mask) + 1
      return { kind: 'translated', landing: Number(event.gpa) + request.address % size, size, hit }
    }
    if (event?.name === 'vtd_dmar_fault' && event.sid === request.sid) {
      at++
      return { kind: 'fault', reason: event.reason, page: Number(event.address >> 12n << 12n),
        write: event.write === 1, hit }
    }
    if (event?.name === 'vtd_fault_disabled' && landed[i] !== true) {
      at++
      return { kind: 'suppressed', hit }
    }
    return { kind: 'silent', hit }
  })
  return { seen, left: events.length - at }
}
