/** Every alarm is raised by a machine that has the fault, and a sound machine raises none. */
import { describe, expect, it } from 'vitest'
import { alarmKinds } from '../../src/audit/alarms.ts'
import { amdviAlarms } from '../../src/audit/amdvi/alarms.ts'
import type { AuditReport } from '../../src/audit/report.ts'
import { standardBudget } from '../../src/audit/spaces.ts'
import { encode, rootEntry, secondStageTables } from '../../spec/vtd/layout/index.ts'
import { codesOf, full, Machine } from './audit-support.ts'

/** Two devices, each with a page of its own, and an interrupt each. */
function sound(): { readonly machine: Machine; readonly first: number; readonly second: number } {
  const machine = new Machine()
  const first = machine.device(0x10, 1), second = machine.device(0x18, 2)
  machine.map(first, 4, 0x10000, 0x8000000)
  machine.map(second, 4, 0x10000, 0x8001000)
  machine.irte(0, { V: 40, DST: 0x100, SVT: 1, SID: 0x10 })
  machine.irte(1, { V: 41, DST: 0x100, SVT: 1, SID: 0x18 })
  return { machine, first, second }
}
type Sound = ReturnType<typeof sound>
const altered = (change: (machine: Sound) => void, values = {}): AuditReport => {
  const one = sound()
  change(one)
  return one.machine.audit(values)
}
const scalable = (change: (machine: Machine) => void): AuditReport => {
  const machine = new Machine(true)
  change(machine)
  return machine.audit()
}
const nothing = (): void => {}

