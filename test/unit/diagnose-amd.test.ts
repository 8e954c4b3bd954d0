/** Events of AMD units: interrupts, device table entries, requests, and devices that do not answer. */
import { describe, expect, it } from 'vitest'
import { faultsOf, saidOf } from '../real-machines/support.ts'

const said = async (...lines: readonly string[]): Promise<readonly string[]> =>
  (await faultsOf(`${lines.join('\n')}\n`)).map(saidOf)
const pageFault = (flags: string, address: string, domain = '0x000d', device = '0000:03:00.0'): string =>
  `[   10.0] AMD-Vi: Event logged [IO_PAGE_FAULT device=${device} domain=${domain} address=${address} flags=${flags}]`

describe('a blocked interrupt', () => {
  it.each([
    ['0x0008', 'no enabled entry was used for it'], ['0x0018', 'its entry is enabled'],
    ['0x0098', 'its entry is enabled'],
  ])('with flags %s is none of DMA', async (flags, says) => {
    const [text] = await said(pageFault(flags, '0xfffffffdf8000000'))
    expect(text).toMatch(/^an interrupt of 03:00.0 was blocked/)
    expect(text).toContain(says)
    expect(text).toContain('cat /proc/interrupts')
    expect(text).toContain('migrateInterrupt/invalidateInterruptTable --scope interrupts --iommu amdvi')
    expect(text).not.toMatch(/iommu:map|iomem|DMA_TO_DEVICE|4 GiB|domain/)
  })
  it('of Xen, and of the I/O APIC', async () => {
    const [xen] = await said('(XEN) AMD-Vi: IO_PAGE_FAULT: 0000:03:00.0 d5 addr fffffffdf8020000 flags 0x8 I')
    expect(xen).toContain('xl debug-keys V')
    expect(xen).not.toContain('/proc/interrupts')
    expect((await said(pageFault('0x0008', '0xfdf8000000', '0x0000', '0000:00:14.0')))[0]).toContain('I/O APIC')
  })
  it('or what lies in the range of messages is no buffer', async () => {
    const [text] = await said(pageFault('0x0070', '0xfee00000'))
    expect(text).toContain('range of interrupt messages')
    expect(text).not.toContain('DMA_TO_DEVICE')
  })
})

it('a device of domain 0 is attached to none', async () => {
  for (const flags of ['0x0070', '0x0020']) {
    const [text] = await said(pageFault(flags, '0xffffe000', '0x0000'))
    expect(text).toContain('likely: Linux gives no domain the number 0')
    expect(text).not.toMatch(/DMA_TO_DEVICE|4 GiB|iommu:map/)
  }
})
it('with a PASID the address is one of a process', async () => {
  const [text] = await said(pageFault('0x0001', '0x7f33c1200000', '0x0005'))
  expect(text).toContain('PASID 0x5')
  expect(text).toContain('shared virtual addressing')
  expect(text).not.toContain('4 GiB')
})
it('a single address is spoken of as one', async () => {
  const [text] = await said(pageFault('0x0070', '0x1000c3d8'))
  expect(text).toContain('The address is not page-aligned (it ends in 3d8)')
  expect(text).not.toContain('None of the addresses')
})

it('a field that cannot be read is named, and counts as absent', async () => {
  const [text] = await said('AMD-Vi: Event logged [IO_PAGE_FAULT device=00:14.2 domain=0xzz address=hello flags=]')
  expect(text).toContain('the line is damaged: address=hello, domain=0xzz, flags= cannot be read')
  expect(text).toContain('00:14.2 used an address that the line does not tell.')
  const [half] = await said('AMD-Vi: Event logged [IO_PAGE_FAULT device=0x:14.2 domain=0x12g4 address=0x1000 flags=0]')
  expect(half).toContain('a device that the line does not name used 0x1000: ')
  expect(half).not.toMatch(/NaN|domain 0x/)
})
it('an event without DeviceID names no device', async () => {
  const [text] = await said('(XEN) AMD-Vi: COMMAND_HARDWARE_ERROR 00000000 60000000 04208120 00000001')
  expect(text).toMatch(/^the command buffer could not be read/)
  expect(text).toContain('The event is about address 0x104208120.')
  expect((await said('(XEN) AMD-Vi: IOTLB_INV_TIMEOUT 00000a28 70000000 04208120 00000001'))[0])
    .toMatch(/^0a:05.0 did not answer/)
  // EVENT_COUNTER_ZERO, and a code that is in no table.
  for (const word of ['a0000000', 'f0000000'])
    expect((await said(`AMD-Vi: Event logged [UNKNOWN event[0]=0x00000100, event[1]=0x${word}, event[2]=0x0`))[0])
      .toContain('The event names no device')
})

