/** Tables as texts list them, against memory: the debugfs files of a real Linux and the memory of the same moment, and
 *  files of that form made of recorded boots. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { audit } from '../../src/audit/report.ts'
import type { AuditReport } from '../../src/audit/report.ts'
import { compare } from '../../src/audit/diff.ts'
import { openDump } from '../../src/dump/dump.ts'
import type { AnyDump } from '../../src/dump/dump.ts'
import { openInputs } from '../../src/dump/inputs.ts'
import { run } from '../cli/run.ts'
import { debugfsOf } from './debugfs-text.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-texts-'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })
const boot = (name: string): string => `traces/linux/vtd-${name}`
const reportOf = (dump: AnyDump): AuditReport => {
  const steps = audit(dump)
  for (;;) { const step = steps.next(); if (step.done === true) return step.value }
}
const memoryOf = (name: string): AnyDump => openDump(`${boot(name)}.tables.json-pages.gz`, { absentZero: true })
const cases = 'test/real-machines/cases'

describe('debugfs files of Linux 6.12 and the memory of that boot', () => {
  const [text] = openInputs([`${boot('612-strict')}.debugfs.txt.gz`]).dumps
  const memory = openDump(`${boot('612-strict')}.tables.json-pages.gz`)
  it('agree in every device, range, interrupt and alarm', () => {
    const before = reportOf(text!), after = reportOf(memoryOf('612-strict'))
    const { mode, devices, ranges, interrupts, alarms } = compare(before, after)
    expect({ mode, devices, ranges, interrupts, alarms })
      .toEqual({ mode: null, devices: [], ranges: [], interrupts: [], alarms: { gone: [], come: [] } })
    expect([before.devices.length, before.interrupts.entries.length, before.spaces.reduce((sum, { devices: of,
      ranges: all }) =>
      sum + of.length * all.totals().leaves[0], 0)]).toEqual([12, 26, 12_893])
  })
  it('agree in every page, entry by entry', () => {
    const dump = gunzipSync(readFileSync(`${boot('612-strict')}.tables.json-pages.gz`))
    const head = dump.toString('latin1').split('\n')[0]!
    const { pages, IQA } = JSON.parse(head) as { readonly pages: readonly string[]; readonly IQA: string }
    const differing = pages.filter(page => page !== IQA).filter(page => {
      const number = Number(page) / 4096
      const [a, b] = [text!.memory.page(number), memory.memory.page(number)!]
      return a === undefined || b.some((dword, i) => dword !== a[i])
    })
    expect([pages.length, differing]).toEqual([26, []])
  })
  it('the registers and the queue are shown', () => {
    const { unit: { registers }, queue } = reportOf(text!)
    expect(registers.map(({ name, value }) => [name, value])).toEqual([['CAP', '0xd2008c22260206'],
      ['ECAP', '0xf00f4a'], ['GSTS', '0xc7000000'], ['RTADDR', '0x64d000'], ['IRTA', '0x20000f']])
    expect(queue).toMatchObject({ head: 158, tail: 158, waiting: 0,
      kinds: [{ what: 'iotlb', count: 128 }, { what: 'wait', count: 128 }] })
    expect(queue!.last.at(-1)).toMatchObject({ index: 157, says: 'wait' })
  })
})

describe.each(['strict', 'sm', 'pt'])('files of that form made of the boot %s', name => {
  it('agree with its memory', () => {
    const memory = memoryOf(name), report = reportOf(memory)
    if (memory.iommu !== 'vtd') throw new Error(`a dump of ${memory.iommu}`)
    const path = join(dir, `${name}.txt`)
    writeFileSync(path, debugfsOf(memory, report))
    const { mode, devices, ranges, interrupts } = compare(reportOf(openInputs([path]).dumps[0]!), report)
    expect({ mode, devices, ranges, interrupts }).toEqual({ mode: null, devices: [], ranges: [], interrupts: [] })
  })
})

describe('parts of such files', () => {
  const of = (file: string) => openInputs([`${cases}/22${file}`]).dumps.map(reportOf)
  it('interrupt entries alone: nothing is said of DMA', () => {
    const [first, second] = of('-debugfs-ir_translation_struct.txt')
    expect([first!.unit.mode, first!.devices, first!.interrupts.entries.length, second!.interrupts.entries[0]!.source])
      .toEqual(['unknown', [], 2, '00:02.0'])
    expect(first!.dump.assumed.join()).toContain('destinations are taken as 32 bits (x2APIC)')
  })
  it('context entries alone: what lies below them is not known', () => {
    const [first, second] = of('b-debugfs-dmar_translation_struct.txt')
    expect([first, second].map(report => [report!.dump.unit, report!.devices.map(({ device, ways }) =>
      [device, ways[0]!.mode, ways[0]!.domain])])).toEqual(
      [['dmar1', [['00:02.0', 'second-stage', 1]]], ['dmar0', [['00:0a.0', 'second-stage', 2]]]])
    expect(first!.alarms.map(({ code }) => code)).toEqual(['device-tlb', 'table-outside'])
    expect(first!.interrupts.known).toBe(false)
  })
  it('page tables alone name devices, and no domain', () => {
    const [report] = of('c-debugfs-domain_translation_struct.txt')
    expect(report!.unit.rootTable).toBeNull()
    expect([...report!.spaces[0]!.ranges].map(({ input, output, bytes }) => [input, output, bytes]))
      .toEqual([[0x8d800000, 0x8d800000, 8192]])
    expect(report!.dump.assumed.join()).toContain('domain-ids and units are not in the text')
  })
  it('all of them, as a folder', () => {
    const folder = join(dir, 'intel')
    mkdirSync(folder)
    for (const file of ['-debugfs-ir_translation_struct', 'b-debugfs-dmar_translation_struct',
      'c-debugfs-domain_translation_struct', 'e-debugfs-iommu_regset'])
      writeFileSync(join(folder, file), readFileSync(`${cases}/22${file}.txt`))
    const { dumps } = openInputs([folder])
    expect(dumps.map(({ unit }) => unit)).toEqual(['dmar0', 'dmar1'])
    const report = reportOf(dumps[1]!)
    expect([report.unit.registers[0]!.value, report.interrupts.known]).toEqual(['0x1c0000c40660462', true])
  })
})

describe('audit', () => {
  it('prints each unit, and asks for one where a document or a policy is wanted', async () => {
    const path = `${cases}/22b-debugfs-dmar_translation_struct.txt`
    const { code, out } = await run(`audit ${path}`)
    expect([code, out.match(/unit dmar\d/g)]).toEqual([0, ['unit dmar1', 'unit dmar0']])
    const { code: wrong, err } = await run(`audit ${path} --json`)
    expect([wrong, err]).toEqual([2, expect.stringContaining('add --unit dmar1 or --unit dmar0')])
    const { out: json } = await run(`audit ${path} --json --unit dmar0`)
    expect(JSON.parse(json)).toMatchObject({ dump: { unit: 'dmar0', format: 'text' }, unit: { mode: 'scalable' } })
    expect((await run(`audit ${path} --unit dmar7`)).err).toContain('there are dmar1, dmar0')
  })
  it('takes registers of a text for memory that has none', async () => {
    const image = join(dir, 'image')
    writeFileSync(image, new Uint8Array(4096 * 4))
    const { err } = await run(`audit ${image}`)
    expect(err).toContain('E-DUMP-REGISTER')
    const { code, out } = await run(`audit ${image} ${cases}/22e-debugfs-iommu_regset.txt`)
    expect([code, out]).toEqual([0, expect.stringContaining('the root table at 0x103027000')])
  })
  it('says of other texts what to do', async () => {
    const { code, err } = await run(`audit ${cases}/01-linux-dmar-sm-0x71.txt`)
    expect([code, err]).toEqual([2, expect.stringContaining('remapcheck diagnose FILE')])
  })
})