/** `because` of the alarm itself; others may come with it. */
const cases: readonly (readonly [code: keyof typeof alarmKinds, because: string, devices: string,
  report: () => AuditReport])[] = [
  ['translation-off', 'GSTS.TES=0', '', () => altered(nothing, { GSTS: 0x47000000n })],
  ['pass-through', '1 device', '00:02.0', () => altered(({ machine }) => { machine.context(0x10, { TT: 2 }) })],
  ['writes-tables', '1 page table (at 0x402000)', '00:02.0',
    () => altered(({ machine, first }) => { machine.map(first, 4, 0x20000, 0x402000) })],
  ['writes-tables', '1 root table (at 0x1000)', '00:02.0',
    () => altered(({ machine, first }) => { machine.map(first, 4, 0x20000, 0x1000, 2) })],
  ['writes-tables', '1 context table (at 0x2000)', '00:02.0',
    () => altered(({ machine, first }) => { machine.map(first, 4, 0x20000, 0x2000) })],
  ['writes-tables', '1 interrupt table (at 0x200000)', '00:02.0',
    () => altered(({ machine, first }) => { machine.map(first, 4, 0x200000000, 0x200000, 3, 2) })],
  ['writes-tables', '1 invalidation queue (at 0x300000)', '00:02.0',
    () => altered(({ machine, first }) => { machine.map(first, 4, 0x20000, 0x301000) }, { IQA: 0x300001n })],
  ['writes-tables', '1 posted-interrupt descriptor (at 0x9000040)', '00:03.0', () => altered(({ machine, second }) => {
    machine.posted(2, 0x10, 0x9000040)
    machine.map(second, 4, 0x20000, 0x9000000)
  })],
  ['shared-writable', '4K, the first at 0x8000000: 00:02.0 | 00:03.0', '00:02.0 00:03.0',
    () => altered(({ machine, second }) => { machine.map(second, 4, 0x20000, 0x8000000, 1) })],
  ['domain-conflict',
    'domain 1: second-stage tables at 0x400000 (4 levels), and second-stage tables at 0x401000 (4 levels)',
    '00:02.0 00:03.0', () => altered(({ machine, second }) => {
      machine.context(0x18, { SSPTPTR: second / 4096, DID: 1 })
    })],
  ['interrupts-not-remapped', 'GSTS.IRES=0', '', () => altered(nothing, { GSTS: 0xc5000000n })],
  ['compatibility-interrupts', 'GSTS.CFIS=1 and IRTA.EIME=0', '', () => altered(nothing, { GSTS: 0xc7800000n })],
  ['irte-any-source', '1 entry: 5', '', () => altered(({ machine }) => { machine.irte(5, { V: 60, DST: 0x100 }) })],
  ['irte-any-source', '1 entry: 5', '',
    () => altered(({ machine }) => { machine.irte(5, { V: 60, DST: 0x100, SVT: 2, SID: 0x00ff }) })],
  ['identity-map', '4K in 1 range, at 0x9000000', '00:02.0',
    () => altered(({ machine, first }) => { machine.map(first, 4, 0x9000000, 0x9000000) })],
  ['device-tlb', '1 device', '00:02.0',
    () => altered(({ machine, first }) => { machine.context(0x10, { TT: 1, SSPTPTR: first / 4096, DID: 1 }) })],
  ['irte-same-target', 'vector 40 to 0x1: entries 0, 7', '',
    () => altered(({ machine }) => { machine.irte(7, { V: 40, DST: 0x100, SVT: 1, SID: 0x18 }) })],
  ['irte-unusable', '1 entry (5): fault 24h (', '',
    () => altered(({ machine }) => { machine.irte(5, { V: 60, DST: 0x101, SVT: 1, SID: 0x18 }) })],
  ['reserved-bits', '1 entry, the first entry 32 of the table at 0x404000, level 1', '00:02.0',
    () => altered(({ machine, first }) => { machine.map(first, 4, 0x20000, 2 ** 50) })],
  ['entry-unusable', 'fault 3h (LCT.4)', '00:02.0',
    () => altered(({ machine }) => { machine.context(0x10, { TT: 3 }) })],
  ['entry-unusable', 'bus 1: fault ah (LRT.3)', '',
    () => altered(({ machine }) => {
      machine.memory.write(0x1010, encode(rootEntry, { P: 1, CTP: 2, reserved1: 1 } as never))
    })],
  ['mode-unusable', 'fault 30h (RTA.1)', '', () => altered(nothing, { RTADDR: 0x1800n })],
  ['table-outside', '1 table, the first the table at 0x70000000, level 3', '00:02.0',
    () => altered(({ machine, first }) => {
      machine.memory.write(first + 8, encode(secondStageTables[4], { R: 1, ADDR: 0x70000 }))
    })],
  ['table-outside', 'the root table at 0xffffffffff000', '', () => altered(nothing, { RTADDR: 0xffffffffff000n })],
  ['table-unmapped', '1 table, the first the table at 0x90000000, level 4', '00:02.0', () => scalable(machine => {
    const top = machine.table()
    machine.map(top, 4, 0x10000, 0x8000000)
    machine.pasids(0x10)(0, { P: 1, PGTT: 3, AW: 2, SSPTPTR: top / 4096, FSPTPTR: 0x90000, DID: 1 })
  })],
  ['table-cyclic', '3 pointers, the first entry 1 of the table at 0x400000, level 4', '00:02.0',
    () => altered(({ machine, first }) => {
      machine.memory.write(first + 8, encode(secondStageTables[4], { R: 1, ADDR: first / 4096 }))
    })],
  ['too-many-ranges', 'more than 512 ranges', '00:02.0', () => manyWays({ ...standardBudget(), ranges: 100 })],
  ['cut-short', 'second-stage tables at 0x400000 (4 levels)', '00:02.0',
    () => manyWays({ ...standardBudget(), tables: 2 })],
  ['domain-zero', '1 device', '00:02.0',
    () => altered(({ machine, first }) => { machine.context(0x10, { SSPTPTR: first / 4096, DID: 0 }) },
      { CAP: full.CAP | 0x80n })],
  ['interrupt-range-mapped', '1 range', '00:02.0',
    () => altered(({ machine, first }) => { machine.map(first, 4, 0xfee01000, 0x9000000) })],
  ['interrupt-table-partial', '255 of 256 pages', '', () => altered(nothing, { IRTA: 0x20000fn })],
  ['directory-partial', '6 pages of PASID directories, the first at 0x402000', '00:02.0', () => scalable(machine => {
    machine.pasids(0x10)(0, { P: 1, PGTT: 4, DID: 1 })
    machine.memory.write(0x2000 + 0x10 * 32, Uint32Array.of(0x400009 | 5 << 9))
  })],
]
/** Four levels of one table each, whose entries all point to the next: 2^36 pages. */
function manyWays(budget: ReturnType<typeof standardBudget>): AuditReport {
  const machine = new Machine()
  const tables = [machine.device(0x10, 1), machine.table(), machine.table(), machine.table()]
  tables.forEach((table, i) => {
    for (let at = 0; at < 512; at++)
      machine.memory.write(table + 8 * at, Uint32Array.of((tables[i + 1] ?? 0x8000000) | 3, 0))
  })
  return machine.audit({}, budget)
}

