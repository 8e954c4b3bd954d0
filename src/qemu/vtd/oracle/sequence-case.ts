/** Cases of the sequences: what software and devices do one after the other, over tables that map everything at first.
 *  Plain data. */
import fc from 'fast-check'
import * as v from 'valibot'
import { contextEntry, descriptorLayouts, encode, put, registers, rootEntry } from '../../../../spec/vtd/index.ts'
import { often } from '../../oracle/draw.ts'
import { page, place } from '../../oracle/memory-map.ts'

/** Source ids: a function, and those beside it that differ in bit 2, bit 1 and bit 0 of the function number, which
 *  function masks leave out one by one; and a device on another bus. */
export const sequenceRequesters = [0x0018, 0x001c, 0x001a, 0x0019, 0x0100] as const
/** Those that most requests are of. */
const busy = [0, 0, 1, 1, 4, 4, 2, 3] as const
const firstDomain = [1, 2, 1, 1, 2] as const
const domains = 3
const levels = 3
/** Tables a level. */
const tables = [0, 4, 4, 2] as const
export const frames = 6

const whole = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most))
const device = whole(sequenceRequesters.length - 1)
const entry = v.object({
  do: v.literal('entry'), level: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(levels)), table: whole(3),
  slot: whole(1), to: whole(frames - 1),
  read: v.boolean(), write: v.boolean(), large: v.boolean(),
})
const context = v.object({ do: v.literal('context'), device, present: v.boolean(), fpd: v.boolean(), top: whole(1),
  did: whole(domains), bad: v.boolean() })
const root = v.object({ do: v.literal('root'), bus: whole(1), present: v.boolean() })
const dma = v.object({ do: v.literal('dma'), device, slots: v.strictTuple([whole(1), whole(1), whole(1)]),
  write: v.boolean() })
const invalidation = {
  granularity: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3)), did: whole(domains), device,
  functionMask: whole(3),
  slots: v.strictTuple([whole(1), whole(1), whole(1)]), addressMask: whole(18), hint: v.boolean(), drain: v.boolean(),
}
const invalidateContext = v.object({ do: v.literal('invalidate-context'), ...invalidation })
const invalidateIotlb = v.object({ do: v.literal('invalidate-iotlb'), ...invalidation })
const badWays = ['type', 'granularity', 'reserved-context', 'reserved-iotlb', 'reserved-wait', 'page-drain'] as const
const bad = v.object({ do: v.literal('bad-descriptor'), how: v.picklist(badWays) })
const mask = v.object({ do: v.literal('mask-events'), masked: v.boolean() })
const clear = v.object({ do: v.literal('clear-faults'), status: v.boolean() })

const stepSchema = v.variant('do', [entry, context, root, dma, invalidateContext, invalidateIotlb, bad, mask, clear])
export const sequenceCaseSchema = v.object({
  /** Invalidations by register: the queue is off. */
  registers: v.boolean(), steps: v.pipe(v.array(stepSchema), v.minLength(1), v.maxLength(120)),
})
export type SequenceCase = v.InferOutput<typeof sequenceCaseSchema>
export type Step = SequenceCase['steps'][number]
export type StepOf<D extends Step['do']> = Extract<Step, { readonly do: D }>
type Invalidation = StepOf<'invalidate-context' | 'invalidate-iotlb'>

