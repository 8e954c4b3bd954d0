/** The client against a real QEMU: registers, walks, faults, the queue, interrupts, the trace. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { finish } from '../../src/qemu/edu.ts'
import type { EventOf } from '../../src/qemu/events.ts'
import { openMachine, withMachine } from '../../src/qemu/machine.ts'
import type { Machine } from '../../src/qemu/machine.ts'
import { bytesOf } from '../../src/qemu/memory.ts'
import { sourceId } from '../../src/qemu/pci.ts'
import { faultOf, invalidateContexts, invalidateIotlb } from '../../src/qemu/vtd/unit.ts'
import {
  decode, descriptorLayouts, dwordsOf, encode, ioapicEntry, qwordsOf, registers, remappableAddress, remappedIrte,
} from '../../spec/vtd/index.ts'
import { absent } from './support.ts'

const root = 0x100_0000, contexts = 0x100_1000, queue = 0x101_0000, status = 0x102_0000, irt = 0x103_0000
const tables = 0x110_0000, leaves = tables + 0x2000, target = 0x200_0000
const first = sourceId(0, 3, 0), second = sourceId(0, 4, 1), behind = sourceId(2, 0, 0)
const mapped = 0x1_0000, unmapped = 0x1_1000

let machine: Machine
/** Context entry of a device: 3 levels, the tables of the test, a domain. */
function context(sid: number, did: number): void {
  machine.qtest.writeq(root + (sid >> 8) * 16, contexts | 1)
  machine.qtest.writeq(contexts + (sid & 255) * 16, tables | 1)
  machine.qtest.writeq(contexts + (sid & 255) * 16 + 8, did << 8 | 1)
}
/** IOVA 0x10000 is mapped, read and write, to `target`; TE on. */
function programDma(): void {
  const { qtest, unit } = machine
  qtest.fill(root, 0x2000)
  context(first, 1)
  qtest.writeq(tables, tables + 0x1003)
  qtest.writeq(tables + 0x1000, leaves | 3)
  qtest.fill(leaves, 0x1000)
  qtest.writeq(leaves + 0x80, target | 3)
  qtest.fill(target, 0x1000)
  unit.setRoot(root)
  unit.enable('TE')
}

