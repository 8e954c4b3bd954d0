/** Layouts of AMD-Vi cover their words, and registers stand where no other does. */
import { describe, expect, it } from 'vitest'
import { decode, dwordsOf, layouts, pciCapability, registers, shortNames } from '../../spec/amdvi/layout/index.ts'
import type { Register } from '../../spec/amdvi/layout/index.ts'
import { offsetOf, registerNameAt } from '../../spec/amdvi/unit/unit.ts'
import { layoutId, layouts as all, layoutsNamed, valueRows } from '../../src/cli/layouts.ts'

const bytesOf = (list: readonly Register[]): readonly number[] => list.flatMap(({ offset, count, stride, layout }) =>
  Array.from({ length: count }, (_, i) => Array.from({ length: layout.bits / 8 }, (__, byte) =>
    offset + i * stride + byte)).flat())

describe('layouts', () => {
  it('have fields side by side over all their bits, and a section', () => {
    for (const { name, section, bits, fields } of layouts) {
      let next = 0
      for (const { low, width } of fields) {
        expect(low, name).toBe(next)
        next += width
      }
      expect([next, /^\d+(?:\.\d+)*$/.test(section)], name).toEqual([bits, true])
      expect(new Set(fields.map(field => field.name)).size, name).toBe(fields.length)
    }
  })
  it('have names that no layout of any vendor shares', () => {
    const ids = all.map(layoutId)
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([])
  })
  it('of the logs take entries apart', () => {
    const rows = (value: string) => valueRows(value).flatMap(({ rows: found }) => found.map(([, text]) => text))
    expect(rows('PPR-log-entry=0x1124180500000018,0x7f0012345000')).toEqual([
      'ADDRH = 0x7f00 (address 0x7f0000000000)', 'ADDRL = 0x12345000', 'TYPE = 1', 'GN = 1', 'WRITE = 1', 'READ = 1',
      'PASIDH = 6', 'TAG = 5', 'DEVICE = 0x18 (00:03.0)'])
    expect(rows('COMPLETION_WAIT=0x1000000112345001')).toEqual(['OP = 1', 'STOREH = 1 (address 0x100000000)',
      'STOREL = 0x2468a00 (address 0x12345000)', 'S = 1'])
    expect(rows('DTE=0x0,0x0,0x4108001')).toContain('INTROOT = 0x104200 (address 0x4108000)')
    expect(rows('GA-log-entry=0x100000200000abcd')).toEqual(['TYPE = 1', 'DEVICE = 0x20 (00:04.0)', 'GATAG = 0xabcd'])
  })
  it('of another code than the name says are told and shown as what they are', () => {
    const shown = (value: string) => valueRows(value).map(({ of, not }) => [of.name, not])
    expect(shown('COMPLETION_WAIT=0x3000000012345001'))
      .toEqual([['INVALIDATE_IOMMU_PAGES', 'not COMPLETION_WAIT: OP is 3']])
    expect(shown('IO_PAGE_FAULT=0x1070000000000000'))
      .toEqual([['ILLEGAL_DEV_TABLE_ENTRY', 'not IO_PAGE_FAULT: CODE is 1']])
    expect(shown('command=0x2000000000000010')).toEqual([['INVALIDATE_DEVTAB_ENTRY', null]])
    expect(shown('event=0x2070000000000000')).toEqual([['IO_PAGE_FAULT', null]])
    expect(() => valueRows('event=0xf000000000000000')).toThrow('CODE is 15: no such event is known')
  })
  it('that two lists have are shown once', () => {
    for (const name of Object.keys(shortNames)) expect(layoutsNamed(name)).toEqual([...new Set(layoutsNamed(name))])
  })
})

describe('registers', () => {
  it('share no byte, and begin at a multiple of their size', () => {
    for (const list of [Object.values<Register>(registers), Object.values<Register>(pciCapability)]) {
      const bytes = bytesOf(list)
      expect(bytes.length).toBe(new Set(bytes).size)
    }
    expect(Object.values<Register>(registers).filter(({ offset, stride, layout }) =>
      offset % (layout.bits / 8) !== 0 || stride < layout.bits / 8)).toEqual([])
  })
  it.each([
    [0x0038, 'PprLogBase'], [0x0050, 'HwEventStatus'], [0x0060, 'SmiFilter[0]'], [0x00d8, 'SmiFilter[15]'],
    [0x00e8, 'GALogTailAddr'], [0x00f8, 'EventLogBBase'], [0x0130, 'DevTabSegment[6]'], [0x0154, 'MsiVector1'],
    [0x016c, 'PerfOptControl'], [0x0180, 'XtGaIntControl'], [0x0190, 'vIommuStatus'], [0x0258, 'MarcLength[3]'],
    [0x0248, 'MarcBase[3]'], [0x2048, 'GATail'], [0x2078, 'EventBTail'], [0x2090, 'PprBOverflowEarly'],
    [0x2028, null], [0x0004, null],
  ])('at %d is %s', (offset, name) => { expect(registerNameAt(offset)).toBe(name) })
  it('are found by name and number', () => {
    expect([offsetOf('SmiFilter', 15), offsetOf('MarcReloc', 2), offsetOf('CmdHead')]).toEqual([0xd8, 0x238, 0x2000])
  })
  it('read the PCI capability of QEMU 7.2', () => {
    expect(decode(pciCapability.CapHeader.layout, [0x1f03000f]))
      .toMatchObject({ CAPID: 0xf, NEXT: 0, TYPE: 3, REV: 0, IotlbSup: 1, NpCache: 1, EFRSup: 1, CapExt: 1 })
    expect(decode(pciCapability.CapBase.layout, dwordsOf(0xfed8_0000n)))
      .toMatchObject({ EN: 0, BASEL: 0xfed80000 >>> 14, BASEH: 0 })
    expect(decode(pciCapability.CapRange.layout, [0xff00_0000])).toMatchObject({ VALID: 0, FIRST: 0, LAST: 0xff })
    expect(decode(pciCapability.CapMisc0.layout, [0x18_2840])).toMatchObject({ PASIZE: 40, VASIZE: 48, GVASIZE: 2 })
  })
})
