/** FSTS, FECTL and FRCD: faults as software sees them (VT-d rev 5.10: 7.2, 7.3, 11.4.7). */
import {
  clearRecord, clearStatus, primaryPendingFault, recordFault, recordingClause, setEventMask,
} from '../../faults.ts'
import type { FaultState, StatusBit } from '../../faults.ts'
import { decode, encode, registers } from '../../layout/index.ts'
import { rule, send } from './state.ts'
import type { RequestRecord, UnitState, Work } from './state.ts'

/** Hardware has blocked a request. `suppressed`: by FPD. */
export function recordRequest(work: Work, record: RequestRecord, suppressed: boolean): void {
  raising(work, faults => {
    const { outcome, event } = recordFault(faults, record, suppressed, work.before.config.compress)
    rule(work, recordingClause[outcome])
    work.effects.push({ kind: 'fault', outcome, record })
    return event
  })
}

/** A change that raises a fault event or not: `raise` says whether its message is sent now. */
export function raising(work: Work, raise: (faults: FaultState<RequestRecord>) => boolean): void {
  const { faults } = work.unit
  const held = faults.ip
  if (raise(faults)) { rule(work, 'VTD:7.3/event'); send(work, 'fault') }
  else if (faults.ip && !held) rule(work, 'VTD:7.3/event-mask')
}

const statusBits = { PFO: 'pfo', IQE: 'iqe', ICE: 'ice',
  ITE: 'ite' } as const satisfies Readonly<Record<string, StatusBit>>

/** Software writes FSTS: 1 clears. */
export function writeStatus(work: Work, value: number): void {
  const bits = decode(registers.FSTS.layout, [value])
  const cleared = (Object.keys(statusBits) as (keyof typeof statusBits)[]).filter(bit => bits[bit] === 1)
    .map(bit => statusBits[bit])
  dropping(work, () => { clearStatus(work.unit.faults, ...cleared) })
  const { queue, faults } = work.unit
  if (!faults.iqe) queue.iqei = 0
  if (!faults.ice) queue.icesid = 0
  if (!faults.ite) queue.itesid = 0
}

/** Software writes the highest dword of FRCD: 1 clears F, and the rest of the record with it. */
export function writeRecord(work: Work, record: number, value: number): void {
  if (value >>> 31 === 1) dropping(work, () => { clearRecord(work.unit.faults, record) })
}

/** An event held back is forgotten with the last status bit. */
function dropping(work: Work, clear: () => void): void {
  const held = work.unit.faults.ip
  clear()
  if (held && !work.unit.faults.ip) rule(work, 'VTD:7.3/event-mask')
}

/** Software writes FECTL.IM. */
export function maskEvents(work: Work, masked: boolean): void {
  if (!setEventMask(work.unit.faults, masked)) return
  rule(work, 'VTD:7.3/event-mask')
  send(work, 'fault')
}

/** Software reads FSTS or FECTL: fault event messages that are on their way arrive first. */
export function pushMessages(work: Work): void {
  const { messages } = work.before
  if (!messages.some(message => message.of === 'fault')) return
  rule(work, 'VTD:7.3/pushed')
  for (const message of messages) if (message.of === 'fault') work.effects.push({ kind: 'message', message })
  work.unit.messages = work.unit.messages.filter(message => message.of !== 'fault')
}

export function faultStatus({ faults }: UnitState): number {
  return encode(registers.FSTS.layout, {
    PFO: Number(faults.pfo), PPF: Number(primaryPendingFault(faults)), IQE: Number(faults.iqe), ICE: Number(faults.ice),
    ITE: Number(faults.ite), FRI: faults.fri,
  })[0]!
}

/** FRCD as dwords: all 0 while F=0, when nobody may read it. */
export function recordDwords({ faults }: UnitState, record: number): Uint32Array {
  const found = faults.records[record] ?? null
  if (found === null) return new Uint32Array(4)
  return encode(registers.FRCD.layout, {
    F: 1, FR: found.reason, SID: found.sid, FI: found.address, T1: Number(!found.write), T2: Number(found.second),
    AT: found.at,
    PP: Number(found.pasid !== null), PV: found.pasid ?? 0, PRIV: Number(found.privileged), EXE: Number(found.execute),
  })
}
