/** Cases of the interrupts: device table and interrupt tables as deviations from ones that deliver everything, and
 *  messages. Plain data. */
import fc from 'fast-check'
import * as v from 'valibot'
import { deviceTableEntry, encode, irte128, irte32 } from '../../../../spec/amdvi/index.ts'
import { often } from '../../oracle/draw.ts'
import { setBits } from '../../oracle/memory-map.ts'
import type { RamImage } from '../../oracle/memory-map.ts'
import { at, outside, requesters } from './walk-case.ts'

const index = (count: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(count - 1))
const tables = 4, usualLength = 5
/** Entries that are written, beyond those of a usual table. */
const entries = 64
const bitList = v.array(index(256))

const deviceSchema = v.object({
  device: index(requesters.length), valid: v.boolean(), control: index(4), length: index(16), table: index(tables),
  ignored: v.boolean(), init: v.boolean(), extInt: v.boolean(), nmi: v.boolean(), bits: bitList,
})
const entrySchema = v.object({
  table: index(tables), slot: index(entries), enabled: v.boolean(), suppressed: v.boolean(), type: index(8),
  logical: v.boolean(), guest: v.boolean(), destination: index(256), vector: index(256), bits: bitList,
})
const messageSchema = v.object({ device: index(requesters.length), destination: index(256), logical: v.boolean(),
  data: index(0x1_0000) })
export const interruptCaseSchema = v.object({
  devices: v.array(deviceSchema), entries: v.array(entrySchema),
  messages: v.pipe(v.array(messageSchema), v.minLength(1)),
})
export type InterruptCase = v.InferOutput<typeof interruptCaseSchema>
type DeviceCase = InterruptCase['devices'][number]
type EntryCase = InterruptCase['entries'][number]

/** No processor of the machine has one of these ids: an NMI or INIT that arrives would make it run. */
const ids = [1, 2, 5, 0x12, 0x7e, 0x80, 0xfe] as const
const id = fc.constantFrom(...ids)
const noBits: number[] = []
const bits = (from: number, to: number): fc.Arbitrary<number[]> =>
  often(noBits, 5, fc.array(fc.integer({ min: from, max: to }), { minLength: 1, maxLength: 2 }))

/** `wide`: entries of 128 bits. */
export function interruptCases(wide: boolean): fc.Arbitrary<InterruptCase> {
  const flag = fc.boolean()
  const device: fc.Arbitrary<DeviceCase> = fc.record({
    device: fc.nat(outside - 1), valid: often(true, 5, flag), control: often(2, 3, fc.nat(3)),
    length: often(usualLength, 2, fc.nat(15)), table: fc.nat(tables - 1), ignored: flag,
    init: flag, extInt: flag, nmi: flag, bits: bits(180, 255),
  })
  const entry: fc.Arbitrary<EntryCase> = fc.record({
    table: fc.nat(tables - 1), slot: fc.nat(entries - 1), enabled: often(true, 5, flag), suppressed: flag,
    type: often(0, 2, fc.nat(7)), logical: flag, guest: often(false, 8, flag), destination: id,
    vector: fc.integer({ min: 16, max: 255 }), bits: bits(wide ? 32 : 24, wide ? 127 : 31),
  })
  const message = fc.record({
    device: fc.nat(outside - 1), destination: id, logical: flag,
    data: fc.oneof({ weight: 8, arbitrary: fc.nat(31) }, { weight: 2, arbitrary: fc.integer({ min: 32, max: 255 }) },
      { weight: 2, arbitrary: fc.tuple(fc.nat(63), fc.nat(7)).map(([low, mode]) => mode << 8 | low) },
      fc.nat(0xffff)),
  })
  return fc.record({
    devices: fc.array(device, { maxLength: 8, size: 'max' }), entries: fc.array(entry, { maxLength: 48, size: 'max' }),
    messages: fc.array(message, { minLength: 1, maxLength: 96, size: 'max' }),
  })
}

/** Address and data of a message, as they are on the bus. */
export const wordsOfMessage = ({ destination, logical, data }: InterruptCase['messages'][number]) =>
  ({ address: (0xfee0_0000 | destination << 12 | (logical ? 4 : 0)) >>> 0, data })

/** All tables of a case; DMA passes untranslated. */
export function writeInterruptTables(memory: RamImage, one: InterruptCase, wide: boolean): void {
  for (let table = 0; table < tables; table++) for (let slot = 0; slot < entries; slot++)
    writeEntry(memory, wide, { table, slot, enabled: true, suppressed: false, type: 0, logical: false, guest: false,
      destination: ids[(slot + table) % ids.length]!, vector: 0x40 + slot, bits: [] })
  for (const entry of one.entries) writeEntry(memory, wide, entry)
  for (let device = 0; device < outside; device++)
    writeDevice(memory, { device, valid: true, control: 2, length: usualLength, table: device % tables,
      ignored: false, init: false, extInt: false, nmi: false, bits: [] })
  for (const device of one.devices) writeDevice(memory, device)
}
function writeDevice(memory: RamImage, one: DeviceCase): void {
  const words = encode(deviceTableEntry, { IV: +one.valid, INTCTL: one.control, INTTABLEN: one.length,
    INTROOT: at.interruptTable(one.table) / 64, IG: +one.ignored, INITPASS: +one.init, EINTPASS: +one.extInt,
    NMIPASS: +one.nmi })
  memory.put(at.deviceTable + 32 * requesters[one.device]!, setBits(words, one.bits))
}
function writeEntry(memory: RamImage, wide: boolean, one: EntryCase): void {
  const same = { REMAPEN: +one.enabled, SUPIOPF: +one.suppressed, INTTYPE: one.type, DM: +one.logical,
    GUESTMODE: +one.guest, VECTOR: one.vector }
  const words = wide ? encode(irte128, { ...same, DESTL: one.destination })
    : encode(irte32, { ...same, DEST: one.destination })
  memory.put(at.interruptTable(one.table) + (wide ? 16 : 4) * one.slot, setBits(words, one.bits))
}