describe('alarms', () => {
  it('are none of a sound machine', () => {
    const report = sound().machine.audit()
    expect(report.alarms).toEqual([])
    expect(report.devices.map(({ device, ways }) => `${device} ${ways[0]!.mode}`))
      .toEqual(['00:02.0 second-stage', '00:03.0 second-stage'])
    expect(report.interrupts.entries.length).toBe(2)
  })
  it.each(cases)('%s: %s', (code, because, devices, report) => {
    const found = report().alarms.filter(alarm => alarm.code === code)
    expect(found.map(alarm => ({ because: alarm.because.slice(0, because.length), devices: alarm.devices.join(' ') })))
      .toContainEqual({ because, devices: code === 'directory-partial' ? '' : devices })
  })
  // Those of the firmware's tables: audit-firmware.test.ts.
  it('are each raised by one of these', () => {
    // Those of the other vendor: test/unit/amdvi-alarms.test.ts.
    expect(Object.keys(alarmKinds)
      .filter(code => !cases.some(([known]) => known === code) && !Object.hasOwn(amdviAlarms.kinds, code)))
      .toEqual(['region-in-ram', 'region-wrong', 'device-unscoped', 'x2apic-opt-out'])
  })
  it('errors come first', () => {
    const severities = altered(({ machine, first }) => {
      machine.map(first, 4, 0xfee01000, 0x9000000)
      machine.map(first, 4, 0x9000000, 0x9000000)
      machine.map(first, 4, 0x20000, 0x1000)
    }).alarms.map(({ severity }) => severity)
    expect(severities).toEqual(['error', 'warning', 'note'])
  })
  it('a guest may write its own first-stage tables, others may not', () => {
    const build = (other: boolean): AuditReport => scalable(machine => {
      const second = machine.table()
      machine.map(second, 4, 0x400000, 0x8000000)
      const guest = machine.table()
      // The guest's tables lie where the second stage has them at their own address.
      for (let page = guest; page < guest + 0x10000; page += 0x1000) machine.map(second, 4, page, page)
      machine.mapFirst(guest, 4, 0x10000, guest)
      machine.pasids(0x10)(0, { P: 1, PGTT: 3, AW: 2, SSPTPTR: second / 4096, FSPTPTR: guest / 4096, DID: 1 })
      if (!other) return
      const top = machine.table()
      machine.map(top, 4, 0x5000, guest)
      machine.pasids(0x18)(0, { P: 1, PGTT: 2, AW: 2, SSPTPTR: top / 4096, DID: 2 })
    })
    expect(build(false).alarms.filter(({ code }) => code === 'writes-tables').map(({ devices }) => devices)).toEqual([])
    expect(build(true).alarms.filter(({ code }) => code === 'writes-tables').map(({ devices }) => devices))
      .toEqual([['00:03.0']])
  })
})

describe('sharing', () => {
  /** Devices whose tables all map one page. */
  const crowd = (count: number, writer: number): AuditReport => {
    const machine = new Machine()
    for (let i = 0; i < count; i++)
      machine.map(machine.device(i * 8, i + 1), 4, 0x10000, 0x8000000, i === writer ? 3 : 1)
    return machine.audit()
  }
  it.each([[16, 15], [17, 0], [17, 16], [20, 19]])('of %i sets of tables, of which number %i writes, is told',
    (count, writer) => {
      expect(codesOf(crowd(count, writer))).toEqual(['shared-writable'])
      expect(codesOf(crowd(count, -1))).toEqual([])
    })
  it.each([3, 20])('between %i PASIDs of one device is its own choice, with another device it is not', count => {
    const build = (other: boolean): AuditReport => scalable(machine => {
      const write = machine.pasids(0x10), others = machine.pasids(0x18)
      for (let pasid = 0; pasid < count; pasid++) {
        const top = machine.table()
        machine.mapFirst(top, 4, 0x10000, 0x8000000)
        const entry = { P: 1, PGTT: 1, FSPTPTR: top / 4096, DID: 1 }
        if (pasid === 1 && other) others(1, entry)
        else write(pasid, entry)
      }
    })
    expect(codesOf(build(false))).toEqual([])
    expect(codesOf(build(true))).toEqual(['shared-writable'])
  })
})

