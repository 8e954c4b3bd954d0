/** Every form of a message that a reader knows, with what stands before and around it. */
import { describe, expect, it } from 'vitest'
import { diagnosed, faultsOf, saidOf } from '../real-machines/support.ts'

/** What one message comes to: device, access, first address, and words that are said. */
type Form = readonly [text: string, device: string | null, access: string, address: string | null, says: string]
const tail = 'Request device [03:00.0] fault addr'
const forms: readonly Form[] = [
  // Linux, VT-d, old to new: the reason is decimal before 5.14
  ['DMAR:[DMA Write] Request device [00:1f.2] fault addr bdf5e000 \nDMAR:[fault reason 05] PTE Write access is not set',
    '00:1f.2', 'write', '0xbdf5e000', '0x05 (LGN.2)'],
  [`DMAR: [DMA Read] ${tail} ffee0000 [fault reason 12] non-zero reserved fields in PTE`, '03:00.0', 'read',
    '0xffee0000', '0x0c (LSS.2), which the log prints as 12'],
  ['DMAR: [DMA Read] Request device [03:00.0] PASID ffffffff fault addr ffee0000 [fault reason 06] PTE Read access is '
    + 'not set', '03:00.0', 'read', '0xffee0000', 'without PASID'],
  ['DMAR: [DMA Write] Request device [03:00.0] PASID 12 fault addr ffee0000 [fault reason 06] x', '03:00.0', 'write',
    '0xffee0000', 'with PASID 0x12'],
  ['DMAR: [DMA Read NO_PASID] Request device [0x03:0x00.0x0] fault addr 0xffee0000 [fault reason 0x0c] non-zero '
    + 'reserved fields in PTE', '03:00.0', 'read', '0xffee0000', '0x0c (LSS.2): '],
  [`DMAR: [DMA Write PASID 0x5] ${tail} 0x7000 [fault reason 0x59] SM: x`, '03:00.0', 'write', '0x7000',
    'with PASID 0x5'],
  ['INTR-REMAP: Request device [[f0:1f.0] fault index 3\nINTR-REMAP:[fault reason 37] Blocked a compatibility format '
    + 'interrupt request', 'f0:1f.0', 'interrupt', '0x3', '0x25 (compatibility-blocked), which the log prints as 37'],
  ['DMAR: [INTR-REMAP] Request device [00:02.0] fault index 0x20 [fault reason 0x21] x', '00:02.0', 'interrupt',
    '0x20', '0x21 (index-range)'],
  // a reason of hexadecimal look: the text decides, and the scalable modes
  [`DMAR: [DMA Read] ${tail} 0 [fault reason 71] SM: Present bit in first-level paging entry is clear`, '03:00.0',
    'read', '0x0', '0x71 (SFS.2)'],
  [`DMAR: [DMA Read] ${tail} 1000 [fault reason 05] PTE Read access is not set`, '03:00.0', 'read', '0x1000',
    'one of them is mistyped'],
  [`DMAR: [DMA Read] ${tail} 1000 [fault reason 0xff] Unknown`, '03:00.0', 'read', '0x1000', 'in no table'],
  // Xen: hexadecimal
  ['(XEN) [2024-05-05 12:00:00] [VT-D]DMAR: [DMA Write] Request device [0000:04:00.1] fault addr 12345000\n(XEN) '
    + '[2024-05-05 12:00:00] [VT-D]DMAR: reason 0c - non-zero reserved fields in PTE on iommu:1', '04:00.1', 'write',
  '0x12345000', '0x0c (LSS.2): '],
  ['(XEN) [VT-D]INTR-REMAP: Request device [0000:f0:1f.0] fault index 12\n(XEN) [VT-D]INTR-REMAP: reason 26 - x',
    'f0:1f.0', 'interrupt', '0x12', '0x26 (source-id): '],
  ['(XEN) AMD-Vi: IO_PAGE_FAULT: 0000:03:00.0 d5 addr 000000fdf8020000 flags 0x8 I', '03:00.0', 'interrupt',
    '0xfdf8020000', 'RemapEn=0'],
  ['(XEN) CPU3: No irq handler for vector e1 (IRQ -2147483648, LAPIC)\n(XEN) IRQ25 a=0001[0002,0004] v=e1[c9] '
    + 't=PCI-MSI '
    + 's=00000030', 'CPU 3, vector 225', 'interrupt', null, 'moved from vector c9 to e1'],
  // others
  ['DMAR0: ahci0: pci0:31:2 sid fa fault acc 1 adt 0x0 reason 0x6 addr 7f000000', '00:1f.2', 'read', '0x7f000000',
    '0x06 (LGN.3)'],
  ['IOMMU: DMA write page fault from 0x300 (bus: 0x3/dev: 0x0/fun: 0x0) on address 0x1:80000000 with reason code 0x5',
    '03:00.0', 'write', '0x180000000', '0x05 (LGN.2)'],
  ['[init -> platform_drv] Fault: hi=0xc000000600000010, reason=0x6, type=0x2, AT=0x0, EXE=0x0, PRIV=0x0, PP=0x0, '
    + 'Source=0x10, info=0x1000', '00:02.0', 'read', '0x1000000', '0x06 (LGN.3)'],
  // Linux, AMD-Vi
  ['AMD-Vi: Event logged [IO_PAGE_FAULT device=0b:00.0 domain=0x0000 address=0x00000000fdf8020000 flags=0x0020]',
    '0b:00.0', 'unknown', '0xfdf8020000', 'not reliable'],
  ['AMD-Vi: Event logged [\nIO_PAGE_FAULT device=0b:00.0 domain=0x000c address=0x0000000000001040 flags=0x0050]',
    '0b:00.0', 'read', '0x1040', 'IR, the right to read'],
  ['iommu ivhd0: AMD-Vi: Event logged [IOTLB_INV_TIMEOUT device=0000:0b:00.0 address=0x1050a1c10]', '0b:00.0',
    'unknown', '0x1050a1c10', 'the address of the command'],
  ['AMD-Vi: Event logged [RMP_PAGE_FAULT vmg_tag=0x0001, gpa=0x1000, flags_rmp=0x0, flags=0x50]', null, 'unknown',
    '0x1000', 'reverse map table'],
  ['AMD-Vi: Event logged [ILLEGAL_COMMAND_ERROR address=0x1050a1c10]', null, 'unknown', '0x1050a1c10',
    'stopped taking commands'],
  ['AMD-Vi: Completion-Wait loop timed out', null, 'unknown', null, 'IOTLB_INV_TIMEOUT names it'],
  // Arm, RISC-V
  ['arm-smmu 9050000.iommu: Unhandled context fault: fsr=0x402, iova=0x80001000, fsynr=0x11, cbfrsynra=0x100, cb=0',
    'stream 0x100 of 9050000.iommu', 'write', '0x80001000', 'TF: nothing is mapped'],
  ['apple-dart 502f00000.iommu: translation fault: status:0x80000010 stream:1 code:0x10 (NO PTE FOR IOVA) at '
    + '0xffff0000',
  'stream 1 of 502f00000.iommu', 'unknown', '0xffff0000', 'NO PTE FOR IOVA'],
  ['arm-smmu-v3 arm-smmu-v3.0.auto: event 0x13 received:\narm-smmu-v3 arm-smmu-v3.0.auto: \t0x0000010000000013\n'
    + 'arm-smmu-v3 arm-smmu-v3.0.auto: \t0x0000020800000000\narm-smmu-v3 arm-smmu-v3.0.auto: \t0x00000000ffff0000\n'
    + 'arm-smmu-v3 arm-smmu-v3.0.auto: \t0x0000000000000000', 'stream 0x100', 'read', '0xffff0000', 'not for a read'],
  ['arm-smmu-v3 arm-smmu-v3.0.auto: CMD_SYNC timeout at 0x00000011 [hwprod 0x00000012, hwcons 0x00000010]', null,
    'unknown', null, 'CMD_SYNC'],
  ['riscv-iommu 3000000.iommu: Fault 15 devid: 0x100 iotval: ffffa000 iotval2: 0', '01:00.0', 'write', '0xffffa000',
    'a write page fault'],
  // interrupts
  ['do_IRQ: 2.55 No irq handler for vector (irq -1)', 'CPU 2, vector 55', 'interrupt', null, 'no handler there'],
  ['irq 16: nobody cared (try booting with the "irqpoll" option)', 'irq 16', 'interrupt', null, 'switched it off'],
  ['irq 144: Affinity broken due to vector space exhaustion.', 'irq 144', 'interrupt', null, 'vectors are used up'],
  // QEMU
  ['qemu-system-x86_64: vtd_iova_to_slpte: detected slpte permission error (iova=0xfff000, level=0x1, slpte=0x0, '
    + 'write=1)',
  null, 'write', '0xfff000', 'Nothing is mapped there'],
  // queue
  ['DMAR: VT-d detected Invalidation Queue Error: Reason 4\nDMAR: QI HEAD: UNKNOWN qw0 = 0xf00000000000000f, qw1 = 0x0',
    null, 'unknown', null, 'a reserved field is set'],
  ['DMAR: VT-d detected invalid descriptor: qw0 = 2, qw1 = 0', null, 'unknown', null, 'refused a descriptor'],
  ['DMAR: VT-d detected Invalidation Time-out Error: SID 5300', '53:00.0', 'unknown', null,
    'the source id in the message'],
  // what else is said of units
  ['Your BIOS is broken; DMAR reported at address fed90000 returns all ones!', null, 'unknown', null, 'read all ones'],
  ['DMAR hardware is malfunctioning', null, 'unknown', null, 'waited ten seconds'],
  ['DMAR: IOMMU: dmar2: PRQ overflow detected', null, 'unknown', null, 'page request queue of dmar2 overflowed'],
  ['DMAR: DRHD 3: failed to enable fault, interrupt, ret -22', null, 'unknown', null, 'leave no line in this log'],
  ['DMAR: Flush IOTLB failed', null, 'unknown', null, 'may still be cached'],
  ['(XEN) IOMMU#0: QI dev wait descriptor taking too long\n(XEN)  IQA = 12345000\n(XEN)  IQH = 20\n(XEN)  IQT = 40',
    null,
    'unknown', null, 'ats=0'],
  ['(XEN) [VT-D]iommu_fault_status: Invalidation Time-out Error', null, 'unknown', null, 'invalidation time-out error'],
  ['DMAR0: Invalidation timed out', null, 'unknown', null, 'FreeBSD'],
  ['(XEN) AMD-Vi: ILLEGAL_DEV_TABLE_ENTRY 00000100 20000000 00001000 00000001', '01:00.0', 'unknown', '0x100001000',
    'does not accept its device table entry'],
  ['AMD-Vi: Event logged [Device not attached to domain properly]\nAMD-Vi:   device=0000:01:00.0 domain=0x0000',
    '01:00.0',
    'unknown', null, 'not attached to a domain properly'],
  ['AMD-Vi: Event logged [UNKNOWN event[0]=0x00000100 event[1]=0x90000000 event[2]=0x00000000 event[3]=0x00000000]',
    '01:00.0', 'unknown', null, 'event UNKNOWN 9h'],
  ['arm-smmu 15000000.iommu: Unexpected global fault, this could be serious\narm-smmu 15000000.iommu: \tGFSR '
    + '0x80000002, '
    + 'GFSYNR0 0x00000000, GFSYNR1 0x00000420, GFSYNR2 0x00000000', 'stream 0x420 of 15000000.iommu', 'unknown', null,
  'the unit does not know the stream'],
  ['arm-smmu-v3 arm-smmu-v3.0.auto: CMDQ error (cons 0x01000042): CERROR_ATC_INV_SYNC', null, 'unknown', null,
    'did not answer the invalidation of its TLB'],
  ['Fault: true, Request type: Write, Source identifier: 247, Fault Reason: 34, Raw: '
    + '170141186154226761773020849577614376960',
  '00:1e.7', 'interrupt', '0x1', '0x22 (not-present)'],
  ['nvme-101 [001] ..s1. 2.473421: io_page_fault: IOMMU:nvme 0000:03:00.0 iova=0x00000000fffff000 flags=0x0001',
    '03:00.0',
    'write', '0xfffff000', "by the kernel's trace"],
  // QEMU
  ['qemu-system-x86_64: vtd_iommu_translate: detected translation failure (dev=01:00:00, iova=0xfffff002)', '01:00.0',
    'unknown', '0xfffff002', 'QEMU does not print why'],
  ['2026-05-05T12:00:00.123456Z qemu-system-x86_64: vtd_iova_to_slpte: detected IOVA overflow (iova=0x8000000000, '
    + 'pasid=0x0)', null, 'unknown', '0x8000000000', 'more bits than the tables'],
  ['riscv_iommu_flt iommu: fault 0001:00.0 reason: 0xd iova: 0xffff0000', '01:00.0', 'read', '0xffff0000',
    'a read page fault'],
  ['smmuv3_record_event F_TRANSLATION sid=16', 'stream 0x10', 'unknown', null, 'F_TRANSLATION'],
]
const seen = async (text: string): Promise<readonly (readonly (string | null | undefined)[])[]> =>
  (await faultsOf(text)).map(({ device, access, addresses }) => [device, access, addresses[0] ?? null])

