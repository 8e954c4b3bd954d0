/** What stands beside a fault and decides its answer: tables dumped below it, capabilities, reserved regions, map and
 *  unmap events, the address itself. */
import { describe, expect, it } from 'vitest'
import { faultsOf } from '../real-machines/support.ts'

describe('the tables below a fault', () => {
  const walk = (reason: string, ...lines: readonly string[]): string => [
    `DMAR: [DMA Write NO_PASID] Request device [00:0d.2] fault addr 0x1026a4000 [fault reason ${reason}] x`,
    'DMAR: Dump dmar1 table entries for IOVA 0x1026a4000', ...lines.map(line => `DMAR: ${line}`)].join('\n')
  const root = 'scalable mode root entry: hi 0x0000000102448001, low 0x0000000101b3e001'
  const unit = (ecap: string, cap = '8d2078c106f0466'): string =>
    `[    0.1] DMAR: dmar1: reg_base_addr fed91000 ver 1:0 cap ${cap} ecap ${ecap}\n`
  const concluded = async (text: string): Promise<string> => (await faultsOf(text))
    .flatMap(({ concludes }) => concludes.map(({ certainty, says }) => `${certainty}: ${says}`)).join('\n')
  const missing = walk('0x02', 'root entry: 0x0000000101b3e001',
    'context entry: hi 0x0000000000000102, low 0x000000010303f001')

  it('present, and the unit did not find it: what the capabilities leave', async () => {
    expect(await concluded(missing)).toMatch(/sure: Memory, as the CPU[^]*likely: The entry was not written back/)
    expect(await concluded(unit('f020de') + missing)).toMatch(/likely: [^]*walks of this unit do not snoop/)
    const coherent = await concluded(unit('f020df') + missing)
    expect(coherent).toContain('sure: It is no missing write-back')
    expect(coherent).toContain('sure: It is no cached "not present"')
    expect(await concluded(unit('f020df', '8d2078c106f04e6') + missing)).toContain('open: This unit may hold an old')
  })
  it('two machines that differ in the capabilities of a unit: neither is believed', async () => {
    const text = await concluded(unit('f020de') + unit('f020df') + missing)
    expect(text).toContain('if walks of this unit do not snoop')
    expect(text).not.toContain('It is no missing write-back')
  })
  it('agree with the reason', async () => {
    expect(await concluded(walk('0x02', 'root entry: 0x0000000101b3e001', 'context entry: hi 0x0, low 0x0')))
      .toContain('sure: Memory says the same as the unit')
    expect(await concluded(walk('0x05', 'root entry: 0x101b3e001', 'context entry: hi 0x2, low 0x10303f001',
      'pte level: 4, pte value: 0x0000000100001003', 'pte level: 1, pte value: 0x0000000100001001')))
      .toContain('has no write right: mapped, but not for that')
    expect(await concluded(walk('0x06', 'root entry: 0x101b3e001', 'context entry: hi 0x2, low 0x10303f001',
      'PTE not present at level 3'))).toContain('nothing is mapped at that address')
  })
  it('contradict it: another mode, or a page table where there is none', async () => {
    expect(await concluded(walk('0x05', root))).toMatch(/^sure: These tables cannot give this fault/)
    expect(await concluded(walk('0x71', 'root entry: 0x101b3e001'))).toMatch(/^sure: These tables cannot give/)
    expect(await concluded(`[    0.0] DMI: QEMU Standard PC\n${walk('0x05', root)}`)).toMatch(/^likely: /)
  })
  it("Xen's own: the entries of legacy mode, and the rights of the leaf", async () => {
    const dump = ['(XEN) [VT-D]DMAR:[DMA Write] Request device [0000:00:02.0] fault addr 8e480000, iommu reg = '
      + 'ffff82c0',
    '(XEN) [VT-D]DMAR: reason 05 - PTE Write access is not set',
    '(XEN) print_vtd_entries: iommu #0 dev 0000:00:02.0 gmfn 8e480', '(XEN)     root_entry[00] = 23d1f7001',
    '(XEN)     context[10] = 102_23d6a5001', '(XEN)     l4[000] = 23d6a4003 rw', '(XEN)     l1[080] = 8e480001 r-']
    const text = await concluded(dump.join('\n'))
    expect(text).toContain('sure: Memory says the same as the unit: the entry of level 1 has no write right')
    expect(text).not.toContain('Linux')
    expect(await concluded([...dump.slice(0, 6), '(XEN)     l1[080] = 8e480003 rw'].join('\n')))
      .toContain('sure: Memory, as the CPU reads it, has the entry of level 1, with the right to write, present')
  })
  it('copied from the kernel before: said of what they lack', async () => {
    expect(await concluded('DMAR: Translation already enabled - trying to copy translation structures\n'
      + 'DMAR: [DMA Read NO_PASID] Request device [00:0d.2] fault addr 0x7000 [fault reason 0x06] x'))
      .toContain('likely: This kernel began with the tables of the one before it')
    expect(await concluded('DMAR: Copied translation tables from previous kernel for dmar0\n'
      + 'DMAR: [DMA Read NO_PASID] Request device [00:0d.2] fault addr 0x7000 [fault reason 0x59] x'))
      .toContain('likely: This kernel began with the tables of the one before it')
  })
  it('cut off, or of another address: nothing follows from them', async () => {
    expect(await concluded(walk('0x51', root))).not.toMatch(/Memory/)
    expect(await concluded(missing.replace('IOVA 0x1026a4000', 'IOVA 0x55000'))).not.toMatch(/Memory/)
  })
})

