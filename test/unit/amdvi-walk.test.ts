/** The walk of AMD-Vi: the order of its checks, NextLevel that skips levels, and pages of odd sizes. */
import { describe, expect, it } from 'vitest'
import { hardwareGeometry } from '../../spec/iommu/geometry.ts'
import { causeNamed, faultReasons } from '../../spec/amdvi/faults.ts'
import { commandFor, coversDirectory, coversPages, rangeOf, wholeDomain } from '../../spec/amdvi/invalidation/covers.ts'
import { mayEnd } from '../../spec/amdvi/invalidation/order.ts'
import type { DeviceEntry, Fetched, PageEntry, Tables } from '../../spec/amdvi/walk/tables.ts'
import { newTrail, pageSize, translate } from '../../spec/amdvi/walk/walk.ts'
import type { DmaRequest, TranslationUnit } from '../../spec/amdvi/walk/walk.ts'

const unit: TranslationUnit = { geometry: hardwareGeometry, enabled: true, levels: 4, checksReach: true,
  reservedMode: 'mode-reserved', checksIoCtl: true, exclusionFirst: false, exclusion: null, guest: false,
  refusesPasid: false }
const device: DeviceEntry = {
  valid: true, translates: true, mode: 3, root: 0x1000, domain: 5, read: true, write: true, remoteTlb: false, portIo: 0,
  excluded: false, logging: { none: false, first: false }, guest: null, reserved: false,
  interrupts: { valid: false, control: 0, table: 0, length: 0, ignored: false, reserved: false,
    passes: { init: false, extInt: false, nmi: false } },
}
const entry = (nextLevel: number, address: number, more: Partial<PageEntry> = {}): PageEntry =>
  ({ present: true, nextLevel, address, read: true, write: true, reserved: false, ...more })
type Pages = Readonly<Record<string, Fetched<PageEntry>>>
/** Entries by `table:index`. */
const tablesOf = (of: Fetched<DeviceEntry> | null, pages: Pages): Tables => ({
  deviceEntry: () => of, interruptEntry: () => 'unreadable',
  pageEntry: (table, index) => pages[`${table.toString(16)}:${index}`] ?? entry(0, 0, { present: false }),
})
function walked(of: Fetched<DeviceEntry> | null, pages: Pages, request: Partial<DmaRequest> = {}, u = unit) {
  const found = translate(tablesOf(of, pages), u, { device: 1, address: 0, access: 'read', ...request })
  if (found.kind === 'fault') return found.reason.cause
  return found.kind === 'translated' ? found.address : 'as it is'
}
const threeLevels: Pages = { '1000:0': entry(2, 0x2000), '2000:0': entry(1, 0x3000), '3000:0': entry(0, 0x9000) }

describe('the device table entry', () => {
  const off = { ...unit, enabled: false }
  it.each([
    ['is outside the table', null, {}, unit, 'outside-device-table'], ['is unreadable', 'unreadable', {}, unit,
      'dte-unreadable'],
    ['does not count: the unit is off', 'unreadable', {}, off, 'as it is'],
    ['has V=0, whatever else', { ...device, valid: false, reserved: true, translates: false }, {}, unit, 'as it is'],
    ['has a reserved bit, before TV=0', { ...device, reserved: true, translates: false }, {}, unit, 'dte-reserved'],
    ['has TV=0', { ...device, translates: false }, {}, unit, 'tv-zero'],
    ['lacks IW, before Mode=0', { ...device, write: false, mode: 0 }, { access: 'write' }, unit, 'dte-permission'],
    ['has Mode=0 and lets reads pass', { ...device, write: false, mode: 0 }, {}, unit, 'as it is'],
    ['has more levels than the unit', { ...device, mode: 5 }, {}, unit, 'mode-reserved'],
    ['has more levels, on a unit that calls it a page fault', { ...device, mode: 7 }, {},
      { ...unit, reservedMode: 'mode-page-fault' }, 'mode-page-fault'],
    ['has IoCtl=3, before TV=0', { ...device, portIo: 3, translates: false }, {}, unit, 'ioctl-reserved'],
    ['reaches less than the address', device, { address: 2 ** 39 }, unit, 'above-mode'],
  ] as const)('%s', (_, of, request, u, expected) => { expect(walked(of, threeLevels, request, u)).toBe(expected) })
  it('of a unit that does not look above Mode', () => {
    expect(walked(device, threeLevels, { address: 2 ** 39 }, { ...unit, checksReach: false })).toBe(0x9000)
  })
})

