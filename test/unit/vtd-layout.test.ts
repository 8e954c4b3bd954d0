/** Layouts cover their words without gap or overlap; decoding finds what encoding put in, and known entries of a
 *  running QEMU. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeDescriptor } from '../../spec/vtd/layout/read-descriptors.ts'
import { entryReader } from '../../spec/vtd/layout/read-entries.ts'
import {
  anything, contextEntry, decode, descriptorLayouts, dwordsOf, encode, getter, layout, layouts, maskOf, pasidEntry,
  postedIrte, put, qwordsOf, registers,
  remappedIrte, reservedMask, reservedSet, rootEntry, scalableContextEntry, secondStageLeaf, secondStageTables, show,
} from '../../spec/vtd/layout/index.ts'
import type { Layout } from '../../spec/vtd/layout/index.ts'

/** One whole number of the structure, independent of the dword-wise code. */
const wholeOf = (words: Uint32Array): bigint => words.reduceRight((whole, word) => whole << 32n | BigInt(word), 0n)
const value = (width: number) => fc.bigInt({ min: 0n, max: 2n ** BigInt(width) - 1n }).map(Number)

describe('layouts', () => {
  it.each(layouts)('$name has fields side by side over all its bits', of => {
    let next = 0
    for (const { low, width } of of.fields) {
      expect(low).toBe(next)
      expect(width).toBeGreaterThan(0)
      next = low + width
    }
    expect(next).toBe(of.bits)
    expect(new Set(of.fields.map(({ name }) => name)).size).toBe(of.fields.length)
  })
  it.each(layouts)('$name decodes what was encoded, each field where the declaration says', of => {
    const values = fc.record(Object.fromEntries(of.fields.map(({ name, width }) => [name, value(width)])))
    fc.assert(fc.property(values, fields => {
      const words = encode(of, fields)
      expect(decode(of, words)).toEqual(fields)
      expect(wholeOf(words))
        .toBe(of.fields.reduce((word, { name, low }) => word | BigInt(fields[name]!) << BigInt(low), 0n))
    }), { numRuns: 20 })
  })
  it.each(layouts)('$name: writing a field leaves the others alone, wherever the structure starts', of => {
    const field = fc.constantFrom(...of.fields).chain(one => fc.tuple(fc.constant(one), value(one.width)))
    fc.assert(fc.property(fc.array(fc.nat({ max: 2 ** 32 - 1 }),
      { minLength: of.bits / 32 + 3, maxLength: of.bits / 32 + 3 }), field, ([...before], [one, to]) => {
      const words = Uint32Array.from(before)
      put(of, words, one.name, to, 2)
      expect(decode(of, words, 2)).toEqual({ ...decode(of, before, 2), [one.name]: to })
      expect([words[0], words[1], words.at(-1)]).toEqual([before[0], before[1], before.at(-1)])
    }), { numRuns: 10 })
  })
  it('have names of their own, and every one a section', () => {
    expect(new Set(layouts.map(({ name }) => name)).size).toBe(layouts.length)
    expect(layouts.filter(({ section }) => !/^\d+(?:\.\d+)*$/.test(section))).toEqual([])
  })
  it('refuse a declaration that overlaps or leaves its bits', () => {
    const place = (high: number, low: number) => ({ high, low, says: 'a' })
    expect(() => layout('x', '1', 64, { A: place(3, 0), B: place(5, 3) })).toThrow('B does not fit')
    expect(() => layout('x', '1', 32, { A: place(32, 30) })).toThrow('A does not fit')
    expect(() => encode(rootEntry, { P: 2 })).toThrow('2 does not fit P, 1 bits')
  })
  it('know the reserved bits of the manual', () => {
    const reserved = (of: Layout): string[] =>
      of.fields.filter(field => field.reserved).map(({ low, width }) => `${low + width - 1}:${low}`)
    expect(reserved(rootEntry)).toEqual(['11:1', '95:64', '127:96'])
    expect(reserved(contextEntry)).toEqual(['11:4', '71:71', '95:88', '127:96'])
    expect(reserved(remappedIrte)).toEqual(['14:12', '31:24', '95:84', '127:96'])
    expect(reserved(postedIrte)).toEqual(['7:2', '13:12', '31:24', '37:32', '95:84'])
    expect(reserved(secondStageLeaf[2])).toEqual(['20:12'])
    expect(reserved(secondStageTables[3])).toEqual(['11:11'])
    expect(reserved(secondStageTables[4])).toEqual(['7:7', '11:11'])
    expect(reserved(descriptorLayouts[2])).toEqual(['8:8', '15:12', '63:32', '75:71'])
  })
  it('reserve what a capability is missing for, and addresses above the host address width', () => {
    const bits = (of: Layout, has: (name: string) => boolean, haw: number): string =>
      wholeOf(reservedMask(of, { has, haw })).toString(16)
    expect(bits(secondStageLeaf[1], () => true, 52)).toBe('0')
    expect(bits(secondStageLeaf[1], () => false, 52)).toBe('4000000000000800') // IW and SNP
    expect(bits(secondStageLeaf[1], name => name !== 'ECAP.SC', 39))
      .toBe((2n ** 52n - 2n ** 39n | 2n ** 11n).toString(16))
    expect(bits(rootEntry, () => true, 39)).toBe((2n ** 128n - 2n ** 64n | 2n ** 64n - 2n ** 39n | 0xffen).toString(16))
    expect(reservedSet(scalableContextEntry, encode(scalableContextEntry, { P: 1, DTE: 1, RID_PASID: 5 }),
      { has: name => name !== 'ECAP.DT', haw: 46 })
      .map(({ name }) => name)).toEqual(['DTE'])
    // FSPTPTR stands at 191:140, its bits at their own places in the third quadword.
    expect(reservedMask(pasidEntry, { has: () => true, haw: 40 }).slice(4, 6))
      .toEqual(Uint32Array.from([0xf02, 0xffffff00]))
  })
  it('print what is set, and mark what must not be', () => {
    expect(show(contextEntry, dwordsOf(0x1100011n, 0x101n))).toBe('P=1 !reserved4=1 SSPTPTR=0x1100 AW=1 DID=1')
    expect(show(rootEntry, dwordsOf(0n, 0n))).toBe('all 0')
  })
  it('read CAP and ECAP of QEMU 7.2', () => {
    const cap = decode(registers.CAP.layout, dwordsOf(0x00d2_008c_2226_0206n)),
      ecap = decode(registers.ECAP.layout, dwordsOf(0xf0_0f4an))
    expect(cap).toMatchObject({ ND: 6, SAGAW: 2, MGAW: 38, FRO: 0x22, SSLPS: 3, PSI: 1, NFR: 0, MAMV: 0x12, DWD: 1,
      DRD: 1, CM: 0 })
    expect(ecap).toMatchObject({ C: 0, QI: 1, IR: 1, EIM: 0, PT: 1, SC: 0, IRO: 0xf, MHMV: 0xf })
    expect(Object.values(registers).filter(({ relative }) => relative === 'unit')
      .every(({ offset, layout: of }) => offset % (of.bits / 8) === 0)).toBe(true)
  })
  it('turn quadwords into dwords and back', () => {
    fc.assert(fc.property(fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
      words => { expect(qwordsOf(dwordsOf(...words))).toEqual(words) }))
    expect(getter(rootEntry, 'CTP')(dwordsOf(0xffff_ffff_ffff_f001n, 0n), 0)).toBe(2 ** 52 - 1)
    expect([...maskOf(secondStageLeaf[3], 'ADDR')]).toEqual([0xc0000000, 0xfffff])
  })
})