describe('map and unmap events beside a log', () => {
  const event = (s: string, text: string): string => `          nvme-101     [001] ..s1.     ${s}: ${text}`
  const mapped = (s: string, from: string, end: string): string => event(s, `map: IOMMU: iova=0x${from} - 0x${end} `
    + 'paddr=0x00000000085da000 size=4096')
  const unmapped = (s: string, from: string, end: string): string =>
    event(s, `unmap: IOMMU: iova=0x${from} - 0x${end} size=4096 unmapped_size=4096`)
  const at = async (time: string, ...events: readonly string[]): Promise<string> => (await faultsOf([
    `[${time.padStart(12)}] DMAR: [DMA Write] Request device [03:00.0] fault addr fffff000 [fault reason 05] x`,
    ...events, mapped('9.000000', '1000', '2000')].join('\n')))
    .flatMap(({ concludes }) => concludes.map(({ certainty, says }) => `${certainty}: ${says}`)).join('\n')

  it('unmapped shortly before', async () => {
    expect(await at('2.500000', mapped('1.000000', 'fffff000', '100000000'), unmapped('2.493421', 'fffff000',
      '100000000'))).toContain('likely: The page was unmapped 6.579 ms before')
  })
  it('mapped at that time', async () => {
    const text = await at('2.500000', mapped('1.000000', 'fffff000', '100000000'), unmapped('2.600000', 'fffff000',
      '100000000'))
    expect(text).toContain('open: The page was mapped at that time')
    expect(text).not.toContain('unmapped')
  })
  it('the page behind a live mapping, and behind one that is gone', async () => {
    expect(await at('2.500000', mapped('1.000000', 'ffffe000', 'fffff000'))).toContain('likely: It is in the page '
      + 'behind')
    const gone = unmapped('2.000000', 'ffffe000', 'fffff000')
    expect(await at('2.500000', mapped('1.000000', 'ffffe000', 'fffff000'), gone))
      .not.toContain('behind')
  })
  it('never mapped while the trace ran', async () => {
    expect(await at('2.500000', mapped('1.000000', '1000', '2000'))).toContain('likely: It was never mapped')
  })
  it('lost events, or another time: nothing is likely', async () => {
    expect(await at('2.500000', mapped('1.000000', '1000', '2000'), 'CPU:0 [LOST 12 EVENTS]'))
      .toContain('open: It was never mapped')
    expect(await at('99.500000', mapped('1.000000', '1000', '2000'))).toContain('open: The trace does not cover')
  })
  it('in the text of trace-cmd and perf, and of old kernels', async () => {
    const unmap = 'IOMMU: iova=0x00000000fffff000 - 0x0000000100000000 size=4096 unmapped_size=4096'
    for (const line of [`    kworker/u4:0-9     [001] .Ns.. 2.473421: unmap:                ${unmap}`,
      `          <idle>     0 [001] 2.473421:                    iommu:unmap: ${unmap}`])
      expect(await at('2.500000', line)).toContain('unmapped 26.579 ms before')
    expect(await at('2.500000', event('1.000000', 'map: IOMMU: iova=0xffffe000 paddr=0x85da000 size=4096')))
      .toContain('It is in the page behind')
  })
})

