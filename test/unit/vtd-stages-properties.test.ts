/** Random tables: the second stage is the same in both modes, and nested translation is the one stage after the
 *  other. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { translateByPasid } from '../../spec/vtd/walk/scalable.ts'
import type { FirstStageEntry, PasidEntry, ScalableTables, SecondStageEntry } from '../../spec/vtd/walk/tables.ts'
import { noSingleSource, useMapping, walkSecondStage } from '../../spec/vtd/walk/walk.ts'
import type { PasidUnit } from '../../spec/vtd/walk/translation.ts'
import type { Access, DmaRequest, ScalableUnit, Translated, Translation } from '../../spec/vtd/walk/walk.ts'

const scalable: ScalableUnit = {
  firstStage: true, secondStage: true, nested: true, firstStageLevels: [3], firstStageSuperpages: [2, 3],
  executeRequests: false, pasidWidth: 20,
}
const unit: PasidUnit = {
  // Addresses are page numbers; a table has two entries, and eight pages hold all tables.
  geometry: { levelBits: 1, pageShift: 0 }, tes: true, ttm: 1, hostAddressWidth: 31, maxGuestAddressWidth: 31,
  levels: [3], superpages: [2, 3],
  passThrough: true, deviceTlb: true, zlr: true, abortMode: false, interruptRange: { first: 7, last: 7 }, scalable,
  singleSource: noSingleSource,
}
/** Guest-physical addresses have no interrupt range, and tables may stand anywhere. */
const withoutInterrupts: PasidUnit = { ...unit, interruptRange: null }
const pasid: PasidEntry = {
  present: true, fpd: false, levels: 3, pgtt: 3, ssade: false, table: 0, did: 1, pwsnp: true, pgsnp: false, sre: true,
  wpe: true, eafe: false,
  firstStageLevels: 3, firstStageTable: 1, reserved: false,
}
const context = { present: true, fpd: false, tt: 0, table: 0, levels: 3, did: 1, reserved: false } as const

function mostly(value: boolean): fc.Arbitrary<boolean> {
  return fc.oneof({ arbitrary: fc.constant(value), weight: 9 }, { arbitrary: fc.constant(!value), weight: 1 })
}
const secondStageEntry: fc.Arbitrary<SecondStageEntry> = fc.record({
  read: mostly(true), write: mostly(true), pageSize: mostly(false), address: fc.nat(7), snoop: fc.boolean(),
  accessed: fc.constant(true), dirty: fc.constant(true),
  reserved: mostly(false),
})
// Nothing is left to set: what fails to be set is a matter of the witnesses.
const firstStageEntry: fc.Arbitrary<FirstStageEntry> = fc.record({
  present: mostly(true), write: mostly(true), user: mostly(true), pageSize: mostly(false), accessed: fc.constant(true),
  dirty: fc.constant(true),
  extendedAccessed: fc.constant(true), address: fc.nat(7), reserved: mostly(false),
})
interface Case {
  readonly second: readonly SecondStageEntry[]; readonly first: readonly FirstStageEntry[]; readonly address: number
  readonly access: Access
  readonly privileged: boolean; readonly wpe: boolean
}
const some: fc.Arbitrary<Case> = fc.record({
  second: fc.array(secondStageEntry, { minLength: 16, maxLength: 16 }),
  first: fc.array(firstStageEntry, { minLength: 16, maxLength: 16 }), address: fc.nat(3),
  access: fc.constantFrom<Access>('read', 'write', 'atomic', 'zero-length-read'), privileged: fc.boolean(),
  wpe: fc.boolean(),
})
const large = (pageSize: boolean, level: number, address: number): number =>
  pageSize && level > 1 ? address * 2 ** (level - 1) % 8 : address
const tablesOf = ({ second, first }: Case): ScalableTables => ({
  rootEntry: () => 'unreadable', contextEntry: () => 'unreadable', irte: () => 'unreadable',
  scalableRootEntry: () => 'unreadable',
  scalableContextEntry: () => 'unreadable', pasidDirectoryEntry: () => 'unreadable', pasidEntry: () => 'unreadable',
  acceptsUpdate: () => true,
  secondStageEntry: (table, index, level) => {
    const entry = second[table * 2 + index]!
    return { ...entry, address: large(entry.pageSize, level, entry.address) }
  },
  firstStageEntry: (table, index, level) => {
    const entry = first[table * 2 + index]!
    return { ...entry, address: large(entry.pageSize, level, entry.address) }
  },
})
const request = ({ address, access, privileged }: Case): DmaRequest =>
  ({ sid: 0, type: 'untranslated', access, address, dword: false, pasid: 1, privileged, execute: false })
