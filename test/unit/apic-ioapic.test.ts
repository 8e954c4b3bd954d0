/** I/O APIC: the RTE layout and each cell of the pin table (82093AA data sheet). */
import { array, assert, boolean, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRte, encodeRte, eoiPins, setLine, writeRteLow } from '../../spec/apic/ioapic.ts'
import type { Pin, Rte } from '../../spec/apic/ioapic.ts'

const pin = (parts: Partial<Pin> = {}): Pin => ({ vector: 0x31, level: false, masked: false, remoteIrr: false,
  asserted: false, ...parts })
const level = (parts: Partial<Pin> = {}): Pin => pin({ level: true, ...parts })
const rewrite = (p: Pin, parts: Partial<Pick<Pin, 'vector' | 'level' | 'masked'>>): boolean =>
  writeRteLow(p, { ...p, ...parts })
/** The whole I/O APIC is one pin: does it send again? */
const eoiOf = (p: Pin, vector: number): boolean => eoiPins([p], vector).length === 1

describe('pin (6.3)', () => {
  it.each<[string, Pin, (p: Pin) => boolean, boolean, boolean]>([
    // event, pin before, what happens, a message is sent, remote IRR after
    ['edge: line asserts', pin(), p => setLine(p, true), true, false],
    ['edge: line asserts, masked: lost', pin({ masked: true }), p => setLine(p, true), false, false],
    ['edge: line stays asserted: no new edge', pin({ asserted: true }), p => setLine(p, true), false, false],
    ['edge: unmask with the line high', pin({ masked: true, asserted: true }), p => rewrite(p, { masked: false }),
      false, false],
    ['edge: line de-asserts', pin({ asserted: true }), p => setLine(p, false), false, false],
    ['edge: EOI', pin({ asserted: true }), p => eoiOf(p, 0x31), false, false],
    ['level: line asserts', level(), p => setLine(p, true), true, true],
    ['level: line asserts, remote IRR set', level({ remoteIrr: true }), p => setLine(p, true), false, true],
    ['level: line asserts, masked', level({ masked: true }), p => setLine(p, true), false, false],
    ['level: unmask with the line high', level({ masked: true, asserted: true }), p => rewrite(p, { masked: false }),
      true, true],
    ['level: unmask, line high, remote IRR set', level({ masked: true, asserted: true, remoteIrr: true }),
      p => rewrite(p, { masked: false }), false, true],
    ['level: unmask with the line low', level({ masked: true }), p => rewrite(p, { masked: false }), false, false],
    ['level: line de-asserts', level({ asserted: true, remoteIrr: true }), p => setLine(p, false), false, true],
    ['level: EOI, line low', level({ remoteIrr: true }), p => eoiOf(p, 0x31), false, false],
    ['level: EOI, line high', level({ asserted: true, remoteIrr: true }), p => eoiOf(p, 0x31), true, true],
    ['level: EOI, line high, masked', level({ asserted: true, remoteIrr: true, masked: true }), p => eoiOf(p, 0x31),
      false, false],
    ['level: EOI of another vector', level({ asserted: true, remoteIrr: true }), p => eoiOf(p, 0x32), false, true],
    ['level: mask keeps remote IRR', level({ asserted: true, remoteIrr: true }), p => rewrite(p, { masked: true }),
      false, true],
    ['level to edge clears remote IRR', level({ asserted: true, remoteIrr: true }), p => rewrite(p, { level: false }),
      false, false],
    ['edge to level with the line high', pin({ asserted: true }), p => rewrite(p, { level: true }), true, true],
    ['level: vector rewritten keeps remote IRR', level({ remoteIrr: true }), p => rewrite(p, { vector: 0x40 }), false,
      true],
  ])('%s', (_, p, happens, sends, remoteIrr) => {
    expect(happens(p)).toBe(sends)
    expect(p.remoteIrr).toBe(remoteIrr)
  })

  it('pitfall: an edge on a masked pin is lost for good', () => {
    const p = pin({ masked: true })
    expect([setLine(p, true), setLine(p, false), rewrite(p, { masked: false })]).toEqual([false, false, false])
  })
  it('a level on a masked pin is not: the wire remembers', () => {
    const p = level({ masked: true })
    expect([setLine(p, true), rewrite(p, { masked: false })]).toEqual([false, true])
  })
  it('pitfall: a vector rewritten while remote IRR is set makes the EOI miss, and the pin is dead', () => {
    const p = level()
    expect(setLine(p, true)).toBe(true)
    rewrite(p, { vector: 0x40 })
    expect(eoiPins([p], 0x31)).toEqual([])
    expect([setLine(p, false), setLine(p, true), p.remoteIrr]).toEqual([false, false, true])
  })
  it('the fake EOI (mask and edge, level, unmask) revives it', () => {
    const p = level({ vector: 0x40, remoteIrr: true, asserted: true })
    const steps = [{ masked: true, level: false }, { level: true }, { masked: false }]
    expect(steps.map(parts => rewrite(p, parts))).toEqual([false, false, true])
  })
  it('one EOI meets every level pin of its vector', () => {
    const pins = [level({ remoteIrr: true, asserted: true }), level({ remoteIrr: true }), pin(),
      level({ vector: 0x32, remoteIrr: true })]
    expect(eoiPins(pins, 0x31)).toEqual([0])
    expect(pins.map(p => p.remoteIrr)).toEqual([true, false, false, true])
  })

  it('a level pin is never idle while its line is high, and sends once for each EOI', () => {
    const op = constantFrom('assert', 'deassert', 'mask', 'unmask', 'eoi')
    assert(property(array(op, { maxLength: 30 }), ops => {
      const p = level()
      let unanswered = 0
      for (const o of ops) {
        const sent = o === 'eoi' ? (unanswered = 0, eoiOf(p, 0x31))
          : o === 'assert' || o === 'deassert' ? setLine(p, o === 'assert') : rewrite(p, { masked: o === 'mask' })
        unanswered += Number(sent)
        expect(p.remoteIrr).toBe(unanswered === 1)
        expect(unanswered).toBeLessThan(2)
        expect(p.asserted && !p.masked && !p.remoteIrr).toBe(false)
      }
    }))
  })
})

describe('RTE (6.2)', () => {
  const zero: Rte = decodeRte(0, 0)
  it.each<[string, Partial<Rte>, number, number]>([
    ['vector', { vector: 0xef }, 0xef, 0], ['delivery mode', { deliveryMode: 7 }, 0x700, 0],
    ['logical', { logical: true }, 0x800, 0],
    ['polarity', { activeLow: true }, 0x2000, 0], ['remote IRR', { remoteIrr: true }, 0x4000, 0],
    ['trigger', { level: true }, 0x8000, 0],
    ['mask', { masked: true }, 0x1_0000, 0], ['destination', { destination: 0xa5 }, 0, 0xa500_0000],
  ])('%s', (_, fields, low, high) => {
    expect(encodeRte({ ...zero, ...fields })).toEqual({ low, high })
    expect(decodeRte(low, high)).toEqual({ ...zero, ...fields })
  })
  it('fields survive encode and decode', () => {
    const byte = integer({ min: 0, max: 255 })
    const rte = record({
      vector: byte, deliveryMode: integer({ min: 0, max: 7 }), logical: boolean(), activeLow: boolean(),
      remoteIrr: boolean(), level: boolean(), masked: boolean(), destination: byte,
    })
    assert(property(rte, r => { const { low, high } = encodeRte(r); expect(decodeRte(low, high)).toEqual(r) }))
  })
})
