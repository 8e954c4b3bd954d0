/** Cases of the walks: device table and host tables as deviations from ones that map everything, and requests. Plain
 *  data: fast-check makes and shrinks it, files keep it. */
import fc from 'fast-check'
import * as v from 'valibot'
import { deviceTableEntry, encode, hostPage } from '../../../../spec/amdvi/index.ts'
import { often } from '../../oracle/draw.ts'
import { page, place, setBits } from '../../oracle/memory-map.ts'
import type { RamImage } from '../../oracle/memory-map.ts'

/** DeviceIDs of the requesters; the last is beyond the device table. All are on bus 0: those behind a bridge QEMU takes
 *  for devices of the bus number that the bridge had when the machine was made, which is 0. */
export const requesters = [0x0018, 0x0019, 0x001a, 0x0020, 0x0028, 0x0050, 0x0070, 0x0088] as const
export const outside = requesters.length - 1
/** Of 128 entries. */
export const deviceTablePages = 1
/** Where tables stand, guest-physical, within `place.tables`. */
export const at = {
  deviceTable: place.tables.first,
  interruptTable: (n: number): number => place.tables.first + 0x4_8000 + n * page,
} as const

/** Places in a host table that requests use. */
const slots = [0, 1, 17, 511] as const
const tablesALevel = 3
/** A table a level whose entries all map pages: where NextLevel does not fall. QEMU never ends where tables make a
 *  circle. */
const leavesAlone = 3
const mostLevels = 6, usualLevels = 3
const targets = ['next0', 'next1', 'next2', 'hole'] as const
type Target = (typeof targets)[number]

const index = (count: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(count - 1))
const bitList = v.array(index(256))
/** `bits` are set besides. */
const deviceSchema = v.object({
  device: index(requesters.length), valid: v.boolean(), translates: v.boolean(), mode: index(8),
  to: v.picklist(targets),
  read: v.boolean(), write: v.boolean(), bits: bitList,
})
const entrySchema = v.object({
  level: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(mostLevels)), table: index(tablesALevel),
  slot: index(slots.length), present: v.boolean(), read: v.boolean(), write: v.boolean(),
  next: index(8), to: v.picklist(targets),
  /** Where NextLevel is 7: a page of so many times twice the level's. */
  doubled: index(12), bits: bitList,
})
const requestSchema = v.object({
  device: index(requesters.length), slots: v.strictTuple([index(4), index(4), index(4)]), dword: index(64),
  write: v.boolean(),
  /** A bit that is set in the address besides: beyond what three levels index. */
  beyond: v.nullable(index(52)),
})
export const walkCaseSchema = v.object({
  devices: v.array(deviceSchema), entries: v.array(entrySchema),
  requests: v.pipe(v.array(requestSchema), v.minLength(1)),
})
export type WalkCase = v.InferOutput<typeof walkCaseSchema>
type DeviceCase = WalkCase['devices'][number]
type EntryCase = WalkCase['entries'][number]

const noBits: number[] = []
const target = often<Target>('next0', 2, fc.constantFrom(...targets))
/** Not those of guest translation, which QEMU's unit says it has and does not do. */
const guestBits = [54, 55]
const bits = (from: number, to: number, weight: number): fc.Arbitrary<number[]> => often(noBits, weight,
  fc.array(fc.integer({ min: from, max: to }).filter(bit => !guestBits.includes(bit)), { minLength: 1, maxLength: 2 }))

