/** Faults of Arm and RISC-V units: what each cause decides, and where to look. */
import { describe, expect, it } from 'vitest'
import { faultsOf, saidOf } from '../real-machines/support.ts'

const said = async (...lines: readonly string[]): Promise<readonly string[]> =>
  (await faultsOf(`${lines.join('\n')}\n`)).map(saidOf)
/** Advice about mappings, which says nothing where no page table was looked at. */
const ofMappings = /iommu:map|4 GiB|ring0/

describe('a global fault of SMMUv2', () => {
  const unit = 'arm-smmu 15000000.iommu: '
  const global = (status: string, syndrome = '0x00000000'): readonly string[] => [
    `${unit}Unexpected global fault, this could be serious`,
    `${unit}\tGFSR ${status}, GFSYNR0 ${syndrome}, GFSYNR1 0x00000540, GFSYNR2 0x00000000`]
  it.each([
    ['0x80000002', 'the stream matches no mapping of the unit', 'MULTI', 'No driver has attached this stream'],
    ['0x00000001', 'the stream has no valid context bank', 'ICF', 'No driver has attached this stream'],
    ['0x00000004', 'the stream matches several mappings', 'SMCF', 'Two stream mappings of the unit overlap'],
    ['0x00000040', 'an external abort', 'EF', 'EF'],
  ])('GFSR %s', async (status, title, name, says) => {
    const [text] = await said(...global(status))
    expect(text!.split('\n')[0]).toBe(`stream 0x540 of 15000000.iommu: ${title} (global fault)`)
    expect(text).toContain(name)
    expect(text).toContain(says)
    expect(text).not.toMatch(ofMappings)
  })
  it('its direction, and the line of those that are blocked', async () => {
    expect((await said(...global('0x2', '0x00000002')))[0]).toContain('GFSYNR0 0x2: a write')
    const faults = await faultsOf(`${global('0x2').join('\n')}\n${unit}Blocked unknown Stream ID 0x540; boot with `
      + '"arm-smmu.disable_bypass=0" to allow, but this may have security implications\n')
    expect(faults.map(({ count, device }) => [count, device])).toEqual([[2, 'stream 0x540 of 15000000.iommu']])
  })
})

describe('an event of SMMUv3', () => {
  const event = (name: string, ssid: string, words = 'unpriv data write s1 "Input address caused fault" stag: 0x0') =>
    [`arm-smmu-v3 smmu: event: ${name} client: 0000:01:00.0 sid: 0x100 ssid: ${ssid} iova: 0xffff80001000 ipa: 0x0`,
      `arm-smmu-v3 smmu: ${words}`]
  it('with a substream is one of a process', async () => {
    const [text] = await said(...event('F_TRANSLATION', '0x5'))
    expect(text).toContain('(stream 0x100, substream (PASID) 0x5)')
    expect(text).toContain('shared virtual addressing')
    expect(text).not.toContain('4 GiB')
    expect((await said(...event('F_TRANSLATION', '0x0')))[0]).toContain('4 GiB')
  })
  it('raw words tell of the substream too', async () => {
    const words = ['0x0000010000005810', '0x0000020800000000', '0x00007f33c1200000', '0x0']
    const [text] = await said('arm-smmu-v3 smmu: event 0x10 received:', ...words.map(word =>
      `arm-smmu-v3 smmu: \t0x${word.slice(2).padStart(16, '0')}`))
    expect(text).toContain('substream (PASID) 0x5')
    expect(text).toContain('(where it is the PCI requester id, 01:00.0)')
  })
  it('says whose table lacks the right', async () => {
    expect((await said(...event('F_PERMISSION', '0x0')))[0]).toContain('mapped for the other direction')
    expect((await said(...event('F_PERMISSION', '0x0', 'unpriv data write s2 "Input address caused fault" stag: 0x0')))
      [0]).toContain("the hypervisor's, does not give the right")
  })
  it.each([['C_BAD_STREAMID', 'No driver has attached'], ['C_BAD_SUBSTREAMID', 'The PASID is not bound'],
    ['F_STE_FETCH', 'could not read a table']])('%s: no page table was looked at', async (name, says) => {
    const [text] = await said(`arm-smmu-v3 smmu: event: ${name} client: 0000:01:00.0 sid: 0x100 ssid: 0x0`)
    expect(text).toContain(says)
    expect(text).not.toMatch(ofMappings)
  })
  it('each event in words is one of its own, raw words above it or not', async () => {
    const faults = await said('arm-smmu-v3 smmu: event: F_STE_FETCH client: 0000:01:00.0 sid: 0x100 ssid: 0x0 '
      + 'fetch_addr: 0x12345000', 'arm-smmu-v3 smmu: event: UNKNOWN client: 0000:02:00.0 sid: 0x200 ssid: 0x0')
    expect(faults).toHaveLength(2)
    expect(faults[0]).toContain('a fetch from memory at 0x12345000')
    expect(faults[1]).toContain('02:00.0: in no table here (unknown event)')
  })
  it('an error of a command has its name', async () => {
    const [text] = await said('arm-smmu-v3 smmu: CMDQ error (cons 0x01000010): Illegal command')
    expect(text).toMatch(/^the command queue stopped at a command: Illegal command/)
    expect(text).not.toContain('waited')
  })
})

describe('a fault of a RISC-V unit', () => {
  const fault = (cause: number): string => `riscv,iommu 10010000.iommu: Fault ${cause} devid: 0x18 iotval: 80001000 `
    + 'iotval2: 0'
  it.each([
    [15, '00:03.0 met a write page fault at 0x80001000', 'The device has a valid directory entry; its page table'],
    [23, '00:03.0 met a write guest-page fault at 0x80001000', "the hypervisor's"],
    [256, '00:03.0, using 0x80001000: all inbound transactions are disallowed', 'its mode is Off'],
    [258, '00:03.0, using 0x80001000: the device directory entry is not valid', 'No driver has attached this device'],
    [260, '00:03.0, using 0x80001000: a transaction type that is not allowed', 'ATS or PASID is on in the device'],
    [266, '00:03.0, using 0x80001000: the process directory entry is not valid', 'The PASID of the request is not'],
  ])('%i', async (cause, title, says) => {
    const [text] = await said(fault(cause))
    expect(text!.split('\n')[0]).toBe(title)
    expect(text).toContain(says)
    expect(ofMappings.test(text!)).toBe(cause < 256)
  })
  it('an error of its command queue is read flag by flag', async () => {
    const error = (flags: string): Promise<readonly string[]> =>
      said(`riscv,iommu a.iommu: Command queue error: ${flags}`)
    expect((await error('fault: 0 tout: 1 err: 0 fence: 0'))[0]).toContain('A device does not answer an ATS inval')
    expect((await error('fault: 0 tout: 0 err: 1 fence: 0'))[0]).toContain('sure: The unit does not know a command')
    expect((await error('fault: 1 tout: 0 err: 0 fence: 0'))[0]).toContain('could not read the queue')
  })
})

it("Apple's DART says it in words", async () => {
  const [text] = await said('apple-dart 381f00000.iommu: translation fault: status:0x80000110 stream:1 code:0x10 '
    + '(NO PTE FOR IOVA) at 0x8000')
  expect(text).toMatch(/^stream 1 of 381f00000.iommu used 0x8000: nothing is mapped there \(NO PTE FOR IOVA\)/)
})
