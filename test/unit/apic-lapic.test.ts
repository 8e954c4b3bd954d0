/** Local APIC: acceptance, priority, dispatch and EOI against the tables of SDM vol. 3 10.8 and 10.9. */
import { produce } from 'immer'
import { assert, boolean, constantFrom, array, integer, oneof, property, record, constant } from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accept, acknowledge, architecturalLapic, boundedLapic, dispatch, dispatchable, eoi, esrReceiveIllegalVector, ppr,
  usualReading,
} from '../../spec/apic/lapic.ts'
import type { Lapic, LapicConfig } from '../../spec/apic/lapic.ts'
import type { ApicClause } from '../../spec/apic/clauses.ts'

const fresh = (count = 256): Lapic => ({ irr: bits(count), isr: bits(count), tmr: bits(count) })
const bits = (count: number): boolean[] => Array.from({ length: count }, () => false)
const set = (flags: readonly boolean[]): number[] => flags.flatMap((on, v) => on ? [v] : [])
const real = architecturalLapic
const withIn = (parts: { irr?: number[]; isr?: number[]; tmr?: number[] }, count = 256): Lapic => {
  const lapic = fresh(count)
  for (const name of ['irr', 'isr', 'tmr'] as const) for (const v of parts[name] ?? []) lapic[name][v] = true
  return lapic
}

describe('acceptance (3.1)', () => {
  const refuse: LapicConfig = { ...real, disputed: { ...usualReading, secondRequest: 'refuse' } }
  const off: LapicConfig = { ...real, enabled: false }
  it.each<[string, LapicConfig, Lapic, number, string, number[]]>([
    ['idle vector', real, fresh(), 0x31, 'accepted', [0x31]],
    ['vector in service waits in IRR', real, withIn({ isr: [0x31] }), 0x31, 'accepted', [0x31]],
    ['vector already waiting', real, withIn({ irr: [0x31] }), 0x31, 'merged', [0x31]],
    ['the same, refused by the APM reading', refuse, withIn({ irr: [0x31] }), 0x31, 'refused', [0x31]],
    ['idle vector, APM reading', refuse, fresh(), 0x31, 'accepted', [0x31]],
    ['highest illegal vector', real, fresh(), 15, 'rejected-illegal', []],
    ['lowest legal vector', real, fresh(), 16, 'accepted', [16]],
    ['software-disabled', off, withIn({ irr: [0x40] }), 0x31, 'dropped-disabled', [0x40]],
    ['disabled comes before illegal', off, fresh(), 3, 'dropped-disabled', []],
    ['bounded models start at 0', boundedLapic, fresh(3), 0, 'accepted', [0]],
  ])('%s', (_, config, lapic, vector, outcome, irr) => {
    const served = set(lapic.isr)
    expect(accept(lapic, vector, false, config)).toBe(outcome)
    expect(set(lapic.irr)).toEqual(irr)
    expect(set(lapic.isr)).toEqual(served)
  })

  it('names ESR bit 6 for an illegal vector', () => expect(esrReceiveIllegalVector).toBe(0x40))

  it('rewrites TMR on every acceptance, a merge included, and on nothing else', () => {
    const lapic = fresh()
    const tmrAfter = (level: boolean, config = real): boolean => {
      accept(lapic, 0x31, level, config)
      return lapic.tmr[0x31]!
    }
    expect([tmrAfter(true), tmrAfter(false), tmrAfter(true)]).toEqual([true, false, true])
    expect(tmrAfter(false, refuse)).toBe(true)
    expect(tmrAfter(false, off)).toBe(true)
  })

  it('is an ordinary recipe on an immer draft and leaves the base alone', () => {
    const base = produce(fresh(2), () => {})
    const next = produce(base, draft => { accept(draft, 1, true, boundedLapic); dispatch(draft, 1) })
    expect([set(base.irr), set(next.irr), set(next.isr), set(next.tmr)]).toEqual([[], [], [1], [1]])
  })
})

