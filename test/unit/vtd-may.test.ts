/** What caches may hold: filled at any time, kept until an invalidation that covers it, never more. */
import { describe, expect, it } from 'vitest'
import { entryReader } from '../../spec/vtd/layout/read-entries.ts'
import { MemoryImage } from '../../spec/iommu/image.ts'
import type { ContextCacheInvalidation, IotlbInvalidation } from '../../spec/vtd/invalidation/covers.ts'
import { anything, contextEntry, encode, rootEntry } from '../../spec/vtd/layout/index.ts'
import { interruptRange } from '../../spec/vtd/capabilities.ts'
import { PossibleCaches } from '../../spec/vtd/unit/possible-caches.ts'
import type { Possible, CachePlace } from '../../spec/vtd/unit/possible-caches.ts'
import { rawTables } from '../../spec/vtd/walk/raw-tables.ts'
import { hardwareGeometry } from '../../spec/vtd/walk/tables.ts'
import { noSingleSource, translateLegacy } from '../../spec/vtd/walk/walk.ts'
import type { DmaRequest, TranslationUnit } from '../../spec/vtd/walk/walk.ts'

const unit: TranslationUnit = {
  geometry: hardwareGeometry, tes: true, ttm: 0, hostAddressWidth: 39, maxGuestAddressWidth: 39, levels: [3],
  superpages: [2, 3], passThrough: true,
  deviceTlb: false, zlr: false, abortMode: false, interruptRange, scalable: null, singleSource: noSingleSource,
}
const root = 0x1000, contexts = 0x2000, top = 0x3000, middle = 0x4000, leaves = 0x5000, otherTop = 0x6000,
  otherLeaves = 0x7000
const sid = 0x18, other = 0x20, frame = 0x10_0000

/** Device `sid` in domain 1; pages 0 and 1 of the first table map frames. */
class Scene {
  readonly memory = new MemoryImage()
  readonly tables = rawTables(this.memory, { rootTable: root, interruptTable: 0 },
    entryReader({ ...anything, haw: 39 }))
  readonly may: PossibleCaches
  constructor(sites: readonly CachePlace[] = [{ sid, page: 0 }, { sid, page: 1 }], cachingMode = false) {
    this.may = new PossibleCaches(unit, cachingMode, sites)
    this.memory.cover(1, 7)
    this.memory.write(root, encode(rootEntry, { P: 1, CTP: contexts / 4096 }))
    this.context(sid, 1, top)
    this.entry(top, 0, middle)
    this.entry(middle, 0, leaves)
    this.entry(leaves, 0, frame)
    this.entry(leaves, 1, frame + 0x1000)
  }
  context(of: number, did: number, table: number): void {
    this.memory.write(contexts + 16 * of,
      encode(contextEntry, { P: did === 0 ? 0 : 1, AW: 1, DID: did, SSPTPTR: table / 4096 }))
  }
  entry(table: number, index: number, address: number, rights = 3, large = false): void {
    this.memory.write(table + 8 * index, [address + rights + (large ? 0x80 : 0), 0])
  }
  clear(table: number, index: number): void { this.memory.write(table + 8 * index, [0, 0]) }
  /** Changes something, after all that could be cached is. */
  after(change: () => void): this {
    this.may.fill(this.tables)
    change()
    return this
  }
  iotlb(granularity: IotlbInvalidation['granularity'], did = 1, page = 0, addressMask = 0, hint = false): this {
    return this.after(() => this.may.invalidate({ type: 'iotlb', granularity, did, page, addressMask, hint }))
  }
  contexts(granularity: ContextCacheInvalidation['granularity'], did = 1, of = sid): this {
    return this.after(() => this.may.invalidate({ type: 'context-cache', granularity, did, sid: of, functionMask: 0 }))
  }
  possible(address = 0, access: DmaRequest['access'] = 'write', of = sid): readonly Possible[] {
    this.may.fill(this.tables)
    return this.may.outcomes(this.tables,
      { sid: of, type: 'untranslated', access, address, dword: true, pasid: null, privileged: false, execute: false })
  }
  /** Frames reached and reasons given, sorted. */
  ends(address = 0, access: DmaRequest['access'] = 'write', of = sid): readonly string[] {
    return [...new Set(this.possible(address, access, of).map(({ result }) => result.kind === 'fault' ? 'fault '
      + `${result.reason}` : `page ${result.page.toString(16)}`))].sort()
  }
}
const mapped = 'page 100000', second = 'page 101000'