const by = (c: Case, pgtt: number, address = c.address, access = c.access, tables = tablesOf(c),
  on = unit): Translation =>
  translateByPasid(tables, on, { kind: 'pasid', entry: { ...pasid, pgtt, wpe: c.wpe }, fpd: false },
    { pasid: 1, privileged: c.privileged },
    { ...request(c), address, access })
const reasonsOf = (t: Translation): readonly number[] => t.kind === 'fault' ? [t.reason, ...t.alternatives] : []

const ofScalable: Readonly<Record<number, number>> = { 0x03: 0x7b, 0x07: 0x78, 0x0c: 0x7a, 0x04: 0x84, 0x05: 0x85,
  0x06: 0x86, 0x0e: 0x87 }

describe('stages over random tables', () => {
  it('the second stage of scalable mode is that of legacy mode under other codes, but for entries that map nothing',
    () => {
      const seen = new Map<number, number>()
      fc.assert(fc.property(some, fc.nat(7), (c, address) => {
        const legacy = walkSecondStage(tablesOf(c), unit, context, address, c.access)
        const found = by(c, 2, address)
        for (const reason of reasonsOf(found).slice(0, 1)) seen.set(reason, (seen.get(reason) ?? 0) + 1)
        if (found.kind === 'translated') expect({ ...found, mapping: { ...found.mapping, pgtt: 0 } }).toEqual(legacy)
        else if (reasonsOf(found)
          .includes(0x79)) expect(reasonsOf(legacy).some(reason => reason === 0x05 || reason === 0x06)).toBe(true)
        else expect(reasonsOf(found)).toEqual(reasonsOf(legacy).map(reason => ofScalable[reason]))
      }), { numRuns: 1000, seed: 1 })
      for (const reason of [0x79, 0x7a, 0x85, 0x86, 0x87]) expect(seen.get(reason) ?? 0).toBeGreaterThan(5)
    })
  it('nested is the first stage over tables that the second stage finds, and then the second stage', () => {
    let through = 0
    fc.assert(fc.property(some, c => {
      const tables = tablesOf(c)
      const flat: ScalableTables = { ...tables, firstStageEntry: (table, index, level) => {
        const host = by(c, 2, table, 'read', tables, withoutInterrupts)
        return host.kind === 'fault' ? 'unreadable' : tables.firstStageEntry(host.page, index, level)
      } }
      const guest = by(c, 1, c.address, c.access, flat, withoutInterrupts)
      const host = guest.kind === 'fault' ? guest : by(c, 2, guest.page)
      const nested = by(c, 3)
      expect(nested.kind).toBe(host.kind)
      if (guest.kind === 'fault' || host.kind === 'fault') return
      through++
      expect(nested).toMatchObject({ page: host.page, mapping: {
        pages: Math.min(guest.mapping.pages, host.mapping.pages), read: host.mapping.read,
        write: guest.mapping.write && host.mapping.write,
        user: guest.mapping.user,
      } })
    }), { numRuns: 1500, seed: 2 })
    expect(through).toBeGreaterThan(200)
  })
  it.each([1, 2, 3])('PGTT %i: a mapping used again from the IOTLB agrees with the walk, for every page it covers and '
    + 'every request', pgtt => {
    fc.assert(fc.property(some, fc.nat(7), fc.constantFrom<Access>('read', 'write', 'atomic',
      'zero-length-read'), (c, nth, access) => {
      const found = by(c, pgtt)
      if (found.kind === 'fault') return
      const address = found.mapping.input + nth % found.mapping.pages
      const again = useMapping(unit, found.mapping, false, address, access, c.privileged)
      const walked = by(c, pgtt, address, access)
      expect(again.kind).toBe(walked.kind)
      if (walked.kind === 'translated') expect((again as Translated).page).toBe(walked.page)
      // What the IOTLB has lost is which of the two stages forbids.
      else expect(reasonsOf(again)).toContain(walked.reason)
    }), { numRuns: 500, seed: 3 })
  })
})
