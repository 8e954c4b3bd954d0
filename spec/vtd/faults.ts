/** Fault reasons, and how faults are recorded and signalled (VT-d rev 5.10: tables 15 and 30, sections 7.2 and 7.3). */
import type { Clauses } from '../iommu/citation.ts'
import type { VtdClause } from './clauses.ts'

export type FaultClause = `VTD:table-30/${string}` | `VTD:table-15/${string}`

export interface FaultReason {
  readonly code: number
  /** The manual's condition name for DMA ('LRT.2'); our own for interrupts, where the manual has none. */
  readonly condition: string
  readonly source: 'dma' | 'interrupt'
  /** Not recorded when an FPD met on the way is 1. */
  readonly qualified: boolean
  readonly says: string
  readonly clause: FaultClause
}

const Q = true, U = false
type Row = readonly [code: number, condition: string, qualified: boolean, says: string]

const dmaRows: readonly Row[] = [
  [0x08, 'LRT.1', U, 'The root entry could not be read.'],
  [0x01, 'LRT.2', U, 'The root entry is not present.'],
  [0x0a, 'LRT.3', U, 'A reserved bit is set in a present root entry.'],
  [0x09, 'LCT.1', U, 'The context entry could not be read.'],
  [0x02, 'LCT.2', Q, 'The context entry is not present.'],
  [0x0b, 'LCT.3', Q, 'A reserved bit is set in a present context entry.'],
  [0x03, 'LCT.4', Q,
    'The context entry has an AW or TT this unit does not support, or its top table could not be read.'],
  [0x0d, 'LCT.5', Q, 'TT of the context entry admits no translation and no translated request.'],
  [0x07, 'LSS.1', Q, 'A second-stage entry below the top table could not be read.'],
  [0x0c, 'LSS.2', Q, 'A reserved bit is set in a second-stage entry that has R or W.'],
  [0x04, 'LGN.1', Q,
    'The address is above min(MGAW, AGAW), or above the host address width where nothing translates it.'],
  [0x05, 'LGN.2', Q, 'A write or AtomicOp has no write permission.'],
  [0x06, 'LGN.3', Q, 'A read or AtomicOp has no read permission.'],
  [0x0e, 'LGN.4', Q, 'The translated address lies in the interrupt range FEEx_xxxx.'],
  [0x30, 'RTA.1', U, 'RTADDR has a reserved or unsupported TTM, or SSIRWE in legacy mode.'],
  [0x31, 'RTA.2', U, 'A request with PASID arrived in legacy mode.'],
  [0x32, 'RTA.3', U, 'A page request arrived in legacy mode.'],
  [0x33, 'RTA.4', U, 'TTM is abort-DMA.'],
  [0x34, 'RTA.5', U, 'A request asks for execute permission (new major versions; single source).'],
  [0x38, 'SRT.1', U, 'The scalable-mode root entry could not be read.'],
  [0x39, 'SRT.2', U, 'The half of the scalable-mode root entry for this device is not present.'],
  [0x3a, 'SRT.3', U, 'A reserved bit is set in the present half of a scalable-mode root entry.'],
  [0x40, 'SCT.1', U, 'The scalable-mode context entry could not be read.'],
  [0x41, 'SCT.2', Q, 'The scalable-mode context entry is not present.'],
  [0x42, 'SCT.3', Q, 'A reserved bit is set in a scalable-mode context entry.'],
  [0x43, 'SCT.4', Q, 'DTE=0 with PRE=1, or RID_PASID beyond PDTS, or EPTR=1 with PASIDE=0.'],
  [0x44, 'SCT.5', Q, 'DTE=0 and a translation or translated request.'],
  [0x45, 'SCT.6', Q, 'PASIDE=0 and a request with PASID.'],
  [0x46, 'SCT.7', Q, 'The PASID is beyond the PASID directory (PDTS).'],
  [0x47, 'SCT.8', Q, 'PRE=0 and a page request.'],
  [0x48, 'SCT.9', Q, 'The request carries the PASID that RID_PASID keeps for requests without one.'],
  [0x49, 'SCT.10', Q, 'EPTR=0 and a translated request with PASID (single source).'],
  [0x50, 'SPD.1', U, 'The PASID directory entry could not be read.'],
  [0x51, 'SPD.2', Q, 'The PASID directory entry is not present.'],
  [0x52, 'SPD.3', Q, 'A reserved bit is set in a PASID directory entry.'],
  [0x58, 'SPT.1', U, 'The PASID table entry could not be read.'],
  [0x59, 'SPT.2', Q, 'The PASID table entry is not present.'],
  [0x5a, 'SPT.3', Q, 'A reserved bit is set in a PASID table entry.'],
  [0x5b, 'SPT.4', Q, 'AW, PGTT or FSPM unsupported, or a nested FSPTPTR beyond min(MGAW, AW).'],
  [0x5c, 'SPT.5', Q, 'Execute permission is asked for and not supported.'],
  [0x5d, 'SPT.6', Q, 'SRE=0 and a privileged request.'],
  [0x60, 'SPT.9', Q, 'A translated address beyond the host permission table (single source).'],
  [0x70, 'SFS.1', Q, 'A first-stage entry could not be read.'],
  [0x71, 'SFS.2', Q, 'A first-stage entry is not present.'],
  [0x72, 'SFS.3', Q, 'A reserved bit is set in a first-stage entry.'],
  [0x73, 'SFS.4', Q, 'The top first-stage table could not be read.'],
  [0x74, 'SFS.5', Q, 'Nested: a first-stage entry holds an address beyond min(MGAW, AW).'],
  [0x75, 'SFS.6', Q, 'Nested: the second stage forbids reading the first-stage root.'],
  [0x76, 'SFS.7', Q, 'Nested: the second stage forbids reading a first-stage entry.'],
  [0x77, 'SFS.8', Q, 'Nested: the second stage forbids updating accessed or dirty.'],
  [0x90, 'SFS.9', Q, 'A first-stage accessed or dirty update is needed while the walk is not snooped.'],
  [0x91, 'SFS.10', Q, 'A first-stage accessed or dirty update failed.'],
  [0x78, 'SSS.1', Q, 'Scalable mode: a second-stage entry could not be read.'],
  [0x79, 'SSS.2', Q, 'Scalable mode: a second-stage entry maps nothing (R=W=0, or nothing left after the AND).'],
  [0x7a, 'SSS.3', Q, 'Scalable mode: a reserved bit is set in a second-stage entry.'],
  [0x7b, 'SSS.4', Q, 'Scalable mode: the top second-stage table could not be read.'],
  [0x7c, 'SSS.5', Q, 'A second-stage accessed or dirty update is needed while the walk is not snooped.'],
  [0x7d, 'SSS.6', Q, 'A second-stage accessed or dirty update failed.'],
  [0x80, 'SGN.1', Q, 'The input address of the first stage is not canonical.'],
  [0x81, 'SGN.2', Q, 'A user request meets a supervisor page.'],
  [0x82, 'SGN.3', U, 'No execute permission (rev 3.x; gone in rev 5.10).'],
  [0x83, 'SGN.4', Q, 'Scalable mode: a host address beyond the host address width.'],
  [0x84, 'SGN.5', Q, 'The input of the second stage is beyond min(MGAW, AW).'],
  [0x85, 'SGN.6', Q, 'Scalable mode: no write permission.'],
  [0x86, 'SGN.7', Q, 'Scalable mode: no read permission.'],
  [0x87, 'SGN.8', Q, 'Scalable mode: the translated address lies in the interrupt range FEEx_xxxx.'],
  [0x89, 'SGN.10', Q, 'The PASID is wider than ECAP.PSS (single source).'],
  ...[1, 2, 3, 4, 5, 6].map((n): Row =>
    [0x9f + n, `HPT.${n}`, Q, 'A check of the host permission table failed (single source).']),
]

