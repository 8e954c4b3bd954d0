/** Messages that are no fault of a device: boot lines, Xen's queue, and what other drivers say afterwards. */
import { describe, expect, it } from 'vitest'
import { diagnosed, faultsOf, saidOf } from '../real-machines/support.ts'

const said = async (...lines: readonly string[]): Promise<readonly string[]> =>
  (await faultsOf(`${lines.join('\n')}\n`)).map(saidOf)

it('boot lines of a machine are known, and are no trouble', async () => {
  const { faults, files } = await diagnosed([
    'DMAR: RHSA base: 0x000000d37fc000 proximity domain: 0x0', 'DMAR: ANDD device: 1 name: \\_SB.PCI0.UA00',
    'DMAR: [Firmware Bug]: No firmware reserved region can cover this RMRR [0x6ba2a000-0x6bb69fff]',
    'DMAR: [Firmware Bug]: RMRR entry for device 05:00.0 is broken - applying workaround',
    'DMAR-IR: Copied IR table for dmar0 from previous kernel', 'DMAR: dmar0: Using Register based invalidation',
    'DMAR-IR: x2apic is disabled because BIOS sets x2apic opt out bit.',
    "DMAR-IR: Use 'intremap=no_x2apic_optout' to override the BIOS setting.",
    'DMAR: Setting identity map for device 0000:00:02.0 [0x7b800000 - 0x7fffffff]', 'DMAR: No DMAR devices found',
    'DMAR: Intel-IOMMU force enabled due to platform opt in', 'AMD-Vi: Initialized for Passthrough Mode',
    'AMD-Vi: IOMMU SNP support enabled.', 'AMD-Vi: ivrs, add hid:PNPD0040, uid:, rdevid:152',
    'pci 0000:00:00.2: AMD-Vi: Unable to read/write to IOMMU perf counter.',
    'AMD-Vi: V2 page table enabled (Paging mode : 4 level)', 'AMD-Vi: Copied DEV table from previous kernel.',
    'arm-smmu-v3 arm-smmu-v3.0.auto: option mask 0x0', 'arm-smmu-v3 arm-smmu-v3.0.auto: ias 48-bit, oas 48-bit (f)',
    'arm-smmu-v3 arm-smmu-v3.0.auto: allocated 65536 entries for cmdq',
    'arm-smmu 15000000.iommu: probing hardware configuration...', 'arm-smmu 15000000.iommu: SMMUv2 with:',
    'arm-smmu 15000000.iommu: \tstage 1 translation', 'arm-smmu 15000000.iommu: \t80 context banks (0 stage-2 only)',
  ].join('\n'))
  expect(faults).toEqual([])
  expect(files[0]!.unread).toEqual({ count: 0, first: [] })
})
it('interrupt remapping that is off on an AMD unit is trouble, with its cause where the log has it', async () => {
  const off = 'AMD-Vi: Disabling interrupt remapping'
  for (const bug of ['No southbridge IOAPIC found in IVRS table', 'IOAPIC[32] not in IVRS table']) {
    const [text, ...rest] = await said(`AMD-Vi: [Firmware Bug]: : ${bug}`, off)
    expect(rest).toEqual([])
    expect(text).toMatch(/^interrupts are not remapped/)
    expect(text).toContain('sure: The IVRS table of the firmware does not name every I/O APIC')
    expect(text).toContain('(line 1)')
  }
  expect((await said(off))[0]).toContain('likely: The IVRS table of the firmware lacks an I/O APIC')
})
it('an identity map of a boot names the owner of a region', async () => {
  const [text] = await said('DMAR: Setting identity map for device 0000:00:02.0 [0x7b800000 - 0x7fffffff]',
    'DMAR: [DMA Read] Request device [00:02.0] fault addr 7b900000 [fault reason 06] PTE Read access is not set')
  expect(text).toContain('lies in the region 0x7b800000 to 0x7fffffff that firmware reserves for 00:02.0')
})
it('boot lines of old kernels have small letters', async () => {
  const [text] = await said('dmar: IOMMU 0: reg_base_addr dfefc000 ver 1:0 cap d2078c106f0466 ecap f020de',
    'dmar: RMRR base: 0x0000007b7fd000 end: 0x0000007b7fffff',
    'dmar: DMAR:[DMA Read] Request device [05:00.0] fault addr 7b7fe000 \nDMAR:[fault reason 06] x')
  expect(text).toContain('lies in the region 0x7b7fd000 to 0x7b7fffff')
  const texts = await said('dmar: IOMMU 0: reg_base_addr dfefc000 ver 1:0 cap d2078c106f0466 ecap f020de',
    'dmar: DMAR:[DMA Read] Request device [05:00.0] fault addr 7b7fe000000000 \nDMAR:[fault reason 04] x')
  expect(texts[0]).toContain('and the unit translates 48')
})
it('a completion that does not fit names its device', async () => {
  const [text] = await said('DMAR: VT-d detected Invalidation Completion Error: SID 600',
    'DMAR: QI HEAD: Device-TLB Invalidation qw0 = 0x60000000003, qw1 = 0x7ffffffffffff001')
  expect(text).toMatch(/^06:00.0 answered an invalidation with a completion that does not fit \(ICE\)/)
  expect(text).toContain('lspci -vvs 06:00.0')
})
it("FreeBSD's status is one bit, not all of them", async () => {
  const [text] = await said('DMAR0: Fault Overflow')
  expect(text).toContain('PFO: records of faults were lost')
  expect(text).not.toContain('ITE')
})
it('a device that firmware keeps, and interrupts that are not remapped', async () => {
  const [device, interrupts] = await said('vfio-pci 0000:03:00.0: DMAR: Device is ineligible for IOMMU domain attach '
    + 'due to platform RMRR requirement.  Contact your platform vendor.',
  'DMAR-IR: Failed to enable irq remapping. You are vulnerable to irq-injection attacks.')
  expect(device).toMatch(/^03:00.0 is given to no guest: firmware reserves memory for it/)
  expect(interrupts).toContain('sure: A device, and a guest that has one, can send any interrupt')
})

