/** Bounded memory and its raw tables give the same translations and interrupts on AMD-Vi: the walk that is searched is
 *  the walk of the manual's words. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { encode, placementOf } from '../../spec/amdvi/bounded/placement.ts'
import { passes } from '../../spec/amdvi/bounded/request.ts'
import { inputOf } from '../../spec/iommu/paging.ts'
import type { Placement } from '../../spec/amdvi/bounded/placement.ts'
import { translationUnit } from '../../spec/amdvi/bounded/state.ts'
import type { Unit } from '../../spec/amdvi/bounded/state.ts'
import { decodeDevice, tablesDomain, tablesOf } from '../../spec/amdvi/bounded/tables.ts'
import type { Tables } from '../../spec/amdvi/bounded/tables.ts'
import { anything } from '../../spec/amdvi/layout/index.ts'
import { entryReader } from '../../spec/amdvi/layout/read-entries.ts'
import type { EntryReader } from '../../spec/amdvi/layout/read-entries.ts'
import { decodeMessage, remap } from '../../spec/amdvi/remap/remap.ts'
import type { InterruptUnit, Remapped } from '../../spec/amdvi/remap/remap.ts'
import { rawTables } from '../../spec/amdvi/walk/raw-tables.ts'
import type { DeviceEntry } from '../../spec/amdvi/walk/tables.ts'
import { translate } from '../../spec/amdvi/walk/walk.ts'
import type { Translation, TranslationUnit } from '../../spec/amdvi/walk/walk.ts'
import { badBounds, bounds, capsOf } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { idsOf } from '../../spec/ids.ts'
import { seenByHardware } from '../../spec/iommu/cells.ts'
import { hardwareGeometry } from '../../spec/iommu/geometry.ts'
import { pagingDomain } from '../../spec/iommu/paging.ts'
import type { PageTables } from '../../spec/iommu/paging.ts'
import { valueOf } from './domains.ts'

interface Small {
  readonly b: Bounds; readonly tables: Tables; readonly pages: PageTables; readonly at: Placement
  readonly gaEn: boolean; readonly xt: boolean
}
const upTo = (max: number) => fc.integer({ min: 1, max }), bit = fc.integer({ min: 0, max: 1 })
const someBounds: fc.Arbitrary<Bounds> = fc.record({
  cpus: upTo(2), devices: upTo(3), domains: upTo(3), frames: upTo(4), iovas: upTo(4), levels: upTo(2), tables: upTo(4),
  sources: upTo(3), vectors: upTo(4), wideIds: bit, coherent: bit,
}).map(changes => bounds(changes)).filter(b => badBounds(b) === null)

/** Mode is what the tables have, or 0; a table stands at one level, as software builds them. */
function built({ devices }: Tables, { roots, pool }: PageTables, b: Bounds): void {
  const shape = <C extends { now: unknown; pending: { old: unknown }[] }>(cell: C,
    fits: (entry: NonNullable<C['now']>) => boolean): void => {
    if (cell.now !== null && !fits(cell.now as NonNullable<C['now']>)) cell.now = null
    for (const stored of cell.pending)
      if (stored.old !== null && !fits(stored.old as NonNullable<C['now']>)) stored.old = null
  }
  for (const cell of devices) shape(cell, entry => entry.mode === 0 || entry.mode === b.levels)
  for (const cell of roots.flat()) shape(cell, ({ kind }) => kind === (b.levels === 1 ? 'leaf' : 'table'))
  for (const cell of pool.flat()) shape(cell, ({ kind }) => kind === 'leaf')
}
const small: fc.Arbitrary<Small> = fc.tuple(someBounds, upTo(2), fc.boolean(), fc.boolean()).chain(
  ([b, copies, gaEn, xt]) => fc.tuple(valueOf(tablesDomain(b, idsOf(b), capsOf(b), copies)),
    valueOf(pagingDomain(b, idsOf(b), capsOf(b)))).map(([tables, pages]) => {
    built(tables as Tables, pages as PageTables, b)
    // Entries of 32 bits have no room for more than eight of a destination.
    if (!gaEn) (tables as Tables).wideDestinations = false
    return { b, tables: tables as Tables, pages: pages as PageTables, at: placementOf(b, copies), gaEn, xt: gaEn && xt }
  }))

const hardware: TranslationUnit = { geometry: hardwareGeometry, enabled: true, levels: 4, checksReach: true,
  reservedMode: 'mode-reserved', checksIoCtl: true, exclusionFirst: false, exclusion: null, guest: false,
  refusesPasid: false }
const rawOf = ({ b, tables, pages, at, gaEn }: Small, mutant: (reader: EntryReader) => EntryReader) =>
  rawTables(encode(tables, pages, b, at, gaEn), { segments: [{ address: at.deviceTable, devices: 128 }] },
    mutant(entryReader(anything, gaEn)))
const placed = (found: Translation, { at }: Small): unknown => found.kind === 'translated'
  ? { address: at.frames[found.address], domain: found.mapping.domain, write: found.mapping.write }
  : found.kind === 'fault' ? found.reason.cause : 'as it is'
const onHardware = (found: Translation): unknown => found.kind === 'translated'
  ? { address: found.address, domain: found.mapping.domain, write: found.mapping.write }
  : found.kind === 'fault' ? found.reason.cause : 'as it is'

