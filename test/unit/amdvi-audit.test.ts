/** The audit of AMD units: a recorded boot against what its kernel mapped, made machines for each alarm, and random
 *  tables against the walk, address by address. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gate, parsePolicy } from '../../src/audit/policy.ts'
import { rightsAt } from '../../src/audit/reach.ts'
import { openDump } from '../../src/dump/dump.ts'
import { amdviRegistersOf, amdviStored } from '../../src/dump/amdvi.ts'
import type { AmdviValues } from '../../src/dump/amdvi.ts'
import { readKernelLog } from '../../src/logs/formats/kernel.ts'
import { entryReader, rawTables, rootsOf, translate, translationUnitOf } from '../../spec/amdvi/index.ts'
import { anything, deviceTableEntry, encode, irte128, irte32 } from '../../spec/amdvi/layout/index.ts'
import { Machine } from './amdvi-audit-support.ts'
import { auditOf, codesOf } from './audit-support.ts'
import { boot, ftraceOf } from './linux-support.ts'

describe('the recorded boot', () => {
  const report = auditOf(openDump(boot('amd-q10.tables.json-pages.gz')))
  it('has eleven translated devices, and 92 pages in two spaces; the IO-APIC sends interrupts only', () => {
    expect(report.unit.mode).toBe('device table')
    expect(report.devices.map(({ device, ways: [way] }) => [device, way!.domain, way!.mode])).toEqual([
      ['00:00.0', 1, 'host'], ['00:02.0', 2, 'host'], ['00:03.0', 3, 'host'], ['00:04.0', 4, 'host'],
      ['00:05.0', 5, 'host'], ['00:06.0', 6, 'host'], ['00:07.0', 7, 'host'], ['00:08.0', 8, 'host'],
      ['00:09.0', 9, 'host'], ['00:14.0', 0, 'blocked'], ['00:1f.0', 10, 'host'], ['00:1f.2', 10, 'host'],
      ['00:1f.3', 10, 'host'],
    ])
    expect(report.spaces.map(({ ranges }) => [...ranges].reduce((sum, { bytes }) => sum + bytes / 4096, 0)))
      .toEqual([0, 0, 84, 8, 0, 0, 0, 0, 0, 0])
  })
  it('every page found was mapped by the kernel, there and to that frame, and not all of its mappings were undone',
    async () => {
      const { events } = await readKernelLog(ftraceOf('amd-q10'))
      const left = new Map<string, number>()
      for (const event of events) {
        for (let page = event.page; page < event.end; page++) {
          if (event.kind === 'map') {
            const key = `${page} ${event.frame + page - event.page}`
            left.set(key, (left.get(key) ?? 0) + 1)
          }
        }
      }
      const found = report.spaces.flatMap(({ ranges }) => [...ranges].flatMap(({ input, output, bytes }) =>
        Array.from({ length: bytes / 4096 }, (_, i) => `${input / 4096 + i} ${output / 4096 + i}`)))
      expect([found.length, found.filter(key => !left.has(key))]).toEqual([92, []])
    })
  it('remaps thirty interrupts in tables of their devices, of which the dump lacks what no entry is in', () => {
    const { entries, tables, size, pagesMissing } = report.interrupts
    expect([tables, size, pagesMissing, entries.length]).toEqual([8, 4096, 10, 30])
    expect(entries.filter(({ of }) => of === '00:03.0').map(({ vector, destination }) => [vector, destination]))
      .toEqual([[39, 3], [33, 0], [34, 1], [33, 2], [33, 3]])
    expect(codesOf(report)).toEqual(['table-outside', 'interrupt-table-partial', 'entry-zero'])
    expect(codesOf(auditOf(openDump(boot('amd-q10.tables.json-pages.gz'), { absentZero: true }))))
      .toEqual(['entry-zero'])
  })
  it('is judged by a policy, as VT-d is', () => {
    const whole = auditOf(openDump(boot('amd-q10.tables.json-pages.gz'), { absentZero: true }))
    const range = [{ from: '0x3000000', to: '0x8000000', rights: 'rw' }]
    const policy = (devices: object, accept: readonly string[] = ['entry-zero']) =>
      gate(whole, parsePolicy(JSON.stringify({ format: 'remapcheck-policy/1', devices, accept }), 'policy'))
    expect(policy({ '00:03.0': range, '00:04.0': range }).passes).toBe(true)
    expect(policy({ '00:03.0': range, '00:04.0': range }, []).alarms.map(({ code }) => code)).toEqual(['entry-zero'])
    expect(policy({ '00:03.0': range }).breaches.map(({ device }) => device)).toContain('00:04.0')
  })
})

describe('tables', () => {
  it('that skip levels map only where the bits between are 0; rights are those of the entry and all levels', () => {
    const machine = new Machine(), root = machine.host(3, 1, 4, { IW: 0 })
    const low = machine.link(root, 0, 1)
    machine.page(low, 5, 0x700000)
    machine.page(low, 6, 0x701000, { IR: 0 })
    const { ranges } = machine.audit().spaces[0]!
    expect([...ranges].map(({ input, output, rights }) => [input, output, rights])).toEqual([[0x5000, 0x700000, 1]])
  })
  it('with pages of 16 KiB: in all four places, or one place reaches all of it', () => {
    const machine = new Machine(), root = machine.host(3, 1, 1)
    for (const i of [0, 1, 2, 3]) machine.page(root, 8 + i, 0x800000 + 0x1000, { NEXT: 7 })
    const whole = machine.audit()
    expect([[...whole.spaces[0]!.ranges].length, whole.spaces[0]!.readable, codesOf(whole)]).toEqual([1, 0x4000, []])
    machine.page(root, 20, 0x900000 + 0x1000, { NEXT: 7 })
    const torn = machine.audit()
    expect([torn.spaces[0]!.readable, codesOf(torn)]).toEqual([0x8000, ['page-not-replicated']])
  })
  it('agree with the walk, address by address', () => {
    const number = (high: number) => fc.integer({ min: 0, max: high })
    const leaf = fc.record({ index: number(15), output: number(63), next: fc.constantFrom(0, 0, 0, 7, 1, 2, 3, 5),
      ir: number(1), iw: number(1), pr: number(3) })
    fc.assert(fc.property(fc.array(leaf, { maxLength: 12 }), fc.array(leaf, { maxLength: 12 }), number(2), number(1),
      (upper, lower, skip, iw) => {
        const machine = new Machine(), root = machine.host(3, 1, 3, { IW: iw })
        const low = machine.link(root, 0, skip === 0 ? 1 : 2)
        const put = (table: number, of: readonly { index: number; output: number; next: number; ir: number; iw: number
          pr: number }[]): void => {
          for (const { index, output, next, ir, iw: w, pr } of of)
            machine.page(table, index, 0x40000000 * Number(table === root) * (output % 3) + output * 4096,
              { NEXT: next, IR: ir, IW: w, PR: pr > 0 ? 1 : 0 })
        }
        put(root, upper.filter(({ index }) => index > 0))
        put(low, lower)
        const dump = machine.dump(), report = machine.audit()
        const reader = entryReader({ ...anything, haw: 46 }, true)
        const tables = rawTables(machine.memory, rootsOf(dump.registers), reader)
        const unit = translationUnitOf(dump.registers)
        const { ranges, reach } = report.spaces[0]!
        const steps = [0x1000, 0x200000, 0x40000000, 0x40001000]
        for (const address of [...Array(16).keys()].flatMap(i => steps.map(step => i * step)))
          for (const [bit, access] of [[1, 'read'], [2, 'write']] as const) {
            const found = translate(tables, unit, { device: 3, address, access })
            const at = ranges.find(address)
            const mapped = at >= 0 && (ranges.rights(at) & bit) !== 0
              ? ranges.output(at) + address - ranges.input(at) : null
            expect(mapped).toBe(found.kind === 'translated' ? found.address : null)
            if (mapped !== null) expect(rightsAt(reach, mapped) & bit).toBe(bit)
          }
      }), { seed: 7, numRuns: 60 })
  })
})

describe('entries', () => {
  const remapped = { IV: 1, INTCTL: 2, INTTABLEN: 1, INTROOT: 0x200000 / 64 }
  /** Four segments, which the unit has. */
  const segmented: AmdviValues = { IommuControl: 0x8_0000_1005n, ExtFeature: 0x80_2000_00c0n }
  it('of further device tables those beyond DevTblSegEn are not read, and the report says so', () => {
    const assumed = (values: AmdviValues): readonly string[] =>
      amdviRegistersOf('DUMP', { DevTabBase: 0x1000n, ...values }).assumed.filter(text => text.includes('DevTblSegEn'))
    expect(assumed({ DevTabSegment: [0x500000n] }))
      .toEqual(['DevTblSegEn=0: of 1 further device tables that are given 0 are read'])
    expect(assumed({ ...segmented, DevTabSegment: [0x500000n, 0x501000n, 0x500000n] })).toEqual([])
  })
  it('devices of each segment', () => {
    const machine = new Machine({ ...segmented, DevTabSegment: [0x500000n, 0x501000n, 0x500000n] })
    for (const [page, sid] of [[0x500, 5], [0x501, 127]] as const)
      machine.memory.write(page * 4096 + 32 * sid, encode(deviceTableEntry, { V: 1, TV: 1, IR: 1, IW: 1, DOMAIN: sid }))
    expect(machine.audit().devices.map(({ device, ways: [way] }) => [device, way!.domain]))
      .toEqual([['40:00.5', 5], ['80:0f.7', 127], ['c0:00.5', 5]])
    const { registers, memory } = machine.dump()
    const tables = rawTables(memory, rootsOf(registers), entryReader(anything, false))
    const domainOf = (device: number) => {
      const entry = tables.deviceEntry(device)
      return entry === null || entry === 'unreadable' ? entry : entry.domain
    }
    expect([0x4005, 0x407f, 0x4080, 0x807f, 0xc005, 0x7fff].map(domainOf)).toEqual([5, 0, null, 127, 5, null])
    expect(amdviStored(new Map([[0, 0x1000n], [0x108, 0x500000n]]))).toMatchObject(
      { DevTabBase: 0x1000n, DevTabSegment: [undefined, 0x500000n, ...Array<undefined>(5).fill(undefined)] })
    const partly = rawTables(memory, rootsOf({ ...registers, DevTabSegment: [0x500000, 0] }),
      entryReader(anything, false))
    expect([partly.deviceEntry(0x8000), partly.deviceEntry(0x3000)]).toEqual(['unreadable', null])
  })
  it('entries of 32 bits, where GAEn=0', () => {
    const machine = new Machine({ IommuControl: 0x1005n })
    machine.host(3, 1, 3, remapped)
    machine.memory.cover(0x200)
    machine.memory.write(0x200004, encode(irte32, { REMAPEN: 1, DEST: 2, VECTOR: 0x44, DM: 1 }))
    expect(machine.audit().interrupts.entries)
      .toMatchObject([{ index: 1, of: '00:00.3', vector: 0x44, destination: 2, logical: true, fault: null }])
  })
  it('a table of 2048 entries counts unless ExtFeature2 says that the unit has none', () => {
    const audited = (ExtFeature2?: bigint) => {
      const machine = new Machine({ IommuControl: 0x800_0002_1005n,
        ...ExtFeature2 === undefined ? {} : { ExtFeature2 } })
      machine.memory.cover(0x600, 8)
      machine.host(3, 1, 3, { INTCTL: 2, INTTABLEN: 11, INTROOT: 0x600000 / 64 })
      machine.memory.write(0x600000 + 16 * 0x258, encode(irte128, { REMAPEN: 1, VECTOR: 0x66 }))
      machine.page(machine.host(4, 2, 1), 5, 0x607000)
      const report = machine.audit()
      return [report.interrupts.entries.map(({ index }) => index), codesOf(report),
        report.dump.assumed.filter(text => text.startsWith('ExtFeature2'))]
    }
    expect([audited(), audited(1n << 8n), audited(0n)]).toEqual([
      [[0x258], ['writes-tables'],
        ['ExtFeature2 is not known: interrupt tables of up to 2048 entries are taken as allowed']],
      [[0x258], ['writes-tables'], []], [[], ['entry-unusable'], []]])
  })
  it('that an SMI passes is assumed where an entry has IV=1', () => {
    const assumed = (machine: Machine) => machine.audit().dump.assumed.filter(text => text.startsWith('an SMI'))
    const unmapped = new Machine()
    for (let device = 0; device < 128; device++) unmapped.device(device, { V: 1 })
    expect([new Machine(), unmapped, new Machine({ IommuControl: 0n })].map(machine => assumed(machine).length))
      .toEqual([1, 0, 0])
  })
  it('a policy does not pass what a dump leaves unknown, or a device in reach of more than it may', () => {
    const machine = new Machine()
    machine.page(machine.host(3, 1, 1), 1, 0x900000)
    machine.device(9, {})
    const policy = parsePolicy('{"format":"remapcheck-policy/1","devices":{}}', 'policy')
    const { passes, breaches, alarms } = gate(machine.audit(), policy)
    expect([passes, breaches, alarms.map(({ code }) => code)])
      .toEqual([false, [{ device: '00:00.3', from: 0x900000, bytes: 4096, rights: 3 }], ['entry-zero']])
    const excluded = gate(new Machine({ ExclBase: 0x900003n, ExclLimit: 0x900000n }).audit(), policy)
    expect([excluded.passes, excluded.alarms.map(({ code }) => code)]).toEqual([false, ['exclusion-range-blocked']])
  })
})
