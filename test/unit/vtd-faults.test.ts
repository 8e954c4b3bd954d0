/** Fault reasons as a table, and the registers that record faults. */
import fc from 'fast-check'
import { produce } from 'immer'
import { describe, expect, it } from 'vitest'
import { clauses } from '../../spec/clauses.ts'
import {
  clearRecord, clearStatus, faultOf, faultReason, faultReasons, primaryPendingFault, recordFault, recordingClause,
  resetFaultIndex,
  setEventMask, setStatus,
} from '../../spec/vtd/faults.ts'
import type { FaultState } from '../../spec/vtd/faults.ts'

const fresh = (records = 2): FaultState => ({
  records: Array.from({ length: records }, () => null), index: 0, fri: 0,
  pfo: false, iqe: false, ice: false, ite: false, im: false, ip: false,
})
const fault = (sid: number) => ({ reason: 0x05, sid, address: 0x1000, write: true })
const record = (s: FaultState, sid: number, { suppressed = false, compress = false } = {}) =>
  recordFault(s, fault(sid), suppressed, compress)

describe('reasons', () => {
  it('have one code, one clause and a text each', () => {
    expect(new Set(faultReasons.map(r => r.code)).size).toBe(faultReasons.length)
    expect(new Set(faultReasons.map(r => r.clause)).size).toBe(faultReasons.length)
    for (const r of faultReasons) expect(clauses[r.clause]?.says).toContain(`${r.code.toString(16).toUpperCase()}h`)
  })
  it('that FPD never hides: access errors above the context, and requests wrong in themselves', () => {
    expect(faultReasons.filter(r => !r.qualified).map(r => r.code)).toEqual([
      0x08, 0x01, 0x0a, 0x09, 0x30, 0x31, 0x32, 0x33, 0x34, 0x38, 0x39, 0x3a, 0x40, 0x50, 0x58, 0x82,
      0x20, 0x21, 0x23, 0x25, 0x29, 0x2a, 0x2b])
  })
  it('are found by code', () => {
    expect(faultReason(0x0c)).toMatchObject({ condition: 'LSS.2', clause: 'VTD:table-30/lss-2', source: 'dma' })
    expect(faultReason(0x26)).toMatchObject({ clause: 'VTD:table-15/source-id', source: 'interrupt' })
    expect(faultReason(0xff)).toBeUndefined()
  })
  it('the first is reported, and its qualification decides', () => {
    expect(faultOf([0x24, 0x26], true)).toEqual(
      { kind: 'fault', reason: 0x24, alternatives: [0x26], suppressed: true,
        clause: 'VTD:table-15/reserved-irte-field' })
    expect(faultOf([0x23], true)).toMatchObject({ suppressed: false })
    expect(faultOf([0x22], false)).toMatchObject({ suppressed: false })
  })
})

describe('recording', () => {
  it('fills the records in a ring; FRI is the first pending', () => {
    const s = fresh(3)
    for (const sid of [1, 2]) expect(record(s, sid).outcome).toBe('recorded')
    expect(s).toMatchObject({ records: [fault(1), fault(2), null], index: 2, fri: 0 })
    clearRecord(s, 0)
    clearRecord(s, 1)
    for (const sid of [3, 4]) record(s, sid)
    expect(s).toMatchObject({ records: [fault(4), null, fault(3)], index: 1, fri: 2, pfo: false })
  })
  it('overflows once, then drops until PFO is cleared', () => {
    const s = fresh(1)
    expect([1, 2, 3].map(sid => record(s, sid).outcome)).toEqual(['recorded', 'overflowed', 'dropped'])
    clearRecord(s, 0)
    expect(record(s, 4).outcome).toBe('dropped')
    clearStatus(s, 'pfo')
    expect(record(s, 5).outcome).toBe('recorded')
    expect(s.records).toEqual([fault(5)])
  })
  it('overflows at a record in use even when another is free', () => {
    const s = fresh(2)
    record(s, 1)
    record(s, 2)
    clearRecord(s, 1)
    expect(record(s, 3).outcome).toBe('overflowed')
    expect(s.records).toEqual([fault(1), null])
  })
  it('leaves no trace of a suppressed fault', () => {
    const s = fresh()
    expect(record(s, 1, { suppressed: true })).toEqual({ outcome: 'suppressed', event: false })
    expect(s).toEqual(fresh())
  })
  it('compresses by source only where hardware does', () => {
    const s = fresh(3)
    record(s, 1)
    expect(record(s, 1, { compress: true }).outcome).toBe('compressed')
    expect(record(s, 2, { compress: true }).outcome).toBe('recorded')
    expect(record(s, 1).outcome).toBe('recorded')
    expect(s.pfo).toBe(false)
  })
  it('starts at record 0 again when the unit is off', () => {
    const s = fresh(3)
    record(s, 1)
    clearRecord(s, 0)
    resetFaultIndex(s)
    record(s, 2)
    expect(s).toMatchObject({ records: [fault(2), null, null], fri: 0 })
  })
  it('names a clause for each outcome', () => {
    for (const id of Object.values(recordingClause)) expect(clauses[id]).toBeDefined()
  })
  it('works on a draft of immer', () => {
    const next = produce(fresh(), draft => { record(draft, 9) })
    expect(next.records[0]).toEqual(fault(9))
  })
})