describe('domains', () => {
  type Entry = Parameters<ReturnType<Machine['pasids']>>[1]
  /** Two devices of domain 5, requests without PASID by the PASIDs named; two sets of tables of each stage to choose
   *  from. */
  const conflicts = (one: number, other: number,
    entries: (first: readonly Entry[], second: readonly Entry[]) => readonly [Entry, Entry]): string[] => {
    const report = scalable(machine => {
      const tops = [0x9000000, 0xa000000].map(page => {
        const first = machine.table(), second = machine.table()
        machine.mapFirst(first, 4, 0x1000, page)
        machine.map(second, 4, 0x400000, 0x400000, 1, 2)
        return { first: { FSPTPTR: first / 4096 }, second: { AW: 2, SSPTPTR: second / 4096 } }
      })
      const [a, b] = entries(tops.map(({ first }) => first), tops.map(({ second }) => second))
      machine.pasids(0x10, { PASIDE: 0, RID_PASID: one })(one, { P: 1, DID: 5, ...a })
      machine.pasids(0x18, { PASIDE: 0, RID_PASID: other })(other, { P: 1, DID: 5, ...b })
    })
    return report.alarms.filter(({ code }) => code === 'domain-conflict').map(({ because }) => because)
  }
  const seconds =
    ['domain 5: second-stage tables at 0x401000 (4 levels), and second-stage tables at 0x408000 (4 levels)']
  const stages = ['domain 5: no second stage (PGTT 001 or 100), and a second stage (PGTT 010 or 011)']
  it('have one second stage, nested or not', () => {
    expect(conflicts(0, 0, ([f], [s, t]) => [{ PGTT: 3, ...f, ...s }, { PGTT: 2, ...t }])).toEqual(seconds)
    expect(conflicts(1, 2, ([f], [s, t]) => [{ PGTT: 3, ...f, ...s }, { PGTT: 3, ...f, ...t }])).toEqual(seconds)
    expect(conflicts(0, 0, ([f], [s]) => [{ PGTT: 3, ...f, ...s }, { PGTT: 2, ...s }])).toEqual([])
  })
  it('do not serve both with and without a second stage', () => {
    expect(conflicts(0, 0, ([f], [s]) => [{ PGTT: 1, ...f }, { PGTT: 2, ...s }])).toEqual(stages)
    expect(conflicts(0, 0, (_, [s]) => [{ PGTT: 4 }, { PGTT: 2, ...s }])).toEqual(stages)
    expect(conflicts(0, 0, ([f]) => [{ PGTT: 4 }, { PGTT: 1, ...f }])).toEqual([])
  })
  it('have one first stage for each PASID, also that of requests without one', () => {
    expect(conflicts(3, 4, ([f, g]) => [{ PGTT: 1, ...f }, { PGTT: 1, ...g }])).toEqual([])
    expect(conflicts(3, 3, ([f, g]) => [{ PGTT: 1, ...f }, { PGTT: 1, ...g }]))
      .toEqual(['domain 5: first-stage tables at 0x400000 (4 levels), and first-stage tables at 0x407000 (4 levels)'])
  })
})

describe('what no request can do raises no alarm', () => {
  it('privileged rights, where requests without PASID are not privileged', () => {
    expect(codesOf(scalable(machine => {
      const top = machine.table()
      machine.mapFirst(top, 4, 0x20000, 0x1000, { US: 0 })
      machine.pasids(0x10, { PASIDE: 0 })(0, { P: 1, PGTT: 1, FSPTPTR: top / 4096, DID: 1, SRE: 1 })
    }))).toEqual([])
  })
  it('a descriptor of posted interrupts that the unit does not have', () => {
    expect(codesOf(altered(({ machine, second }) => {
      machine.posted(2, 0x10, 0x9000040)
      machine.map(second, 4, 0x20000, 0x9000000)
    }, { CAP: full.CAP & ~(1n << 59n) }))).toEqual(['irte-unusable'])
  })
})

describe('limits', () => {
  it('tables that share tables end, and what they reach is complete', () => {
    const report = manyWays({ ...standardBudget(), tablesPerSpace: 1000 })
    expect(codesOf(report)).toEqual(['too-many-ranges'])
    expect(report.spaces[0]!).toMatchObject({ cut: true, readable: 4096, writable: 4096, tables: 4 })
    expect(report.spaces[0]!.reach.starts[0]).toBe(0x8000000)
  })
  it('a table that is its own child at each level ends, with the standard budget too', () => {
    const machine = new Machine()
    const top = machine.device(0x10, 1)
    for (let at = 0; at < 512; at++) machine.memory.write(top + 8 * at, Uint32Array.of(top | 3, 0))
    const report = machine.audit()
    expect(codesOf(report)).toEqual(['writes-tables', 'table-cyclic', 'too-many-ranges'])
    expect(report.spaces[0]!.writable).toBe(4096)
  })
  it('thousands of contexts at one table are one space', () => {
    const machine = new Machine()
    const top = machine.device(0x10, 1)
    machine.map(top, 4, 0, 0x8000000)
    for (let bus = 0; bus < 64; bus++) machine.memory.write(0x1000 + bus * 16, encode(rootEntry, { P: 1, CTP: 2 }))
    for (let devfn = 0; devfn < 256; devfn++) machine.context(devfn, { SSPTPTR: top / 4096, DID: 1 })
    const report = machine.audit()
    expect([report.devices.length, report.spaces.length, report.alarms.length]).toEqual([64 * 256, 1, 0])
  })
})
