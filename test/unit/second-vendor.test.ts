/** The machine, the designs and the claims know an IOMMU by its face alone: another vendor is judged by the same
 *  claims, and its steps are no other's. */
import { expect, expectTypeOf, test } from 'vitest'
import { propertiesFor } from '../../properties/index.ts'
import { bounds, capsOf } from '../../spec/bounds.ts'
import { idsOf } from '../../spec/ids.ts'
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { without } from '../../spec/kernel/design.ts'
import type { Design, ProtocolSource } from '../../spec/kernel/design.ts'
import { ring0StrictOn } from '../../spec/kernel/ring0.ts'
import { remapMachine } from '../../spec/machine.ts'
import { stateDomain } from '../../spec/state.ts'
import * as steps from '../../spec/steps.ts'
import { checkMachine } from '../../src/index.ts'
import { initial, packing } from '../../src/model/index.ts'
import { toy, toySteps } from '../models/toy-iommu.ts'
import { riscv, smmuv3 } from '../models/vendor-sketches.ts'

const b = bounds({ frames: 2, iovas: 1 })
const strict = ring0StrictOn(toy.steps)
const on = toy as Iommu
async function violated(design: Design): Promise<string[]> {
  const { complete, results } = await checkMachine(remapMachine(design, b, propertiesFor(design, b, on), on))
  expect(complete).toBe(true)
  return results.filter(({ outcome }) => outcome === 'violated').map(({ property }) => property)
}

test('a strict kernel is right on another IOMMU too', async () => {
  expect(await violated(strict)).toEqual([])
})
test.each([['the wait', toySteps.awaitForgotten], ['the invalidation', toySteps.forgetAll]])('without %s it is not',
  async (_, step) => {
    expect(await violated(without(strict, 'unmap', step)))
      .toEqual(expect.arrayContaining(['no-dma-escape', 'no-access-after-unmap']))
  })
test('a step of one vendor is none of another, and none of all', () => {
  expectTypeOf([steps.clearPte, toySteps.forgetAll]).toExtend<ProtocolSource<Parameters<typeof toy.translates>[0]>>()
  // @ts-expect-error a step of VT-d in a protocol for every IOMMU
  const forAll: ProtocolSource<unknown> = [steps.clearPte, steps.invalidatePage]
  // @ts-expect-error and in one of another vendor
  const forToy: ProtocolSource<Parameters<typeof toy.translates>[0]> = [steps.invalidatePage]
  // @ts-expect-error a step for every IOMMU looks at no unit
  const step: typeof steps.clearPte = { ...steps.clearPte, then: ({ s }) => { s.unit.tes = false } }
  expect([forAll, forToy, step]).toHaveLength(3)
})
test.each([['an SMMUv3', smmuv3], ['a RISC-V IOMMU', riscv]])('the state of %s would fit in a machine', (_, of) => {
  for (const levels of [1, 2]) {
    const at = bounds({ devices: 2, domains: 2, frames: 2, iovas: 2, sources: 2, vectors: 2, levels, tables: levels,
      faults: 1 })
    const unit = of.domain({ bounds: at, ids: idsOf(at), caps: capsOf(at) })
    const shape = { calls: [], longestProtocol: 4, interruptsOff: {}, handles: false, registers: {}, own: null }
    const domain = stateDomain(at, capsOf(at), shape, unit), start = initial(domain)
    const { words, pack, unpack } = packing<typeof start>(domain), packed = new Uint32Array(words)
    pack(start, packed, 0)
    expect(unpack(packed, 0)).toEqual(start)
  }
})
