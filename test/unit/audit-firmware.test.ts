/** ACPI tables of IOMMUs: read in each form that people have, judged against the map of RAM, the devices that there
 *  are, and the tables of a dump. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { firmwareOf } from '../../src/dump/acpi/read.ts'
import { openInputs } from '../../src/dump/inputs.ts'
import { audit } from '../../src/audit/report.ts'
import type { AuditReport } from '../../src/audit/report.ts'
import { run } from '../cli/run.ts'
import { acpidump, dmar, drhd, entry, iasl, ivhd, ivmd, ivrs, rmrr, scope, special } from './acpi-tables.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-firmware-'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })
let files = 0
const fileOf = (content: Uint8Array | string): string => {
  const path = join(dir, `file-${files++}`)
  writeFileSync(path, content)
  return path
}
function reportOf(...contents: readonly (Uint8Array | string)[]): AuditReport {
  const inputs = openInputs(contents.map(fileOf))
  const steps = audit(inputs.dumps[0]!, undefined, inputs)
  for (;;) { const step = steps.next(); if (step.done === true) return step.value }
}
const alarmsOf = (...contents: readonly (Uint8Array | string)[]): string[] =>
  reportOf(...contents).alarms.map(({ code, because, devices }) => `${code} ${devices.join(' ')}: ${because}`)

const intel = dmar(3, drhd(0xfed90000, 0, scope(1, 0, 0, 2, 0)),
  drhd(0xfed91000, 1, scope(3, 2, 0xf0, 0x1f, 0), scope(4, 0, 0, 0x1f, 0)),
  rmrr(0x8d800000, 0x8fffffff, scope(1, 0, 0, 2, 0)), rmrr(0x7a000000, 0x7a01ffff, scope(1, 0, 0, 0x14, 0)))
const amd = ivrs(ivhd(0x10, 2, 0xfd100000, entry(3, 3), entry(4, 0xfffe)),
  ivhd(0x11, 2, 0xfd100000, entry(3, 3), entry(4, 0xfffe), entry(0x43, 0xff00, 0xa5), entry(4, 0xffff),
    special(0, 0xa0, 2), special(0x21, 0xa0, 1)),
  ivmd(0x21, 0x98, 0, 0xf0000000, 0x100000, 7))
const fields: readonly (readonly [number, number, string])[] = [[0, 4, 'Signature'], [4, 4, 'Table Length'],
  [36, 1, 'Host Address Width'], [37, 1, 'Flags'], [48, 2, 'Subtable Type'], [50, 2, 'Length'], [52, 1, 'Flags'],
  [54, 2, 'PCI Segment Number'], [56, 8, 'Register Base Address'], [64, 1, 'Device Scope Type'], [65, 1, 'Entry '
    + 'Length'],
  [66, 2, 'Reserved'], [68, 1, 'Enumeration ID'], [69, 1, 'PCI Bus Number'], [70, 2, 'PCI Path']]

describe('a DMAR table', () => {
  const { firmware: [whole] } = reportOf(intel)
  it('has its units, scopes, regions and flags', () => {
    expect(whole).toMatchObject({
      table: 'DMAR', flags: ['addresses of 39 bits', 'interrupt remapping', 'opts out of x2APIC'], doubts: [],
      units: [{ name: 'DRHD 0', base: '0xfed90000', covers: ['00:02.0'] }, { name: 'DRHD 1', base: '0xfed91000',
        covers: ['I/O APIC 0x2, which sends as f0:1f.0', 'HPET 0x0, which sends as 00:1f.0',
          'all devices that no other unit has'] }],
      regions: [{ from: '0x8d800000', to: '0x8fffffff', devices: ['00:02.0'] },
        { from: '0x7a000000', to: '0x7a01ffff', devices: ['00:14.0'] }],
    })
  })
  it.each([['acpidump', acpidump(intel)], ['the raw data of iasl', iasl(intel, fields, true)]])(
    'is the same as text of %s', (_, text) => {
      expect(reportOf(text).firmware.map(one => ({ ...one, path: whole!.path }))).toEqual([whole])
    })
  it('is put together of the fields of iasl, and what they lack is said', () => {
    const { firmware: [some] } = reportOf(iasl(intel, fields, false))
    expect(some).toMatchObject({ units: [{ base: '0xfed90000', covers: ['00:02.0'] }],
      doubts: [expect.stringContaining('it was cut'), expect.stringContaining('leaves out some fields')] })
  })
  it('that was cut or changed says so', () => {
    expect(firmwareOf({ signature: 'DMAR', bytes: intel.subarray(0, 70), holes: false })!.doubts.join())
      .toContain('it was cut')
    const changed = Buffer.from(intel)
    changed[60]! ^= 1
    expect(firmwareOf({ signature: 'DMAR', bytes: changed, holes: false })!.doubts).toEqual(
      ['its check sum is wrong: it was changed or damaged'])
    const endless = Buffer.from(intel)
    endless.writeUInt16LE(0, 50)
    expect(firmwareOf({ signature: 'DMAR', bytes: endless, holes: false })!.doubts[0]).toContain('check sum')
    expect(firmwareOf({ signature: 'DMAR', bytes: endless, holes: false })!.doubts[1]).toContain('length of 0')
  })
  it('devices behind bridges are named by their way', () => {
    const { firmware: [one] } = reportOf(dmar(1, drhd(1, 0, scope(2, 0, 0, 0x1c, 4), scope(1, 0, 0, 0x1c, 0, 0, 1))))
    expect(one!.units[0]!.covers).toEqual(['00:1c.4', 'all below the bridge 00:1c.4',
      'endpoint at the end of 00:1c.0 > 0.1'])
  })
})

describe('an IVRS table', () => {
  it('has one unit of several blocks, ranges, aliases, special devices and memory', () => {
    expect(reportOf(amd).firmware[0]).toMatchObject({
      table: 'IVRS', flags: ['addresses of 48 bits'], doubts: [],
      units: [{ name: 'IVHD 00:00.2', base: '0xfd100000', covers: ['00:00.3 to ff:1f.6',
        'ff:00.0 to ff:1f.7, which send as 00:14.5', 'HPET 0x0, which sends as 00:14.0',
        'I/O APIC 0x21, which sends as 00:14.0'] }],
      regions: [{ from: '0xf0000000', to: '0xf00fffff', rights: 'rw', devices: ['00:13.0'] }],
      notes: ['IVHD 00:00.2 has blocks 10h, 11h for one unit'],
    })
  })
  it.each(['23-acpi-ivrs.bin', '23-acpi-ivrs.hex.txt'])('of a real machine, cut, is read as far as it goes: %s',
    file => {
      const { firmware: [one] } = reportOf(readFileSync(`test/real-machines/cases/${file}`))
      expect(one!.units).toEqual([{ name: 'IVHD 00:00.2', base: '0xfd100000', segment: 0, covers: ['00:00.3 to ff:1f.6',
        'ff:00.0 to ff:1f.7, which send as 00:14.5', 'HPET 0x0, which sends as 00:14.0',
        'I/O APIC 0x21, which sends as 00:14.0', 'I/O APIC 0x22, which sends as 00:00.1'] }])
      expect(one!.doubts[0]).toBe('the table has 502 bytes, and 128 are there: it was cut')
    })
})

describe('alarms of the firmware', () => {
  const e820 = '[    0.000000] BIOS-e820: [mem 0x0000000000100000-0x000000007fffffff] usable\n'
    + '[    0.000000] BIOS-e820: [mem 0x000000008d800000-0x000000008fffffff] reserved\n'
  it('a region that overlaps RAM, by dmesg, /proc/iomem or Xen', () => {
    const overlap = 'region-in-ram 00:14.0: 0x7a000000 to 0x7a01ffff (00:14.0) overlaps '
    for (const text of [e820, '00100000-7fffffff : System RAM\n8d800000-8fffffff : Reserved\n',
      '(XEN)  [0000000000100000, 000000007fffffff] (usable)\n'])
      expect(alarmsOf(intel, text).filter(one => one.startsWith('region')).map(one => one.slice(0, overlap.length)))
        .toEqual([overlap])
    expect(alarmsOf(intel).filter(one => one.startsWith('region'))).toEqual([])
  })
  it('a device that no unit covers', () => {
    const alone = dmar(1, drhd(0xfed90000, 0, scope(1, 0, 0, 2, 0)))
    const pci = '[    0.3] pci 0000:00:02.0: [8086:2922] type 00\n[    0.3] pci 0000:00:14.0: [8086:2923] type 00\n'
    expect(alarmsOf(alone, pci)).toEqual(['device-unscoped 00:14.0: 1 device'])
    expect(alarmsOf(intel, pci).filter(one => one.includes('unscoped'))).toEqual([])
    expect(alarmsOf(dmar(1, drhd(1, 0, scope(2, 0, 0, 0x1c, 4))), pci)).toEqual([])
  })
  it('an opt-out of x2APIC, and regions that are no whole pages', () => {
    expect(alarmsOf(intel)).toEqual(['x2apic-opt-out : flag of the DMAR table'])
    expect(alarmsOf(dmar(1, rmrr(0x1800, 0x2fff), rmrr(0x5000, 0x4fff)))).toEqual([
      'region-wrong : 0x1800 to 0x2fff (all devices) is not whole pages',
      'region-wrong : 0x5000 to 0x4fff (all devices) ends before it begins'])
  })
  it('memory mapped at its own address is compared with what firmware asks for', () => {
    const tables = readFileSync('test/real-machines/cases/22c-debugfs-domain_translation_struct.txt')
    expect(alarmsOf(tables, intel)).toContain('identity-map 00:02.0: 8K in 1 range, at 0x8d800000; 1 of them '
      + 'reserved by '
      + 'firmware')
  })
})

it('audit prints what the firmware says', async () => {
  const { code, out } = await run(`audit ${fileOf(intel)}`)
  expect([code, out]).toEqual([0, expect.stringContaining('reserved: 0x8d800000 to 0x8fffffff, 40M, rw, for 00:02.0')])
})