export function sequenceCases(): fc.Arbitrary<SequenceCase> {
  const one = fc.nat(1), devices = fc.constantFrom(...busy), flag = fc.boolean()
  const slots = fc.tuple(often(0, 3, one), often(0, 2, one), one)
  const invalidating = <D extends Invalidation['do']>(what: D) => fc.record({
    do: fc.constant(what), granularity: fc.integer({ min: 1, max: 3 }), did: fc.nat(domains), device: devices,
    functionMask: often(0, 2, fc.nat(3)),
    slots, addressMask: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.constantFrom(1, 9, 10, 18), fc.nat(18)),
    hint: flag, drain: flag,
  })
  const steps: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.record({
      do: fc.constant('entry' as const), level: often(1, 2, fc.integer({ min: 2, max: levels })), table: fc.nat(3),
      slot: one, to: fc.nat(frames - 1),
      read: often(true, 2, flag), write: often(true, 2, flag), large: often(false, 5, flag),
    }) },
    { weight: 2, arbitrary: fc.record({
      do: fc.constant('context' as const), device: devices, present: often(true, 3, flag), fpd: often(false, 3, flag),
      top: one,
      did: fc.integer({ min: 1, max: domains }), bad: often(false, 9, flag),
    }) },
    { weight: 1, arbitrary: fc.oneof(
      fc.record({ do: fc.constant('root' as const), bus: one, present: often(true, 1, flag) }),
      fc.record({ do: fc.constant('mask-events' as const), masked: flag }),
      fc.record({ do: fc.constant('clear-faults' as const), status: flag }),
      fc.record({ do: fc.constant('bad-descriptor' as const), how: fc.constantFrom(...badWays) })) },
    { weight: 2, arbitrary: invalidating('invalidate-context') },
    { weight: 4, arbitrary: invalidating('invalidate-iotlb') },
    { weight: 12, arbitrary: fc.record({ do: fc.constant('dma' as const), device: devices, slots, write: flag }) })
  return fc.record({ registers: often(false, 2, flag),
    steps: fc.array(steps, { minLength: 1, maxLength: 120, size: 'max' }) })
}

/** Dwords to be stored at an address. */
export interface Store { readonly address: number; readonly dwords: Uint32Array }

/** The tables at first: both domains and all devices, everything mapped. */
export function firstStores(): readonly Store[] {
  const stores: Store[] = []
  for (const bus of [0, 1]) stores.push(...storesOf({ do: 'root', bus, present: true }))
  sequenceRequesters.forEach((_, i) => {
    const did = firstDomain[i]!
    stores.push(...storesOf({ do: 'context', device: i, present: true, fpd: false, top: did - 1, did, bad: false }))
  })
  for (let level = 1; level <= levels; level++)
    for (let table = 0; table < tables[level]!; table++) for (let slot = 0; slot <= 1; slot++)
      stores.push(...storesOf({ do: 'entry', level, table, slot, to: level === 3 ? 2 * table + slot : table + slot,
        read: true, write: true, large: false }))
  return [...stores, ...aside()]
}
/** In both domains pages of a way of their own, which no step touches, for what the harness moves itself:
 *  \`place.staging\` and the pages behind it. */
export const asideAt = 2 * 2 ** 30
function aside(): readonly Store[] {
  const to = (address: number): Uint32Array => Uint32Array.of(address + 3, 0)
  const own = 6
  return [
    ...[0, 1].map(table => ({ address: place.paging(3, table) + 8 * 2, dwords: to(place.paging(2, own)) })),
    { address: place.paging(2, own), dwords: to(place.paging(1, own)) },
    ...Array.from({ length: 1 + sequenceRequesters.length },
      (_, i) => ({ address: place.paging(1, own) + 8 * i, dwords: to(place.staging + i * page) })),
  ]
}

/** What a step stores in the tables. */
export function storesOf(step: Step): readonly Store[] {
  switch (step.do) {
    case 'root':
      return [{ address: place.root + 16 * step.bus,
        dwords: encode(rootEntry, { P: step.present ? 1 : 0, CTP: place.context(step.bus) / page }) }]
    case 'context': {
      const sid = sequenceRequesters[step.device]!
      const dwords = encode(contextEntry,
        { P: step.present ? 1 : 0, FPD: step.fpd ? 1 : 0, AW: 1, SSPTPTR: place.paging(levels, step.top) / page,
          DID: step.did })
      if (step.bad) put(contextEntry, dwords, 'AW', 5)
      return [{ address: place.context(sid >> 8) + 16 * (sid & 0xff), dwords }]
    }
    case 'entry':
      return [{ address: place.paging(step.level, step.table % tables[step.level]!) + 8 * step.slot,
        dwords: pagingEntry(step) }]
    default: return []
  }
}
function pagingEntry({ level, to, read, write, large }: StepOf<'entry'>): Uint32Array {
  return Uint32Array.of(targetOf(level, to, large) + (read ? 1 : 0) + (write ? 2 : 0) + (large ? 0x80 : 0), 0)
}
function targetOf(level: number, to: number, large: boolean): number {
  if (level === 1) return place.data + to * page
  if (!large) return place.paging(level - 1, to % tables[level - 1]!)
  return level === 2 ? place.large + to * 0x20_0000 : 0
}