describe('the walk', () => {
  it('reads one entry a level, and tags with the DomainID', () => {
    const trail = newTrail()
    const found = translate(tablesOf(device, threeLevels), unit, { device: 1, address: 0xabc, access: 'write' }, trail)
    expect(found).toMatchObject({ kind: 'translated', address: 0x9abc,
      mapping: { domain: 5, input: 0, output: 0x9000, size: 4096, write: true } })
    expect(trail.visited.map(({ level }) => level)).toEqual([3, 2, 1])
  })
  it('skips levels, where the address has no bits for them', () => {
    const skipping = { '1000:1': entry(1, 0x3000), '3000:2': entry(0, 0x9000) }
    expect(walked(device, skipping, { address: 2 ** 30 + 0x2000 })).toBe(0x9000)
    expect(walked(device, skipping, { address: 2 ** 30 + 2 ** 21 + 0x2000 })).toBe('skipped-bits')
  })
  it('maps the size of the level where NextLevel is 0', () => {
    expect(walked(device, { '1000:0': entry(2, 0x2000), '2000:3': entry(0, 2 ** 30) },
      { address: 3 * 2 ** 21 + 0x1234 })).toBe(2 ** 30 + 0x1234)
  })
  it('maps 16 KiB by NextLevel=7, and refuses a size that is not of the level', () => {
    const of = (address: number, level: 1 | 2): string | number =>
      walked(device, { ...threeLevels, [level === 1 ? '3000:1' : '2000:0']: entry(7, address) }, { address: 0x1000 })
    expect(of(0x10_1000, 1)).toBe(0x10_1000) // 16 KiB: the page at 100000h, one page into it
    expect(pageSize(entry(7, 0x10_1000), hardwareGeometry, 1)).toBe(0x4000)
    expect(of(2 ** 40 + 0xff000, 1)).toBe('page-size') // 2 MiB is what level 2 has
    expect(of(0x10_1000, 2)).toBe('page-size')
  })
  it.each([
    ['not-present', entry(0, 0, { present: false, reserved: true })],
    ['level-unsupported', entry(5, 0x3000, { reserved: true })],
    ['pte-reserved', entry(1, 0x3000, { reserved: true, read: false })],
    ['permission', entry(2, 0x3000, { read: false })], ['level-invalid', entry(2, 0x3000)],
    ['pte-unreadable', 'unreadable'],
  ] as const)('refuses: %s', (cause, wrong) => {
    expect(walked(device, { ...threeLevels, '2000:0': wrong })).toBe(cause)
  })
  it('has a number for each cause, in the event that tells of it', () => {
    expect(new Set(faultReasons.map(({ code }) => code)).size).toBe(faultReasons.length)
    expect(causeNamed('tv-zero')).toMatchObject({ code: 0x202, event: 'IO_PAGE_FAULT' })
    expect(causeNamed('intctl-abort').event).toBeNull()
  })
})

describe('INVALIDATE_IOMMU_PAGES', () => {
  it('has the size of the lowest zero bit', () => {
    expect(rangeOf(0x12, false)).toEqual({ page: 0x12, pages: 1 })
    expect(rangeOf(0x12, true)).toEqual({ page: 0x12, pages: 2 })
    expect(rangeOf(0x11, true)).toEqual({ page: 0x10, pages: 4 })
    // 7FFFFFFFFFFFF000
    expect(BigInt(wholeDomain) << 12n).toBe((1n << 63n) - (1n << 12n))
    expect(rangeOf(wholeDomain, true)).toEqual({ page: 0, pages: Infinity })
    expect(rangeOf(2 ** 39 - 1, true)).toEqual({ page: 0, pages: 2 ** 40 })
  })
  it('takes bits 63:52 for a sign, and not for a part of the size', () => {
    // FFFF888000000000, FFF8000000000000 and 8000000000000000
    for (const page of [0xf_fff8_8800_0000, 0xf_ff80_0000_0000, 0x8_0000_0000_0000])
      expect(rangeOf(page, true)).toEqual({ page, pages: 2 })
    // FFFFFFFFFFFFF000, and another without a 0
    for (const page of [2 ** 52 - 1, 2 ** 47 - 1]) expect(rangeOf(page, true)).toBeNull()
  })
  it.each([
    [0, 0], [0, 1], [1, 2], [3, 4], [0x1ff, 0x200], [5, 0x12345], [2 ** 39 - 1, 2 ** 39],
  ])('%i to %i are covered by one command, and by none of half the size', (first, last) => {
    const { page, s } = commandFor(first, last), { page: from, pages } = rangeOf(page, s)!
    expect([from <= first, from + pages > last]).toEqual([true, true])
    expect(first === last ? pages === 1 : Math.floor(first / (pages / 2)) !== Math.floor(last / (pages / 2))).toBe(true)
  })
  it('names all of a domain where no size does', () => {
    expect(commandFor(2 ** 40 - 1, 2 ** 40)).toEqual({ page: wholeDomain, s: true })
  })
  it('keeps other domains, and with PDE=0 directory entries', () => {
    const command = { type: 'pages', domain: 3, page: 5, pages: 4, directories: false } as const
    const tag = (domain: number, page: number) => ({ domain, page, pages: 1 })
    expect([tag(3, 4), tag(3, 7), tag(3, 8), tag(4, 4)].map(one => coversPages(command, one)))
      .toEqual([true, true, false, false])
    expect([coversPages({ ...command, pasid: 1 }, tag(3, 4)), coversPages({ ...command, pasid: 1 },
      { ...tag(3, 4), pasid: 1 })]).toEqual([false, true])
    expect([coversDirectory(command, tag(3, 4)), coversDirectory({ ...command, directories: true }, tag(3, 4)),
      coversDirectory({ type: 'all' }, tag(9, 9))]).toEqual([false, true, true])
  })
})

it('commands end in order, or as no fence forbids', () => {
  const of = (name: string) => ({ isWait: name !== 'invalidate', fence: name === 'fence' })
  const slots = (names: readonly string[], ordered: boolean): number[] =>
    names.flatMap((_, slot) => mayEnd(i => of(names[i]!), slot, ordered) ? [slot] : [])
  const names = ['invalidate', 'invalidate', 'wait', 'invalidate', 'fence', 'invalidate']
  expect(slots(names, true)).toEqual([0])
  expect(slots(names, false)).toEqual([0, 1, 3])
})
