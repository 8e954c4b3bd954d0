/** What stands beside a log decides its answers: tables of texts and dumps, tables of the firmware, /proc/interrupts
 *  and the kernel's events of vectors. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { diagnose } from '../../src/diagnose/diagnose.ts'
import type { DiagnosisReport } from '../../src/diagnose/report.ts'
import { faultsOf } from '../real-machines/support.ts'
import { dmar, drhd, rmrr, scope } from './acpi-tables.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-beside-'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })
let files = 0
const fileOf = (content: string | Uint8Array): string => {
  const path = join(dir, `file-${files++}`)
  writeFileSync(path, content)
  return path
}
const reportOf = (...contents: readonly (string | Uint8Array)[]): Promise<DiagnosisReport> =>
  diagnose({ files: contents.map(fileOf), stdin: Readable.from([]) })
const said = ({ faults }: DiagnosisReport): string => faults.flatMap(({ concludes }) =>
  concludes.map(({ certainty, says }) => `${certainty}: ${says}`)).join('\n')

const dma = (verb: string, device: string, address: string, reason: string): string =>
  `[   40.0] DMAR: [DMA ${verb} NO_PASID] Request device [${device}] fault addr 0x${address} [fault reason `
    + `${reason}] x\n`
const blocked = (device: string, index: string, reason: string): string =>
  `[   40.0] DMAR: [INTR-REMAP] Request device [${device}] fault index 0x${index} [fault reason ${reason}] x\n`
/** Without the page tables of 00:1f.*, which are four fifths of it. */
const tables = gunzipSync(readFileSync('traces/linux/vtd-612-strict.debugfs.txt.gz')).toString('latin1')
  .split(/^(?==== )/m).filter(part => !part.includes('0000:00:1f.')).join('')
const dump = readFileSync('traces/linux/vtd-612-strict.tables.json-pages.gz')
/** Each is known by its content. */
const withTables = async (log: string): Promise<string> => said(await reportOf(log, tables))

describe('a DMA fault and tables of the machine', () => {
  it('the walk is taken again: nothing is mapped there either', async () => {
    expect(await withTables(dma('Read', '00:02.0', '12345000', '0x06')))
      .toContain('sure: The tables agree with the log: the walk ends in 0x06 there.')
  })
  it('the page behind a mapping', async () => {
    // fff9b000 is mapped, one page of it.
    expect(await withTables(dma('Read', '00:02.0', 'fff9c000', '0x06')))
      .toMatch(/likely: The page before is mapped: the device ran past the end/)
  })
  it('the page is mapped now', async () => {
    const text = await withTables(dma('Write', '00:02.0', 'fff9b000', '0x05'))
    expect(text).toContain('sure: These tables let the write pass, to memory at 0x2e99000')
    expect(text).toMatch(/open: Either the page was mapped after the fault, or/)
  })
  it('another reason than the log has', async () => {
    expect(await withTables(dma('Read', '00:1d.0', '1000', '0x06')))
      .toContain('sure: In these tables the walk ends in 0x02 (The context entry is not present), not in 0x06.')
  })
  it('a dump of memory serves as well, also with the registers in a text', async () => {
    const text = said(await reportOf(dma('Write', '00:02.0', 'fff9b000', '0x05'), dump))
    expect(text).toContain('sure: These tables let the write pass')
  })
  it('a table that is not there: nothing is said', async () => {
    const context = 'IOMMU dmar0: Root Table Address: 0x103027000\n00:02.0\t0x0000000000000000:0x000000010303e001\t'
      + '0x0000000000000102:0x000000010303f001\t-1    \t0x0000000000000000:0x0000000000000000:0x0000000000000000\n'
    expect(said(await reportOf(dma('Read', '00:02.0', '1000', '0x06'), context))).not.toMatch(/tables agree|In these/)
  })
})

describe('a blocked interrupt and the interrupt table', () => {
  it('the entry is present now', async () => {
    expect(await withTables(blocked('00:03.0', '13', '0x22')))
      .toMatch(/sure: Entry 19 is present there: vector 44 to 0x0, for 00:03.0[^]*open: Either it was filled/)
  })
  it('the entry is not present there either', async () => {
    expect(await withTables(blocked('00:03.0', '5', '0x22'))).toContain('sure: Entry 5 is not present there either.')
  })
  it('the entry is for another source', async () => {
    expect(await withTables(blocked('00:1c.0', '13', '0x26')))
      .toContain('likely: The entry was made for 00:03.0, and the message carries the id 00:1c.0')
  })
  it('the entry admits the source: it was changed', async () => {
    expect(await withTables(blocked('00:03.0', '13', '0x26'))).toContain('open: In this table the entry admits the '
      + 'source')
  })
})

describe('the tables of the firmware', () => {
  const table = dmar(1, drhd(0xfed91000, 1, scope(3, 2, 0, 0x1e, 7)), rmrr(0x8d800000, 0x8fffffff, scope(1, 0, 0, 2,
    0)))
  it('name the device whose memory it is', async () => {
    const report = await reportOf(dma('Read', '00:02.0', '8e480000', '0x06'), table)
    expect(report.faults[0]!.title).toContain('in memory that firmware reserves for it')
    expect(said(report)).toMatch(/sure: 0x8e480000 lies in the region[^]*likely: The region is not mapped for/)
  })
  it('or that it is of another', async () => {
    expect(said(await reportOf(dma('Read', '00:14.0', '8e480000', '0x06'), table)))
      .toContain('open: The region is not this device\'s')
  })
  it('say who sends by an id', async () => {
    expect(said(await reportOf(blocked('00:1e.7', '1', '0x22'), table)))
      .toContain('sure: 00:1e.7 is the id by which I/O APIC 0x2 sends.')
  })
})

