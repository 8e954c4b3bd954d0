/** Cases of the interrupts: a table as deviations from one whose entries all deliver, and messages. Plain data. */
import fc from 'fast-check'
import * as v from 'valibot'
import {
  compatibilityAddress, compatibilityData, encode, remappableAddress, remappedIrte,
} from '../../../../spec/vtd/index.ts'
import { often } from '../../oracle/draw.ts'
import { place, setBits } from '../../oracle/memory-map.ts'
import type { TableMemory } from '../../oracle/memory-map.ts'
import { requesters } from './walk-case.ts'

const whole = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most))
export const entries = 64

/** Of tables that end where entries go on. */
const sizes = [0, 2, 4] as const

/** An entry: its fields, and `bits` that are set besides. `dst`: a 32-bit id; of it the lowest byte is the 8-bit id,
 *  the rest then lies in reserved bits. */
const irteSchema = v.object({
  slot: whole(entries - 1), present: v.boolean(), fpd: v.boolean(), posted: v.boolean(), dm: v.boolean(),
  rh: v.boolean(), tm: v.boolean(), dlm: whole(7),
  vector: whole(255), dst: whole(0xffff_ffff), sid: whole(0xffff), sq: whole(3), svt: whole(3),
  bits: v.array(whole(127)),
})
const messageSchema = v.object({
  device: whole(requesters.length - 1),
  /** `msi`: the function's own message, of 16 bits. `dma`: a dword that it writes. */
  via: v.picklist(['msi', 'dma']), remappable: v.boolean(), handle: whole(0xffff), subhandle: v.boolean(),
  data: whole(0xffff_ffff),
  /** Of the compatibility format. */
  dst: whole(255), rh: v.boolean(), dm: v.boolean(),
})
export const interruptCaseSchema = v.object({
  eime: v.boolean(), cfi: v.boolean(), size: whole(15), irtes: v.array(irteSchema),
  messages: v.pipe(v.array(messageSchema), v.minLength(1)),
})
export type InterruptCase = v.InferOutput<typeof interruptCaseSchema>
export type Message = InterruptCase['messages'][number]
type IrteCase = InterruptCase['irtes'][number]

/** No processor of the machine has one of these ids in its lowest byte: an NMI or INIT that arrives would make it
 *  run. */
const ids = [1, 2, 5, 0x12, 0x7e, 0x80, 0xfe] as const
const id = fc.constantFrom(...ids)
const destination = fc.oneof(
  { weight: 3, arbitrary: id },
  {
    weight: 2, arbitrary: fc.tuple(id, fc.constantFrom(1, 0x1234, 0xffff, 0xff_ffff))
      .map(([one, high]) => high * 0x100 + one),
  })

/** Whom an entry is for: anyone, one of the devices or its other functions, a range of buses (SID has both ends), or no
 *  one there is. */
const source = (devices: readonly number[]) => fc.record({
  svt: fc.constantFrom(0, 1, 1, 1, 2, 3), sq: fc.nat(3),
  sid: fc.oneof({
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom(...devices.map(device => requesters[device]!)), often(0, 1, fc.nat(7)))
      .map(([sid, bits]) => sid ^ bits),
  },
  { weight: 2, arbitrary: fc.tuple(fc.nat(5), fc.nat(5)).map(([from, to]) => from << 8 | to) }, fc.nat(0xffff)),
})

/** @param eim whether the unit has extended interrupt mode. */
export const interruptCases = (eim: boolean): fc.Arbitrary<InterruptCase> =>
  // Few, so that the entries they use are meant for one of them.
  fc.subarray(requesters.map((_, device) => device), { minLength: 1, maxLength: 4 })
    .chain(devices => casesOf(eim, devices))