describe('priority and dispatch (3.2)', () => {
  it.each<[string, number, number[], 'tpr' | 'zero', number]>([
    ['TPR class above', 0x53, [0x41], 'tpr', 0x53],
    ['TPR class above, other reading', 0x53, [0x41], 'zero', 0x53],
    ['ISR class above: its low nibble never shows', 0x33, [0x41], 'tpr', 0x40],
    ['equal classes', 0x43, [0x41], 'tpr', 0x43],
    ['equal classes, other reading', 0x43, [0x41], 'zero', 0x40],
    ['the highest vector in service counts', 0x13, [0x41, 0x62, 0x25], 'tpr', 0x60],
    ['nothing in service', 0x10, [], 'tpr', 0x10],
    ['idle', 0, [], 'tpr', 0],
  ])('PPR: %s', (_, tpr, isr, pprSubclassOnTie, expected) => {
    expect(ppr(withIn({ isr }), tpr, { ...real, disputed: { ...usualReading, pprSubclassOnTie } })).toBe(expected)
  })

  it.each<[string, LapicConfig, { irr?: number[]; isr?: number[] }, number, number | null]>([
    ['the highest waiting vector', real, { irr: [0x31, 0x52, 0x40] }, 0, 0x52],
    ['a higher class preempts', real, { irr: [0x52], isr: [0x4f] }, 0, 0x52],
    ['an equal class waits, though its vector is higher', real, { irr: [0x4f], isr: [0x41] }, 0, null],
    ['TPR of the same class holds it back', real, { irr: [0x52] }, 0x50, null],
    ['TPR one class below does not, whatever its low nibble', real, { irr: [0x52] }, 0x4f, 0x52],
    ['nothing waits', real, {}, 0, null],
    ['disabled: what waits stays', { ...real, enabled: false }, { irr: [0x52] }, 0, null],
    ['bounded: vector 0 is above an idle CPU', boundedLapic, { irr: [0] }, 0, 0],
    ['bounded: each vector is a class', boundedLapic, { irr: [1], isr: [0] }, 0, 1],
    ['bounded: not itself', boundedLapic, { irr: [1], isr: [1] }, 0, null],
  ])('dispatches %s', (_, config, parts, tpr, expected) => {
    expect(dispatchable(withIn(parts), tpr, config)).toBe(expected)
  })

  it('delivers the spurious vector and touches nothing when TPR rose before the acknowledge', () => {
    const lapic = withIn({ irr: [0x31], isr: [0x21] })
    const before = structuredClone(lapic)
    expect(dispatchable(lapic, 0, real)).toBe(0x31)
    expect(acknowledge(lapic, 0x30, real)).toBe('spurious')
    expect(lapic).toEqual(before)
    expect(acknowledge(lapic, 0, real)).toBe(0x31)
    expect([set(lapic.irr), set(lapic.isr)]).toEqual([[], [0x21, 0x31]])
  })
})

describe('EOI (3.3)', () => {
  it.each<[string, boolean, boolean, boolean, ApicClause]>([
    ['edge', false, false, false, 'SDM:apic/eoi-edge'],
    ['edge, suppression on', false, true, false, 'SDM:apic/eoi-edge'],
    ['level', true, false, true, 'SDM:apic/eoi-broadcast'],
    ['level, suppression on', true, true, false, 'SDM:apic/eoi-suppressed'],
  ])('%s', (_, level, suppressEoiBroadcast, broadcast, clause) => {
    const lapic = fresh()
    const cited: ApicClause[] = []
    accept(lapic, 0x31, level, real)
    dispatch(lapic, 0x31)
    expect(eoi(lapic, { ...real, suppressEoiBroadcast }, id => cited.push(id))).toEqual({ vector: 0x31, broadcast })
    expect(cited).toEqual(['SDM:apic/eoi-highest-isr', clause])
    expect(set(lapic.isr)).toEqual([])
  })

  it('pitfall: of nested handlers, the EOI ends the highest, not the one that writes it', () => {
    const lapic = fresh()
    for (const v of [0x31, 0x52]) { accept(lapic, v, v === 0x31, real); acknowledge(lapic, 0, real) }
    expect(eoi(lapic, real)).toEqual({ vector: 0x52, broadcast: false }) // the handler of 0x31 wrote it too early
    expect(set(lapic.isr)).toEqual([0x31])
    expect(eoi(lapic, real)).toEqual({ vector: 0x31, broadcast: true })
  })

  it('pitfall: an edge on a level vector in service flips TMR, and its EOI is never broadcast', () => {
    const lapic = fresh()
    accept(lapic, 0x31, true, real)
    acknowledge(lapic, 0, real)
    expect(accept(lapic, 0x31, false, real)).toBe('accepted')
    expect(eoi(lapic, real)).toEqual({ vector: 0x31, broadcast: false })
  })

  it('pitfall: a handler of the spurious vector that writes EOI ends somebody else', () => {
    const lapic = withIn({ isr: [0x21] })
    expect(acknowledge(lapic, 0, real)).toBe('spurious')
    expect(eoi(lapic, real)?.vector).toBe(0x21)
  })

  it('does nothing when nothing is in service', () => expect(eoi(withIn({ irr: [0x31] }), real)).toBeNull())
})

