/** Cases of the walks: tables as deviations from ones that map everything, and requests. Plain data: fast-check makes
 *  and shrinks it, files keep it. */
import fc from 'fast-check'
import * as v from 'valibot'
import {
  contextEntry, encode, firstStageLeaf, pasidDirectoryEntry, pasidEntry, put, rootEntry,
  scalableContextEntry, scalableRootEntry,
} from '../../../../spec/vtd/index.ts'
import { often } from '../../oracle/draw.ts'
import { page, place, setBits } from '../../oracle/memory-map.ts'
import type { TableMemory } from '../../oracle/memory-map.ts'

/** Source ids of the requesters: two buses more than bus 0, functions beside each other, both halves of a scalable-mode
 *  root entry. */
export const requesters = [
  0x0018, 0x0019, 0x0020, 0x0028, 0x0080, 0x0088, 0x00b8, 0x00b9, 0x0100, 0x0101, 0x0107, 0x0200, 0x0201, 0x0300,
  0x0400, 0x0500,
] as const
const buses = [...new Set(requesters.map(sid => sid >> 8))]

/** Places in a paging table that requests use. */
const slots = [0, 1, 17, 511] as const
const tablesALevel = 3
const targets = ['next0', 'next1', 'next2', 'hole', 'interrupts', 'below', 'above', 'wide'] as const
type Target = (typeof targets)[number]

const bitList = v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(511)))
const index = (count: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(count - 1))

/** An entry of the root, context, PASID directory or PASID table that is not as usual. `bits` are set in it besides. */
const topSchema = v.object({
  of: v.picklist(['root', 'context', 'directory', 'pasid']), device: index(requesters.length), present: v.boolean(),
  fpd: v.boolean(),
  /** TT of a context entry, PGTT of a PASID entry. */
  kind: index(8), aw: index(8), to: v.picklist(targets), bits: bitList,
})
const pagingSchema = v.object({
  level: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4)), table: index(tablesALevel),
  slot: index(slots.length),
  read: v.boolean(), write: v.boolean(), large: v.boolean(), to: v.picklist(targets), bits: bitList,
  /** First stage: U/S is 0. */
  supervisor: v.optional(v.boolean()),
})
const requestSchema = v.object({
  device: index(requesters.length), slots: v.strictTuple([index(4), index(4), index(4), index(4)]), dword: index(64),
  write: v.boolean(),
  /** A bit that is set in the address besides: beyond what tables index. */
  beyond: v.nullable(index(64)),
  /** First stage: bits 63:48 are as bit 47, so that the address is canonical. */
  canonical: v.optional(v.boolean()),
})
/** What software invalidates between two rounds of requests; see `first-stage.ts`. `absent`: the device whose PASID
 *  entry has lost its P before that. */
const invalidationSchema = v.object({
  absent: v.optional(index(requesters.length)),
  do: v.picklist(['iotlb', 'pasid-iotlb', 'pasid-cache']), granularity: index(3), did: index(4), pasid: index(2),
  slots: v.strictTuple([index(4), index(4), index(4), index(4)]), addressMask: index(19), hint: v.boolean(),
})
export const walkCaseSchema = v.object({
  /** The root table is where nothing answers. */
  noRoot: v.boolean(), tops: v.array(topSchema), paging: v.array(pagingSchema),
  requests: v.pipe(v.array(requestSchema), v.minLength(1)),
  /** First stage: after each round one of them in turn; none invalidates the whole IOTLB. */
  invalidations: v.optional(v.array(invalidationSchema)),
})
export type WalkInvalidation = v.InferOutput<typeof invalidationSchema>
export type WalkCase = v.InferOutput<typeof walkCaseSchema>
export type WalkRequest = WalkCase['requests'][number]
type Top = WalkCase['tops'][number]
type Paging = WalkCase['paging'][number]

/** `firstStage`: the paging tables are of first stage; of scalable mode with 48 bits alone. */
export interface WalkShape {
  readonly scalable: boolean; readonly firstStage?: boolean; readonly addressWidth: 39 | 48
}

