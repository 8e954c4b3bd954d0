/** Random tables of full scope give the same results as plain objects and as raw words: levels 3 to 5, superpages,
 *  reserved bits, unreadable tables, legacy and scalable mode, both stages, interrupts. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { interruptUnitOf, rulesOf, translationUnitOf } from '../../spec/vtd/capabilities.ts'
import { entryReader } from '../../spec/vtd/layout/read-entries.ts'
import type { EntryReader } from '../../spec/vtd/layout/read-entries.ts'
import { faultReasons } from '../../spec/vtd/faults.ts'
import { rawTables } from '../../spec/vtd/walk/raw-tables.ts'
import { decodeMessage, remap } from '../../spec/vtd/remap/remap.ts'
import { newTrail, translate } from '../../spec/vtd/walk/walk.ts'
import type { Access, DmaRequest, RequestType } from '../../spec/vtd/walk/walk.ts'
import { caught, fieldMutants } from './vtd-mutants.ts'
import { addressOf, buses, functions, haw, indices, interruptIndices, pasids } from './vtd-drawn.ts'
import { world } from './vtd-worlds.ts'
import type { World } from './vtd-worlds.ts'

const zeros = Array<number>(12).fill(0)
const sid = fc.tuple(fc.constantFrom(0, 0, ...buses), fc.constantFrom(...functions, ...functions, ...functions, 0x10))
  .map(([bus, fn]) => bus << 8 | fn)
const address = fc.tuple(fc.constantFrom(...zeros, 1), fc.constantFrom(...zeros, 511, 1),
  ...[0, 1, 2].map(() => fc.constantFrom(...indices)), fc.constantFrom(0, 0xffc))
  .map(parts => addressOf(parts.slice(0, 5)) + parts[5]!)
const request: fc.Arbitrary<DmaRequest> = fc.record({
  sid, address: fc.oneof({ arbitrary: address, weight: 30 },
    { arbitrary: fc.constantFrom(0xfee0_0000, 2 ** 57, 2 ** 64 - 4096), weight: 1 }),
  type: fc.constantFrom<RequestType>(...Array<RequestType>(9).fill('untranslated'), 'translation', 'translated',
    'page-request'),
  access: fc.constantFrom<Access>('read', 'write', 'atomic', 'zero-length-read'), dword: fc.boolean(),
  pasid: fc.constantFrom(null, null, null, null, 5, 70, 5, 70, ...pasids), privileged: fc.boolean(),
  execute: fc.constantFrom(...Array<boolean>(9).fill(false), true),
}).map(one => one.pasid === null ? { ...one, privileged: false, execute: false } : one)
const requests = fc.array(request, { minLength: 24, maxLength: 24 })
const message = fc.record({ sid: fc.constantFrom(0x0003, 0x0583, 0x0002, 0x0500),
  index: fc.constantFrom(...interruptIndices, 511, 512) })

/** `spoil` makes the reader of the words wrong. */
type Spoil = (reader: EntryReader) => EntryReader
const same: Spoil = reader => reader
const singleSource = { ssirwe: false, executeBlocked: false, pasidWidth: true, translatedPasid: true }
const met = new Set<number>()
let translated = 0, delivered = 0

const rawOf = ({ image, unit, rootTable, interruptTable }: World, spoil: Spoil) =>
  rawTables(image, { rootTable, interruptTable }, spoil(entryReader(rulesOf(unit, haw))))

function translationsAgree(w: World, all: readonly DmaRequest[], spoil = same): void {
  const raw = rawOf(w, spoil)
  const unit = translationUnitOf(w.unit, haw, singleSource)
  // One in eight keeps its PASID in legacy mode, where that is all there is to say.
  const results = all
    .map((one, i) => unit.ttm === 0 && i % 8 > 0 ? { ...one, pasid: null, privileged: false, execute: false } : one)
    .map(one => {
      const ours = newTrail(), theirs = newTrail()
      return [{ result: translate(w.tables, unit, one, ours), trail: ours },
        { result: translate(raw, unit, one, theirs), trail: theirs }] as const
    })
  expect(results.map(([, theirs]) => theirs)).toEqual(results.map(([ours]) => ours))
  for (const [{ result }] of results) {
    if (result.kind === 'translated') translated++
    if (result.kind === 'fault') for (const reason of [result.reason, ...result.alternatives]) met.add(reason)
  }
}

function interruptsAgree(w: World, { sid: requester, index }: { readonly sid: number; readonly index: number },
  spoil = same): void {
  const unit = interruptUnitOf(w.unit, haw)
  const asked = decodeMessage(requester, 0xfee0_0010 + index * 32, 0)!
  const ours = remap(unit, asked, w.tables.irte)
  expect(remap(unit, asked, rawOf(w, spoil).irte)).toEqual(ours)
  if (ours.kind === 'interrupt') delivered++
  if (ours.kind === 'fault') met.add(ours.reason)
}

describe('raw tables of full scope', () => {
  it('translate as the same tables in plain form', () => {
    fc.assert(fc.property(world, requests, (w, all) => { translationsAgree(w, all) }), { numRuns: 150, seed: 1 })
    expect(translated).toBeGreaterThan(200)
  })
  it('remap as the same tables in plain form', () => {
    fc.assert(fc.property(world, fc.array(message, { minLength: 8, maxLength: 8 }),
      (w, all) => { for (const one of all) interruptsAgree(w, one) }), { numRuns: 60, seed: 2 })
    expect(delivered).toBeGreaterThan(20)
  })
  it('give every reason but those that are not of tables, and a few that take a rare walk', () => {
    const elsewhere = [0x20, 0x25, 0x27, 0x28, 0x2a, 0x2b, 0x33, 0x34, 0x60, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5]
    const rare = [0x74, 0x76, 0x77, 0x7c, 0x7d, 0x82, 0x87, 0x91]
    expect(faultReasons.map(({ code }) => code)
      .filter(code => !met.has(code) && !elsewhere.includes(code) && !rare.includes(code))).toEqual([])
  })
})

describe('a reader with one wrong field is caught', () => {
  const entries = ['rootEntry', 'contextEntry', 'secondStageEntry', 'scalableRootEntry', 'scalableContextEntry',
    'pasidDirectoryEntry', 'pasidEntry', 'firstStageEntry'] as const
  it.each(fieldMutants(entries, []))('$name', ({ spoil }) => {
    expect(caught(fc.property(world, requests, (w, all) => { translationsAgree(w, all, spoil) }))).toBe(true)
  })
  it.each(fieldMutants(['irte'], []))('$name', ({ spoil }) => {
    expect(caught(fc.property(world, message, (w, one) => { interruptsAgree(w, one, spoil) }))).toBe(true)
  })
})
