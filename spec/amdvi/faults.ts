/** Why a unit refuses a request, and how it tells: the event log (AMD 48882 rev 3.05, 2.5). */
import type { Clauses, Strength } from '../iommu/citation.ts'

/** Codes of events: bits 31:28 of the second dword. */
export const events = {
  ILLEGAL_DEV_TABLE_ENTRY: 1, IO_PAGE_FAULT: 2, DEV_TAB_HARDWARE_ERROR: 3, PAGE_TAB_HARDWARE_ERROR: 4,
  ILLEGAL_COMMAND_ERROR: 5, COMMAND_HARDWARE_ERROR: 6, IOTLB_INV_TIMEOUT: 7, INVALID_DEVICE_REQUEST: 8,
  INVALID_PPR_REQUEST: 9, EVENT_COUNTER_ZERO: 10, GUEST_EVENT_FAULT: 11, VIOMMU_HARDWARE_ERROR: 12, RMP_PAGE_FAULT: 13,
  RMP_HARDWARE_ERROR: 14,
} as const
export type EventName = keyof typeof events

export type FaultClause = `AMD:2.5/${string}`

/** The manual has one event for many causes, told apart by flags at best; here each cause has a number. */
export interface FaultReason {
  /** The code of the event times 256, and the number of the cause; from 1000h up no event is logged. */
  readonly code: number
  readonly cause: string
  readonly source: 'dma' | 'interrupt'
  readonly event: EventName | null
  /** Flags of the event: PR (present), PE (permission), RZ (reserved bit). */
  readonly flags: string
  readonly says: string
  readonly clause: FaultClause
  readonly strength: Strength
}

type Row = readonly [code: number, cause: string, flags: string, says: string, strength?: Strength]

const dmaRows: readonly Row[] = [
  [0x101, 'dte-reserved', 'RZ', 'A reserved bit is set in the lower half of a device table entry with V=1.'],
  [0x102, 'mode-reserved', '', 'Mode is 7, or above what the unit has; or it is an IO_PAGE_FAULT.', 'one source'],
  [0x103, 'ioctl-reserved', 'RZ', 'IoCtl is 3; or that refuses port I/O alone.', 'one source'],
  [0x201, 'outside-device-table', '', 'The DeviceID is beyond the device table.', 'one source'],
  [0x202, 'tv-zero', '', 'The entry is valid and has no translation: V=1, TV=0.', 'one source'],
  [0x203, 'dte-permission', 'PR PE', 'IR or IW of the device table entry lacks; before Mode is looked at.'],
  [0x204, 'not-present', '', 'A page table entry has PR=0.'],
  [0x205, 'level-unsupported', 'PR RZ', 'NextLevel is above the levels that the unit has.', 'one source'],
  [0x206, 'pte-reserved', 'PR RZ', 'A reserved bit is set in a present page table entry.'],
  [0x207, 'permission', 'PR PE', 'IR or IW of a page table entry lacks.'],
  [0x208, 'page-size', 'PR', 'The size that NextLevel=7 gives does not fit the level.', 'one source'],
  [0x209, 'level-invalid', 'PR', 'NextLevel is not below the level of its table.', 'one source'],
  [0x20a, 'skipped-bits', 'PR', 'A bit of the address is set that a skipped level would index.', 'one source'],
  [0x20b, 'above-mode', '', 'A bit of the address is set above what Mode reaches.', 'one source'],
  [0x20c, 'gcr3-not-valid', 'GN', 'An entry of the GCR3 table has V=0.', 'one source'],
  [0x20d, 'pasid-range', 'GN', 'The PASID is beyond the GCR3 table: GLX.', 'one source'],
  [0x20e, 'guest-not-present', 'GN', 'A guest page table entry has P=0, or the address is not canonical.',
    'one source'],
  [0x20f, 'guest-reserved', 'GN PR RZ', 'A reserved bit is set in a present guest page table entry.', 'one source'],
  [0x210, 'guest-permission', 'GN PR PE', 'R/W of a guest page table entry lacks, or NX forbids an execution.',
    'one source'],
  [0x214, 'guest-user', 'GN PR PE', 'U/S of a guest page table entry lacks for a request of a user.', 'one source'],
  [0x216, 'mode-page-fault', 'PR', 'Mode is 7, or above what the unit has; or the entry is illegal.', 'one source'],
  [0x801, 'pasid-unexpected', '', 'A request has a PASID, and GV is 0.', 'one source'],
  [0x301, 'dte-unreadable', '', 'The device table entry could not be read.'],
  [0x401, 'pte-unreadable', '', 'A page table entry could not be read.'],
  [0x402, 'guest-unreadable', 'GN', 'A guest page table entry, or one of the GCR3 table, could not be read.',
    'one source'],
]
const interruptRows: readonly Row[] = [
  [0x111, 'interrupt-reserved', 'RZ', 'A reserved bit is set in the upper half of a device table entry with IV=1.'],
  [0x112, 'intctl-reserved', 'RZ', 'IntCtl is 3.'],
  [0x113, 'inttablen-reserved', '', 'IntTabLen is above the largest table that the unit has.'],
  [0x211, 'index-range', '', 'The index is beyond the table: IntTabLen.'],
  [0x212, 'not-enabled', '', 'The entry has RemapEn=0.'],
  [0x213, 'irte-reserved', 'PR RZ',
    'The entry has a reserved bit, GuestMode where that is off, or an IntType that is neither fixed nor arbitrated.'],
  [0x215, 'interrupt-device-outside', '', 'The DeviceID of an interrupt is beyond the device table.', 'one source'],
  [0x217, 'intctl-abort-told', '', 'IntCtl is 0; or no event tells of it.', 'one source'],
  [0x311, 'irte-unreadable', '', 'The entry could not be read; which event tells of it is not known.', 'one source'],
  [0x312, 'interrupt-dte-unreadable', '', 'The device table entry for an interrupt could not be read.'],
  [0x1001, 'intctl-abort', '', 'IntCtl is 0: target abort. No event is known of it.', 'one source'],
  [0x1002, 'delivery-mode', '', 'NMI, INIT or ExtINT with a logical destination or without its pass bit, or another '
    + 'delivery mode: target abort.'],
]