describe('an address', () => {
  const at = async (address: string, before = ''): Promise<string> =>
    (await faultsOf(`${before}DMAR: [DMA Read] Request device [00:02.0] fault addr ${address} [fault reason 06] x`))
      .flatMap(({ concludes }) => concludes.map(({ certainty, says }) => `${certainty}: ${says}`)).join('\n')
  it('says where it may come from, never more', async () => {
    expect(await at('0')).toContain('likely: Address 0')
    expect(await at('100000')).toContain('likely: Round and low')
    expect(await at('ffee1000')).toContain('likely: Just below 4 GiB')
    expect(await at('1ffee1000')).toContain('likely: Above 4 GiB')
    expect(await at('fee01000')).toContain('range of interrupt messages')
    expect(await at('7ffe1000')).not.toContain('likely')
  })
  it('lies in a reserved region, or not', async () => {
    const region = 'DMAR: RMRR base: 0x0000008d800000 end: 0x0000008fffffff\n'
    expect(await at('8fffffff', region)).toContain('sure: 0x8fffffff lies in the region')
    expect(await at('90000000', region)).not.toContain('region')
  })
})

describe('a memory map in the log', () => {
  const map = '[    0.0] BIOS-e820: [mem 0x0000000000100000-0x000000008e07cfff] usable\n'
    + '[    0.0] BIOS-e820: [mem 0x000000008e07d000-0x000000008fffffff] reserved\n'
  const said = async (text: string): Promise<string> => (await faultsOf(text)).map(({ concludes }) =>
    concludes.map(({ certainty, says }) => `${certainty}: ${says}`).join('\n')).join('\n')
  const fault = (address: string): string =>
    `DMAR: [DMA Read] Request device [03:00.0] fault addr ${address} [fault reason 06] x\n`
  it('says where an address would lie, and is not sure that it is one of memory', async () => {
    expect(await said(map + fault('8e480000'))).toMatch(/open: If .* 0x8e480000 lies in memory that firmware keeps/)
    expect(await said(map + fault('7ff49000'))).toMatch(/open: If .* 0x7ff49000 lies in RAM \(0x100000 to 0x8e07cfff\)/)
    expect(await said(fault('8e480000'))).not.toContain('address of memory')
    expect(await said(`${map}AMD-Vi: Event logged [IO_PAGE_FAULT device=01:00.0 domain=0x000d address=0x7ff49550 `
      + 'flags=0x0070]\n')).toContain('lies in RAM')
  })
})

it('a fault of the log that the trace has too is told once, by the log', async () => {
  const trace = (address: string): string => 'nic-1 [002] ..1. 100.100600: io_page_fault: IOMMU:nic 0000:04:00.0 iova='
    + `0x00000000${address} flags=0x0000\n`
  const log = '[  100.100500] DMAR: [DMA Read] Request device [04:00.0] fault addr ffff0000 [fault reason 06] x\n'
  const titles = async (text: string): Promise<readonly string[]> => (await faultsOf(text)).map(({ title }) => title)
  expect(await titles(log + trace('ffff0040'))).toEqual(['04:00.0 read 0xffff0000: not mapped, or not for that (0x06)'])
  expect(await titles(log + trace('eeee0000'))).toHaveLength(2)
})
