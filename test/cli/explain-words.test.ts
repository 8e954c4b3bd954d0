/** `explain` takes words as they stand in a log, and shows of raw values what one looks for. */
import { expect, it } from 'vitest'
import { run } from './run.ts'

it.each<[string, string, string]>([
  ['38', '26h', 'in decimal'], ['0x26', '26h', 'not the source'], ['[fault reason 0x71]', '71h', 'first-stage entry'],
  ['[fault reason 38]', '26h', 'decimal in the log'], ['fault reason 06', '06h', 'no read permission'],
  ['reason 22 - Present field in the IRTE entry is clear', '22h', 'not present'],
  ['PTE Write access is not set', '05h', 'no write permission'],
  ['SM: Present bit in Directory Entry is clear', '51h', 'PASID directory'],
  ['IO_PAGE_FAULT flags=0x0070', 'PE RW PR', 'present but not writable'], ['flags=0x0050', 'PE PR', 'not readable'],
  ['INVALID_DEVICE_REQUEST flags=0x0a00', 'type 5', 'IntCtl'], ['F_TRANSLATION', 'event 10h of SMMUv3', 'nothing is'],
  ['IO_PAGE_FAULT flags=0xzz', 'event of AMD-Vi', 'flags=0xzz cannot be read'],
  ['ITE', 'did not answer', 'stands still'], ['Invalidation Time-out Error (ITE) cleared', 'ITE', 'stands still'],
  ['cause 15', 'RISC-V', 'write page fault'], ['PPF', 'FSTS', 'bit 1'],
  ['DMAR: [DMA Read] Request device [03:00.0] fault addr 0 [fault reason 12] x', '03:00.0 read 0x0', 'LSS.2'],
  ['do_IRQ: 10.232 No irq handler for vector', 'CPU 10 took vector 232', 'no-lost-edge'],
  ['IRTE-remapped=0x300003,0x0', 'SVT = 0', 'no source check'],
  ['device-TLB-invalidate=0x5300530000000003,0x0', '53:00.0', 'source-id'],
  ['FSTS=0xffffffff', 'all ones', 'nothing answers'],
  ['root-entry=0x1001,0x0', 'address 0x1000', 'context table'],
  ['DTE', 'HPTMODE', 'host page table mode; in newer revisions only'],
  ['ring0-strict', 'ring0-strict design on Intel VT-d', 'drivers in the kernel'],
  ['io-lite@amdvi', 'design on AMD-Vi', 'io-lite'],
])('%s', async (words, title, says) => {
  const { code, out } = await run(['explain', words])
  expect(code).toBe(0)
  const text = out.replace(/\s+/g, ' ')
  expect(text).toContain(title)
  expect(text).toContain(says)
})
it('one that is unknown hides no other, and is told', async () => {
  const { code, out, err } = await run(['explain', '0x71', 'nonsense', 'ITE'])
  expect(code).toBe(2)
  expect(out).toContain('71h')
  expect(out).toContain('ITE')
  expect(err).toContain('nonsense: nothing has this name')
})
it.each(['DMAR: nothing of a fault', 'fault reason zz', 'flags='])('%s is unknown', async words => {
  expect(await run(['explain', words])).toMatchObject({ code: 2, out: '' })
})
