/** Bounded memory and its raw tables give the same translations and interrupts: the walker that is searched is the
 *  walker of the manual's words. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { badBounds, bounds, capsOf } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { idsOf } from '../../spec/ids.ts'
import { interruptUnitOf, rulesOf, translationUnitOf } from '../../spec/vtd/capabilities.ts'
import type { UnitRegisters } from '../../spec/vtd/capabilities.ts'
import { inputOf } from '../../spec/iommu/paging.ts'
import { encode, irtaOf, placementOf, rtaddrOf } from '../../spec/vtd/bounded/placement.ts'
import type { Placement } from '../../spec/vtd/bounded/placement.ts'
import { entryReader } from '../../spec/vtd/layout/read-entries.ts'
import type { EntryReader } from '../../spec/vtd/layout/read-entries.ts'
import type { MemoryImage } from '../../spec/iommu/image.ts'
import { encode as words, registers, remappableAddress } from '../../spec/vtd/layout/index.ts'
import { seenByHardware } from '../../spec/iommu/cells.ts'
import { pageAt, pagingDomain } from '../../spec/iommu/paging.ts'
import { tablesDomain, tablesOf } from '../../spec/vtd/bounded/tables.ts'
import type { Memory } from '../../spec/vtd/bounded/tables.ts'
import { rawTables } from '../../spec/vtd/walk/raw-tables.ts'
import { decodeMessage, remap } from '../../spec/vtd/remap/remap.ts'
import type { Remapped } from '../../spec/vtd/remap/remap.ts'
import { interruptUnit, translationUnit, unitDomain } from '../../spec/vtd/bounded/state.ts'
import { newTrail, translate, translateLegacy } from '../../spec/vtd/walk/walk.ts'
import type { Access, DmaRequest, RequestType, Trail, Translation } from '../../spec/vtd/walk/walk.ts'
import { initial } from '../../src/index.ts'
import { valueOf } from './domains.ts'
import { caught, fieldMutants } from './vtd-mutants.ts'

interface Small { readonly b: Bounds; readonly memory: Memory; readonly at: Placement; readonly eime: boolean }
const unitOf = (b: Bounds) => unitDomain({ bounds: b, ids: idsOf(b), caps: capsOf(b), design: { interruptTables: 1 } })
const bit = fc.integer({ min: 0, max: 1 })
const upTo = (max: number) => fc.integer({ min: 1, max })

const someBounds: fc.Arbitrary<Bounds> = fc.record({
  cpus: upTo(2), devices: upTo(3), domains: upTo(3), frames: upTo(4), iovas: upTo(8), levels: upTo(3), tables: upTo(4),
  sources: upTo(3), vectors: upTo(4),
  wideIds: bit, cm: bit, rwbf: bit, coherent: bit, eim: bit, readOnly: bit,
}).map(changes => bounds(changes)).filter(b => badBounds(b) === null)

const small: fc.Arbitrary<Small> = fc.tuple(someBounds, upTo(2), fc.constantFrom<3 | 4>(3, 4), fc.boolean())
  .chain(([b, interruptTables, levels, eime]) =>
    fc.tuple(valueOf(tablesDomain(idsOf(b), capsOf(b), interruptTables)), valueOf(pagingDomain(b, idsOf(b), capsOf(b))))
      .map(([tables, pages]) =>
        ({ b, memory: { ...tables as object, ...pages as object } as Memory,
          at: placementOf(b, { levels, interruptTables }), eime })))

/** What a unit of QEMU's kind reports; nothing of it but the number of levels is a small unit's to have. */
function registersOf({ b, memory, at, eime }: Small): UnitRegisters {
  return {
    cap: words(registers.CAP.layout, { SAGAW: 1 << at.levels - 2, MGAW: 47, CM: b.cm, RWBF: b.rwbf }),
    ecap: words(registers.ECAP.layout, { IR: 1, EIM: b.eim }),
    gsts: words(registers.GSTS.layout, { TES: 1, IRES: 1 })[0]!, rtaddr: rtaddrOf(at),
    irta: irtaOf(memory.irta, eime, b, at),
  }
}
const haw = 46
/** `mutant` spoils what the words are read as. */
type Mutant = (reader: EntryReader) => EntryReader
const same: Mutant = reader => reader
type Encoder = (memory: Memory, b: Bounds, at: Placement) => MemoryImage
const rawOf = (image: MemoryImage, unit: UnitRegisters, at: Placement, irta: number, mutant: Mutant) =>
  rawTables(image, { rootTable: at.rootTable, interruptTable: at.interruptTables[irta]! },
    mutant(entryReader(rulesOf(unit, haw))))

