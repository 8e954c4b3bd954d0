/** Tables as Linux lists those of AMD units, and as Xen's debug keys print them: files of that form made of a recorded
 *  boot, and what `diagnose` makes of them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { renderAudit } from '../../src/audit/render.ts'
import { audit } from '../../src/audit/report.ts'
import type { AuditReport } from '../../src/audit/report.ts'
import { diagnose } from '../../src/diagnose/diagnose.ts'
import { openDump } from '../../src/dump/dump.ts'
import type { AnyDump } from '../../src/dump/dump.ts'
import { openInputs } from '../../src/dump/inputs.ts'
import { theme } from '../../src/text/theme.ts'
import { foreignIn } from './amdvi-audit-support.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-texts-'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })
let files = 0
const fileOf = (content: string): string => {
  const path = join(dir, `file-${files++}`)
  writeFileSync(path, content)
  return path
}
const reportOf = (dump: AnyDump): AuditReport => {
  const steps = audit(dump)
  for (;;) { const step = steps.next(); if (step.done === true) return step.value }
}
const pad = (value: bigint, digits = 16): string => value.toString(16).padStart(digits, '0')
const said = async (...contents: readonly string[]): Promise<string> => {
  const { faults } = await diagnose({ files: contents.map(fileOf), stdin: Readable.from([]) })
  return faults.flatMap(({ hardware, concludes }) => [...hardware.map(({ says }) => says),
    ...concludes.map(({ certainty, says }) => `${certainty}: ${says}`)]).join('\n')
}

it('dmar_translation_struct of Linux 4.20 to 5.2: root and context entries, each upper half first', async () => {
  const file = fileOf(['IOMMU dmar2: Root Table Address:4362cc000', 'Root Table Entries:', ' Bus: 0 H: 0 L: 4362f0001',
    ' Context Table Entries for Bus: 0', '  Entry\tB:D.F\tHigh\tLow', '  160  \t00:14.0\t102   \t4362ef001', '',
    ' Bus: 16 H: 0 L: 4362f1001', ' Context Table Entries for Bus: 16', '  Entry\tB:D.F\tHigh\tLow',
    '  8    \t10:01.0\t30a   \t435ec4001', ''].join('\n'))
  const { unit, devices } = reportOf(openInputs([file]).dumps[0]!)
  expect([unit.mode, devices.map(({ device, ways }) => [device, ways[0]!.domain, ways[0]!.fault?.code ?? null])])
    .toEqual(['legacy', [['00:14.0', 1, null], ['10:01.0', 3, null]]])
})

describe('devtbl and irqtbl of an AMD unit', () => {
  const dump = openDump('traces/linux/amd-q10.tables.json-pages.gz', { absentZero: true })
  const whole = reportOf(dump)
  const words = (address: number, count: number): bigint[] => Array.from({ length: count }, (_, i) => {
    const at = address + i * 8, page = dump.memory.page(Math.floor(at / 4096))!
    return BigInt(page[at % 4096 / 4 + 1]!) << 32n | BigInt(page[at % 4096 / 4]!)
  })
  const registers = dump.registers as { readonly DevTabBase: ArrayLike<number> }
  const table = Number(BigInt(registers.DevTabBase[0]!) & 0xfffff000n)
  const text = whole.devices.map(({ device }) => {
    const [bus = 0, slot = 0, fn = 0] = device.split(/[:.]/).map(part => parseInt(part, 16))
    const entry = words(table + (bus << 8 | slot << 3 | fn) * 32, 4)
    const root = Number(entry[2]! & 0xfffffffffffc0n), length = 2 ** Number(entry[2]! >> 1n & 15n)
    const irts = (entry[2]! & 1n) === 0n ? [] : Array.from({ length }, (_, i) => [i, words(root + i * 16, 2)] as const)
      .filter(([, [low]]) => (low! & 1n) === 1n)
    return ['DeviceId       QWORD[3]         QWORD[2]         QWORD[1]         QWORD[0]         iommu',
      `0000:${device} ${entry.toReversed().map(word => pad(word)).join(' ')} iommu0`, `DeviceId 0000:${device}`,
      ...irts.map(([i, [low, high]]) => `IRT[${String(i).padStart(4, '0')}] ${pad(high!)} ${pad(low!)}`)].join('\n')
  }).join('\n')
  const [listed] = openInputs([fileOf(text)]).dumps
  const report = reportOf(listed!)

  it('give the devices, domains and interrupts of the memory', () => {
    const about = ({ devices }: AuditReport) => devices.map(({ device, deviceTlb, ways }) =>
      ({ device, deviceTlb, ways: ways.map(({ domain, mode, levels }) => ({ domain, mode, levels })) }))
    expect(whole.devices.length).toBeGreaterThan(3)
    expect(about(report)).toEqual(about(whole))
    expect(whole.interrupts.entries.length).toBeGreaterThan(3)
    expect(report.interrupts.entries).toEqual(whole.interrupts.entries)
    expect(report.dump).toMatchObject({ format: 'text', unit: 'iommu0' })
  })
  it('say nothing of page tables, which they do not list', () => {
    expect(report.alarms.find(({ code }) => code === 'table-outside')!.todo)
      .toBe('add the text that lists it, where the kernel has one, or give a dump of memory.')
    expect(report.alarms.map(({ code }) => code)).not.toContain('entry-zero')
  })
  it('list all enabled entries: interrupt tables are known to their ends', () => {
    expect([report.interrupts.pagesMissing, report.interrupts.pages]).toEqual([0, whole.interrupts.pages])
  })
  it('do not say who writes the device table: its place is not in the text', () => {
    const open = '0000:00:03.0 0000000000000000 0000000000000001 0000000000000005 6000000000000003 iommu0'
    const { alarms, dump: { assumed } } = reportOf(openInputs([fileOf(open)]).dumps[0]!)
    expect(alarms.map(({ code }) => code)).toEqual(['pass-through'])
    expect(assumed).toContain('who can write the device table is not judged: its place is not known')
  })
  it('show beside a fault which entry lacks the right', async () => {
    const { device } = whole.devices.find(({ ways }) => ways[0]!.mode === 'second-stage' || ways[0]!.levels !== null)!
    const event = `AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:${device} domain=0x000d address=0xcff49550 `
      + `flags=0x0070]`
    const about = await said(event, text)
    expect(about).toMatch(/debugfs, when it was read: the device table entry: V TV/)
    expect(about).toContain('sure: The device table entry has IW: it is the page table entry that lacks it.')
  })
})

describe('mmio and cmdbuf of an AMD unit', () => {
  const mmio = ['Offset:0x18 Value:0x000c20080003f48d', 'Offset:0x30 Value:0x246577efa2254afa',
    'Offset:0x20 Value:0x0000000000900001', 'Offset:0x28 Value:0x0000000000900000'].join('\n')
  const cmdbuf = ['CMD Buffer Head Offset:3 Tail Offset:4', '  0: 00835001 10000001 00003c00 00000000',
    '  1: 00000000 30000005 fffff003 7fffffff', '  2: 00000010 20000000 00000000 00000000',
    '  3: 00000000 f0000000 00000000 00000000', '  4: 00000000 00000000 00000000 00000000'].join('\n')
  const folder = (...units: readonly string[]): string => {
    const at = join(dir, `amd-${files++}`)
    for (const unit of units) {
      mkdirSync(join(at, unit), { recursive: true })
      writeFileSync(join(at, unit, 'mmio'), mmio)
      writeFileSync(join(at, unit, 'cmdbuf'), cmdbuf)
    }
    return at
  }
  const devtbl = '0000:00:03.0 0000000000000000 0000000000000001 0000000000000007 6000000000400603 iommu0'

  it('show registers with their fields, and the last commands before the tail', () => {
    const [dump] = openInputs([folder('iommu00')]).dumps
    const { dump: of, unit, queue, interrupts, devices, alarms } = reportOf(dump!)
    expect([of.unit, of.assumed, unit.mode, interrupts.known, devices, alarms])
      .toEqual(['iommu0', [], 'unknown', false, [], []])
    expect(unit.registers.slice(0, 2)).toEqual([
      { name: 'ExclBase', value: '0x900001', says: 'EXEN, BASE=0x900000' },
      { name: 'ExclLimit', value: '0x900000', says: 'LIMIT=0x900000' },
    ])
    expect(unit.registers[2]!.says).toMatch(/^IommuEn, EventLogEn, .*DevTblSegEn=0x2/)
    expect(foreignIn([...renderAudit(reportOf(dump!), theme(false), true)].join(''))).toEqual([])
    expect(queue).toEqual({ name: 'command buffer', entry: 'command', head: 3, tail: 4, waiting: 1,
      kinds: [{ what: 'COMPLETION_WAIT', count: 1 }, { what: 'INVALIDATE_IOMMU_PAGES', count: 1 },
        { what: 'INVALIDATE_DEVTAB_ENTRY', count: 1 }, { what: 'undecoded', count: 1 }],
      last: [{ index: 0, says: 'COMPLETION_WAIT', words: '0x1000000100835001,0x3c00' },
        { index: 1, says: 'INVALIDATE_IOMMU_PAGES domain 5', words: '0x3000000500000000,0x7ffffffffffff003' },
        { index: 2, says: 'INVALIDATE_DEVTAB_ENTRY 00:02.0', words: '0x2000000000000010,0x0' },
        { index: 3, says: 'no command has the code 15', words: '0xf000000000000000,0x0' }] })
  })
  it('serve the tables that devtbl lists: the exclusion range, whichever segment a device is in', () => {
    const report = reportOf(openInputs([folder('iommu00'), fileOf(devtbl)]).dumps[0]!)
    expect(report.devices.map(({ device, ways: [way] }) => [device, way!.domain, way!.mode]))
      .toEqual([['00:03.0', 7, 'host']])
    expect(report.alarms.map(({ code }) => code)).not.toContain('device-table-segments')
    const open = devtbl.replace(' 0000000000000007 ', ' 0000008000000007 ')
    expect(reportOf(openInputs([folder('iommu00'), fileOf(open)]).dumps[0]!).alarms.map(({ code }) => code))
      .toContain('exclusion-range')
  })
  it('of a unit that is off', () => {
    const [dump] = openInputs([fileOf('Offset:0x18 Value:0x0000000000000000')]).dumps
    expect(reportOf(dump!).alarms.map(({ code }) => code)).toEqual(['translation-off', 'interrupts-not-remapped'])
  })
  it('of several units each by itself; what is in no folder of a unit belongs to none', () => {
    const { dumps } = openInputs([folder('iommu00', 'iommu01'), fileOf(cmdbuf)])
    expect(dumps.map(({ unit, assumed }) => [unit, assumed])).toEqual(['iommu0', 'iommu1'].map(unit =>
      [unit, ['registers and commands whose file is in no folder of a unit are left out']]))
  })
})

describe("Xen's debug keys", () => {
  const keys = [
    '(XEN) iommu 0: nr_pt_levels = 4.', '(XEN)   Queued Invalidation: supported and enabled.',
    '(XEN)   Interrupt Remapping: supported and enabled.', '(XEN)   Interrupt Posting: not supported.',
    '(XEN)   Interrupt remapping table (nr_entry=0x10000. Only dump P=1 entries here):',
    '(XEN) R means remapped format, P means posted format.',
    '(XEN) R:       SVT  SQ   SID  V  AVL FPD      DST DLM TM RH DM P',
    '(XEN) R:  0000:  1   0  f0f8 39    0   0 00000100   1  0  1  1 1',
    '(XEN) R:  0018:  1   0  0010 31    0   0 00000400   1  0  1  1 1',
    '(XEN) [2024-05-05 12:00:00] [VT-D] d1 table has 4 levels',
    '(XEN)   dfn: 00012345 mfn: 0008abcd rw', '(XEN)   dfn: 00012346 mfn: 0008abce r-',
    '(XEN)  MSI     30 vec=31 fixed  edge   assert  log lowest dest=00000004 mask=0/1/?',
  ].join('\n')
  const dma = (address: string): string => `(XEN) [VT-D]DMAR:[DMA Write] Request device [0000:00:02.0] fault addr `
    + `${address}, `
    + 'iommu reg = ffff82c0\n(XEN) [VT-D]DMAR: reason 05 - PTE Write access is not set\n'

  it('V: the interrupt entries, for audit', () => {
    const report = reportOf(openInputs([fileOf(keys)]).dumps[0]!)
    expect([report.unit.mode, report.interrupts.known]).toEqual(['unknown', true])
    expect(report.interrupts.entries.map(({ index, vector, source, logical }) => ({ index, vector, source, logical })))
      .toEqual([{ index: 0, vector: 0x39, source: 'f0:1f.0', logical: true },
        { index: 0x18, vector: 0x31, source: '00:02.0', logical: true }])
  })
  it('V: the entry of a blocked interrupt', async () => {
    const log = '(XEN) [VT-D]INTR-REMAP: Request device [0000:00:02.0] fault index 18\n(XEN) [VT-D]INTR-REMAP: '
      + 'reason 22 - '
      + 'Present field in the IRTE entry is clear\n'
    expect(await said(log, keys)).toContain('sure: Entry 24 is present there: vector 49 to 0x400, for 00:02.0')
  })
  it('o: whether a domain maps the page', async () => {
    expect(await said(dma('12346000'), keys)).toContain('sure: The page is mapped for d1 (to 0x8abce000, r-).')
    expect(await said(dma('77777000'), keys)).toContain('sure: None of the domains that were printed (d1) maps the '
      + 'page.')
  })
  it('M: which interrupt has a vector', async () => {
    expect(await said('(XEN) CPU3: No irq handler for vector 31 (IRQ -2147483648, LAPIC)\n', keys))
      .toContain('open: Vector 0x31 is that of MSI 30 (to 00000004)')
  })
})
