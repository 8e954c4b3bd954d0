/** Every alarm of AMD units is raised by a machine that has the fault, and told in the words of AMD-Vi. */
import { describe, expect, it } from 'vitest'
import { alarmKinds } from '../../src/audit/alarms.ts'
import { compare } from '../../src/audit/diff.ts'
import { gate, parsePolicy } from '../../src/audit/policy.ts'
import { renderAudit } from '../../src/audit/render.ts'
import { renderDiff, renderGate } from '../../src/audit/render-diff.ts'
import { standardBudget } from '../../src/audit/spaces.ts'
import { vtdAlarms } from '../../src/audit/vtd/alarms.ts'
import type { AlarmWords } from '../../src/audit/kinds.ts'
import type { AmdviValues } from '../../src/dump/amdvi.ts'
import { theme } from '../../src/text/theme.ts'
import { encode, irte128 } from '../../spec/amdvi/layout/index.ts'
import { foreignIn, gcr3, gcr3At, guest, GuestTables, guestsOn, Machine, nested } from './amdvi-audit-support.ts'
import type { Fields } from './amdvi-audit-support.ts'
import { codesOf } from './audit-support.ts'

type Case = readonly [string, (machine: Machine) => void, readonly string[], AmdviValues?]
const sid = 3
const remapped = { IV: 1, INTCTL: 2, INTTABLEN: 1, INTROOT: 0x200000 / 64 }
/** Four segments, which the unit has. */
const segmented: AmdviValues = { IommuControl: 0x8_0000_1005n, ExtFeature: 0x80_2000_00c0n }
const twoEntries = (machine: Machine, ...fields: readonly Fields<typeof irte128>[]): void => {
  machine.memory.cover(0x200)
  fields.forEach((entry, i) =>
    machine.memory.write(0x200000 + 16 * i, encode(irte128, { REMAPEN: 1, DESTL: 1, ...entry })))
}