describe('a vector without a handler', () => {
  const line = (s: string, place = '10.232'): string => `[${s.padStart(12)}] __common_interrupt: ${place} No irq `
    + `handler for `
    + 'vector\n'
  const event = (s: string, text: string): string => `     kworker/0:1-99     [002] d..1. ${s}: ${text}\n`
  const config = (s: string, irq: number, vector: number, cpu: number): string =>
    event(s, `vector_config: irq=${irq} vector=${vector} cpu=${cpu} apicdest=0x00000014`)
  const update = (s: string, irq: number): string =>
    event(s, `vector_update: irq=${irq} vector=34 cpu=3 prev_vector=232 prev_cpu=10`)
  const freed = (s: string, irq: number): string => event(s, `vector_free_moved: irq=${irq} cpu=10 vector=232 `
    + `is_managed=0`)
  const end = config('20.000000', 99, 50, 1)
  const at = async (s: string, ...events: readonly string[]): Promise<string> => said(await reportOf(line(s),
    [...events, end].join('')))

  it('had been given back: a late message', async () => {
    const text = await at('12.500000', config('1.000000', 25, 232, 10), update('12.400000', 25), freed('12.499000', 25))
    expect(text).toContain('sure: irq 25 had CPU 10, vector 232 until 1.000 ms before.')
    expect(text).toContain('likely: It is a late message of irq 25')
  })
  it('is taken until vector_free_moved', async () => {
    expect(await at('12.500000', config('1.000000', 25, 232, 10), update('12.400000', 25), freed('12.600000', 25)))
      .toContain('sure: irq 25 had CPU 10, vector 232 at that time, by the trace.')
  })
  it('is got by another later', async () => {
    expect(await at('12.500000', config('1.000000', 25, 232, 10), freed('12.000000', 25), config('12.600000', 31, 232,
      10)))
      .toContain('sure: irq 31 got CPU 10, vector 232 100.000 ms later.')
  })
  it('was given to none', async () => {
    expect(await at('12.500000', config('1.000000', 25, 233, 10))).toContain('likely: No interrupt had CPU 10, '
      + 'vector 232')
  })
  it('lost events, or another time: nothing is sure', async () => {
    const events = [config('1.000000', 25, 232, 10), freed('12.000000', 25)]
    expect(await at('12.500000', ...events, 'CPU:1 [LOST 37 EVENTS]\n')).toContain('likely: irq 25 had CPU 10, '
      + 'vector 232 '
      + 'until')
    expect(await at('99.500000', ...events)).toContain('open: In the trace, which is of another time, irq 25 had')
    expect(said(await reportOf(line('12.5').replace(/\[.*?\]/, 'Jun 15 11:59:16 host kernel:'), events.join(''))))
      .toContain('open: In the trace, which is of another time')
  })
  const interrupts = '            CPU0       CPU10\n  25:          0       1200  IR-PCI-MSIX-0000:01:00.0   6-edge   '
    + '   nvme1q6\n'
    + '  26:          7          3  IR-PCI-MSIX-0000:03:00.0   0-edge      eth0\n LOC:    1    2   Local timer '
      + 'interrupts\n'
  it('/proc/interrupts names the interrupts, and the queue that timed out', async () => {
    const log = `${line('12.500000')}[   14.600000] nvme nvme1: I/O 206 QID 6 timeout, reset controller\n`
    const text = said(await reportOf(log, interrupts))
    expect(text).toContain('open: CPU 10 has served irq 25 (nvme1q6) 1200 times, irq 26 (eth0) 3 times')
    expect(text).toContain('sure: The queue that timed out is served by irq 25 (IR-PCI-MSIX-0000:01:00.0 6-edge '
      + 'nvme1q6).')
    expect(await at('12.500000', interrupts, config('1.000000', 25, 232, 10), freed('12.499000', 25)))
      .toContain('sure: irq 25 (nvme1q6) had')
  })
  it('/proc/interrupts shows what a device whose interrupt was blocked has', async () => {
    expect(said(await reportOf(blocked('03:00.0', '7', '0x22'), interrupts)))
      .toContain('sure: Interrupts of 03:00.0: irq 26 (eth0), 10 served.')
  })
  it('entries of an interrupt table with that vector', async () => {
    expect(said(await reportOf(line('12.5', '0.44'), tables)))
      .toContain('open: Vector 44 is sent by entry 19 of dmar0, to APIC id 0, for 00:03.0')
  })
  it('in one text with the log, too', async () => {
    const faults = await faultsOf(`${line('12.500000')}\n${config('1.000000', 25, 232, 10)}${freed('12.499',
      25)}${end}`)
    expect(faults.length).toBe(1)
  })
})

it('a folder is read whole, and files that are empty are passed over', async () => {
  const folder = join(dir, 'gathered')
  mkdirSync(folder)
  writeFileSync(join(folder, 'dmesg.txt'), dma('Write', '00:02.0', 'fff9b000', '0x05'))
  writeFileSync(join(folder, 'tables.gz'), tables)
  writeFileSync(join(folder, 'empty'), '')
  const report = await diagnose({ files: [folder], stdin: Readable.from([]) })
  expect([report.files.length, report.faults.length, report.beside[0]]).toEqual([2, 1,
    'tables of dmar0: 12 devices, 26 interrupt entries'])
  expect(said(report)).toContain('These tables let the write pass')
})