describe('events', () => {
  it('the first pending fault raises one, the next none', () => {
    const s = fresh(3)
    expect([1, 2].map(sid => record(s, sid).event)).toEqual([true, false])
    clearRecord(s, 0)
    expect(record(s, 3).event).toBe(false)
    clearRecord(s, 1)
    clearRecord(s, 2)
    expect(record(s, 4).event).toBe(true)
    expect(s.ip).toBe(false)
  })
  it.each(['iqe', 'ice', 'ite'] as const)('%s raises one, and while it stands nothing else does', bit => {
    const s = fresh()
    expect([setStatus(s, bit), setStatus(s, bit), record(s, 1).event]).toEqual([true, false, false])
    clearRecord(s, 0)
    expect(record(s, 2).event).toBe(false)
    clearRecord(s, 1)
    clearStatus(s, bit)
    expect(record(s, 3).event).toBe(true)
  })
  it('PFO left standing silences queue errors', () => {
    const s = fresh(1)
    record(s, 1)
    record(s, 2)
    clearRecord(s, 0)
    expect(s.pfo).toBe(true)
    expect(setStatus(s, 'iqe')).toBe(false)
  })
  it('overflow raises none', () => {
    const s = fresh(1)
    record(s, 1)
    expect(record(s, 2)).toEqual({ outcome: 'overflowed', event: false })
  })
  it('is held back by IM and sent when IM is cleared, once', () => {
    const s = { ...fresh(), im: true }
    expect(record(s, 1).event).toBe(false)
    expect(s.ip).toBe(true)
    expect([setEventMask(s, true), setEventMask(s, false), setEventMask(s, false)]).toEqual([false, true, false])
    expect(s).toMatchObject({ im: false, ip: false })
  })
  it('held back, is dropped when its reasons are gone: the last one only', () => {
    const s = { ...fresh(), im: true }
    record(s, 1)
    setStatus(s, 'ice')
    clearStatus(s, 'ice')
    expect(s.ip).toBe(true)
    clearRecord(s, 0)
    expect([s.ip, setEventMask(s, false)]).toEqual([false, false])
  })
})

type Command = { readonly do: 'record' | 'clear' | 'status' | 'clearStatus' | 'mask'; readonly n: number }
const command: fc.Arbitrary<Command> = fc.record({
  do: fc.constantFrom('record', 'clear', 'status', 'clearStatus', 'mask'), n: fc.nat(3),
})
const bits = ['pfo', 'iqe', 'ice', 'ite'] as const

/** Runs one command; true when a message is sent. */
function run(s: FaultState, { do: what, n }: Command): boolean {
  switch (what) {
    case 'record': return record(s, n).event
    case 'clear': clearRecord(s, n % s.records.length); return false
    case 'status': return n === 0 ? false : setStatus(s, bits[n] as 'iqe' | 'ice' | 'ite')
    case 'clearStatus': clearStatus(s, bits[n]!); return false
    case 'mask': return setEventMask(s, n % 2 === 0)
  }
}
const standing = (s: FaultState): boolean => primaryPendingFault(s) || bits.some(bit => s[bit])

describe('any sequence', () => {
  it('sends exactly one message from quiet to quiet, unless masked all the time', () => {
    fc.assert(fc.property(fc.array(command, { maxLength: 40 }), commands => {
      const s = fresh()
      let sent = 0
      for (const c of commands) {
        if (run(s, c)) sent++
        if (!standing(s)) sent = 0
        else expect(sent + (s.ip ? 1 : 0)).toBe(1)
      }
    }), { numRuns: 500, seed: 1 })
  })
  it('never holds IP without a reason or unmasked, and FRI names a record in use until software takes it out of order',
    () => {
      fc.assert(fc.property(fc.array(command, { maxLength: 40 }), commands => {
        const s = fresh()
        for (const c of commands) {
          const before = primaryPendingFault(s)
          run(s, c)
          if (s.ip) expect([s.im, standing(s)]).toEqual([true, true])
          if (!before && primaryPendingFault(s)) expect(s.records[s.fri]).not.toBeNull()
          if (!primaryPendingFault(s)) expect(s.fri).toBe(0)
        }
      }), { numRuns: 500, seed: 2 })
    })
})