const cases: readonly Case[] = [
  ['a device with V=0 passes', m => m.device(3, { IV: 1 }), ['pass-through', 'writes-tables']],
  ['so does Mode=0 with IR and IW', m => m.device(3, { V: 1, TV: 1, IR: 1, IW: 1, IV: 1 }),
    ['pass-through', 'writes-tables']],
  ['an entry of zeros', m => m.device(3, {}), ['entry-zero']],
  ['more segments than the unit has', m => m.memory.cover(0x500), ['entry-zero', 'device-table-segments'],
    { ...segmented, ExtFeature: 0x2000_00c0n, DevTabSegment: [0x500000n, 0x500000n, 0x500000n] }],
  ['segments that are not known', m => m.memory.cover(0x500), ['entry-zero', 'device-table-segments'],
    { ...segmented, DevTabSegment: [undefined, 0x500000n] }],
  ['IV=0', m => m.device(3, { V: 1 }), ['interrupts-unmapped']],
  ['IntCtl=1', m => m.device(3, { V: 1, IV: 1, INTCTL: 1 }), ['interrupts-unmapped']],
  ['IntCtl=3, and a reserved bit below', m => m.device(3, { V: 1, IV: 1, INTCTL: 3 }), ['entry-unusable']],
  ['a reserved bit', m => m.device(3, { V: 1, TV: 1, IV: 1, reserved63: 1 } as object), ['entry-unusable']],
  ['NMI passes', m => m.device(3, { V: 1, IV: 1, NMIPASS: 1 }), ['interrupt-pass-bits']],
  ['the exclusion range, by EX', m => { m.host(3, 1, 3, { EX: 1 }); m.host(4, 2) }, ['exclusion-range'],
    { ExclBase: 0x900001n, ExclLimit: 0x900000n }],
  ['the device table in that of all devices', m => { m.host(3, 1) },
    ['writes-tables', 'exclusion-range', 'exclusion-range-blocked'],
    { ExclBase: 0x3n, ExclLimit: 0x1000n }],
  ['the exclusion range, although IR and IW are 0', m => { m.device(3, { V: 1, TV: 1, IV: 1, EX: 1, MODE: 3 }) },
    ['pass-through', 'writes-tables', 'exclusion-range'], { ExclBase: 0x900001n, ExclLimit: 0x900000n }],
  ['the exclusion range and TV=0, by EX', m => m.device(3, { V: 1, IV: 1, EX: 1 }), ['exclusion-range-blocked'],
    { ExclBase: 0x900001n, ExclLimit: 0x900000n }],
  ['none where the range is off', m => { m.host(3, 1, 3, { EX: 1 }) }, [], { ExclBase: 0x900000n }],
  ['a device with a TLB', m => { m.host(3, 1, 3, { I: 1 }) }, ['device-tlb']],
  ['one DomainID for two tables', m => { m.host(3, 1); m.host(4, 1) }, ['domain-conflict']],
  ['a page of two domains', m => { for (const d of [3, 4]) m.page(m.host(d, d, 1), 1, 0x900000) },
    ['shared-writable']],
  ['the device table, the commands and a table within reach', m => {
    const root = m.host(3, 1, 1)
    for (const [i, at] of [0x1000, 0x300000, 0x310000, root].entries()) m.page(root, i + 5, at)
  }, ['writes-tables']],
  ['an identity map', m => m.page(m.host(3, 1, 1), 9, 0x9000), ['identity-map']],
  ['a page of a size that its level cannot have', m => m.page(m.host(3, 1, 2), 9, 0x9000, { NEXT: 7 }),
    ['reserved-bits']],
  ['a page of 16 KiB that stands in one of four places', m => m.page(m.host(3, 1, 1), 20, 0x901000, { NEXT: 7 }),
    ['page-not-replicated']],
  ['a table that is not there', m => { m.page(m.host(3, 1, 2), 1, 0x7000000, { NEXT: 1 }) }, ['table-outside']],
  ['a table that points to itself', m => { const root = m.host(3, 1, 2); m.page(root, 1, root, { NEXT: 1 }) },
    ['reserved-bits', 'table-cyclic']],
  ['two devices of two domains with one interrupt table', m => {
    m.host(3, 1, 3, remapped)
    m.host(4, 2, 3, remapped)
    twoEntries(m, { VECTOR: 0x31 })
  }, ['interrupt-table-shared']],
  ['two devices that reach no memory with one interrupt table', m => {
    for (const d of [3, 4]) m.device(d, { V: 1, ...remapped })
    twoEntries(m, { VECTOR: 0x31 })
  }, ['interrupt-table-shared']],
  ['an interrupt table that begins in that of another domain', m => {
    m.host(3, 1, 3, { ...remapped, INTTABLEN: 9 })
    m.host(4, 2, 3, { ...remapped, INTTABLEN: 6, INTROOT: 0x201000 / 64 })
    m.memory.cover(0x200, 2)
  }, ['interrupt-table-shared']],
  ['none where one table begins behind the other', m => {
    m.host(3, 1, 3, { ...remapped, INTTABLEN: 8 })
    m.host(4, 2, 3, { ...remapped, INTTABLEN: 6, INTROOT: 0x201000 / 64 })
    m.memory.cover(0x200, 2)
  }, []],
  ['none of one set of page tables with one interrupt table', m => {
    const ROOT = m.host(3, 1, 3, remapped) / 4096
    m.device(4, { V: 1, TV: 1, IR: 1, MODE: 3, ROOT, DOMAIN: 1, ...remapped })
    twoEntries(m, { VECTOR: 0x31 })
  }, []],
  ['IntTabLen above the largest', m => { m.host(3, 1, 3, { ...remapped, INTTABLEN: 10 }) }, ['entry-unusable']],
  ['none for a page of one set of page tables, whose devices have other rights', m => {
    const root = m.host(3, 1, 1)
    m.page(root, 5, 0x900000)
    m.device(4, { V: 1, TV: 1, IV: 1, IR: 1, MODE: 1, ROOT: root / 4096, DOMAIN: 1 })
  }, []],
  ['nor where one of them uses the exclusion range', m => {
    const root = m.host(3, 1, 1)
    m.page(root, 5, 0x900000)
    m.device(4, { V: 1, TV: 1, IV: 1, IR: 1, IW: 1, MODE: 1, ROOT: root / 4096, DOMAIN: 1, EX: 1 })
  }, ['exclusion-range'], { ExclBase: 0xa00001n, ExclLimit: 0xa00000n }],
  ['one vector twice, and an entry of an unknown type', m => {
    m.host(3, 1, 3, { ...remapped, INTTABLEN: 2 })
    twoEntries(m, { VECTOR: 0x31 }, { VECTOR: 0x31 }, { VECTOR: 0x32, INTTYPE: 4 })
  }, ['irte-same-target', 'irte-unusable']],
  ['guest mode, which is off', m => { m.host(3, 1, 3, remapped); twoEntries(m, { GUESTMODE: 1 }) },
    ['irte-unusable']],
  ['an interrupt table that is not there', m => { m.host(3, 1, 3, remapped) }, ['interrupt-table-partial']],
  ['IommuEn=0', () => {}, ['translation-off', 'interrupts-not-remapped'], { IommuControl: 0n }],
  ['a device table that is not there', () => {}, ['table-outside'], { DevTabBase: 0x70000000n }],
]