const reader = (haw = 52, has: (name: string) => boolean = () => true) => entryReader({ has, haw })
const root = (low: bigint, high: bigint, haw?: number) => reader(haw).rootEntry(dwordsOf(low, high), 0)
const context = (low: bigint, high: bigint) => reader().contextEntry(dwordsOf(low, high), 0)
const leaf = (raw: bigint, level: number, sc = false) =>
  reader(52, name => name !== 'RTADDR.SSIRWE' && (sc || name !== 'ECAP.SC')).secondStageEntry(dwordsOf(raw), 0, level)
const irte = (low: bigint, high: bigint) => reader().irte(dwordsOf(low, high), 0)

describe('entries', () => {
  it('reads root and context entries that QEMU was given', () => {
    expect(root(0x1001001n, 0n)).toEqual({ present: true, contextTable: 0x1001000, reserved: false })
    expect(context(0x1100001n, 0x101n))
      .toEqual({ present: true, fpd: false, tt: 0, table: 0x1100000, levels: 3, did: 1, reserved: false })
    expect(context(0x57ba001n, 0x401n)).toMatchObject({ did: 4, levels: 3 })
    expect(context(0x9n, 0x401n)).toMatchObject({ tt: 2, did: 4 })
    expect(context(0x3n, 0x300n)).toMatchObject({ present: true, fpd: true, levels: 0 })
  })
  it('finds reserved bits, and addresses above the host address width', () => {
    for (const bit of [1n, 11n]) expect(root(0x1001001n | 1n << bit, 0n).reserved).toBe(true)
    expect(root(0x1001001n, 1n).reserved).toBe(true)
    expect(root(1n << 39n | 1n, 0n, 39).reserved).toBe(true)
    expect(root(1n << 39n | 1n, 0n, 40).reserved).toBe(false)
    expect(context(0x1100011n, 0x101n).reserved).toBe(true)
    expect(context(0x1100001n, 0x101n | 1n << 3n).reserved).toBe(false) // 70:67 are ignored
    expect(context(0x1100001n, 0x101n | 1n << 7n).reserved).toBe(true)
  })
  it('reads leaves and tables of each level', () => {
    expect(leaf(0x645d003n, 1)).toEqual(
      { read: true, write: true, pageSize: false, address: 0x645d000, snoop: false, accessed: false, dirty: false,
        reserved: false })
    expect(leaf(0x8000_0000_0020_0083n, 2)).toMatchObject({ pageSize: true, address: 0x200000, reserved: false })
    expect(leaf(0x201083n, 2)).toMatchObject({ address: 0x200000, reserved: true })
    expect(leaf(0xc0000083n, 3)).toMatchObject({ address: 0xc0000000, reserved: false })
    expect([true, false].map(sc => leaf(0x645d803n, 1, sc).reserved)).toEqual([false, true])
    expect(leaf(0x4000_0000_0645_d003n, 1).reserved).toBe(true)
    expect([4, 5].map(level => leaf(0x1083n, level).reserved)).toEqual([true, true])
    expect([2, 3, 4, 5].map(level => leaf(0x1803n, level, true).reserved)).toEqual([true, true, true, true])
  })
  it('reads each half of a scalable-mode root entry by itself', () => {
    const words = dwordsOf(0x1001003n, 0x2000001n)
    expect(reader().scalableRootEntry(words, 0, false))
      .toEqual({ present: true, contextTable: 0x1001000, reserved: true })
    expect(reader().scalableRootEntry(words, 0, true))
      .toEqual({ present: true, contextTable: 0x2000000, reserved: false })
  })
  it('reads IRTEs: the edu device of QEMU, a posted one, and reserved bits', () => {
    expect(irte(0x10000550001n, 0x40018n)).toEqual({
      present: true, fpd: false, vector: 0x55, sid: 0x18, sq: 0, svt: 1, reserved: false, im: false, dm: false,
      rh: false, tm: false, dlm: 0, dst: 0x100,
    })
    expect(irte(0x1000030000dn, 0x4ff00n))
      .toMatchObject({ vector: 0x30, dm: true, rh: true, dst: 0x100, sid: 0xff00, svt: 1 })
    expect(irte(0x40_0051_c001n, 0xf_0004_0310n))
      .toMatchObject({ im: true, urg: true, vector: 0x51, pda: 0xf_0000_0040, reserved: false })
    expect(irte(0x10000550001n | 1n << 12n, 0x40018n).reserved).toBe(true)
    expect(irte(0x10000550001n, 0x40018n | 1n << 20n).reserved).toBe(true)
  })
})