describe('a message', () => {
  it.each(forms)('%s', async (text, device, access, address, says) => {
    const { faults, files } = await diagnosed(`${text}\n`)
    expect(faults.map(fault => [fault.device, fault.access, fault.addresses[0] ?? null])).toEqual(
      [[device, access, address]])
    expect(saidOf(faults[0]!)).toContain(says)
    expect(files[0]!.unread).toEqual({ count: 0, first: [] })
  })
})

describe('around a message', () => {
  const one = 'DMAR: [DMA Write] Request device [03:00.0] fault addr ffee0000 [fault reason 05] PTE Write access is '
    + 'not set'
  const event = 'ath10k_pci 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000d address=0xcff49550 '
    + 'flags=0x0070]'
  const prefixes = ['', '[ 6611.206519] ', '[Wed Jun  3 15:40:37 2026] ', '<3>[ 6611.206519] ',
    'kern  :err   : [Fri Apr  7 00:04:33 2023] ', 'Jun 15 11:59:16 host kernel: ',
    '2026-06-15T11:59:16.123456+02:00 host kernel: ', 'kernel: [   13.134460] ', '01:46:35 ', '> ', '> > ', '>>> ',
    '    ', '`', '&gt; ', '\x1b[31m', '| ']
  it.each(prefixes)('%j', async prefix => {
    expect(await seen(`${prefix}${one}\r\n`)).toEqual([['03:00.0', 'write', '0xffee0000']])
    expect(await seen(`${prefix}${event}`)).toEqual([['01:00.0', 'write', '0xcff49550']])
  })
  it.each([
    ['before fault addr', one.replace(' fault addr', '\nfault addr')],
    ['before the reason', one.replace(' [fault reason', '\n[fault reason')],
    ['before device', one.replace(' device', '\ndevice')],
    ['twice', one.replace(' device', '\ndevice').replace(' [fault', '\n[fault')],
    ['in a quote', `> ${one.replace(' [fault reason', '\n> [fault reason')}`],
    ['by quoted-printable', `${one.replace(' [fault', ' =\n[fault')}=20`],
  ])('folded %s', async (_, text) => {
    expect(await seen(`a line\n${text}\nanother line\n`)).toEqual([['03:00.0', 'write', '0xffee0000']])
  })
  it('an equals sign as =3D, and an event that is folded', async () => {
    expect(await seen(event.replaceAll('=', '=3D'))).toEqual([['01:00.0', 'write', '0xcff49550']])
    expect(await seen(event.replace(' address', '\naddress'))).toEqual([['01:00.0', 'write', '0xcff49550']])
  })
  it('lines of others between two halves', async () => {
    const [first, second] = forms[0]![0].split('\n')
    expect(await seen(`[    1.0] ${first}\n[    1.0] usb 1-1: new device\n[    1.0] ${second}\n`))
      .toEqual([['00:1f.2', 'write', '0xbdf5e000']])
  })
  it('a cut line is told, and what it lacks', async () => {
    const [fault] = await faultsOf('DMAR: [DMA Read] Request device [03:00.0] fault addr ffee0000\nx\ny\nz\n')
    expect(saidOf(fault!)).toContain('the line was cut before its reason')
    const { files } = await diagnosed(`DMAR: [DMA Read] Request dev\na\nb\nc\nd\n${one}\n`)
    expect(files[0]!.unread).toMatchObject({ count: 1 })
  })
  it('the halves of two machines are not joined', async () => {
    const other = one.replace('03:00.0', '04:00.0').replace('ffee0000', 'eeee0000')
    expect(await seen(`${one.replace(/ \[fault.*/, '')}\n${other}\n`)).toEqual(
      [['03:00.0', 'write', '0xffee0000'], ['04:00.0', 'write', '0xeeee0000']])
  })
})