const accesses: readonly Access[] = ['read', 'write', 'atomic', 'zero-length-read']
const types: readonly RequestType[] = ['untranslated', 'translation', 'translated']
const met = new Map<string, number>()
const meet = (what: string): void => { met.set(what, (met.get(what) ?? 0) + 1) }

/** Each device, page, access and type of request. Left out: walks that take a frame for a table. In the bounded model
 *  frames and tables are numbered apart, so that has no meaning there, and no kernel writes a leaf above level 1. */
function translationsAgree(s: Small, mutant = same, encoder: Encoder = encode): void {
  const { b, memory, at } = s
  const registersNow = registersOf(s)
  const raw = rawOf(encoder(memory, b, at), registersNow, at, memory.irta, mutant)
  const unit = { ...initial(unitOf(b)), tes: true }
  const smallTables = tablesOf(memory, memory, b), smallUnit = translationUnit(unit, b),
    rawUnit = translationUnitOf(registersNow, haw)
  const all: { readonly ours: unknown; readonly theirs: unknown }[] = []
  for (let device = 0; device < b.devices; device++)
    for (let iova = 0; iova < b.iovas; iova++) for (const access of accesses) for (const type of types) {
      if (takesFrameForTable(s, device, iova)) { meet('frame as table'); continue }
      const request = (sid: number, address: number): DmaRequest =>
        ({ sid, type, access, address, dword: false, pasid: null, privileged: false, execute: false })
      const trail = newTrail(), rawTrail = newTrail()
      const ours = translateLegacy(smallTables, smallUnit, request(device, iova), trail)
      const theirs = translate(raw, rawUnit, request(at.requesters[device]!, inputOf(iova, b)), rawTrail)
      all.push({ ours: placed(ours, trail, s, device), theirs: { result: theirs, trail: rawTrail } })
      meet(ours.kind === 'fault' ? `fault ${ours.reason.toString(16)}` : ours.kind)
    }
  expect(all.map(({ theirs }) => theirs)).toEqual(all.map(({ ours }) => ours))
}

/** The small result as it should be of the raw tables. */
function placed(ours: Translation, trail: Trail, { b, memory, at }: Small,
  device: number): { readonly result: Translation; readonly trail: Trail } {
  const root = seenByHardware(memory.context[device]!)?.root ?? 0
  const upper = at.upperTables[root]!.map((table, i) => ({ stage: 2 as const, table, index: 0, level: at.levels - i,
    read: true, write: true }))
  const visited = [...trail.visited.length > 0 ? upper : [],
    ...trail.visited.map(visit => ({ ...visit, table: at.tables[visit.table]! }))]
  const same = { trail: { ...trail, visited } }
  if (ours.kind !== 'translated') return { result: ours, ...same }
  const leaf = trail.visited.at(-1)!
  const output = entryAt(memory, b, leaf.table, leaf.index)?.kind === 'table' ? at.tables[ours.page]!
    : at.frames[ours.page]!
  return {
    result: { ...ours, page: output, mapping: { ...ours.mapping, input: inputOf(ours.mapping.input, b), output } },
    ...same,
  }
}

function entryAt(memory: Memory, b: Bounds, table: number, index: number) {
  const page = pageAt(table, b)
  const cell = (page === null ? memory.roots[table] : memory.pool[page])?.[index]
  return cell === undefined ? null : seenByHardware(cell)
}
function takesFrameForTable({ b, memory }: Small, device: number, iova: number): boolean {
  const context = seenByHardware(memory.context[device]!)
  if (context === null || b.levels === 1) return false
  for (let level = b.levels, table = context.root; level > 1; level--) {
    const entry = entryAt(memory, b, table, iova >> level - 1 & 1)
    if (entry === null) return false
    if (entry.kind === 'leaf') return true
    table = b.domains + entry.page
  }
  return false
}