describe('what caches may hold', () => {
  it('is what the walk says while nothing changes', () => {
    const scene = new Scene()
    expect(scene.ends()).toEqual([mapped])
    const request = { sid, type: 'untranslated', access: 'write', address: 0, dword: true, pasid: null,
      privileged: false, execute: false } as const
    const walked = translateLegacy(scene.tables, unit, request)
    expect(scene.possible().map(({ result }) => result.kind === 'translated' && result.mapping))
      .toEqual(scene.possible().map(() => walked.kind === 'translated' && walked.mapping))
    expect(scene.ends(0x5000)).toEqual(['fault 5'])
  })
  it('keeps a cleared leaf until its page is invalidated, in its domain', () => {
    const scene = new Scene().after(() => {})
    scene.clear(leaves, 0)
    expect(scene.ends()).toEqual(['fault 5', mapped])
    expect(scene.iotlb('page', 2).ends()).toEqual(['fault 5', mapped])
    expect(scene.iotlb('page', 1, 1).ends()).toEqual(['fault 5', mapped])
    expect(scene.iotlb('page', 1, 1, 1).ends()).toEqual(['fault 5'])
  })
  it.each(['global', 'domain'] as const)('forgets it by a %s invalidation', granularity => {
    const scene = new Scene().after(() => {})
    scene.clear(leaves, 0)
    expect(scene.iotlb(granularity).ends()).toEqual(['fault 5'])
  })
  it('keeps a table under IH=1, and forgets it under IH=0', () => {
    const scene = new Scene().after(() => {})
    scene.entry(middle, 0, otherLeaves)
    expect(scene.iotlb('page', 1, 0, 0, true).ends()).toEqual(['fault 5', mapped])
    expect(scene.iotlb('page', 1, 0, 0, false).ends()).toEqual(['fault 5'])
  })
  it('goes on from a table only for the addresses that it translates', () => {
    const scene = new Scene([{ sid, page: 0 }, { sid, page: 512 }])
    scene.entry(middle, 1, otherLeaves)
    scene.entry(otherLeaves, 0, frame + 0x1000)
    expect(scene.ends()).toEqual([mapped])
    expect(scene.ends(0x20_0000)).toEqual([second])
  })
  it('has a stale context make new translations after the IOTLB was invalidated too early', () => {
    const scene = new Scene().after(() => {})
    scene.context(sid, 2, otherTop)
    expect(scene.iotlb('global').ends()).toEqual(['fault 5', mapped])
    expect(scene.contexts('device').ends()).toEqual(['fault 5', mapped]) // tagged with domain 1, filled in between
    expect(scene.iotlb('domain', 1).ends()).toEqual(['fault 5'])
  })
  it('removes a context by its own domain and source only', () => {
    const scene = new Scene().after(() => {})
    scene.context(sid, 0, 0)
    for (const [did, of] of [[2, sid], [1, other]] as const)
      expect(scene.contexts('device', did, of).ends()).toContain(mapped)
    expect(scene.contexts('domain', 1).iotlb('global').ends()).toEqual(['fault 2'])
  })
  it('holds permissions as they were', () => {
    const scene = new Scene().after(() => {})
    scene.entry(leaves, 0, frame, 1)
    expect(scene.ends()).toEqual(['fault 5', mapped])
    expect(scene.iotlb('page').ends()).toEqual(['fault 5'])
    scene.after(() => { scene.entry(leaves, 0, frame, 3) })
    expect(scene.ends()).toEqual(['fault 5', mapped]) // more rights need an invalidation as well
  })
  it('may mix tables of before and after on one walk', () => {
    const scene = new Scene().after(() => {})
    scene.entry(leaves, 0, frame + 0x5000)
    scene.after(() => { scene.entry(middle, 0, otherLeaves) })
    scene.entry(otherLeaves, 0, frame + 0x6000)
    scene.iotlb('page', 1, 0, 0, true)
    expect(scene.ends()).toEqual(['page 105000', 'page 106000'])
  })
  it('may hold one page of a large page when another was invalidated', () => {
    const scene = new Scene([{ sid, page: 0 }, { sid, page: 1 }])
    scene.entry(middle, 0, 0x20_0000, 3, true)
    scene.after(() => { scene.clear(middle, 0) })
    expect(scene.iotlb('page', 1, 0).ends(0)).toEqual(['fault 5'])
    expect(scene.ends(0x1000)).toEqual(['fault 5', 'page 201000'])
  })
  it('holds no fault, unless CM=1', () => {
    for (const [cachingMode, ends] of [[false, [second]], [true, ['fault 5', second]]] as const) {
      const scene = new Scene([{ sid, page: 1 }], cachingMode)
      scene.clear(leaves, 1)
      scene.after(() => { scene.entry(leaves, 1, frame + 0x1000) })
      expect(scene.ends(0x1000)).toEqual(ends)
      expect(scene.iotlb('page', 1, 1).ends(0x1000)).toEqual([second])
    }
  })
  it('tags with domain 0 that there was no context, where CM=1', () => {
    const scene = new Scene([{ sid: other, page: 0 }], true)
    scene.after(() => { scene.context(other, 1, top) })
    expect(scene.contexts('domain', 1).ends(0, 'write', other)).toEqual(['fault 2', mapped])
    expect(scene.contexts('domain', 0).ends(0, 'write', other)).toEqual([mapped])
  })
  it('counts what it removes', () => {
    const scene = new Scene().after(() => {})
    expect(scene.may.held()).toHaveLength(2)
    expect(scene.may.invalidate({ type: 'iotlb', granularity: 'domain', did: 2, page: 0, addressMask: 0, hint: false }))
      .toBe(0)
    // two pages, two tables
    expect(scene.may.invalidate({ type: 'iotlb', granularity: 'domain', did: 1, page: 0, addressMask: 0, hint: false }))
      .toBe(4)
    expect(scene.may.held()).toEqual([])
  })
})
