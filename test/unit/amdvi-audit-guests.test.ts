/** The audit of guest tables (v2) of AMD units: rows, alarms, and random tables against the walk. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rightsAt } from '../../src/audit/reach.ts'
import type { AuditReport } from '../../src/audit/report.ts'
import { standardBudget } from '../../src/audit/spaces.ts'
import {
  entryReader, rawTables, rootsOf, rulesOf, translate, translationUnitOf,
} from '../../spec/amdvi/index.ts'
import { gcr3, gcr3At, guest, GuestTables, guestsOn, Machine, nested } from './amdvi-audit-support.ts'
import { codesOf } from './audit-support.ts'

const sid = 3
const rows = ({ devices }: AuditReport) => devices.flatMap(({ device, ways }) =>
  ways.map(({ pasid, domain, mode, levels, fault }) => [device, pasid, domain, mode, levels, fault?.code ?? null]))
const mappings = ({ devices, spaces }: AuditReport, pasid: number | null) => {
  const way = devices[0]!.ways.find(one => one.pasid === pasid)!
  return [...spaces[way.space!]!.ranges].map(({ input, output, bytes, rights }) => [input, output, bytes, rights])
}

describe('guest tables', () => {
  it('of each PASID, and of requests without: pages of three sizes, both halves, rights of all levels', () => {
    const machine = new Machine(guestsOn), table = guest(machine, { IR: 1, GPM: 1 })
    const own = new GuestTables(machine, 5), other = new GuestTables(machine, 5)
    gcr3(machine, table, 0, own.root)
    gcr3(machine, table, 7, other.root)
    own.map(0x5000, 0x700000)
    own.map(0x200000, 0x800000, { RW: 0 }, 2)
    own.map(2 ** 57 - 2 ** 30, 0x40000000, {}, 3)
    other.map(0x6000, 0x701000)
    const report = machine.audit()
    expect(rows(report)).toEqual([['00:00.3', null, sid, 'guest', 5, null], ['00:00.3', 7, sid, 'guest', 5, null]])
    expect(mappings(report, null)).toEqual([[0x5000, 0x700000, 4096, 3], [0x200000, 0x800000, 2 ** 21, 1],
      [2 ** 64 - 2 ** 30, 0x40000000, 2 ** 30, 3]])
    expect(mappings(report, 7)).toEqual([[0x6000, 0x701000, 4096, 3]])
    expect([report.spaces[0]!.leaves, codesOf(report)]).toEqual([{ '4K': 1, '2M': 1, '1G': 1 }, []])
  })
  it('of large pages with PAT (bit 12), which is no part of their address', () => {
    const machine = new Machine(guestsOn), tables = new GuestTables(machine)
    gcr3(machine, guest(machine), 0, tables.root)
    tables.map(0x40000000, 0x40200000 + 4096, {}, 2)
    tables.map(0x80000000, 0xc0000000 + 4096, {}, 3)
    tables.map(0x50000000, 0x40400000 + 8192, {}, 2)
    const report = machine.audit()
    expect(mappings(report, null))
      .toEqual([[0x40000000, 0x40200000, 2 ** 21, 3], [0x80000000, 0xc0000000, 2 ** 30, 3]])
    expect(codesOf(report)).toEqual(['reserved-bits'])
  })
  it('through host tables: what both map, with the rights of both; the guest may write its own tables', () => {
    const machine = new Machine(guestsOn), { root, table, toGuest } = nested(machine)
    const tables = new GuestTables(machine, 4, toGuest)
    gcr3(machine, table, 0, tables.root)
    tables.map(0x5000, 256 * 4096)
    tables.map(0x6000, 400 * 4096)
    tables.map(0x7000, 0)
    machine.page(root, 256, 0x900000, { IW: 0 })
    const report = machine.audit()
    expect(rows(report)).toEqual([['00:00.3', null, sid, 'nested', 4, null]])
    expect(mappings(report, null)).toEqual([[0x5000, 0x900000, 4096, 1], [0x7000, 0x402000, 4096, 3]])
    expect([report.spaces[0]!.second, codesOf(report)]).toEqual(['0x400000', []])
  })
  it('beside host tables, where GIoV is 0: requests without PASID go by these', () => {
    const machine = new Machine(guestsOn), { table, root } = nested(machine)
    machine.device(sid, { V: 1, TV: 1, IR: 1, IW: 1, IV: 1, MODE: 1, ROOT: root / 4096, DOMAIN: sid, GV: 1,
      ...gcr3At(table) })
    gcr3(machine, table, 0, 0x1f0000)
    expect(rows(machine.audit())).toEqual([['00:00.3', null, sid, 'host', 1, null],
      ['00:00.3', 0, sid, 'nested', 4, null]])
  })
  it('by GCR3 tables of two levels; of requests without PASID alone where GV is 0', () => {
    const machine = new Machine(guestsOn), table = guest(machine, { GLX: 1 }), low = machine.table()
    const tables = new GuestTables(machine)
    gcr3(machine, table, 3, low)
    gcr3(machine, low, 5, tables.root)
    expect(rows(machine.audit())).toEqual([['00:00.3', null, null, 'blocked', null, 0x20c],
      ['00:00.3', 3 * 512 + 5, sid, 'guest', 4, null]])
    gcr3(machine, table, 0, low)
    gcr3(machine, low, 0, tables.root)
    machine.device(sid, { V: 1, TV: 1, IR: 1, IW: 1, IV: 1, DOMAIN: sid, GIOV: 1, GLX: 1, ...gcr3At(table) })
    expect(rows(machine.audit())).toEqual([['00:00.3', null, sid, 'guest', 4, null]])
  })
  it.each(['guest', 'nested'] as const)('agree with the walk, address by address: %s', kind => {
    const number = (max: number) => fc.integer({ min: 0, max })
    const leaf = fc.record({ index: number(7), level: fc.constantFrom(1, 1, 1, 2, 3, 4), frame: number(90),
      rw: number(1), us: number(1), p: number(4), large: number(4) })
    fc.assert(fc.property(fc.array(leaf, { maxLength: 12 }), number(1), (leaves, iw) => {
      const machine = new Machine(guestsOn)
      const { table, toGuest } = kind === 'nested' ? nested(machine)
        : { table: guest(machine, { IW: iw }), toGuest: (at: number) => at }
      const tables = new GuestTables(machine, 4, toGuest)
      gcr3(machine, table, 0, tables.root)
      for (const { index, level, frame, rw, us, p, large } of leaves)
        tables.put(index * 2 ** (3 + 9 * level), level, { P: p > 0 ? 1 : 0, RW: rw, US: us, PS: level > 1 ? 1 : 0,
          ADDR: (large > 0 ? 2 ** (9 * (level - 1)) * (frame % 2) : 0) + (level > 1 && large > 0 ? us : 250 + frame) })
      const dump = machine.dump(), report = machine.audit()
      const walked = rawTables(machine.memory, rootsOf(dump.registers),
        entryReader(rulesOf(dump.registers, dump.haw), true))
      const unit = translationUnitOf(dump.registers), { ranges, reach } = report.spaces[0]!
      const eight = [...Array(8).keys()]
      for (const address of [1, 2, 3, 4].flatMap(level => eight.map(i => i * 2 ** (3 + 9 * level) + 0x10)))
        for (const [bit, access] of [[1, 'read'], [2, 'write']] as const) {
          const found = translate(walked, unit, { device: sid, address, access })
          const at = ranges.find(address)
          const mapped = at >= 0 && (ranges.rights(at) & bit) !== 0
            ? ranges.output(at) + address - ranges.input(at) : null
          expect(mapped).toBe(found.kind === 'translated' ? found.address : null)
          if (mapped !== null) expect(rightsAt(reach, mapped) & bit).toBe(bit)
        }
    }), { seed: 7, numRuns: 25 })
  })
})

it('more PASIDs than an audit looks at', () => {
  const machine = new Machine(guestsOn), at = guest(machine, { GLX: 1 }), low = machine.table()
  for (const index of [0, 1, 2]) gcr3(machine, at, index, low)
  gcr3(machine, low, 0, machine.table())
  const limited = (budget: object) => codesOf(machine.audit({ ...standardBudget(), ...budget }))
  expect([limited({}), limited({ pasids: 600 }), limited({ directories: 100 })])
    .toEqual([[], ['cut-short'], ['cut-short']])
})