/** Each index, source of the message and capability of the table. */
function interruptsAgree(s: Small, mutant = same, encoder: Encoder = encode): void {
  const { b, memory, at, eime } = s
  const registersNow = registersOf(s)
  const raw = rawOf(encoder(memory, b, at), registersNow, at, memory.irta, mutant)
  const smallTables = tablesOf(memory, memory, b)
  const smallUnit = interruptUnit({ ...initial(unitOf(b)), ires: true, eime }, b),
    rawUnit = interruptUnitOf(registersNow, haw)
  for (let index = 0; index < b.sources; index++) for (let device = 0; device < b.devices; device++) {
    const request = (sid: number) =>
      decodeMessage(sid, words(remappableAddress, { FEE: 0xfee, FORMAT: 1, HANDLE: index })[0]!, 0)!
    const ours = remap(smallUnit, request(device), smallTables.irte)
    const theirs = remap(rawUnit, request(at.requesters[device]!), raw.irte)
    expect(theirs).toEqual(placedInterrupt(ours, at))
    meet(ours.kind === 'fault' ? `fault ${ours.reason.toString(16)}` : ours.kind)
  }
}
const placedInterrupt = (ours: Remapped, at: Placement): Remapped =>
  ours.kind === 'interrupt' ? { ...ours, interrupt: { ...ours.interrupt, vector: at.vectors[ours.interrupt.vector]! } }
    : ours

describe('bounded memory as raw tables', () => {
  it('translates as the bounded tables do',
    () => { fc.assert(fc.property(small, s => { translationsAgree(s) }), { numRuns: 200, seed: 1 }) })
  it('remaps as the bounded tables do',
    () => { fc.assert(fc.property(small, s => { interruptsAgree(s) }), { numRuns: 400, seed: 2 }) })
  it('meets every outcome that bounded tables can have', () => {
    expect([...met.keys()].sort())
      .toEqual(['fault 1', 'fault 2', 'fault 22', 'fault 24', 'fault 26', 'fault 5', 'fault 6', 'fault d',
        'frame as table', 'interrupt', 'translated'])
    for (const [what, times] of met) expect(times, what).toBeGreaterThan(20)
  })
  it('places nothing twice', () => {
    fc.assert(fc.property(small, ({ at }) => {
      const pages = [at.rootTable, at.contextTable, ...at.interruptTables, ...at.tables, ...at.upperTables.flat(),
        ...at.frames]
      expect(new Set(pages).size).toBe(pages.length)
      expect(Math.max(...pages)).toBe(at.end - 4096)
    }), { numRuns: 50, seed: 3 })
  })
})

describe('a reader with one wrong field is caught', () => {
  // Of what bounded tables have.
  const idle = ['secondStageEntry.accessed', 'secondStageEntry.dirty', 'irte.sq', 'irte.urg', 'irte.pda']
  it.each(fieldMutants(['rootEntry', 'contextEntry', 'secondStageEntry', 'irte'], idle))('$name', ({ spoil }) => {
    expect(caught(fc.property(small, s => { translationsAgree(s, spoil); interruptsAgree(s, spoil) }))).toBe(true)
  })
})

/** Each puts into memory what is a little off. */
const encoders: readonly (readonly [string, Encoder])[] = [
  ['stores that have not reached memory', (memory, b, at) => encode(memory, b, at, 'software')],
  ['no root entry', (memory, b, at) => encode({ ...memory, rootPresent: !memory.rootPresent }, b, at)],
  ['destinations of the other width',
    (memory, b, at) => encode({ ...memory, wideDestinations: !memory.wideDestinations }, b, at)],
  ['source checks of another device',
    (memory, b, at) => encode(memory, b, { ...at, requesters: at.requesters.map(sid => sid ^ 8) })],
  ['another order of the tables', (memory, b, at) => encode(memory, b, { ...at, tables: [...at.tables].reverse() })],
  ['frames one further', (memory, b, at) => encode(memory, b, { ...at, frames: at.frames.map(frame => frame + 4096) })],
  ['vectors one further',
    (memory, b, at) => encode(memory, b, { ...at, vectors: at.vectors.map(vector => vector + 1) })],
  ['one level fewer', (memory, b, at) =>
    encode(memory, b, { ...at, upperTables: at.upperTables.map(chain => chain.slice(1)) })],
]
describe('an encoder that is a little off is caught', () => {
  it.each(encoders)('%s', (_, encoder) => {
    expect(caught(fc.property(small, s => { translationsAgree(s, same, encoder); interruptsAgree(s, same, encoder) })))
      .toBe(true)
  })
})