const reasonOf = (source: FaultReason['source']) =>
  ([code, cause, flags, says, strength = 'specification']: Row): FaultReason => {
    const event = (Object.keys(events) as EventName[]).find(name => events[name] === code >> 8) ?? null
    return { code, cause, source, event, flags, says, strength, clause: `AMD:2.5/${cause}` }
  }
export const faultReasons: readonly FaultReason[] = [...dmaRows.map(reasonOf('dma')),
  ...interruptRows.map(reasonOf('interrupt'))]
const byCause = new Map(faultReasons.map(reason => [reason.cause, reason]))
const byCode = new Map(faultReasons.map(reason => [reason.code, reason]))

/** @throws TypeError where no cause has the name. */
export const causeNamed = (cause: string): FaultReason => byCause.get(cause)!
export const faultReason = (code: number): FaultReason | undefined => byCode.get(code)
/** What a refusal that is cached is reported as, one for lack of permission of the page, one of the device, and that of
 *  a device without domain. */
export const notPresent = causeNamed('not-present').code, denied = causeNamed('permission').code,
  deviceDenied = causeNamed('dte-permission').code, noTranslation = causeNamed('tv-zero').code

export const faultClauses: Clauses = Object.fromEntries(faultReasons.map(({ clause, event, flags, says, strength }) =>
  [clause, { manual: 'AMD', section: event === 'IO_PAGE_FAULT' ? '2.5.3' : '2.5', strength,
    says: `${says} ${event === null ? 'Not logged.' : `${event}${flags === '' ? '' : `, ${flags}`}.`}` }]))

/** One entry of the log. `address`: page of a DMA, index of an interrupt. */
export interface Logged { reason: number; device: number; address: number; write: boolean }
/** The log and EventOverflow of the status register. Plain data: `logEvent` writes to a draft of it. */
export interface EventLog<L extends Logged = Logged> { entries: L[]; overflow: boolean }

export type Logging = 'logged' | 'suppressed' | 'overflowed' | 'dropped'
export const loggingClause: Readonly<Record<Logging, `AMD:2.5/log-${string}`>> = {
  logged: 'AMD:2.5/log-entry', suppressed: 'AMD:2.5/log-suppressed', overflowed: 'AMD:2.5/log-overflow',
  dropped: 'AMD:2.5/log-overflow',
}

/** What becomes of an event. A log that was full when one came stays stopped until software restarts it. */
export function loggingOf({ suppressed, overflow, isFull }:
  { readonly suppressed: boolean; readonly overflow: boolean; readonly isFull: boolean }): Logging {
  if (suppressed) return 'suppressed'
  if (overflow) return 'dropped'
  return isFull ? 'overflowed' : 'logged'
}
/** Logs an event, or says why not. `size`: entries that the log holds. */
export function logEvent<L extends Logged>(draft: EventLog<L>, entry: L, size: number, suppressed = false): Logging {
  const logging = loggingOf({ suppressed, overflow: draft.overflow, isFull: draft.entries.length === size })
  if (logging === 'overflowed') draft.overflow = true
  if (logging === 'logged') draft.entries.push(entry)
  return logging
}