const noBits: number[] = []
/** A word of ones, as what reads from nowhere often is. */
const allBits = Array.from({ length: 64 }, (_, bit) => bit)
const bits = (most: number, weight: number): fc.Arbitrary<number[]> => often(noBits, weight, fc.oneof(
  { weight: 9, arbitrary: fc.array(fc.integer({ min: 2, max: most }), { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.constant(allBits) }))
const next = fc.constantFrom<Target>('next0', 'next1', 'next2')
const target = fc.oneof({ weight: 6, arbitrary: next }, { weight: 4, arbitrary: fc.constantFrom(...targets) })

/** DTE, PASIDE, PRE, RID_PASID: what only some units have. */
const contextBits = fc.oneof(bits(255, 3), fc.constantFrom(2, 3, 4).map(bit => [bit]),
  fc.integer({ min: 64, max: 83 }).map(bit => [bit]))

export function walkCases({ scalable, firstStage = false, addressWidth }: WalkShape): fc.Arbitrary<WalkCase> {
  const usualAw = addressWidth === 48 ? 2 : 1
  // Requests of few devices to few pages find in the IOTLB what others have left there.
  const few = firstStage ? often(0, 3, slot) : slot, upper = firstStage ? few : often(0, 1, slot)
  const anyDevice = fc.nat(requesters.length - 1)
  const top = (of: Top['of'], width: number, usualKind: number, kinds: number,
    extra = bits(width - 1, 3)): fc.Arbitrary<Top> => fc.record({
    of: fc.constant(of), device: fc.nat(requesters.length - 1), present: often(true, 5, fc.boolean()),
    fpd: fc.boolean(),
    kind: often(usualKind, 4, fc.nat(kinds)), aw: often(usualAw, 4, fc.nat(7)),
    to: fc.oneof({ weight: 8, arbitrary: next }, { weight: 1, arbitrary: fc.constant<Target>('hole') }), bits: extra,
  })
  const tops = scalable
    ? fc.oneof(top('root', 128, 0, 0), top('context', 256, 0, 0, contextBits), top('directory', 64, 0, 0),
      { weight: 4, arbitrary: top('pasid', 512, firstStage ? 1 : 2, 7) })
    : fc.oneof({ weight: 1, arbitrary: top('root', 128, 0, 0) }, { weight: 6, arbitrary: top('context', 128, 0, 3) })
  const paging: fc.Arbitrary<Paging> = fc.record({
    level: fc.integer({ min: 1, max: 4 }), table: fc.nat(tablesALevel - 1), slot: few,
    read: often(true, 2, fc.boolean()), write: often(true, 2, fc.boolean()), large: fc.boolean(), to: target,
    bits: bits(63, 2), ...firstStage ? { supervisor: often(false, 6, fc.constant(true)) } : {},
  })
  const request: fc.Arbitrary<WalkRequest> = fc.record({
    device: firstStage ? fc.oneof(fc.nat(3), anyDevice) : anyDevice,
    slots: fc.tuple(upper, upper, few, few),
    dword: fc.nat(63), write: fc.boolean(),
    beyond: often(null, 24, fc.integer({ min: addressWidth === 48 ? 39 : 38, max: 63 })),
    ...firstStage ? { canonical: often(true, 5, fc.constant(false)) } : {},
  })
  const invalidation: fc.Arbitrary<WalkInvalidation> = fc.record({
    absent: often(undefined, 6, fc.nat(3)),
    do: fc.constantFrom('iotlb', 'pasid-iotlb', 'pasid-cache'), granularity: fc.constantFrom(0, 1, 2, 2),
    did: fc.nat(3),
    pasid: often(0, 4, fc.constant(1)), slots: fc.tuple(often(0, 1, slot), often(0, 1, slot), few, few),
    addressMask: often(0, 1, fc.nat(18)), hint: fc.boolean(),
  })
  return fc.record({
    noRoot: often(false, 60, fc.constant(true)),
    tops: fc.array(tops, { maxLength: 10, size: 'max' }), paging: fc.array(paging, { maxLength: 24, size: 'max' }),
    requests: fc.array(request, { minLength: 1, maxLength: 128, size: 'max' }),
    ...firstStage ? { invalidations: fc.array(invalidation, { maxLength: 12, size: 'max' }) } : {},
  })
}
const slot = fc.nat(slots.length - 1)

/** What a device asks for: an address, exact as a number. Each device has dwords of its own in every page, so that none
 *  overwrites what another wrote. */
export function addressOf({ device, slots: at, dword, beyond, canonical = false }: WalkRequest,
  levels: number): number {
  let address = pageAt(at, levels)
  if (canonical && address >= 2 ** 47) address += 2 ** 64 - 2 ** 48
  if (beyond !== null && Math.floor(address / 2 ** beyond) % 2 === 0) address += 2 ** beyond
  // What a number cannot hold is left out.
  return address < 2 ** 52 ? address + 4 * (dword * requesters.length + device) : address
}

export function pageAt(at: WalkRequest['slots'], levels: number): number {
  let address = 0
  for (let level = levels; level >= 1; level--) address += slots[at[4 - level]!]! * 2 ** (12 + 9 * (level - 1))
  return address
}

/** Where an entry at `level` points to. */
function resolve(to: Target, level: number, large: boolean, haw: number): number {
  // A table that is read from the interrupt range would tell of the machine, not of its unit.
  if (level > 1 && !large && ['interrupts', 'below', 'above'].includes(to)) return place.hole
  switch (to) {
    case 'hole': return place.hole
    case 'wide': return 2 ** haw
    // The neighbours of the interrupt range, and in it; for large pages the page that holds it.
    case 'interrupts': return !large || level === 2 ? 0xfee0_0000 : 0xc000_0000
    case 'below': return large ? place.large : 0xfedf_f000
    case 'above': return large ? place.hole : 0xfef0_0000
    default: {
      const n = Number(to.at(-1))
      if (level === 1) return place.data + n * page
      if (large && level === 2) return place.large + n * 0x20_0000
      return large && level === 3 ? n * 0x4000_0000 : place.paging(level - 1, n)
    }
  }
}
const large64 = 1 << 7

/** Writes the tables of a case: those that map everything, then what it has otherwise. */
export function writeTables(memory: TableMemory, one: WalkCase,
  { scalable, firstStage = false, addressWidth }: WalkShape): void {
  const writePaging = firstStage ? writeFirstStage : writeSecondStage
  const usual = (level: number, table: number, at: number): Paging =>
    ({ level, table, slot: at, read: true, write: true, large: false, to: `next${at % 3}` as Target, bits: [] })
  for (let level = 1; level <= 4; level++)
    for (let table = 0; table < tablesALevel; table++)
      for (let at = 0; at < slots.length; at++) writePaging(memory, usual(level, table, at), addressWidth)
  for (const entry of one.paging) writePaging(memory, entry, addressWidth)
  const secondStage = scalable ? 2 : 0, usualKind = firstStage ? 1 : secondStage
  const usualTop = (of: Top['of'], device: number): Top => ({
    of, device, present: true, fpd: false, kind: usualKind, aw: addressWidth === 48 ? 2 : 1,
    to: `next${device % 3}` as Target, bits: [],
  })
  const write = scalable ? writeScalableTop : writeLegacyTop
  for (const bus of buses) write(memory, usualTop('root', requesters.findIndex(sid => sid >> 8 === bus)), addressWidth)
  requesters.forEach((_, device) => {
    for (const of of scalable ? ['context', 'directory', 'pasid'] as const : ['context'] as const)
      write(memory, usualTop(of, device), addressWidth)
  })
  for (const top of one.tops) write(memory, top, addressWidth)
}
function writeSecondStage(memory: TableMemory, { level, table, slot: at, read, write, large, to, bits: extra }: Paging,
  haw: number): void {
  const address = resolve(to, level, large, haw)
  const words = Uint32Array.of((address % 2 ** 32 | (read ? 1 : 0) | (write ? 2 : 0) | (large ? large64 : 0)) >>> 0,
    Math.floor(address / 2 ** 32))
  memory.put(pagingEntry(level, table, at), setBits(words, extra))
}
/** `read` is P. The first two places have been accessed before, the first has been written. */
function writeFirstStage(memory: TableMemory,
  { level, table, slot: at, read, write, large, to, bits: extra, supervisor = false }: Paging, haw: number): void {
  const address = resolve(to, level, large, haw), isLeaf = level === 1 || large
  const words = encode(firstStageLeaf[1], { P: read ? 1 : 0, RW: write ? 1 : 0, US: supervisor ? 0 : 1,
    A: at < 2 ? 1 : 0, D: isLeaf && at === 0 ? 1 : 0, PAT: large ? 1 : 0, ADDR: pageOf(address) })
  memory.put(pagingEntry(level, table, at), setBits(words, extra))
}
const pagingEntry = (level: number, table: number, at: number): number => place.paging(level, table) + 8 * slots[at]!
/** Where all entries of the paging tables stand that requests use. */
export const pagingEntries: readonly number[] = [1, 2, 3, 4].flatMap(level =>
  Array.from({ length: tablesALevel }, (_, table) => slots.map((_slot, at) => pagingEntry(level, table, at))).flat())
const pageOf = (address: number): number => address / page

function writeLegacyTop(memory: TableMemory, { of, device, present, fpd, kind, aw, to, bits: extra }: Top,
  haw: number): void {
  const sid = requesters[device]!, bus = sid >> 8
  const P = present ? 1 : 0
  if (of === 'root') {
    const table = to.startsWith('next') ? place.context(bus) : resolve(to, 4, false, haw)
    memory.put(place.root + 16 * bus, setBits(encode(rootEntry, { P, CTP: pageOf(table) }), extra))
    return
  }
  const top = resolve(to, aw === 2 ? 5 : 4, false, haw)
  const entry = encode(contextEntry, { P, FPD: fpd ? 1 : 0, TT: kind, AW: aw, SSPTPTR: pageOf(top), DID: device + 1 })
  memory.put(place.context(bus) + 16 * (sid & 0xff), setBits(entry, extra))
}

/** Every device has a PASID directory and a PASID table of its own, in the page that all share: PASID 0 stands first in
 *  both. */
function writeScalableTop(memory: TableMemory, { of, device, present, fpd, kind, aw, to, bits: extra }: Top,
  haw: number): void {
  const sid = requesters[device]!, bus = sid >> 8, fn = sid & 0xff
  const P = present ? 1 : 0, FPD = fpd ? 1 : 0
  const aside = (own: number): number => pageOf(to.startsWith('next') ? own : resolve(to, 4, false, haw))
  switch (of) {
    case 'root': {
      const lower = aside(place.context(bus)), upper = aside(place.context(buses.length + bus))
      const whole = encode(scalableRootEntry, { LP: P, LCTP: lower, UP: 1, UCTP: upper })
      memory.put(place.root + 16 * bus, setBits(whole, extra))
      return
    }
    case 'context': {
      const table = place.context(fn < 0x80 ? bus : buses.length + bus)
      memory.put(table + 32 * (fn & 0x7f),
        setBits(encode(scalableContextEntry, { P, FPD, PASIDDIRPTR: aside(directoryOf(device)) }), extra))
      return
    }
    case 'directory':
      memory.put(directoryOf(device),
        setBits(encode(pasidDirectoryEntry, { P, FPD, SMPTBLPTR: aside(pasidTableOf(device)) }), extra))
      return
    case 'pasid': {
      const entry = encode(pasidEntry,
        { P, FPD, PGTT: kind, AW: aw, SSPTPTR: pageOf(resolve(to, aw === 2 ? 5 : 4, false, haw)),
          ...kind === 1 ? { FSPTPTR: pageOf(resolve(to, 5, false, haw)) } : {} })
      put(pasidEntry, entry, 'DID', domainOf(device, kind))
      memory.put(pasidTableOf(device), setBits(entry, extra))
    }
  }
}
/** Devices of first stage share domains, so that an invalidation of one is of several. */
export const domainOf = (device: number, pgtt: number): number => pgtt === 1 ? 1 + device % 3 : 8 + device
const directoryOf = (device: number): number => place.pasids + 2 * device * page
export const pasidTableOf = (device: number): number => place.pasids + (2 * device + 1) * page
