/** The second-stage walk over random page tables: what must hold whatever they hold. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { vtdClauses } from '../../spec/vtd/clauses.ts'
import { hardwareGeometry, indexAt, leafSize } from '../../spec/vtd/walk/tables.ts'
import type { ContextEntry, SecondStageEntry, Tables } from '../../spec/vtd/walk/tables.ts'
import { newTrail, noSingleSource, useMapping, walkSecondStage } from '../../spec/vtd/walk/walk.ts'
import type { Access, Trail, Translation, TranslationUnit, WalkStart } from '../../spec/vtd/walk/walk.ts'

const unit: TranslationUnit = {
  geometry: hardwareGeometry, tes: true, hostAddressWidth: 46, maxGuestAddressWidth: 48, levels: [3, 4],
  superpages: [2, 3], passThrough: true,
  deviceTlb: true, zlr: true, interruptRange: null, ttm: 0, abortMode: false, scalable: null,
  singleSource: noSingleSource,
}
const context: ContextEntry = { present: true, fpd: false, tt: 0, table: 0, levels: 3, did: 7, reserved: false }
const unreadable = (): 'unreadable' => 'unreadable'
const noTables: Tables = { rootEntry: unreadable, contextEntry: unreadable, secondStageEntry: unreadable,
  irte: unreadable }

/** A graph of tables in which every entry is random; entries of one table serve whatever level reaches it. */
interface Graph {
  readonly unit: TranslationUnit; readonly context: ContextEntry; readonly entries: readonly SecondStageEntry[]
  readonly address: number; readonly access: Access
}
const tableCount = 4
const graph: fc.Arbitrary<Graph> = fc.record({
  levels: fc.integer({ min: 1, max: 5 }), levelBits: fc.integer({ min: 1, max: 2 }), pageShift: fc.constantFrom(0, 12),
  where: fc.nat(4 ** 5 - 1), access: fc.constantFrom<Access>('read', 'write', 'atomic', 'zero-length-read'),
  zlr: fc.boolean(),
  entries: fc.array(fc.record({
    read: mostly(true), write: mostly(true), pageSize: fc.boolean(), address: fc.nat(63), snoop: fc.boolean(),
    accessed: fc.boolean(),
    dirty: fc.boolean(), reserved: mostly(false),
  }), { minLength: tableCount * 4, maxLength: tableCount * 4 }),
}).map(({ levels, levelBits, pageShift, where, access, zlr, entries }) => ({
  unit: { ...unit, geometry: { levelBits, pageShift }, maxGuestAddressWidth: 57, levels: [levels], zlr,
    interruptRange: { first: 2 * 2 ** pageShift, last: 3 * 2 ** pageShift - 1 } },
  context: { ...context, levels }, entries, access,
  address: where % 2 ** (levels * levelBits) * 2 ** pageShift + (pageShift === 0 ? 0 : where % 4096),
}))
function mostly(value: boolean): fc.Arbitrary<boolean> {
  return fc.oneof({ arbitrary: fc.constant(value), weight: 9 }, { arbitrary: fc.constant(!value), weight: 1 })
}

function graphTables({ unit: { geometry }, entries }: Graph): Tables {
  return { ...noTables, secondStageEntry: (table, index, level) => {
    const entry = entries[table * 4 + index]!
    const leaf = level === 1 || entry.pageSize
    return { ...entry, address: leaf ? entry.address * leafSize(geometry, level) : entry.address % tableCount }
  } }
}
/** The same tables with each superpage replaced by a table of smaller pages, down to level 1. */
function expanded(g: Graph): Tables {
  const { geometry } = g.unit
  const original = graphTables(g)
  const made: SecondStageEntry[] = []
  return { ...original, secondStageEntry: (table, index, level) => {
    const found = table < tableCount ? original.secondStageEntry(table, index, level) as SecondStageEntry
      : { ...made[table - tableCount]!, address: made[table - tableCount]!.address + index * leafSize(geometry, level) }
    if (!found.pageSize || level === 1 || level > 3) return found
    made.push(found)
    return { ...found, pageSize: false, address: tableCount + made.length - 1 }
  } }
}
const walk = (g: Graph, tables = graphTables(g), trail?: Trail, start?: WalkStart): Translation =>
  walkSecondStage(tables, g.unit, g.context, g.address, g.access, start, trail)
function told(g: Graph): { readonly found: Translation; readonly trail: Trail } {
  const trail = newTrail()
  return { found: walk(g, graphTables(g), trail), trail }
}
const outcome = (t: Translation) => t.kind === 'fault' ? { reason: t.reason, suppressed: t.suppressed }
  : { page: t.page, read: t.mapping.read, write: t.mapping.write, did: t.mapping.did }

describe('properties of the walk', () => {
  it('permissions are the AND along the path, and cover the access', () => {
    fc.assert(fc.property(graph, g => {
      const { found, trail } = told(g)
      if (found.kind === 'fault') return
      const path = trail.visited.map(v =>
        graphTables(g).secondStageEntry(v.table, v.index, v.level) as SecondStageEntry)
      expect(found.mapping.read).toBe(path.every(e => e.read))
      expect(found.mapping.write).toBe(path.every(e => e.write))
      if (g.access === 'write' || g.access === 'atomic') expect(found.mapping.write).toBe(true)
      if (g.access === 'read' || g.access === 'atomic') expect(found.mapping.read).toBe(true)
    }), { numRuns: 500, seed: 1 })
  })
  it('resuming at any entry on the way gives the same result', () => {
    fc.assert(fc.property(graph, g => {
      const { found: whole, trail: { visited } } = told(g)
      visited.forEach((start, i) => {
        const trail = newTrail()
        expect(walk(g, graphTables(g), trail, start)).toEqual(whole)
        expect(trail.visited).toEqual(visited.slice(i))
      })
    }), { numRuns: 500, seed: 2 })
  })
  it('a superpage is the table of its small pages', () => {
    let large = 0
    fc.assert(fc.property(graph, g => {
      const found = walk(g)
      if (found.kind === 'translated' && found.mapping.pages > 1) large++
      expect(outcome(found)).toEqual(outcome(walk(g, expanded(g))))
    }), { numRuns: 1000, seed: 3 })
    expect(large).toBeGreaterThan(100)
  })
  it('a mapping used again from the IOTLB agrees with the walk for every page it covers', () => {
    fc.assert(fc.property(graph, fc.nat(63), (g, nth) => {
      const found = walk(g)
      if (found.kind === 'fault') return
      const page = found.mapping.input + nth % found.mapping.pages * leafSize(g.unit.geometry, 1)
      expect(outcome(useMapping(g.unit, found.mapping, false, page, g.access)))
        .toEqual(outcome(walk({ ...g, address: page })))
    }), { numRuns: 500, seed: 4 })
  })
  it('indices of hardware tables, up to 57 bits', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 511 }), { minLength: 1, maxLength: 5 }), indices => {
      const address = indices.reduce((sum, index) => sum * 512 + index, 0) * 4096
      expect(indices.map((_, i) => indexAt(hardwareGeometry, address, indices.length - i))).toEqual(indices)
    }), { numRuns: 200, seed: 5, examples: [[[511, 511, 511, 511, 511]]] })
  })
  it('exercises only clauses that exist, the same twice, and a trail changes nothing', () => {
    fc.assert(fc.property(graph, g => {
      expect(told(g)).toEqual(told(g))
      expect(told(g).found).toEqual(walk(g))
      for (const id of told(g).trail.exercised) expect(vtdClauses[id]).toBeDefined()
    }), { numRuns: 200, seed: 6 })
  })
})