const interruptRows: readonly Row[] = [
  [0x20, 'reserved-request-field', U, 'A reserved field is set in a remappable interrupt request.'],
  [0x21, 'index-range', U, 'The interrupt index is not below the size of the table.'],
  [0x22, 'not-present', Q, 'The interrupt remapping table entry is not present.'],
  [0x23, 'unreadable', U, 'The interrupt remapping table entry could not be read.'],
  [0x24, 'reserved-irte-field', Q, 'A field of a present interrupt remapping table entry is reserved or inconsistent.'],
  [0x25, 'compatibility-blocked', U, 'A compatibility-format interrupt came while EIME=1 or CFIS=0.'],
  [0x26, 'source-id', Q, 'The requester is not the source that the interrupt remapping table entry admits.'],
  [0x27, 'descriptor-unreadable', Q, 'The posted-interrupt descriptor could not be accessed (single source).'],
  [0x28, 'descriptor-reserved', Q, 'A reserved bit is set in the posted-interrupt descriptor (single source).'],
  [0x29, 'malformed-request', U,
    'A request to FEEx_xxxx is neither a dword write nor a zero-length read (single source).'],
  [0x2a, 'eime-required', U, 'EIMER=1 and EIME=0 (single source).'],
  [0x2b, 'remapping-required', U, 'IRREQ=1 and IRES=0 (single source).'],
]

/** Every reason code of tables 30 and 15. */
export const faultReasons: readonly FaultReason[] = [
  ...dmaRows.map(([code, condition, qualified, says]): FaultReason =>
    ({ code, condition, source: 'dma', qualified, says,
      clause: `VTD:table-30/${condition.toLowerCase().replace('.', '-')}` })),
  ...interruptRows.map(([code, condition, qualified, says]): FaultReason =>
    ({ code, condition, source: 'interrupt', qualified, says, clause: `VTD:table-15/${condition}` })),
]
const byCode = new Map(faultReasons.map(reason => [reason.code, reason]))
/** LCT.2, LGN.2 and LGN.3: what refusals that are cached are reported as. */
export const contextNotPresent = 0x02, writeDenied = 0x05, readDenied = 0x06

export const faultReason = (code: number): FaultReason | undefined => byCode.get(code)

