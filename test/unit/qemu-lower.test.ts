/** Steps of the model as what is done to a machine, without one. */
import { vtdState } from '../../spec/vtd/bounded/state.ts'
import { describe, expect, it } from 'vitest'
import { bounds } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { designNamed } from '../../spec/designs.ts'
import { remapMachine } from '../../spec/machine.ts'
import { inputOf, rawMaskOf } from '../../spec/iommu/paging.ts'
import { placementOf } from '../../spec/vtd/bounded/placement.ts'
import { observationsIn, step } from '../../src/model/index.ts'
import type { Op } from '../../src/model/index.ts'
import { placementOf as amdviPlacementOf } from '../../spec/amdvi/bounded/placement.ts'
import { lower as lowerAmdvi } from '../../src/qemu/amdvi/counterexample/lower.ts'
import { amdviSide } from '../../src/qemu/amdvi/counterexample/side.ts'
import type { Lowered, ModelStep } from '../../src/qemu/counterexample/deeds.ts'
import type { Side } from '../../src/qemu/counterexample/run.ts'
import { lower } from '../../src/qemu/vtd/counterexample/lower.ts'
import { vtdSide } from '../../src/qemu/vtd/counterexample/side.ts'

const status = 0x200_0000
/** What each op is lowered to, in words; limits in brackets. */
function loweredOn({ deedText }: Side, lowering: (step: ModelStep) => Lowered, requesters: readonly number[],
  design: string, b: Bounds, ops: readonly Op[]): string[][] {
  const machine = remapMachine(designNamed(design)!, b, [])
  let world = machine.initialWorld
  return ops.map(op => {
    const { world: next, events, refused } = step(machine, world, op)
    expect(refused, op.action).toBe(false)
    const { deeds, limits } = lowering({ op, before: world.state, after: next.state, seen: observationsIn(events) })
    world = next
    return [...deeds.map(deed => deedText(deed, requesters)), ...limits.map(name => `[${name}]`)]
  })
}
function lowered(design: string, b: Bounds, ops: readonly Op[]): string[][] {
  const at = placementOf(b, { base: 0x10_0000 })
  return loweredOn(vtdSide, ({ before, after, ...rest }) =>
    lower({ ...rest, before: vtdState(before), after: vtdState(after) }, b, at, status), at.requesters, design, b, ops)
}
function loweredOnAmdvi(design: string, b: Bounds, ops: readonly Op[]): string[][] {
  const at = amdviPlacementOf(b, 1, 0x10_0000)
  return loweredOn(amdviSide, one => lowerAmdvi(one, b, at, status), at.requesters, design, b, ops)
}
const op = (action: string, args: Op['args'] = { cpu: 0 }): Op => ({ action, args })