/** Address of a request; each step has a dword of its own in every page, so that what was written by which can be
 *  told. */
export function addressAt(slots: StepOf<'dma'>['slots'], step: number): number {
  return slots[0] * 2 ** 30 + slots[1] * 2 ** 21 + slots[2] * page + 4 * step
}

/** The descriptor of an invalidation. */
export function descriptorOf(step: Invalidation): Uint32Array {
  const { granularity, did, device: index, functionMask, slots, addressMask, hint, drain } = step
  const paged = granularity === 3, ofDevice = paged ? { SID: sequenceRequesters[index]!, FM: functionMask } : {}
  if (step.do === 'invalidate-context')
    return encode(descriptorLayouts[1], { TYPE: 1, G: granularity, DID: did, ...ofDevice })
  const range = paged ? { AM: addressMask, IH: hint ? 1 : 0, ADDR: addressAt(slots, 0) / page } : {}
  return encode(descriptorLayouts[2],
    { TYPE: 2, G: granularity, DID: did, DR: drain ? 1 : 0, DW: drain ? 1 : 0, ...range })
}
/** The same by CCMD, or by IVA and IOTLB, in the order in which they are written. */
export function registerWritesOf(step: Invalidation): readonly (readonly [name: 'CCMD' | 'IVA'
  | 'IOTLB', value: bigint])[] {
  const { granularity, did, device: index, functionMask, slots, addressMask, hint, drain } = step
  const wide = ([low, high]: Uint32Array): bigint => BigInt(high!) << 32n | BigInt(low!)
  if (step.do === 'invalidate-context') {
    const sid = granularity === 3 ? sequenceRequesters[index]! : 0
    return [['CCMD', wide(encode(registers.CCMD.layout,
      { ICC: 1, CIRG: granularity, DID: did, SID: sid, FM: granularity === 3 ? functionMask : 0 }))]]
  }
  const range = encode(registers.IVA.layout, { AM: addressMask, IH: hint ? 1 : 0, ADDR: addressAt(slots, 0) / page })
  return [['IVA', wide(range)],
    ['IOTLB', wide(encode(registers.IOTLB.layout,
      { IVT: 1, IIRG: granularity, DID: did, DR: drain ? 1 : 0, DW: drain ? 1 : 0 }))]]
}
/** A descriptor that the queue must stop at. */
export function badDescriptor(how: StepOf<'bad-descriptor'>['how']): Uint32Array {
  switch (how) {
    case 'type': return encode(descriptorLayouts[1], { TYPE: 0xd })
    case 'granularity': return encode(descriptorLayouts[2], { TYPE: 2, G: 0 })
    case 'reserved-context': return withBit(encode(descriptorLayouts[1], { TYPE: 1, G: 1 }), 55)
    case 'reserved-iotlb': return withBit(encode(descriptorLayouts[2], { TYPE: 2, G: 1 }), 40)
    case 'reserved-wait':
      return withBit(encode(descriptorLayouts[5], { TYPE: 5, SW: 1, STATUS: place.status / 4 + 8 }), 20)
    case 'page-drain': return encode(descriptorLayouts[5], { TYPE: 5, SW: 1, PD: 1, STATUS: place.status / 4 + 8 })
  }
}
function withBit(words: Uint32Array, bit: number): Uint32Array {
  words[bit >>> 5] = (words[bit >>> 5]! | 1 << (bit & 31)) >>> 0
  return words
}