describe('a log', () => {
  const fault = (device: string, address: string, time: number): string =>
    `[${time.toFixed(6).padStart(12)}] DMAR: [DMA Write] Request device [${device}] fault addr ${address} [fault `
      + `reason 05] `
    + 'PTE Write access is not set'
  it('counts what is alike, by device, access and code', async () => {
    const lines = Array.from({ length: 1000 }, (_, i) => fault('03:00.0', (0x1000 * (i % 100 + 1)).toString(16), i))
    const { faults, total } = await diagnosed([...lines, fault('04:00.0', '1000', 1001)].join('\n'))
    expect(total).toBe(1001)
    expect(faults.map(({ device, count, addresses, moreAddresses, lines: at }) =>
      [device, count, addresses.length, moreAddresses, at.length])).toEqual(
      [['03:00.0', 1000, 64, true, 20], ['04:00.0', 1, 1, false, 1]])
    expect(faults[0]).toMatchObject({ first: 'line 1, 0.000000 s', last: 'line 1000, 999.000000 s' })
  })
  it('keeps as many sorts as it can answer, and counts the rest', async () => {
    const lines = Array.from({ length: 700 }, (_, i) =>
      fault(`${(i >> 3 & 0xff).toString(16).padStart(2, '0')}:00.${i & 7}`, '1000', i))
    const { faults, total, beyond } = await diagnosed(lines.join('\n'))
    expect([faults.length, total, beyond]).toEqual([500, 700, 200])
  })
  it('tells what makes counts lower bounds, and clocks that go back', async () => {
    const { files: [file] } = await diagnosed([fault('03:00.0', '1000', 500), '[  500.1] dmar_fault: 893 callbacks '
      + 'suppressed', fault('03:00.0', '1000', 5)].join('\n'))
    expect(file!.doubts).toEqual([expect.stringContaining('893 messages'),
      expect.stringContaining('the clock goes back at line 3')])
  })
  it('says that it is of two machines, by the names before the lines', async () => {
    const line = (host: string): string => `Jun 15 11:59:16 ${host} kernel: ${fault('03:00.0', '1000', 5)}`
    const { files: [file] } = await diagnosed(`${line('one')}\n${line('two')}\n`)
    expect(file!.doubts).toEqual([expect.stringContaining('lines of 2 machines')])
  })
  it('shows lines that no reader knows', async () => {
    const { files: [file] } = await diagnosed(`${fault('03:00.0', '1000', 5)}\nDMAR: something new happened\n`)
    expect(file!.unread).toEqual({ count: 1, first: [{ line: 2, text: 'DMAR: something new happened' }] })
  })
})