describe("Xen's invalidation queue", () => {
  const queue = (wait: string, a: string, h: string, t: string, ...more: readonly string[]): readonly string[] =>
    [`(XEN)  IOMMU#1: ${wait}`, `(XEN)   IQA = ${a}`, `(XEN)   IQH = ${h}`, `(XEN)   IQT = ${t}`, ...more]
  const wait = 'QI dev wait descriptor taking too long'
  it('says where the unit stands', async () => {
    const faults = await said(...queue(wait, '43f2a8002', '1a20', '1a40', '(XEN) [VT-D]iommu_fault_status: '
      + 'Invalidation Time-out Error'))
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain('the unit stands at descriptor 418 of 1024, and has not fetched 2 more')
    expect(faults[0]).toContain('sure: A device did not answer an invalidation of its device TLB in time')
    expect((await said(...queue(wait, '43f2a8800', '20', '20')))[0])
      .toContain('descriptor 1 of 128, where software ends')
    expect((await said(...queue(wait, '43f2a8000', 'fe0', '10')))[0]).toContain('descriptor 254 of 256, and has not '
      + 'fetched 3 more')
  })
  it('and whether a device is waited for', async () => {
    const [text] = await said(...queue('QI wait descriptor taking too long', '43f2a8000', '20', '30',
      '(XEN)  IOMMU#1: QI wait descriptor took 12ms'))
    expect(text).not.toContain('likely: The silent device')
    expect(text).toContain('sure: It completed after 12 ms')
  })
  it('whose registers read ones', async () => {
    expect((await said(...queue(wait, 'f'.repeat(16), 'f'.repeat(16), 'f'.repeat(16))))[0])
      .toContain('nothing answers there')
  })
})

describe('what other drivers say afterwards', () => {
  const fault = '[   10.000000] DMAR: [DMA Read] Request device [03:00.0] fault addr 1000 [fault reason 06] x'
  const cared = '[   11.000000] irq 16: nobody cared (try booting with the "irqpoll" option)'
  it('is not what names another interrupt or device', async () => {
    const [dma, irq] = await said(fault, cared, '[   11.000000] Disabling IRQ #16',
      '[   12.000000] mlx5_core 0000:04:00.0: device lost', '[   12.000000] radeon 0000:03:00.0: GPU HANG')
    expect(dma).not.toMatch(/Disabling IRQ|04:00.0/)
    expect(dma).toContain('GPU HANG')
    expect(irq).toContain('Disabling IRQ #16')
  })
})

it('tables that are printed above their fault belong to it', async () => {
  const [text] = await said('(XEN) print_vtd_entries: iommu #1 dev 0000:00:1a.0 gmfn bc7a4',
    '(XEN)     root_entry[00] = 43f2a1001', '(XEN)     context[d0] = 2_43f2c5001', '(XEN)     l1[1a4] = 0',
    '(XEN)     l1[1a4] not present', '(XEN) [VT-D]DMAR:[DMA Read] Request device [0000:00:1a.0] fault addr bc7a4000',
    '(XEN) [VT-D]DMAR: reason 06 - PTE Read access is not set')
  expect(text).toContain('nothing is mapped there (0x06)')
})