describe('any sequence', () => {
  type Op = { kind: 'accept'; vector: number; level: boolean } | { kind: 'acknowledge'; tpr: number } | { kind: 'eoi' }
  const someOps = (vectors: readonly number[]) => array(oneof(
    record({ kind: constant('accept' as const), vector: constantFrom(...vectors), level: boolean() }),
    record({ kind: constant('acknowledge' as const), tpr: integer({ min: 0, max: 255 }) }),
    record({ kind: constant('eoi' as const) })), { maxLength: 40 })
  const scopes = [['real', real, [0, 15, 16, 17, 0x1f, 0x20, 0x31, 0x3f, 0x40, 0xfe, 0xff]],
    ['bounded', boundedLapic, [0, 1, 2]]] as const

  it.each(scopes)('%s: set bits change only as allowed', (_, config, vectors) => {
    assert(property(someOps(vectors), ops => {
      const lapic = fresh()
      for (const op of ops) checkOp(lapic, op, config)
    }))
  })

  function checkOp(lapic: Lapic, op: Op, config: LapicConfig): void {
    const irr = set(lapic.irr), isr = set(lapic.isr), highest = Math.max(-1, ...isr)
    const classServed = highest < 0 ? 0 : config.classOf(highest)
    if (op.kind === 'accept') {
      const outcome = accept(lapic, op.vector, op.level, config)
      expect(set(lapic.irr).length - irr.length).toBe(outcome === 'accepted' ? 1 : 0)
      expect(outcome === 'merged').toBe(irr.includes(op.vector))
      expect(set(lapic.isr)).toEqual(isr)
    } else if (op.kind === 'acknowledge') {
      const vector = acknowledge(lapic, op.tpr, config)
      const eligible = irr.filter(v => config.classOf(v) > Math.max(op.tpr >> 4, classServed))
      expect(vector).toBe(eligible.length === 0 ? 'spurious' : Math.max(...eligible))
      expect(set(lapic.irr)).toEqual(irr.filter(v => v !== vector))
      // higher than all before: nesting is a stack
      expect(set(lapic.isr)).toEqual(vector === 'spurious' ? isr : [...isr, vector])
    } else {
      expect(eoi(lapic, config)?.vector ?? -1).toBe(highest)
      expect(set(lapic.isr)).toEqual(isr.slice(0, -1))
      expect(set(lapic.irr)).toEqual(irr)
    }
  }

  it('the disputed PPR nibble decides no dispatch', () => {
    const vectorSet = array(integer({ min: 16, max: 255 }), { maxLength: 6 })
    const zero: LapicConfig = { ...real, disputed: { ...usualReading, pprSubclassOnTie: 'zero' } }
    assert(property(vectorSet, vectorSet, integer({ min: 0, max: 255 }), (irr, isr, tpr) => {
      expect(dispatchable(withIn({ irr, isr }), tpr, zero)).toBe(dispatchable(withIn({ irr, isr }), tpr, real))
    }))
  })
})