export const faultClauses: Clauses = Object.fromEntries(faultReasons.map(({ clause, source, says, code }) => [clause, {
  manual: 'VTD', section: source === 'dma' ? 'table 30' : 'table 15',
  says: `${says} Fault reason ${code.toString(16).toUpperCase()}h.`,
}]))

/** A blocked request. `reason` is what the manual's order gives; `alternatives` are reasons its open priority allows as
 *  well. */
export interface Fault {
  readonly kind: 'fault'
  readonly reason: number
  readonly alternatives: readonly number[]
  /** Qualified, and an FPD met on the way is 1: blocked all the same, but not recorded. */
  readonly suppressed: boolean
}
/** The fault of the first of `reasons`, and its clause. `reasons` must not be empty; one that comes twice counts
 *  once. */
export function faultOf(reasons: readonly number[], fpd: boolean): Fault & { readonly clause: VtdClause } {
  const [reason, ...alternatives] = new Set(reasons)
  const { qualified, clause } = byCode.get(reason!)!
  return { kind: 'fault', reason: reason!, alternatives, suppressed: qualified && fpd, clause }
}

/** What a record holds while F=1. `address`: page address of a DMA; interrupt index, 0 where there is none. */
export interface FaultRecord { reason: number; sid: number; address: number; write: boolean }
export type StatusBit = 'pfo' | 'iqe' | 'ice' | 'ite'

/** FRCD, FSTS and FECTL. Plain data: the functions below write to a draft of it. */
export interface FaultState<R extends FaultRecord = FaultRecord> {
  /** FRCD registers; null is F=0. */
  records: (R | null)[]
  /** Where the next fault goes. */
  index: number
  /** FSTS.FRI; 0 while no fault is pending, when nobody may read it. */
  fri: number
  pfo: boolean; iqe: boolean; ice: boolean; ite: boolean
  /** FECTL */
  im: boolean; ip: boolean
}

/** FSTS.PPF: derived. */
export const primaryPendingFault = (s: { readonly records: readonly unknown[] }): boolean =>
  s.records.some(record => record !== null)
const anyStatus = (s: FaultState): boolean => primaryPendingFault(s) || s.pfo || s.iqe || s.ice || s.ite

export type Recording = 'recorded' | 'suppressed' | 'dropped' | 'compressed' | 'overflowed'
export const recordingClause: Readonly<Record<Recording, VtdClause>> = {
  recorded: 'VTD:7.2/record', suppressed: 'VTD:7.2/suppressed', dropped: 'VTD:7.2/drop-while-overflowed',
  compressed: 'VTD:7.2/compress', overflowed: 'VTD:7.2/overflow',
}

/** Records a fault, or says why not. `event`: the fault event message is sent now. Whether to `compress` is hardware's
 *  choice. */
export function recordFault<R extends FaultRecord>(draft: FaultState<R>, record: R, suppressed: boolean,
  compress = false):
  { readonly outcome: Recording; readonly event: boolean } {
  if (suppressed) return { outcome: 'suppressed', event: false }
  if (draft.pfo) return { outcome: 'dropped', event: false }
  if (compress && draft.records.some(pending => pending?.sid === record.sid))
    return { outcome: 'compressed', event: false }
  if (draft.records[draft.index] !== null) {
    draft.pfo = true // no event: the fault already pending has raised it
    return { outcome: 'overflowed', event: false }
  }
  const quiet = !anyStatus(draft)
  if (!primaryPendingFault(draft)) draft.fri = draft.index
  draft.records[draft.index] = record
  draft.index = (draft.index + 1) % draft.records.length
  return { outcome: 'recorded', event: quiet && raiseEvent(draft) }
}

/** Hardware sets a queue error bit. True when the fault event message is sent. */
export function setStatus(draft: FaultState, bit: Exclude<StatusBit, 'pfo'>): boolean {
  const quiet = !anyStatus(draft)
  draft[bit] = true
  return quiet && raiseEvent(draft)
}

/** Software writes 1 to F of one record. */
export function clearRecord(draft: FaultState, index: number): void {
  draft.records[index] = null
  if (!primaryPendingFault(draft)) draft.fri = 0
  forgetEvent(draft)
}

/** Software writes 1 to status bits. */
export function clearStatus(draft: FaultState, ...bits: readonly StatusBit[]): void {
  for (const bit of bits) draft[bit] = false
  forgetEvent(draft)
}

/** Software writes FECTL.IM. True when a message held back until now is sent. */
export function setEventMask(draft: FaultState, masked: boolean): boolean {
  draft.im = masked
  return sendPending(draft)
}

/** TES and IRES are both 0. */
export function resetFaultIndex(draft: FaultState): void { draft.index = 0 }

function raiseEvent(draft: FaultState): boolean {
  draft.ip = true
  return sendPending(draft)
}
function sendPending(draft: FaultState): boolean {
  if (!draft.ip || draft.im) return false
  draft.ip = false
  return true
}
/** An event nobody has a reason for any more is dropped without a message. */
function forgetEvent(draft: FaultState): void { if (!anyStatus(draft)) draft.ip = false }
