/** One DMA: what the model allows, what QEMU's trace and memory show, and whether they agree. */
import { faultReason } from '../../../spec/vtd/faults.ts'
import type { VtdClause } from '../../../spec/vtd/clauses.ts'
import type { DmaRequest, Translation, TranslationUnit } from '../../../spec/vtd/walk.ts'
import type { TraceEvent } from '../events.ts'
import { dmaExceptions } from './exceptions.ts'
import type { Way } from './way.ts'
import type { Comparison, Judged, Tally } from './judged.ts'

/** What QEMU did. `silent`: no event at all, as where its unit steps aside. */
export type Seen =
  /** `landing` of the address asked for; `size` of the page in bytes. `hit`: from its IOTLB. */
  | { readonly kind: 'translated'; readonly landing: number; readonly size: number; readonly hit: boolean }
  | { readonly kind: 'fault'; readonly reason: number; readonly page: number; readonly write: boolean; readonly hit: boolean }
  | { readonly kind: 'suppressed'; readonly hit: boolean }
  | { readonly kind: 'silent'; readonly hit: boolean }

export interface DmaCompared {
  readonly unit: TranslationUnit
  readonly request: DmaRequest
  readonly model: Translation
  readonly way: Way
  readonly seen: Seen
  /** Whether what was written stands where the model says; null where nothing was written, or where no memory is. */
  readonly landed: boolean | null
}

/** The translation of an unremapped or untranslated outcome has no place here: the caller asks only for what goes through the tables. */
export function landingOf(request: DmaRequest, model: Translation): number | null {
  return model.kind === 'translated' ? model.page + request.address % 4096 : null
}
const isWrite = (request: DmaRequest): boolean => request.access === 'write'

/** Whether QEMU did what the model allows. `alternatives` are allowed by the open priority of several faults of one entry. */
export function agrees({ request, model, way, seen, landed }: DmaCompared): boolean {
  if (model.kind === 'translated') {
    if (landed === false) return false
    // Where a device goes around the unit, only what it wrote tells.
    if (seen.kind === 'silent') return way.around && landed === true
    return seen.kind === 'translated' && seen.landing === landingOf(request, model) && seen.size === model.mapping.pages * 4096
  }
  if (landed === true) return false
  if (model.suppressed) return seen.kind === 'suppressed'
  return seen.kind === 'fault' && (seen.reason === model.reason || model.alternatives.includes(seen.reason))
    && seen.page === pageOf(request) && seen.write === isWrite(request)
}
const pageOf = ({ address }: DmaRequest): number => address - address % 4096

export function judgeDma(compared: DmaCompared, tally: Tally): Judged {
  const verdict = agrees(compared) ? 'same' : dmaExceptions(compared) ?? 'different'
  count(compared, verdict, tally)
  return { verdict, compare: () => describe(compared) }
}
function count({ model, request, way }: DmaCompared, verdict: Judged['verdict'], tally: Tally): void {
  tally.verdict(verdict)
  if (model.kind === 'fault') {
    tally.reason(model.reason)
    tally.outcome(model.suppressed ? 'fault, not recorded (FPD)' : 'fault')
  } else tally.outcome(`${isWrite(request) ? 'write' : 'read'}, ${way.around ? 'pass-through' : sizeText(model.mapping.pages * 4096)}`)
}
export const sizeText = (bytes: number): string => bytes >= 2 ** 30 ? `${bytes / 2 ** 30} GiB` : bytes >= 2 ** 20 ? `${bytes / 2 ** 20} MiB` : `${bytes / 1024} KiB`

const hex = (value: number): string => `0x${value.toString(16)}`
export const sidText = (sid: number): string =>
  `${(sid >> 8).toString(16).padStart(2, '0')}:${(sid >> 3 & 31).toString(16).padStart(2, '0')}.${sid & 7}`
const reasonText = (code: number): string => `fault ${code.toString(16).toUpperCase()}h`

export function describe({ request, model, way, seen, landed }: DmaCompared): Comparison {
  return {
    request: requestText(request),
    model: modelText(request, model), qemu: seenText(seen) + (landed === null ? '' : landed ? ', data landed there' : ', data did not land there'),
    clause: clauseOf(model, way),
  }
}
export const requestText = (request: DmaRequest): string => `${sidText(request.sid)} ${isWrite(request) ? 'writes' : 'reads'} ${hex(request.address)}`
export const clauseOf = (model: Translation, way: Way): VtdClause | null =>
  model.kind === 'fault' ? faultReason(model.reason)?.clause ?? null : way.around ? 'VTD:9/pass-through' : 'VTD:3.7/walk'
export function modelText(request: DmaRequest, model: Translation): string {
  if (model.kind === 'translated') return `translated to ${hex(landingOf(request, model)!)}, page of ${sizeText(model.mapping.pages * 4096)}`
  const others = model.alternatives.length === 0 ? '' : ` (or ${model.alternatives.map(code => `${code.toString(16).toUpperCase()}h`).join(', ')})`
  return `${reasonText(model.reason)}${others}${model.suppressed ? ', not recorded' : ''}`
}
export function seenText(seen: Seen): string {
  const from = seen.hit ? ' from its IOTLB' : ''
  switch (seen.kind) {
    case 'translated': return `translated${from} to ${hex(seen.landing)}, page of ${sizeText(seen.size)}`
    case 'fault': return `${reasonText(seen.reason)}${from} of a ${seen.write ? 'write' : 'read'} at ${hex(seen.page)}`
    case 'suppressed': return `blocked${from}, not recorded`
    case 'silent': return seen.hit ? 'found in its IOTLB, then nothing' : 'no word of its unit'
  }
}

/** Tells whose events are whose: devices started together run in the order they were started in. An event without source id is of the first device that has no
 *  other, unless `landed` says that it went around the unit. @returns what each did, and the events that are nobody's */
export function attribute(events: readonly TraceEvent[], requests: readonly DmaRequest[], landed: readonly (boolean | null)[]): { readonly seen: readonly Seen[]; readonly left: number } {
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
      return { kind: 'fault', reason: event.reason, page: Number(event.address >> 12n << 12n), write: event.write === 1, hit }
    }
    if (event?.name === 'vtd_fault_disabled' && landed[i] !== true) {
      at++
      return { kind: 'suppressed', hit }
    }
    return { kind: 'silent', hit }
  })
  return { seen, left: events.length - at }
}

