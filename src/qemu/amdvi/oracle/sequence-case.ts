/** Cases of the sequences: what software and devices do one after the other, over tables that map everything at first.
 *  Plain data. */
import fc from 'fast-check'
import * as v from 'valibot'
import { commandFor, commandLayouts, deviceTableEntry, encode, hostPage } from '../../../../spec/amdvi/index.ts'
import { often } from '../../oracle/draw.ts'
import { page, place } from '../../oracle/memory-map.ts'
import { at } from './walk-case.ts'

/** DeviceIDs: the first and the last begin in domain 1, the other in domain 2. */
export const sequenceRequesters = [0x0018, 0x0020, 0x0028] as const
const firstDomain = [1, 2, 1] as const
const domains = 3, levels = 3
/** Tables a level. */
const tables = [0, 4, 4, 2] as const
const frames = 6
export const mostSteps = 120

const whole = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most))
const device = whole(sequenceRequesters.length - 1), slots = v.strictTuple([whole(1), whole(1), whole(1)])
const entry = v.object({ do: v.literal('entry'),
  level: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(levels)),
  table: whole(3), slot: whole(1), to: whole(frames - 1), present: v.boolean(), read: v.boolean(), write: v.boolean(),
  large: v.boolean() })
const deviceStep = v.object({ do: v.literal('device'), device, valid: v.boolean(), domain: whole(domains),
  top: whole(1) })
const dma = v.object({ do: v.literal('dma'), device, slots, write: v.boolean() })
const invalidateDevice = v.object({ do: v.literal('invalidate-device'), device })
/** `pages`: so many times doubled; null: all of the domain. */
const invalidatePages = v.object({ do: v.literal('invalidate-pages'), domain: whole(domains), slots,
  doubled: v.nullable(whole(18)), directories: v.boolean() })
const plain = v.object({ do: v.picklist(['invalidate-all', 'bad-command']) })
const stepSchema = v.variant('do', [entry, deviceStep, dma, invalidateDevice, invalidatePages, plain])
export const sequenceCaseSchema =
  v.object({ steps: v.pipe(v.array(stepSchema), v.minLength(1), v.maxLength(mostSteps)) })
export type SequenceCase = v.InferOutput<typeof sequenceCaseSchema>
export type Step = SequenceCase['steps'][number]
export type StepOf<D extends Step['do']> = Extract<Step, { readonly do: D }>

export function sequenceCases(): fc.Arbitrary<SequenceCase> {
  const one = fc.nat(1), flag = fc.boolean(), devices = fc.nat(sequenceRequesters.length - 1)
  const where = fc.tuple(often(0, 3, one), often(0, 2, one), one)
  const domain = fc.integer({ min: 1, max: domains })
  const steps: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.record({
      do: fc.constant('entry' as const), level: often(1, 2, fc.integer({ min: 2, max: levels })), table: fc.nat(3),
      slot: one, to: fc.nat(frames - 1), present: often(true, 4, flag), read: often(true, 2, flag),
      write: often(true, 2, flag), large: often(false, 5, flag),
    }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('device' as const), device: devices,
      valid: often(true, 4, flag), domain, top: one }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('invalidate-device' as const), device: devices }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('invalidate-pages' as const), domain, slots: where,
      doubled: fc.oneof(fc.constant(0), fc.constant(null), fc.nat(18)), directories: flag }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('invalidate-all' as const, 'bad-command' as const) }) },
    { weight: 12, arbitrary: fc.record({ do: fc.constant('dma' as const), device: devices, slots: where,
      write: flag }) })
  return fc.record({ steps: fc.array(steps, { minLength: 1, maxLength: mostSteps, size: 'max' }) })
}

export interface Store { readonly address: number; readonly dwords: Uint32Array }
/** The tables at first: both domains and all devices, everything mapped. */
export function firstStores(): readonly Store[] {
  const stores = sequenceRequesters.flatMap((_, i) => storesOf({ do: 'device', device: i, valid: true,
    domain: firstDomain[i]!, top: firstDomain[i]! - 1 }))
  for (let level = 1; level <= levels; level++)
    for (let table = 0; table < tables[level]!; table++) for (let slot = 0; slot <= 1; slot++)
      stores.push(...storesOf({ do: 'entry', level, table, slot, to: level === 3 ? 2 * table + slot : table + slot,
        present: true, read: true, write: true, large: false }))
  return stores
}
/** What a step stores in the tables. */
export function storesOf(step: Step): Store[] {
  if (step.do === 'device') return [{ address: at.deviceTable + 32 * sequenceRequesters[step.device]!,
    dwords: encode(deviceTableEntry, step.valid ? { V: 1, TV: 1, MODE: levels, IR: 1, IW: 1, DOMAIN: step.domain,
      ROOT: place.paging(levels, step.top) / page } : {}) }]
  if (step.do !== 'entry') return []
  const { level, table, slot, to, present, read, write, large } = step, leaf = level === 1 || large
  const target = leaf ? frameAt(level, to) : place.paging(level - 1, to % tables[level - 1]!)
  return [{ address: place.paging(level, table % tables[level]!) + 8 * slot,
    dwords: encode(hostPage,
      { PR: +present, IR: +read, IW: +write, NEXT: leaf ? 0 : level - 1, ADDR: target / page }) }]
}
const frameAt = (level: number, to: number): number => {
  if (level === 1) return place.data + to * page
  return level === 2 ? place.large + to * 0x20_0000 : 0
}
/** Pages that a DMA of a case can reach. */
export const reachable: readonly number[] = [
  ...Array.from({ length: frames }, (_, i) => frameAt(1, i)),
  ...Array.from({ length: frames }, (_, i) => [frameAt(2, i), frameAt(2, i) + page]).flat(),
  0, page, 0x20_0000, 0x20_0000 + page,
]

/** Each step has a dword of its own in every page. */
export const addressAt = (where: StepOf<'dma'>['slots'], step: number): number =>
  where[0] * 2 ** 30 + where[1] * 2 ** 21 + where[2] * page + 4 * step

/** The pages (of 4 KiB) that an invalidation names. */
export function namedBy({ slots: where,
  doubled }: StepOf<'invalidate-pages'>): { readonly page: number; readonly s: boolean } {
  const whole = 0x7_ffff_ffff_ffff
  if (doubled === null) return { page: whole, s: true }
  const pages = 2 ** doubled, first = Math.floor(addressAt(where, 0) / page / pages) * pages
  return commandFor(first, first + pages - 1)
}
/** The command of a step; null where it is none. */
export function commandOf(step: Step): Uint32Array | null {
  switch (step.do) {
    case 'invalidate-device': return encode(commandLayouts[2], { OP: 2, DEVICE: sequenceRequesters[step.device]! })
    case 'invalidate-pages': {
      const named = namedBy(step)
      const words = encode(commandLayouts[3], { OP: 3, DOMAIN: step.domain, S: +named.s, PDE: +step.directories })
      const address = BigInt(named.page) << 12n
      words[2] = (words[2]! | Number(address & 0xffff_f000n)) >>> 0
      words[3] = Number(address >> 32n & 0xffff_ffffn)
      return words
    }
    case 'invalidate-all': return encode(commandLayouts[8], { OP: 8 })
    case 'bad-command': return Uint32Array.of(0, 0xf000_0000, 0, 0)
    default: return null
  }
}
