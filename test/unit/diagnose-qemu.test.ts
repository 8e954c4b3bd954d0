/** What QEMU says of interrupts that it refuses, and files whose form is seldom: no such line is dropped. */
import { describe, expect, it } from 'vitest'
import { diagnosed, faultsOf, saidOf } from '../real-machines/support.ts'
import { complaintOf } from '../../src/logs/formats/qemu-messages.ts'

const qemu = 'qemu-system-x86_64: '
/** The text, the device, the index, what the title says, and what is sure. */
const refusals: readonly (readonly [string, string | null, string | null, string, string])[] = [
  ['vtd_irte_get: detected non-present IRTE (index=24, high=0x0, low=0x0)', null, '0x18', '0x22', 'holds zeros'],
  ['vtd_irte_get: detected non-present IRTE (index=3, high=0x18, low=0xffe)', null, '0x3', '0x22', '0x18, 0xffe'],
  ['vtd_irte_get: detected non-zero reserved IRTE (index=33, high=0x1, low=0x80000001)', null, '0x21', '0x24',
    '0x80000001'],
  ['vtd_irte_get: invalid IRTE SID (index=5, sid=24, source_id=256)', '00:03.0', '0x5', '0x26', 'admits 01:00.0'],
  ['vtd_irte_get: invalid SVT_BUS (index=5, bus=4, min=1, max=2)', null, '0x5', '0x26', 'buses 0x1 to 0x2'],
  ['vtd_irte_get: detected invalid IRTE SVT (index=5, type=3)', null, '0x5', '0x24', 'SVT is 3'],
  ['vtd_irte_get: index too large: ind=0x21', null, '0x21', '0x21', 'does not have'],
  ['vtd_interrupt_remap_msi: invalid IR MSI (sid=24, address=0xfee00018, data=0x10000)', '00:03.0', null, '0x20',
    'data 0x10000'],
  ['vtd_interrupt_remap_msi: MSI address low 32 bit invalid: 0x1000', null, null, 'none of an interrupt', '0x1000'],
]

describe('an interrupt that QEMU refuses', () => {
  it.each(refusals)('%s', async (text, device, index, title, sure) => {
    const [fault] = await faultsOf(`${qemu}${text}\n`)
    expect([fault!.device, fault!.access, fault!.addresses[0] ?? null]).toEqual([device, 'interrupt', index])
    expect(fault!.title).toContain(title)
    expect(saidOf(fault!)).toContain(sure)
    // validate has the same line for a refusal.
    expect(complaintOf(`${qemu}${text}`, { line: 1, time_us: 0 })).toMatchObject({ isRefusal: true })
  })
  it('words that are not known are said as they stand, beside other faults', async () => {
    const faults = await faultsOf([`${qemu}vtd_iommu_translate: detected translation failure (dev=00:03:00, `
      + 'iova=0xfffff000)', `${qemu}vtd_irte_get: something new`].join('\n'))
    expect(faults.map(({ title }) => title)).toEqual([expect.stringContaining('00:03.0 used 0xfffff000'),
      expect.stringContaining('was refused: something new')])
  })
  it('an error of the driver is no refused request', () => {
    expect(complaintOf(`${qemu}vtd_process_inv_desc: invalid inv desc: hi=0, lo=7 (unknown type)`,
      { line: 1, time_us: 0 })).toMatchObject({ isRefusal: false })
  })
  it('index 0 beyond a table is no index that was asked for', async () => {
    const [fault] = await faultsOf('DMAR: [INTR-REMAP] Request device [02:00.0] fault index 0x0 [fault reason '
      + '0x21] Interrupt index exceeded the interrupt-remapping table size\n')
    expect(saidOf(fault!)).toContain('the smallest has two')
    expect(saidOf(fault!)).not.toContain('names an entry that the table does not have')
  })
})

it('a dump of Xen before the line of its fault is that of the fault', async () => {
  const dump = ['(XEN) print_vtd_entries: iommu #1 dev 0000:00:1a.0 gmfn bc7a4', '(XEN)     root_entry[00] = 43f2a1001',
    '(XEN)     context[d0] = 2_43f2c5001', '(XEN)     l1[1a4] = 0', '(XEN)     l1[1a4] not present']
  const fault = (device: string): string => `(XEN) [VT-D]DMAR:[DMA Read] Request device [0000:${device}] fault addr `
    + 'bc7a4000\n(XEN) [VT-D]DMAR: reason 06 - PTE Read access is not set\n'
  const said = async (device: string): Promise<string> =>
    saidOf((await faultsOf(`${dump.join('\n')}\n${fault(device)}`))[0]!)
  expect(await said('00:1a.0')).toContain('Memory says the same as the unit')
  expect(await said('00:1b.0')).not.toContain('Memory says')
})

it('a trace of an AMD unit is one that validate reads', async () => {
  const { files } = await diagnosed('amdvi_mmio_read REG read addr offset 0x2000 size 8 offset 0x0\n')
  expect(JSON.stringify(files)).toContain('remapcheck validate')
})