/** The first thing that differs, or null. */
function differs(one: Small, mutant: (reader: EntryReader) => EntryReader): unknown {
  const { b, tables, pages, at } = one, raw = rawOf(one, mutant), bounded = tablesOf(tables, pages, b)
  const unit = translationUnit({ enabled: true } as Unit, b)
  const caching = { enabled: true, deviceCache: tables.devices.map(cell => seenByHardware(cell) ?? { v: false }) }
  for (let device = 0; device < b.devices; device++) {
    for (let iova = 0; iova < b.iovas; iova++) for (const access of ['read', 'write'] as const) {
      const of = placed(translate(bounded, unit, { device, address: iova, access }), one)
      const found = onHardware(translate(raw, hardware,
        { device: at.requesters[device]!, address: inputOf(iova, b), access }))
      if (JSON.stringify(of) !== JSON.stringify(found)) return { device, iova, access, of, found }
      const passed = passes(caching as Unit, device, access === 'write')
      if (passed !== (found === 'as it is')) return { device, iova, access, passed, found }
    }
    for (let index = 0; index < b.sources; index++) {
      const of = interruptOf(one, device, index), found = rawInterruptOf(one, device, index, mutant)
      if (JSON.stringify(of) !== JSON.stringify(found)) return { device, index, of, found }
    }
  }
  return null
}
const interruptUnit = ({ xt }: Small): InterruptUnit =>
  ({ enabled: true, xt, guestMode: false, mostLength: 9, passesSmi: false, tellsAborts: false, indexFirst: true })
const told = (found: Remapped, vectorOf: (vector: number) => number): unknown => {
  if (found.kind !== 'interrupt') return found.kind === 'fault' ? found.reason.cause : found.kind
  const { destination, vector } = found.interrupt
  return found.exercised.includes('AMD:2.2.5.1/remap') ? { destination, vector: vectorOf(vector) } : 'as it is'
}
function interruptOf(one: Small, device: number, index: number): unknown {
  const { b, tables, pages, at } = one, walked = tablesOf(tables, pages, b)
  const { interrupts } = decodeDevice(seenByHardware(tables.devices[device]!), b)
  const unmapped = { vector: index, type: 0, destination: 0, logical: false }
  return told(remap(interruptUnit(one), interrupts, { index, unmapped },
    (table, i) => walked.interruptEntry(table, i)), vector => at.vectors[vector]!)
}
function rawInterruptOf(one: Small, device: number, index: number,
  mutant: (reader: EntryReader) => EntryReader): unknown {
  const raw = rawOf(one, mutant), { interrupts } = raw.deviceEntry(one.at.requesters[device]!) as DeviceEntry
  return told(remap(interruptUnit(one), interrupts, decodeMessage(0xfee00000, index)!,
    (table, i) => raw.interruptEntry(table, i)), vector => vector)
}

const asIs = (reader: EntryReader): EntryReader => reader
it('walks and remaps of the words give what those of the bounded tables give', () => {
  fc.assert(fc.property(small, one => { expect(differs(one, asIs)).toBeNull() }), { numRuns: 400, seed: 3 })
})

type Spoil = (reader: EntryReader) => EntryReader
const spoiling = <K extends 'deviceEntry' | 'pageEntry' | 'interruptEntry'>(which: K,
  change: (entry: ReturnType<EntryReader[K]>) => object): Spoil => reader => ({ ...reader,
  [which]: (words: Uint32Array, at: number) => {
    const entry = reader[which](words, at) as ReturnType<EntryReader[K]>
    return { ...entry, ...change(entry) }
  } })
it.each<readonly [string, Spoil]>([
  ['V', spoiling('deviceEntry', ({ valid }) => ({ valid: !valid }))],
  ['TV', spoiling('deviceEntry', ({ translates }) => ({ translates: !translates }))],
  ['DomainID', spoiling('deviceEntry', ({ domain }) => ({ domain: domain + 1 }))],
  ['IW of the device', spoiling('deviceEntry', () => ({ write: true }))],
  ['IntCtl', spoiling('deviceEntry', ({ interrupts }) => ({ interrupts: { ...interrupts, control: 2 } }))],
  ['IntTabLen', spoiling('deviceEntry', ({ interrupts }) => ({ interrupts: { ...interrupts, length: 9 } }))],
  ['PR', spoiling('pageEntry', () => ({ present: true }))],
  ['IW of a page', spoiling('pageEntry', () => ({ write: true }))],
  ['NextLevel', spoiling('pageEntry', () => ({ nextLevel: 0 }))],
  ['RemapEn', spoiling('interruptEntry', ({ enabled }) => ({ enabled: !enabled }))],
  ['the vector', spoiling('interruptEntry', ({ vector }) => ({ vector: vector ^ 1 }))],
  ['the destination', spoiling('interruptEntry', ({ destination }) => ({ destination: destination + 1 }))],
])('a reader that has %s wrong is found out', (_, spoil) => {
  const found = fc.check(fc.property(small, one => differs(one, spoil) === null), { numRuns: 400, seed: 3 })
  expect(found.failed).toBe(true)
})