/** Guest tables of PASID 0 in Mode=0. */
const flat = (machine: Machine, device = sid): GuestTables => {
  const tables = new GuestTables(machine)
  gcr3(machine, guest(machine, {}, device), 0, tables.root)
  return tables
}
const guestCases: readonly Case[] = [
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
    tables.map(0x200000, 0x2000, {}, 2)
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
  ['a reserved GuestPagingMode', m => { guest(m, { GPM: 2 }) }, ['entry-unusable']],
  ['two guests with one interrupt table', m => {
    for (const d of [3, 4]) gcr3(m, guest(m, remapped, d), 0, new GuestTables(m).root)
    twoEntries(m, { VECTOR: 0x31 })
  }, ['interrupt-table-shared']],
  ['none for one guest of two devices, in two GCR3 tables, with one interrupt table', m => {
    const { root } = new GuestTables(m)
    for (const d of [3, 4]) gcr3(m, guest(m, { ...remapped, DOMAIN: 9 }, d), 0, root)
    twoEntries(m, { VECTOR: 0x31 })
  }, []],
  ['one DomainID for two guests', m => {
    for (const d of [3, 4]) gcr3(m, guest(m, { DOMAIN: 9 }, d), 0, new GuestTables(m).root)
  }, ['domain-conflict']],
  ['none for a device in the host tables of a guest, which reaches the tables of the guest', m => {
    const { root, table, toGuest } = nested(m)
    gcr3(m, table, 0, new GuestTables(m, 4, toGuest).root)
    m.device(4, { V: 1, TV: 1, IR: 1, IW: 1, IV: 1, MODE: 1, ROOT: root / 4096, DOMAIN: sid })
  }, []],
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
]
const all: readonly Case[] = [...cases,
  ['inputs that are interrupts', m => {
    m.page(m.link(m.link(m.host(3, 1, 3), 3, 2), 0x1f7, 1), 0, 0x900000)
  }, ['interrupt-range-mapped']],
  ...guestCases.map(([name, make, codes, registers]): Case => [`of guests: ${name}`, make, codes,
    { ...guestsOn, ...registers }])]

describe('alarms of AMD units', () => {
  const audits = all.map(([, make, , registers]) => {
    const machine = new Machine(registers)
    make(machine)
    return machine.audit()
  })
  it.each(all.map(([name, , expected], i) => [name, expected, audits[i]!] as const))('%s', (_, expected, report) => {
    expect(codesOf(report)).toEqual(expected)
    expect(foreignIn([...renderAudit(report, theme(false), true)].join(''))).toEqual([])
  })
  it('none of a machine in which all devices are blocked', () => { expect(codesOf(new Machine().audit())).toEqual([]) })
  it('tables that share tables', () => {
    const machine = new Machine(), root = machine.host(3, 1, 2), low = machine.link(root, 0, 1)
    machine.page(root, 1, low, { NEXT: 1 })
    for (const index of [0, 2, 4]) machine.page(low, index, 0x900000 + 0x10000 * index)
    const limited = (budget: object) => codesOf(machine.audit({ ...standardBudget(), ...budget }))
    expect([limited({}), limited({ ranges: 4 }), limited({ tables: 1 })])
      .toEqual([[], ['too-many-ranges'], ['too-many-ranges', 'cut-short']])
  })
  it('are each raised by one of these', () => {
    const raised = new Set<string>([...all.flatMap(([, , codes]) => codes), 'too-many-ranges', 'cut-short'])
    // Those of the firmware's tables: audit-firmware.test.ts.
    expect(Object.keys(alarmKinds).filter(code => !raised.has(code) && !Object.hasOwn(vtdAlarms.kinds, code)))
      .toEqual(['region-in-ram', 'region-wrong', 'device-unscoped', 'x2apic-opt-out'])
  })
  it('stand in the words of AMD-Vi under a policy too, and where two dumps differ', () => {
    const policy = parsePolicy('{"format":"remapcheck-policy/1","devices":{}}', 'policy'), plain = theme(false)
    const [first] = audits
    expect(audits.flatMap(report => foreignIn(renderGate(gate(report, policy), plain, true)
      + renderDiff(compare(first!, report), plain, true)))).toEqual([])
  })
  it('have other words than those of VT-d, which this test finds', () => {
    const words = Object.values<AlarmWords>(vtdAlarms.words).flatMap(({ says, todo }) =>
      says === undefined && todo === undefined ? [] : [`${says ?? ''} ${todo ?? ''}`])
    expect(words.filter(text => foreignIn(text).length === 0)).toEqual([])
  })
})