describe.skipIf(absent !== null)('a DMA', () => {
  beforeAll(async () => {
    machine = await openMachine({ edus: [first, sourceId(0, 4, 0), second, behind],
      trace: ['vtd_dmar_translate', 'vtd_dmar_fault', 'vtd_inv_desc_wait_sw'] })
  })
  afterAll(() => machine.close())
  beforeEach(async () => {
    machine.unit.renew(queue)
    programDma()
    await machine.trace.sync()
  })

  it('is translated, and lands with the pattern of its device', async () => {
    const { qtest, unit, edus: [edu], trace } = machine
    expect(await unit.readl(unit.offset('GSTS'))).toBe(0xc400_0000)
    edu!.start({ direction: 'write', address: mapped + 0x10, bytes: 8, offset: 0x20 })
    const [faults, landed] = await edu!.finish(() => Promise.all([unit.faults(), qtest.memread(target, 0x20)]))
    expect(faultOf(faults)).toBeNull()
    expect(faults.fsts).toBe(0)
    expect([...landed.subarray(0x10, 0x18)]).toEqual([...edu!.pattern(0x20, 8)])
    expect([...landed.subarray(0, 0x10), ...landed.subarray(0x18)].some(byte => byte !== 0)).toBe(false)
    expect(await trace.sync())
      .toEqual([{ name: 'vtd_dmar_translate', sid: first, iova: BigInt(mapped), gpa: BigInt(target), mask: 0xfffn }])
  })
  it('takes what is in memory to the device, and back', async () => {
    const { qtest, edus: [edu] } = machine
    qtest.memwrite(target + 0x40, Uint8Array.of(1, 2, 3, 4, 5, 6, 7))
    await edu!.transfer({ direction: 'read', address: mapped + 0x40, bytes: 7, offset: 0x800 })
    await edu!.transfer({ direction: 'write', address: mapped + 0x80, bytes: 7, offset: 0x800 })
    expect([...await qtest.memread(target + 0x80, 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 0])
  })
  it('to an unmapped page is refused and recorded; the record can be cleared', async () => {
    const { qtest, unit, edus: [edu], trace } = machine
    edu!.start({ direction: 'write', address: unmapped })
    const faults = await edu!.finish(() => unit.faults())
    expect(decode(registers.FSTS.layout, [faults.fsts])).toMatchObject({ PPF: 1, PFO: 0, FRI: 0 })
    expect(faultOf(faults)).toMatchObject({ F: 1, T1: 0, FR: 5, SID: first, FI: unmapped / 4096, PP: 0 })
    unit.clearFaults()
    const after = await unit.faults()
    expect(faultOf(after)).toBeNull()
    expect(after.fsts).toBe(0)
    expect(await trace.sync())
      .toEqual([{ name: 'vtd_dmar_fault', sid: first, reason: 5, address: BigInt(unmapped), write: 1 }])
    expect((await qtest.memread(target, 0x1000)).some(byte => byte !== 0)).toBe(false)
  })
  it('goes the old way until its page is invalidated', async () => {
    const { qtest, unit, edus: [edu] } = machine
    await edu!.transfer({ direction: 'write', address: mapped })
    qtest.writeq(leaves + 0x80, target + 0x1000 | 3)
    qtest.fill(target, 0x2000)
    await edu!.transfer({ direction: 'write', address: mapped })
    expect(await qtest.readl(target)).toBe(first << 16)
    expect(await unit.invalidate([encode(descriptorLayouts[2], { TYPE: 2, G: 3, DID: 1, ADDR: mapped / 4096 })],
      status)).toBe(true)
    await edu!.transfer({ direction: 'write', address: mapped })
    expect(await qtest.readl(target + 0x1000)).toBe(first << 16)
  })
  it('of several requesters at once is told apart by what lands and by the fault record', async () => {
    const { qtest, unit, edus, trace } = machine
    context(sourceId(0, 4, 0), 2)
    context(second, 3)
    const four = edus.map((edu, i) => ({ edu, address: mapped + 0x100 * i }))
    for (const { edu, address } of four) edu.start({ direction: 'write', address })
    const [faults, ...landed] = await finish(edus,
      () => Promise.all([unit.faults(), ...four.map((_, i) => qtest.readl(target + 0x100 * i))]))
    expect(landed).toEqual([first << 16, sourceId(0, 4, 0) << 16, second << 16, 0])
    // The one behind the root port has no root entry: reason 1.
    expect(faultOf(faults)).toMatchObject({ FR: 1, SID: behind })
    const events = await trace.sync()
    expect(events.filter(({ name }) => name === 'vtd_dmar_fault'))
      .toEqual([{ name: 'vtd_dmar_fault', sid: behind, reason: 1, address: BigInt(mapped + 0x300), write: 1 }])
    expect(events).toHaveLength(4)
  })
  it('of a device behind a root port is its own', async () => {
    const { qtest, unit, edus } = machine
    context(behind, 4)
    edus[3]!.start({ direction: 'write', address: mapped })
    expect(faultOf(await edus[3]!.finish(() => unit.faults()))).toBeNull()
    expect(await qtest.readl(target)).toBe(behind << 16)
  })
})

describe.skipIf(absent !== null)('the queue', () => {
  beforeAll(async () => { machine = await openMachine({ trace: ['vtd_inv_desc_wait_sw'] }) })
  afterAll(() => machine.close())
  beforeEach(() => { machine.unit.renew(queue) })

  it('wraps at the end of its page', async () => {
    const { unit, trace } = machine
    await trace.sync()
    for (let round = 0; round < 5; round++)
      expect(await unit.invalidate(Array.from({ length: 99 }, () => invalidateIotlb), status)).toBe(true)
    expect([unit.tail, Number(await unit.read('IQH'))]).toEqual([(3 + 500) * 16 % 4096, (3 + 500) * 16 % 4096])
    expect((await trace.sync()).map(event => event.name === 'vtd_inv_desc_wait_sw' ? event.address : null))
      .toEqual(Array(5).fill(BigInt(status)))
  })
  it('of two pages and wide descriptors takes those of 128 bits with zeros behind them', async () => {
    await withMachine({ scalable: true }, async ({ unit }) => {
      unit.startQueue(queue, { size: 1, wide: true })
      for (let round = 0; round < 4; round++)
        expect(await unit.invalidate(Array.from({ length: 70 }, () => invalidateIotlb), status)).toBe(true)
      expect([unit.tail, Number(await unit.read('IQH')), await unit.read('FSTS')])
        .toEqual([284 * 32 % 8192, 284 * 32 % 8192, 0n])
      expect(() => { unit.submit(Array.from({ length: 256 }, () => invalidateIotlb)) }).toThrow('do not fit')
    })
  })
  it('stops at a bad descriptor, and runs again when it is renewed', async () => {
    const { unit } = machine
    expect(await unit.invalidate([encode(descriptorLayouts[1], { TYPE: 1, G: 0 })], status)).toBe(false)
    expect([await unit.read('FSTS'), await unit.read('IQH')]).toEqual([0x10n, 3n * 16n])
    unit.renew(queue)
    expect(await unit.invalidate([invalidateContexts], status)).toBe(true)
    expect(await unit.read('FSTS')).toBe(0n)
  })
})

describe.skipIf(absent !== null)('an interrupt', () => {
  /** An IRTE that takes index 5 to vector 0x55 of the processor with APIC id 1, of this source only. */
  const entryOf = (sid: number): Uint32Array => encode(remappedIrte, { P: 1, V: 0x55, DST: 1 << 8, SVT: 1, SID: sid })
  function programInterrupts(sid: number): void {
    const { qtest, unit } = machine
    qtest.fill(irt, 0x1000)
    qtest.memwrite(irt + 5 * 16, bytesOf(entryOf(sid)))
    unit.setInterruptTable(irt | 7)
    unit.enable('IRE')
  }
  /** Remappable, handle 5. */
  const message = encode(remappableAddress, { FEE: 0xfee, FORMAT: 1, HANDLE: 5 })[0]!
  beforeAll(async () => {
    machine = await openMachine({ edus: [first, sourceId(0, 4, 0)], cpus: 2, monitor: true,
      trace: ['vtd_ir_irte_get', 'vtd_ir_remap', 'vtd_ir_remap_msi', 'apic_deliver_irq'] })
    programInterrupts(first)
  })
  afterAll(() => machine.close())

  it('of a device goes by its entry, seen in the trace and in the local APIC', async () => {
    const { edus: [edu], trace, monitor } = machine
    edu!.setMsi(message, 0)
    await trace.sync()
    edu!.interrupt()
    const events = await trace.sync()
    expect(events.map(({ name }) => name))
      .toEqual(['vtd_ir_irte_get', 'vtd_ir_remap', 'vtd_ir_remap_msi', 'apic_deliver_irq'])
    const got = events[0] as EventOf<'vtd_ir_irte_get'>
    expect([got.index, dwordsOf(got.low, got.high)]).toEqual([5, entryOf(first)])
    expect(events[1]).toMatchObject({ index: 5, vector: 0x55, dest: 1 })
    expect(events[3]).toMatchObject({ dest: 1, destMode: 0, deliveryMode: 0, vector: 0x55, triggerMode: 0 })
    expect(await monitor!.requested(1)).toEqual([0x55])
    expect(await monitor!.requested(0)).toEqual([])
  })
  it('of another source is blocked', async () => {
    const { edus: [, other], trace } = machine
    other!.setMsi(message, 0)
    await trace.sync()
    other!.interrupt()
    expect((await trace.sync()).map(({ name }) => name).filter(name => name !== 'vtd_ir_irte_get')).toEqual([])
  })
  it('is what a device writes to the interrupt range', async () => {
    const { edus: [edu], trace } = machine
    await trace.sync()
    await edu!.message(message, 0, 0x30_0000)
    expect((await trace.sync()).find(({ name }) => name === 'apic_deliver_irq'))
      .toMatchObject({ dest: 1, vector: 0x55 })
  })
  it('of the I/O APIC goes by its entry', async () => {
    const { ioapic, trace, qtest } = machine
    qtest.writeq(irt + 5 * 16 + 8, 0)
    const [entry] = qwordsOf(encode(ioapicEntry, { FORMAT: 1, INDEX: 5, V: 0x33 }))
    ioapic.setRte(7, entry!)
    expect(await ioapic.rte(7)).toBe(entry)
    await trace.sync()
    ioapic.pulse(7)
    expect((await trace.sync()).find(({ name }) => name === 'apic_deliver_irq'))
      .toMatchObject({ dest: 1, vector: 0x55 })
  })
})

describe.skipIf(absent !== null)('options', () => {
  const bit = (value: bigint, at: number): boolean => (value >> BigInt(at) & 1n) === 1n
  const rows = [
    ['39 bits', {}, { mgaw: 39n, sagaw: 2n, cm: false, sc: false, smts: false, eim: false }],
    ['48 bits', { addressWidth: 48 }, { mgaw: 48n, sagaw: 6n, cm: false, sc: false, smts: false, eim: false }],
    ['caching mode', { cachingMode: true }, { mgaw: 39n, sagaw: 2n, cm: true, sc: false, smts: false, eim: false }],
    ['snoop control, EIM', { snoopControl: true, eim: true },
      { mgaw: 39n, sagaw: 2n, cm: false, sc: true, smts: false, eim: true }],
    ['scalable mode', { scalable: true, addressWidth: 48 },
      { mgaw: 48n, sagaw: 6n, cm: false, smts: true, eim: false }],
  ] as const
  it.each(rows)('are what CAP and ECAP say: %s', async (_, options, expected) => {
    await withMachine(options, async ({ unit: { cap, ecap } }) => {
      expect({ mgaw: (cap >> 16n & 0x3fn) + 1n, sagaw: cap >> 8n & 0x1fn, cm: bit(cap, 7), sc: bit(ecap, 7),
        smts: bit(ecap, 43), eim: bit(ecap, 4) }).toMatchObject(expected)
    })
  })
})