describe('lowering', () => {
  it('strict unmap: stores, fills, a request while the invalidation is under way', () => {
    expect(lowered('ring0-strict', bounds({ frames: 1, iovas: 1, queue: 3 }), [
      op('map', { cpu: 0, domain: 0, iova: 0, frame: 0, write: true }), op('map/storePte'), op('map/returnToDriver'),
      op('iommu.cacheContext', { device: 0 }), op('iommu.cacheTranslation', { device: 0, iova: 0 }),
      op('unmap', { cpu: 0, domain: 0, iova: 0 }), op('unmap/invalidatePage'),
      op('dma.issue', { device: 0, iova: 0, write: true }), op('dma.land', { device: 0 }),
      op('unmap/submitWait'), op('iommu.process', { slot: 0 }), op('iommu.process', { slot: 0 }),
      op('dma.issue', { device: 0, iova: 0, write: false }),
    ])).toEqual([
      [], ['entry 0 of the root of domain 0: 0x103000 := 0x106003 (R=1 W=1 ADDR=0x106)'], [],
      ['00:03.0 reads a page, which nothing maps, so that its context entry is fetched'],
      ['00:03.0 reads 0x0, so that the translation is fetched'],
      ['entry 0 of the root of domain 0: 0x103000 := 0x0 (all 0)'],
      ['queue: IOTLB invalidate (TYPE=2 G=3 DW=1 DR=1 DID=1); IQT'],
      ['00:03.0 writes 0x0', '[invalidates-at-once]'], [],
      ['queue: invalidation wait (TYPE=5 SW=1 DATA=1 STATUS=0x800000); IQT'], [], [], ['00:03.0 reads 0x0'],
    ])
  })
  it('by register, and with stores that wait in a cache', () => {
    expect(lowered('ring0-register', bounds({ frames: 1, iovas: 1, coherent: 0 }), [
      op('map', { cpu: 0, domain: 0, iova: 0, frame: 0, write: true }), op('map/storePte'),
      op('iommu.cacheContext', { device: 0 }),
      op('map/writeBackPte'), op('map/returnToDriver'), op('unmap', { cpu: 0, domain: 0, iova: 0 }),
      op('unmap/writeBackPte'), op('unmap/invalidatePageByRegister'),
    ])).toEqual([
      [], ['entry 0 of the root of domain 0: 0x103000 := 0x106003 (R=1 W=1 ADDR=0x106)'],
      ['00:03.0 reads a page, which nothing maps, so that its context entry is fetched', '[sees-stores-at-once]'],
      [], [], ['entry 0 of the root of domain 0: 0x103000 := 0x0 (all 0)'], [],
      ['IOTLB: IOTLB invalidate (TYPE=2 G=3 DW=1 DR=1 DID=1)'],
    ])
  })
  it('messages: remappable by index, compatible by CPU and vector', () => {
    const b = bounds({ cpus: 2, devices: 2, sources: 2, vectors: 2, hostile: 1 })
    const sent = [op('device.raise', { source: 1 }), op('iommu.deliver', { source: 1 }),
      op('forge.compatible', { device: 0, cpu: 1, vector: 1 })]
    expect(lowered('ring0-strict', b, [...sent, op('forge.remappable', { device: 0, index: 1 })])).toEqual([
      [], ['00:04.0 sets its MSI and sends it: address 0xfee00030, data 0x0'],
      ['00:03.0 sets its MSI and sends it: address 0xfee01000, data 0x51', '[passes-compatible-format]'],
      ['00:03.0 sets its MSI and sends it: address 0xfee00030, data 0x0'],
    ])
    expect(lowered('no-iommu', b, sent)).toEqual([
      [], ['00:04.0 sets its MSI and sends it: address 0xfee01000, data 0x41'],
      ['00:03.0 sets its MSI and sends it: address 0xfee01000, data 0x51'],
    ])
  })
  it('pages and masks of several levels', () => {
    const b = bounds({ frames: 1, iovas: 8, levels: 3, tables: 4 })
    expect([0, 1, 2, 4, 7].map(iova => inputOf(iova, b))).toEqual([0, 0x1000, 0x20_0000, 0x4000_0000, 0x4020_1000])
    expect([0, 1, 2, 3].map(mask => rawMaskOf(mask, b))).toEqual([0, 1, 10, 19])
  })
})

describe('lowering on AMD-Vi', () => {
  it('strict unmap: stores, a fill, a command that has not begun, a wait', () => {
    expect(loweredOnAmdvi('ring0-strict@amdvi', bounds({ frames: 1, iovas: 1, queue: 3 }), [
      op('map', { cpu: 0, domain: 0, iova: 0, frame: 0, write: true }), op('map/storePte'), op('map/returnToDriver'),
      op('iommu.cachePage', { device: 0, iova: 0 }), op('unmap', { cpu: 0, domain: 0, iova: 0 }),
      op('unmap/invalidateIommuPages'), op('dma.issue', { device: 0, iova: 0, write: true }),
      op('dma.land', { device: 0 }), op('unmap/completionWait'),
    ])).toEqual([
      [], ['entry 0 of the root of domain 0: 0x102000 := 0x6000000000103001 (PR=1 ADDR=0x103 IR=1 IW=1)'], [],
      ['00:03.0 reads 0x0, so that the translation is fetched'],
      ['entry 0 of the root of domain 0: 0x102000 := 0x0 (all 0)'],
      ['commands: INVALIDATE_IOMMU_PAGES (DOMAIN=1 OP=3); tail'], ['00:03.0 writes 0x0', '[invalidates-at-once]'], [],
      ['commands: COMPLETION_WAIT (S=1 STOREL=0x400000 OP=1 DATAL=1); tail'],
    ])
  })
  it('a message that a device makes up, beyond its table', () => {
    const b = bounds({ cpus: 2, devices: 2, sources: 2, vectors: 1, hostile: 1 })
    expect(loweredOnAmdvi('ring0-strict@amdvi', b, [
      op('forge.compatible', { device: 0, cpu: 1, vector: 0 }),
    ])).toEqual([['00:03.0 sets its MSI and sends it: address 0xfee01000, data 0x41', '[table-length-unchecked]']])
  })
})