describe('a device table entry that is not legal', () => {
  const event = (flags: string, entry: readonly string[], control = '0xc22000142148d'): readonly string[] => [
    `iommu ivhd3: AMD-Vi: Event logged [ILLEGAL_DEV_TABLE_ENTRY device=0000:43:00.0 pasid=0x00000 `
    + `address=0x3737b01000 flags=${flags}]`, `iommu ivhd3: AMD-Vi: Control Reg : ${control}`,
    ...entry.map((word, i) => `AMD-Vi: DTE[${i}]: ${word}`)]
  const identity = ['6000000000000003', '0000000000000001', '2000003088b3e013', '0000000000000000']
  const snp = '[    1.0] AMD-Vi: IOMMU SNP support enabled.'
  const mode = 'illegal where SNP is enabled'

  it('identity: likely SNP; sure where the log says that it is on; not where the unit has none', async () => {
    expect((await said(...event('0x0020', identity)))[0]).toContain('likely: Mode 0 with TV=1')
    expect((await said(...event('0x0020', identity)))[0]).toContain('sure: No reserved bit is set')
    expect((await said(snp, ...event('0x0020', identity)))[0]).toContain('sure: SNP is on. Mode 0 with TV=1')
    const without = await said('AMD-Vi: Extended features (0x58f77ef22294ade, 0x0): PPR NX GT IA', ...event('0x20',
      identity))
    expect(without[0]).not.toContain(mode)
    expect(without[0]).toContain('open: The unit has fewer levels')
  })
  it('another mode gets no advice about identity', async () => {
    const [text] = await said(...event('0x0000', ['600000010a3c2603', '0000000000000012', '2000000109b80017', '0']))
    expect(text).toContain('Mode 3 (3 levels)')
    expect(text).not.toMatch(/identity|iommu_groups/)
    expect(text).toContain('open: The unit has fewer levels than Mode asks for')
  })
  it.each([
    ['0x0080', ['6000000000000003', '1', '0', '0'], 'sure: A bit is set that is reserved here, in the half of the '
      + 'entry that is about DMA'],
    ['0x0000', ['6000000000000e03', '1', '0', '0'], 'sure: Mode is 7'],
    ['0x0080', ['6000000000000603', '1800000001', '0', '0'], 'likely: IoCtl is 3'],
    ['0x0000', ['6000000000000207', '1', '0', '0'], 'sure: A bit of DTE[0] or DTE[1] is set'],
    ['0x0080', ['6090000000000203', '1', '0', '0'], 'likely: The entry asks for page requests or guest translation'],
    ['0x0008', ['6000000000000203', '1', '3000000109b80017', '0'], 'sure: IntCtl is 3'],
    ['0x0008', ['6000000000000203', '1', '2000000109b80019', '0'], 'sure: IntTabLen is 12'],
  ])('flags %s, entry %j', async (flags, entry, says) => {
    expect((await said(...event(flags, entry, '0x142148d')))[0]).toContain(says)
  })
})

describe('a request that is not allowed', () => {
  const request = (flags: string, address = '0xfffffffdf8000000'): string =>
    `AMD-Vi: Event logged [INVALID_DEVICE_REQUEST device=0000:00:00.0 pasid=0x00000 address=${address} flags=${flags}]`
  it.each([
    ['0x0a00', 'An interrupt message was thrown away', ': a write to the interrupt range'],
    ['0x0000', 'It is no interrupt', 'that is not allowed'], ['0x0200', 'ATS is on in the device', 'not allowed'],
    ['0x0100', 'a translation request (ATS) from a device whose entry has V=0', 'not allowed'],
  ])('%s', async (flags, says, title) => {
    const [text] = await said(request(flags))
    expect(text).toContain(says)
    expect(text!.split('\n')[0]).toContain(title)
  })
  it('elsewhere has nothing to do with interrupts', async () => {
    expect((await said(request('0x0200', '0x12345000')))[0]).not.toContain('interrupt')
  })
})

describe('a device that does not answer', () => {
  const log = [
    '[   80.0] vfio-pci 0000:41:00.0: resetting', pageFault('0x0020', '0xffc00000', '0x0017', '0000:41:00.0'),
    '[   90.1] AMD-Vi: Completion-Wait loop timed out',
    '[   91.0] iommu ivhd2: AMD-Vi: Event logged [IOTLB_INV_TIMEOUT device=0000:41:00.0 address=0x1008ce9d0]',
  ]
  it('stands before the faults of others, and is joined with what follows from it', async () => {
    const many = Array.from({ length: 9 }, () => pageFault('0x0070', '0x1000c3d8'))
    const [wait, timeout, other, own] = await said(...log, ...many)
    expect(wait).toContain('41:00.0 did not answer an invalidation of its device TLB (IOTLB_INV_TIMEOUT): that is what')
    expect(wait).not.toContain('open:')
    expect(timeout).toMatch(/^41:00.0 did not answer an invalidation/)
    expect(timeout).toContain('(Completion-Wait, line 3)')
    expect(timeout).toContain('41:00.0 was reset or re-enabled just before')
    expect(other).toContain('03:00.0 wrote 0x1000c3d8')
    expect(own).toContain('41:00.0 did not answer an invalidation of its TLB either')
  })
  it('by Xen, which says for what it waits', async () => {
    const [text] = await said('(XEN) AMD IOMMU 0000:00:00.2: iotlb completion wait taking too long')
    expect(text).toContain('likely: A device does not answer')
    expect(text).toContain('ats=0')
    expect(text).not.toContain('gave up')
  })
  it('a bad command stops the unit: no advice about pages', async () => {
    const [text] = await said('AMD-Vi: Event logged [ILLEGAL_COMMAND_ERROR address=0x1050a1c10]',
      ...['00000010', '30000000', 'fffff003', '7fffffff'].map((word, i) => `AMD-Vi: CMD[${i}]: ${word}`))
    expect(text).toContain('the command: INVALIDATE_IOMMU_PAGES (code 3), 00000010 30000000')
    expect(text).toContain('executes no command until')
    expect(text).not.toMatch(/iommu:map|iomem/)
  })
})
