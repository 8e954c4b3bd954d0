/** Interrupt remapping of an AMD IOMMU (AMD 48882 rev 3.05, 2.2.5): what becomes of a message. Pure and total; the
 *  order of the checks is that of the implementations. RqEoi is left out: what it means is known from memory alone. */
import type { AmdviClause } from '../clauses.ts'
import { causeNamed } from '../faults.ts'
import type { FaultReason } from '../faults.ts'
import type { Fetched, GuestTarget, InterruptEntry, InterruptMap, Tables } from '../walk/tables.ts'

/** What the local APICs receive. `type` is a delivery mode, 0 to 7. */
export interface Interrupt {
  readonly vector: number
  readonly type: number
  readonly destination: number
  readonly logical: boolean
}
/** A write to FEEx_xxxx. There is no format: the same bits are the interrupt of a unit that does not remap, and the
 *  index of one that does. */
export interface InterruptRequest { readonly unmapped: Interrupt; readonly index: number }

export interface InterruptUnit {
  /** IommuEn */
  readonly enabled: boolean
  /** XTEn */
  readonly xt: boolean
  /** GAMEn: entries may be in guest mode. */
  readonly guestMode: boolean
  /** Largest IntTabLen: `classicLength`, or `longLength` where there are tables of 2048. */
  readonly mostLength: number
  /** Whether an SMI passes as it is, outside the SMI filter: one implementation lets it, another refuses it. */
  readonly passesSmi: boolean
  /** Whether an event tells of an interrupt that IntCtl=0 aborts. */
  readonly tellsAborts: boolean
  /** Whether bits 10:8 of a message are of the index alone where the table has more than 512 entries. */
  readonly indexFirst: boolean
}

export type Remapped = { readonly exercised: readonly AmdviClause[] }
  & ({ readonly kind: 'interrupt'; readonly interrupt: Interrupt }
    /** Goes to a guest: `post` says how. */
    | { readonly kind: 'guest'; readonly vector: number; readonly target: GuestTarget }
    | { readonly kind: 'fault'; readonly reason: FaultReason; readonly suppressed: boolean })

/** IntTabLen of the largest table without NumIntRemapMode. */
export const classicLength = 9, longLength = 11
const fixed = 0, arbitrated = 1, smi = 2, nmi = 4, init = 5, extInt = 7

/** The request in a dword write of `data` to `address`; null where the address is none of FEEx_xxxx. */
export function decodeMessage(address: number, data: number): InterruptRequest | null {
  if (address < 0xfee00000 || address > 0xfeefffff) return null
  return {
    index: data & 0x7ff,
    unmapped: { vector: data & 0xff, type: data >>> 8 & 7, destination: address >>> 12 & 0xff,
      logical: (address >>> 2 & 1) === 1 },
  }
}

/** The whole way of a message, no caches. */
export function remapIn(tables: Tables, unit: InterruptUnit, device: number, request: InterruptRequest): Remapped {
  if (!unit.enabled) return { kind: 'interrupt', interrupt: request.unmapped, exercised: ['AMD:2.2/iommu-off'] }
  const entry = tables.deviceEntry(device)
  if (entry !== null && entry !== 'unreadable')
    return remap(unit, entry.interrupts, request, tables.interruptEntry)
  const reason = causeNamed(entry === null ? 'interrupt-device-outside' : 'interrupt-dte-unreadable')
  return { kind: 'fault', reason, suppressed: false, exercised: [reason.clause] }
}

/** Under a device table entry, which may come from the cache.
 *  @param entryOf the entry at an index that is in range, from the cache or from memory: a cached one goes through the
 *  same checks. */
export function remap(unit: InterruptUnit, map: InterruptMap, { unmapped, index }: InterruptRequest,
  entryOf: (table: number, index: number) => Fetched<InterruptEntry>): Remapped {
  const exercised: AmdviClause[] = []
  // IG and SupIOPF keep IO_PAGE_FAULT from the log, and no other event.
  const blame = (cause: string, ignored = map.ignored): Remapped => {
    const reason = causeNamed(cause), suppressed = ignored && reason.event === 'IO_PAGE_FAULT'
    exercised.push(reason.clause)
    return { kind: 'fault', reason, suppressed, exercised }
  }
  const unchanged = (rule: AmdviClause): Remapped =>
    ({ kind: 'interrupt', interrupt: unmapped, exercised: [...exercised, rule] })
  if (!unit.enabled) return unchanged('AMD:2.2/iommu-off')
  if (!map.valid) return unchanged('AMD:2.2.5/interrupt-map')
  if (map.reserved) return blame('interrupt-reserved')
  if (hasOtherMode(unit, map, unmapped)) {
    const rule = passingRule(unit, map, unmapped)
    return rule === null ? blame('delivery-mode') : unchanged(rule)
  }
  if (map.control === 1) return unchanged('AMD:2.2.5/interrupt-map')
  exercised.push('AMD:2.2.5/interrupt-map')
  if (map.control === 0) return blame(unit.tellsAborts ? 'intctl-abort-told' : 'intctl-abort')
  if (map.control === 3) return blame('intctl-reserved')
  if (map.length > unit.mostLength) return blame('inttablen-reserved')
  exercised.push('AMD:2.2.5/index', 'AMD:2.2.5/table-per-device')
  if (index >= 2 ** map.length) return blame('index-range')
  const entry = entryOf(map.table, index)
  if (entry === 'unreadable') return blame('irte-unreadable')
  if (!entry.enabled || isMalformed(entry, unit))
    return blame(entry.enabled ? 'irte-reserved' : 'not-enabled', map.ignored || entry.suppressed)
  if (entry.guest !== null) {
    exercised.push('AMD:2.2.5/guest-mode')
    return { kind: 'guest', vector: entry.vector, target: entry.guest, exercised }
  }
  exercised.push('AMD:2.2.5.1/remap', 'AMD:2.2.5.1/destination')
  const { vector, type, logical } = entry
  const destination = unit.xt ? entry.destination : entry.destination & 0xff
  return { kind: 'interrupt', interrupt: { vector, type, logical, destination }, exercised }
}

/** Whether the delivery mode is none that is remapped. Bits 10:8 of the data are of the index alone where the table has
 *  entries from 512 up: those have no other index. */
function hasOtherMode({ indexFirst, mostLength }: InterruptUnit, { control, length }: InterruptMap,
  { type }: Interrupt): boolean {
  if (type === fixed || type === arbitrated) return false
  return !(indexFirst && control === 2 && length > classicLength && length <= mostLength)
}

const isMalformed = ({ reserved, guestMode, type }: InterruptEntry, unit: InterruptUnit): boolean =>
  reserved || (guestMode ? !unit.guestMode : type > arbitrated)

/** Why a message of another delivery mode passes; null where it does not. NMI, INIT and ExtINT do to a physical
 *  destination, where the entry lets them through. */
function passingRule({ passesSmi }: InterruptUnit, { passes: { init: initPass, extInt: extIntPass, nmi: nmiPass } }:
  InterruptMap, { type, logical }: Interrupt): AmdviClause | null {
  if (type === smi) return passesSmi ? 'AMD:2.2.5/smi' : null
  const passes = type === nmi && nmiPass || type === init && initPass || type === extInt && extIntPass
  return passes && !logical ? 'AMD:2.2.5/pass-bits' : null
}