export function walkCases(): fc.Arbitrary<WalkCase> {
  const flag = fc.boolean(), slot = fc.nat(slots.length - 1)
  const device: fc.Arbitrary<DeviceCase> = fc.record({
    device: fc.nat(requesters.length - 1), valid: often(true, 4, flag), translates: often(true, 4, flag),
    mode: often(usualLevels, 2, fc.nat(7)), to: target, read: often(true, 3, flag), write: often(true, 3, flag),
    bits: bits(2, 127, 3),
  })
  const entry: fc.Arbitrary<EntryCase> = fc.integer({ min: 1, max: mostLevels }).chain(level => fc.record({
    level: fc.constant(level), table: fc.nat(tablesALevel - 1), slot, present: often(true, 4, flag),
    read: often(true, 3, flag), write: often(true, 3, flag), next: often(level - 1, 2, fc.nat(7)), to: target,
    doubled: fc.nat(11), bits: bits(1, 63, 4),
  }))
  const request = fc.record({
    device: fc.nat(requesters.length - 1), slots: fc.tuple(slot, slot, slot), dword: fc.nat(63), write: flag,
    // From 2^48 on QEMU's IOTLB takes address bits for those of the DeviceID.
    beyond: often(null, 12, fc.integer({ min: 39, max: 47 })),
  })
  return fc.record({
    devices: fc.array(device, { maxLength: 8, size: 'max' }), entries: fc.array(entry, { maxLength: 24, size: 'max' }),
    requests: fc.array(request, { minLength: 1, maxLength: 96, size: 'max' }),
  })
}

/** What a device asks for. Each has dwords of its own in every page, so that none overwrites what another wrote. */
export function addressOf({ device, slots: [three, two, one], dword, beyond }: WalkCase['requests'][number]): number {
  const base = slots[three]! * 2 ** 30 + slots[two]! * 2 ** 21 + slots[one]! * page
  return base + (beyond === null ? 0 : 2 ** beyond) + 4 * (dword * requesters.length + device)
}

/** All tables of a case. */
export function writeTables(memory: RamImage, one: WalkCase): void {
  for (let level = 1; level <= mostLevels; level++)
    for (let table = 0; table < tablesALevel; table++) for (let slot = 0; slot < slots.length; slot++)
      writeEntry(memory, { level, table, slot, present: true, read: true, write: true, next: level - 1,
        to: `next${(table + slot) % tablesALevel}` as Target, doubled: 0, bits: [] })
  for (let level = 1; level <= mostLevels; level++) for (let slot = 0; slot < slots.length; slot++)
    writeEntry(memory, { level, table: leavesAlone, slot, present: true, read: true, write: true, next: 0, to: 'next0',
      doubled: 0, bits: [] })
  for (const entry of one.entries) writeEntry(memory, entry)
  for (const device of requesters.keys()) writeDevice(memory, { device, valid: true, translates: true,
    mode: usualLevels, to: `next${device % tablesALevel}` as Target, read: true, write: true, bits: [] })
  for (const device of one.devices) writeDevice(memory, device)
}
function writeDevice(memory: RamImage,
  { device, valid, translates, mode, to, read, write, bits: extra }: DeviceCase): void {
  if (device === outside) return
  const words = encode(deviceTableEntry, { V: +valid, TV: +translates, MODE: mode, IR: +read, IW: +write,
    DOMAIN: device + 1, ROOT: tableAt(to, Math.min(Math.max(mode, 1), mostLevels)) / page })
  memory.put(at.deviceTable + 32 * requesters[device]!, setBits(words, extra))
}
function writeEntry(memory: RamImage, entry: EntryCase): void {
  const { level, table, slot, present, read, write, next, bits: extra } = entry
  const words = encode(hostPage, { PR: +present, IR: +read, IW: +write, NEXT: next, ADDR: targetOf(entry) / page })
  memory.put(place.paging(level, table) + 8 * slots[slot]!, setBits(words, extra))
}
const tableAt = (to: Target, level: number): number =>
  to === 'hole' ? place.hole : place.paging(level, Number(to.at(-1)))
function targetOf({ level, next, to, doubled }: EntryCase): number {
  if (next !== 0 && next !== 7) return next < level || to === 'hole' ? tableAt(to, next)
    : place.paging(next, leavesAlone)
  if (to === 'hole') return place.hole
  const n = Number(to.at(-1)), leaf = page * 2 ** (9 * (level - 1))
  if (next === 7) {
    // The lowest zero bit says how large the page is.
    const half = Math.min(leaf * 2 ** doubled, 2 ** 50)
    return (level === 1 && doubled < 9 ? place.large + n * 0x20_0000 : 0) + half - page
  }
  if (level === 1) return place.data + n * page
  if (level === 2) return place.large + n * 0x20_0000
  return level === 3 ? n * leaf : 0
}
