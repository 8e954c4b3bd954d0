/** Layouts cover their words without gap or overlap; decoding finds what encoding put in, and known entries of a running QEMU. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  contextEntry, decode, decodeContextEntry, decodeDescriptor, decodeIrte, decodeRootEntry, decodeSecondStageLeaf, descriptorLayouts,
  postedIrte, remappedIrte, rootEntry, secondStageLeaf,
} from '../../spec/vtd/layout.ts'
import type { Layout } from '../../spec/vtd/layout.ts'

const layouts: readonly Layout[] = [
  rootEntry, contextEntry, remappedIrte, postedIrte, ...Object.values(secondStageLeaf), ...Object.values(descriptorLayouts),
]
const encode = (of: Layout, values: Readonly<Record<string, number>>): readonly [low: bigint, high: bigint] => {
  const whole = of.fields.reduce((word, { name, low }) => word | BigInt(values[name] ?? 0) << BigInt(low), 0n)
  return [BigInt.asUintN(64, whole), whole >> 64n]
}

describe('layouts', () => {
  it.each(layouts)('$name has fields side by side over all its bits', of => {
    let next = 0
    for (const { low, width } of of.fields) { expect(low).toBe(next); expect(width).toBeGreaterThan(0); next = low + width }
    expect(next).toBe(of.bits)
    expect(new Set(of.fields.map(({ name }) => name)).size).toBe(of.fields.length)
  })

  it.each(layouts)('$name decodes what was encoded', of => {
    const value = (width: number) => fc.nat({ max: Math.min(2 ** width - 1, 2 ** 31 - 1) })
    const values = fc.record(Object.fromEntries(of.fields.map(({ name, width }) => [name, value(width)])))
    fc.assert(fc.property(values, fields => { expect(decode(of, ...encode(of, fields))).toEqual(fields) }), { numRuns: 50 })
  })

  it('knows the reserved bits of the manual', () => {
    const reserved = (of: Layout): string[] =>
      of.fields.filter(field => field.reserved).map(({ low, width }) => `${low + width - 1}:${low}`)
    expect(reserved(rootEntry)).toEqual(['11:1', '127:64'])
    expect(reserved(contextEntry)).toEqual(['11:4', '71:71', '127:88'])
    expect(reserved(remappedIrte)).toEqual(['14:12', '31:24', '127:84'])
    expect(reserved(postedIrte)).toEqual(['7:2', '13:12', '37:24', '95:84'])
    expect(reserved(secondStageLeaf[2])).toEqual(['20:12'])
    expect(reserved(descriptorLayouts[2])).toEqual(['8:8', '15:12', '63:32', '75:71'])
  })
})

describe('entries', () => {
  it('reads root and context entries that QEMU was given', () => {
    expect(decodeRootEntry(0x1001001n, 0n)).toEqual({ present: true, contextTable: 0x1001000, reserved: false })
    expect(decodeContextEntry(0x1100001n, 0x101n)).toEqual(
      { present: true, fpd: false, tt: 0, table: 0x1100000, levels: 3, did: 1, reserved: false })
    expect(decodeContextEntry(0x57ba001n, 0x401n)).toMatchObject({ did: 4, levels: 3 })
    expect(decodeContextEntry(0x9n, 0x401n)).toMatchObject({ tt: 2, did: 4 })
    expect(decodeContextEntry(0x3n, 0x300n)).toMatchObject({ present: true, fpd: true, levels: 0 })
  })

  it('finds reserved bits, and addresses above the host address width', () => {
    for (const bit of [1n, 11n]) expect(decodeRootEntry(0x1001001n | 1n << bit, 0n).reserved).toBe(true)
    expect(decodeRootEntry(0x1001001n, 1n).reserved).toBe(true)
    expect(decodeRootEntry(1n << 39n | 1n, 0n, 39).reserved).toBe(true)
    expect(decodeRootEntry(1n << 39n | 1n, 0n, 40).reserved).toBe(false)
    expect(decodeContextEntry(0x1100011n, 0x101n).reserved).toBe(true)
    expect(decodeContextEntry(0x1100001n, 0x101n | 1n << 3n).reserved).toBe(false) // 70:67 are ignored
    expect(decodeContextEntry(0x1100001n, 0x101n | 1n << 7n).reserved).toBe(true)
  })

  it('reads leaves of each level', () => {
    expect(decodeSecondStageLeaf(0x645d003n, 1, false)).toEqual(
      { read: true, write: true, pageSize: false, address: 0x645d000, snoop: false, accessed: false, dirty: false, reserved: false })
    expect(decodeSecondStageLeaf(0x8000_0000_0020_0083n, 2, false)).toMatchObject({ pageSize: true, address: 0x200000, reserved: false })
    expect(decodeSecondStageLeaf(0x201083n, 2, false).reserved).toBe(true)
    expect(decodeSecondStageLeaf(0xc0000083n, 3, false)).toMatchObject({ address: 0xc0000000, reserved: false })
    expect([true, false].map(sc => decodeSecondStageLeaf(0x645d803n, 1, sc).reserved)).toEqual([false, true])
  })

  it('reads IRTEs: the edu device of QEMU, a posted one, and reserved bits', () => {
    expect(decodeIrte(0x10000550001n, 0x40018n)).toEqual({
      present: true, fpd: false, vector: 0x55, sid: 0x18, sq: 0, svt: 1, reserved: false,
      im: false, dm: false, rh: false, tm: false, dlm: 0, dst: 0x100,
    })
    expect(decodeIrte(0x1000030000dn, 0x4ff00n)).toMatchObject({ vector: 0x30, dm: true, rh: true, dst: 0x100, sid: 0xff00, svt: 1 })
    expect(decodeIrte(0x40_0051_c001n, 0xf_0004_0310n)).toMatchObject(
      { im: true, urg: true, vector: 0x51, pda: 0xf_0000_0040, reserved: false })
    expect(decodeIrte(0x10000550001n | 1n << 12n, 0x40018n).reserved).toBe(true)
    expect(decodeIrte(0x10000550001n, 0x40018n | 1n << 20n).reserved).toBe(true)
  })
})

describe('descriptors', () => {
  it.each([
    [0x1n | 1n << 4n, 0n, { type: 'context-cache', granularity: 'global', did: 0, sid: 0, functionMask: 0 }],
    [0x2_0010_0004_0031n, 0n, { type: 'context-cache', granularity: 'device', did: 4, sid: 0x10, functionMask: 2 }],
    [0x12n, 0n, { type: 'iotlb', granularity: 'global', did: 0, page: 0, addressMask: 0, hint: false }],
    [0x500f2n, 0xfffe5000n, { type: 'iotlb', granularity: 'page', did: 5, page: 0xfffe5, addressMask: 0, hint: false }],
    [0x400f2n, 0xfffa0044n, { type: 'iotlb', granularity: 'page', did: 4, page: 0xfffa0, addressMask: 4, hint: true }],
    [0x1000000014n, 0n, { type: 'iec', granularity: 'index', index: 16, indexMask: 0 }],
    [0x4n, 0n, { type: 'iec', granularity: 'global', index: 0, indexMask: 0 }],
    [0x200000025n, 0x4852004n, { type: 'wait', slot: 0x4852004 / 4 }],
  ])('%# as Linux sends them', (low, high, descriptor) => { expect(decodeDescriptor(low, high)).toEqual(descriptor) })

  it.each([
    [0x0n, 0n, 0], [0x1n, 0n, 1], [0x2n, 0n, 2], [0x3n, 0n, 3], [0x7n, 0n, 7], [0x205n, 0n, 0x15], [0x112n, 0n, 2], [0x25n, 1n, 5],
  ])('%# is refused', (low, high, code) => { expect(decodeDescriptor(low, high)).toMatchObject({ type: 'undecoded', code }) })
})
