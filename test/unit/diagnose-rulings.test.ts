/** What the reason of a VT-d fault decides, and what else in the log decides what it leaves open. */
import { describe, expect, it } from 'vitest'
import { faultsOf, saidOf } from '../real-machines/support.ts'

const dma = (reason: string, address: string, tag = 'NO_PASID'): string =>
  `[   10.0] DMAR: [DMA Read ${tag}] Request device [03:00.0] fault addr ${address} [fault reason ${reason}] x`
const saidOfAll = async (...lines: readonly string[]): Promise<string> =>
  (await faultsOf(`${lines.join('\n')}\n`)).map(saidOf).join('\n')

describe('the reason of a DMA fault', () => {
  it('an address that is too wide is of no allocator', async () => {
    const unit = '[    0.1] DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap c0000020660462 ecap f0101a'
    const text = await saidOfAll(unit, dma('0x04', '0x1fffff0000000'))
    expect(text).toContain('sure: The address has 49 bits, and the unit translates 39.')
    expect(text).toContain('No mapping has this address')
    expect(text).not.toContain('Linux hands out')
    expect(await saidOfAll(dma('0x04', '0xffff888012345000'))).toContain('a virtual address of an x86-64 kernel')
    expect(await saidOfAll(unit, dma('0x04', '0x7fffff0000'))).toContain('it is the tables of the device that have')
  })
  it('an ATS request that the context entry blocks', async () => {
    const text = await saidOfAll(dma('0x0d', '0xfee00000'))
    expect(text).toMatch(/^03:00.0 read 0xfee00000: an ATS request that its context entry does not admit \(0x0d\)/)
    expect(text).toContain('likely: ATS is on in the device and off in its context entry')
    expect(text).not.toContain('interrupt messages')
  })
  it.each([
    ['0x71', 'In shared virtual addressing (SVA) it is a virtual address of a process, and 0x7f33c1200000 looks'],
    ['0x51', 'PASID 0x5 is not bound for this device'], ['0x59', 'PASID 0x5 is not bound for this device'],
    ['0x45', 'admits no PASID (PASIDE=0)'], ['0x31', 'intel_iommu=sm_on'], ['0x46', 'No kernel gave the device'],
    ['0x5d', 'SRE=0'], ['0x81', 'mapped for the kernel alone'],
  ])('%s with a PASID: no habit of the allocator of addresses', async (reason, says) => {
    const text = await saidOfAll(dma(reason, '0x7f33c1200000', 'PASID 0x5'))
    expect(text).toContain(says)
    expect(text).toContain('PASID')
    expect(text).not.toContain('4 GiB')
    expect(text).not.toContain('iommu:map')
  })
  it('faults with and without PASID are of two sorts', async () => {
    expect(await faultsOf(`${dma('0x71', '0x1000')}\n${dma('0x71', '0x7f33c1200000', 'PASID 0x5')}\n`)).toHaveLength(2)
  })
  it.each([
    dma('0x80', '0x7f33c1200000').replace(' x', ' SM: Present bit in first-level paging entry is clear'),
    dma('0x25', '0x12345000'),
    '[INTR-REMAP] Request device [00:02.0] fault index 0x3 [fault reason 0x06] PTE Read access is not set',
    '[INTR-REMAP] Request device [00:02.0] fault index 0x3 [fault reason 0x22] Blocked a compatibility format '
      + 'interrupt request',
  ])('nothing follows from a line that contradicts itself: %s', async line => {
    const [{ concludes }] = await faultsOf(`DMAR: ${line}\n`) as readonly [Awaited<ReturnType<typeof faultsOf>>[0]]
    expect(concludes.map(({ certainty, rule }) => [certainty, rule]))
      .toEqual([['open', 'a line that contradicts itself']])
  })
})

describe('what is open is said where nothing settles it', () => {
  const doubt = 'this reason does not distinguish them'
  const walk = (leaf: string): readonly string[] => [dma('0x06', '0xbc7a4000'),
    'DMAR: Dump dmar1 table entries for IOVA 0xbc7a4000', 'DMAR: root entry: 0x0000000101a3c001',
    'DMAR: context entry: hi 0x0000000000000202, low 0x0000000101b4e001',
    `DMAR: pte level: 1, pte value: ${leaf}`]
  it('a reason alone', async () => {
    expect(await saidOfAll(dma('0x06', '0xbc7a4000'))).toContain(doubt)
  })
  it.each([
    ['0x0000000000000000', 'nothing is mapped there (0x06)'],
    ['0x000000003f201002', 'mapped, but not for reading (0x06)'],
    ['0x000000003f201003', 'mapped in memory, and the unit did not find it so (0x06)'],
  ])('a dumped leaf %s', async (leaf, title) => {
    const text = await saidOfAll(...walk(leaf))
    expect(text.split('\n')[0]).toBe(`03:00.0 read 0xbc7a4000: ${title}`)
    expect(text).not.toContain(doubt)
    expect(text.includes('writeBackPte')).toBe(title.startsWith('mapped in memory'))
  })
  it("Xen's debug key o: no domain maps the page", async () => {
    const fault = '(XEN) [VT-D]DMAR:[DMA Read] Request device [0000:00:02.0] fault addr 8e480000\n'
      + '(XEN) [VT-D]DMAR: reason 06 - PTE Read access is not set'
    const text = await saidOfAll(fault, '(XEN) [VT-D] d0 table has 4 levels', '(XEN)   dfn: 00001000 mfn: 00001000 rw')
    expect(text).toContain('None of the domains')
    expect(text).not.toContain(doubt)
  })
})

describe('the reason of an interrupt', () => {
  const interrupt = (reason: string, device: string): string =>
    `DMAR: [INTR-REMAP] Request device [${device}] fault index 0x5 [fault reason ${reason}] x`
  it.each([
    ['0x25', 'f0:1f.0', 'A redirection entry of it was never rewritten', 'MSI address'],
    ['0x25', '03:00.0', 'has an MSI address that was never rewritten', 'redirection entry'],
    ['0x20', '03:00.0', 'The message itself is malformed', 'P is clear'],
    ['0x23', '03:00.0', 'no memory answered', 'P is clear'],
    ['0x24', '03:00.0', 'a bit of it is set that must be 0', 'P is clear'],
  ])('%s of %s', async (reason, device, says, not) => {
    const text = await saidOfAll(interrupt(reason, device))
    expect(text).toContain(says)
    expect(text).not.toContain(not)
  })
  it('a device has something to do with other faults, an I/O APIC has not', async () => {
    expect(await saidOfAll(dma('0x06', '0x1000'), interrupt('0x22', 'f0:1f.0'))).toContain('nothing to do with the DMA')
    expect(await saidOfAll(dma('0x06', '0x1000'), interrupt('0x22', '04:00.0'))).not.toContain('nothing to do with')
  })
})

it('FreeBSD is told its own commands', async () => {
  const text = await saidOfAll('DMAR1: nvme0: pci2:0:0 sid 200 fault acc 1 adt 0x0 reason 0x6 addr 7fa2000')
  expect(text).toContain('pciconf -lv pci0:2:0:0')
  expect(text).not.toContain('lspci')
})