describe('what is no plain fault', () => {
  it('a walk of Xen that ends in an empty entry: nothing is mapped', async () => {
    const { faults } = await diagnosed([
      '(XEN) [VT-D]DMAR:[DMA Read] Request device [0000:00:1a.0] fault addr bc7a4000',
      '(XEN) [VT-D]DMAR: reason 06 - PTE Read access is not set',
      '(XEN) print_vtd_entries: iommu #1 dev 0000:00:1a.0 gmfn bc7a4', '(XEN)     root_entry[00] = 43f2a1001',
      '(XEN)     context[d0] = 2_43f2c5001', '(XEN)     l3[002] = 43f2c3003 rw', '(XEN)     l2[1e3] = 43f200003 rw',
      '(XEN)     l1[1a4] = 0', '(XEN)     l1[1a4] not present', '',
    ].join('\n'))
    expect(saidOf(faults[0]!)).toContain('nothing is mapped at that address')
    expect(saidOf(faults[0]!)).not.toContain('mapped, but not for that')
  })
  it.each([
    'DMAR: [DMA Read NO_PASID] Request device [ff:1f.7] fault addr 0xfffffffffffff000 [fault reason 0xff] Unknown',
    'DMAR: [INTR-REMAP] Request device [ff:1f.7] fault index 0xffff [fault reason 0xff] Unknown',
  ])('a record of all ones is a unit that does not answer: %s', async line => {
    const { faults } = await diagnosed(`${line}\n`)
    expect(saidOf(faults[0]!)).toContain('the registers of the unit cannot be reached')
    expect(saidOf(faults[0]!)).not.toContain('blocked')
  })
})