describe('descriptors', () => {
  const legacy = { bits: 128, scalable: false, rules: anything } as const
  it.each([
    [0x1n | 1n << 4n, 0n, { type: 'context-cache', granularity: 'global', did: 0, sid: 0, functionMask: 0 }],
    [0x2_0010_0004_0031n, 0n, { type: 'context-cache', granularity: 'device', did: 4, sid: 0x10, functionMask: 2 }],
    [0x12n, 0n, { type: 'iotlb', granularity: 'global', did: 0, page: 0, addressMask: 0, hint: false, drainReads: false,
      drainWrites: false }],
    [0x500f2n, 0xfffe5000n,
      { type: 'iotlb', granularity: 'page', did: 5, page: 0xfffe5, addressMask: 0, hint: false, drainReads: true,
        drainWrites: true }],
    [0x400f2n, 0xfffa0044n,
      { type: 'iotlb', granularity: 'page', did: 4, page: 0xfffa0, addressMask: 4, hint: true, drainReads: true,
        drainWrites: true }],
    [0x1000000014n, 0n, { type: 'iec', granularity: 'index', index: 16, indexMask: 0 }],
    [0x4n, 0n, { type: 'iec', granularity: 'global', index: 0, indexMask: 0 }],
    [0x200000025n, 0x4852004n,
      { type: 'wait', slot: 0x4852004 / 4, interrupt: false, write: true, fence: false, pageDrain: false, data: 2 }],
    [0x18_0000_0003n, 0xfffff001n,
      { type: 'device-tlb', sid: 0x18, pasid: null, global: false, page: 0, sizeBits: 21 }],
  ])('%# as Linux sends them',
    (low, high, descriptor) => { expect(decodeDescriptor(dwordsOf(low, high), legacy)).toEqual(descriptor) })
  it.each([
    [0x0n, 0n, 0, 3], [0x1n, 0n, 1, 4], [0x2n, 0n, 2, 4], [0x7n, 0n, 7, 5], [0x205n, 0n, 0x15, 3], [0x112n, 0n, 2, 4],
    [0x25n, 1n, 5, 4],
  ])('%# is refused', (low, high, code, iqei) => {
    expect(decodeDescriptor(dwordsOf(low, high), legacy)).toMatchObject({ type: 'undecoded', code, iqei })
  })
  it('are of 256 bits in scalable mode', () => {
    const scalable = { bits: 256, scalable: true, rules: anything } as const
    const pasid = dwordsOf(0x5_0001_0036n, 0x1000n, 0n, 0n)
    expect(decodeDescriptor(pasid, scalable))
      .toEqual({ type: 'pasid-iotlb', granularity: 'page', did: 1, pasid: 5, page: 1, addressMask: 0, hint: false })
    expect(decodeDescriptor(pasid, { ...scalable, scalable: false })).toMatchObject({ iqei: 3 })
    expect(decodeDescriptor(dwordsOf(0x12n, 0n, 1n, 0n), scalable)).toMatchObject({ iqei: 4 })
    expect(decodeDescriptor(dwordsOf(0x12n, 0n), { ...scalable, bits: 128 })).toMatchObject({ iqei: 5 })
  })
})