function casesOf(eim: boolean, devices: readonly number[]): fc.Arbitrary<InterruptCase> {
  const irte: fc.Arbitrary<IrteCase> = fc.tuple(source(devices), fc.record({
    slot: fc.nat(entries - 1), present: often(true, 6, fc.boolean()), fpd: fc.boolean(),
    posted: often(false, 12, fc.boolean()),
    dm: fc.boolean(), rh: fc.boolean(), tm: fc.boolean(),
    dlm: often(0, 2, fc.nat(7)), vector: fc.integer({ min: 16, max: 255 }), dst: destination,
    // Neither IM nor vector and destination, which are drawn above.
    bits: often<number[]>([], 6,
      fc.array(fc.nat(127).filter(bit => bit !== 15 && (bit < 16 || bit > 63)), { minLength: 1, maxLength: 2 })),
  })).map(([of, entry]) => ({ ...entry, ...of }))
  const message: fc.Arbitrary<Message> = fc.record({
    device: fc.constantFrom(...devices), via: often('msi', 5, fc.constant<'dma'>('dma')),
    remappable: often(true, 8, fc.boolean()),
    handle: fc.oneof(
      { weight: 8, arbitrary: fc.nat(entries / 2 - 1) },
      fc.constantFrom(...sizes.flatMap(size => [2 ** (size + 1) - 1, 2 ** (size + 1)])),
      fc.integer({ min: entries / 2, max: 0xffff }), fc.integer({ min: 0xfff0, max: 0xffff })),
    subhandle: fc.boolean(), data: fc.oneof({ weight: 6, arbitrary: fc.nat(31) }, fc.nat(0xffff),
      // Reserved bits beside an index that is there.
      { weight: 3, arbitrary: fc.tuple(fc.nat(31), fc.nat(0xffff)).map(([low, high]) => high * 0x1_0000 + low) }),
    dst: id, rh: fc.boolean(), dm: fc.boolean(),
  })
  return fc.record({
    eime: eim ? fc.boolean() : fc.constant(false), cfi: fc.boolean(),
    size: fc.oneof({ weight: 4, arbitrary: fc.constant(5) }, fc.constantFrom(...sizes, 6, 15, 15)),
    irtes: fc.array(irte, { maxLength: entries, size: 'max' }),
    messages: fc.array(message, { minLength: 1, maxLength: 128, size: 'max' }),
  })
}

/** Address and data of a message, as they are on the bus. */
export function wordsOfMessage(one: Message): { readonly address: number; readonly data: number } {
  const data = one.via === 'msi' ? one.data & 0xffff : one.data
  const bit = (value: boolean): number => value ? 1 : 0
  if (!one.remappable) {
    const address = encode(compatibilityAddress, { FEE: 0xfee, DST: one.dst, RH: bit(one.rh), DM: bit(one.dm) })[0]!
    return {
      address, data: one.via === 'msi' ? data
        : encode(compatibilityData, { V: data & 0xff, DLM: data >>> 8 & 7, LEVEL: 1, TM: data >>> 15 & 1 })[0]!,
    }
  }
  const address = encode(remappableAddress,
    { FEE: 0xfee, FORMAT: 1, HANDLE: one.handle & 0x7fff, HANDLEH: one.handle >>> 15, SHV: bit(one.subhandle) })[0]!
  return { address, data }
}

const plainIrte = { present: true, fpd: false, posted: false, dm: false, rh: false, tm: false, dlm: 0, sid: 0, sq: 0,
  svt: 0, bits: [] }

export function writeInterruptTable(memory: TableMemory, { irtes, eime }: InterruptCase): void {
  for (let slot = 0; slot < entries; slot++) {
    const dst = ids[slot % ids.length]!
    writeIrte(memory, eime, { ...plainIrte, slot, vector: 0x40 + slot, dst })
  }
  for (const one of irtes) writeIrte(memory, eime, one)
}
function writeIrte(memory: TableMemory, eime: boolean, one: IrteCase): void {
  const bit = (value: boolean): number => value ? 1 : 0
  const words = encode(remappedIrte, {
    P: bit(one.present), FPD: bit(one.fpd), DM: bit(one.dm), RH: bit(one.rh), TM: bit(one.tm), DLM: one.dlm,
    IM: bit(one.posted),
    V: one.vector, DST: eime ? one.dst : lowBytesSwapped(one.dst), SID: one.sid, SQ: one.sq, SVT: one.svt,
  })
  memory.put(place.interruptTable + 16 * one.slot, setBits(words, one.bits))
}
const lowBytesSwapped = (id: number): number => (id & 0xffff_0000 | (id & 0xff) << 8 | id >>> 8 & 0xff) >>> 0
