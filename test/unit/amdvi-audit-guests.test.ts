/** The audit of guest tables (v2) of AMD units: rows, alarms, and random tables against the walk. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rightsAt } from '../../src/audit/reach.ts'
import type { AuditReport } from '../../src/audit/report.ts'
import { standardBudget } from '../../src/audit/spaces.ts'
import {
  entryReader, rawTables, rootsOf, rulesOf, translate, translationUnitOf,
} from '../../spec/amdvi/index.ts'
import { gcr3, gcr3At, GuestTables, guestsOn, Machine } from './amdvi-audit-support.ts'
import { codesOf } from './audit-support.ts'

const sid = 3
/** Mode=0, with a GCR3 table of one level: its address. */
function guest(machine: Machine, more: Parameters<Machine['device']>[1] = {}, device = sid): number {
  const table = machine.table()
  machine.device(device,
    { V: 1, TV: 1, IR: 1, IW: 1, IV: 1, DOMAIN: device, GV: 1, GIOV: 1, ...gcr3At(table), ...more })
  return table
}
/** Below host tables of one level, where frame n of the guest is host page 0x1000 + n for n from 256, and each table
 *  has the number of a frame below 256. Gives the GCR3 table, and what takes host tables to the guest. */
function nested(machine: Machine, device = sid) {
  const root = machine.host(device, device, 1), table = machine.table()
  machine.device(device, { V: 1, TV: 1, IR: 1, IW: 1, IV: 1, MODE: 1, ROOT: root / 4096, DOMAIN: device, GV: 1, GIOV: 1,
    ...gcr3At(table) })
  for (let frame = 256; frame < 320; frame++) machine.page(root, frame, 0x1000000 + frame * 4096)
  let next = 0
  const toGuest = (host: number): number => { machine.page(root, next, host); return next++ * 4096 }
  return { root, table, toGuest }
}
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
          ADDR: (large > 0 ? 2 ** (9 * (level - 1)) * (frame % 2) : 0) + (level > 1 && large > 0 ? 0 : 250 + frame) })
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

describe('alarms of guest tables', () => {
  /** Guest tables of PASID 0 in Mode=0. */
  const flat = (machine: Machine, device = sid): GuestTables => {
    const tables = new GuestTables(machine)
    gcr3(machine, guest(machine, {}, device), 0, tables.root)
    return tables
  }
  it.each<[string, (machine: Machine) => void, readonly string[], object?]>([
    ['a page of two guests', m => { for (const d of [3, 4]) flat(m, d).map(0x5000, 0x900000) }, ['shared-writable']],
    ['a GCR3 table and a table of its own within reach', m => {
      const tables = flat(m)
      tables.map(0x1000, tables.root)
      tables.map(0x2000, 0x400000)
    }, ['writes-tables']],
    ['a GCR3 table within reach of a guest below host tables', m => {
      const { root, table, toGuest } = nested(m), tables = new GuestTables(m, 4, toGuest)
      gcr3(m, table, 0, tables.root)
      m.page(root, 300, table)
      tables.map(0x5000, 300 * 4096)
    }, ['writes-tables']],
    ['an identity map', m => flat(m).map(0x900000, 0x900000), ['identity-map']],
    ['a page that is not aligned, and one of 512 GiB', m => {
      const tables = flat(m)
      tables.map(0x200000, 0x1000, {}, 2)
      tables.map(2 ** 39, 0, {}, 4)
    }, ['reserved-bits']],
    ['a table that is not there', m => { flat(m).put(0, 2, { ADDR: 0x70000 }) }, ['table-outside']],
    ['a table that points to itself', m => {
      const tables = flat(m)
      tables.put(0, 3, { ADDR: tables.put(0, 3, {}) / 4096 })
    }, ['writes-tables', 'table-cyclic']],
    ['a table that the host tables do not map', m => {
      const { table, toGuest } = nested(m), tables = new GuestTables(m, 4, toGuest)
      gcr3(m, table, 0, tables.root)
      tables.put(0, 4, { ADDR: 500 })
    }, ['table-unmapped']],
    ['a GCR3 table that is not there', m => { guest(m, gcr3At(0x7000000)) }, ['table-outside']],
    ['a lower one that is not there', m => { gcr3(m, guest(m, { GLX: 1 }), 2, 0x7000000) }, ['table-outside']],
    ['a GCR3 table that points to itself', m => { const at = guest(m, { GLX: 2 }); gcr3(m, at, 511, at) },
      ['table-cyclic']],
    ['a reserved GLX', m => { guest(m, { GLX: 3 }) }, ['entry-unusable']],
    ['one DomainID for two guests', m => {
      for (const d of [3, 4]) gcr3(m, guest(m, { DOMAIN: 9 }, d), 0, new GuestTables(m).root)
    }, ['domain-conflict']],
    ['none for one guest of two devices', m => {
      const { root } = new GuestTables(m)
      for (const d of [3, 4]) gcr3(m, guest(m, { DOMAIN: 9 }, d), 0, root)
    }, []],
    ['the exclusion range', m => { guest(m, { EX: 1 }) }, ['pass-through', 'writes-tables', 'exclusion-range'],
      { ExclBase: 0x900001n, ExclLimit: 0x900000n }],
    ['none where GTEn is 0: host tables count', m => { m.host(3, 1, 3, { GV: 1, ...gcr3At(0x7000000) }) }, [],
      { IommuControl: 0x21005n }],
    ['a GCR3 table of guest addresses is not followed', m => { m.host(3, 1, 3, { GV: 1, ...gcr3At(0x7000000) }) },
      ['guest-tables'], { IommuControl: 1n << 58n | 0x31005n }],
  ])('%s', (_, make, expected, registers = {}) => {
    const machine = new Machine({ ...guestsOn, ...registers })
    make(machine)
    expect(codesOf(machine.audit())).toEqual(expected)
  })
  it('more PASIDs than an audit looks at', () => {
    const machine = new Machine(guestsOn), at = guest(machine, { GLX: 1 }), low = machine.table()
    for (const index of [0, 1, 2]) gcr3(machine, at, index, low)
    gcr3(machine, low, 0, machine.table())
    const limited = (budget: object) => codesOf(machine.audit({ ...standardBudget(), ...budget }))
    expect([limited({}), limited({ pasids: 600 }), limited({ directories: 100 })])
      .toEqual([[], ['cut-short'], ['cut-short']])
  })
})
