/** Images that are placed in the machine are what is read from it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryImage, pageDwords } from '../../spec/iommu/image.ts'
import { withMachine } from '../../src/qemu/machine.ts'
import { placeImage, readImage } from '../../src/qemu/memory.ts'
import { absent } from './support.ts'

const pages = [0x300, 0x301, 0x1234]
const image = fc.array(fc.tuple(fc.constantFrom(...pages), fc.nat(pageDwords - 1), fc.nat({ max: 0xffff_ffff })),
  { maxLength: 60 }).map(writes => {
  const made = new MemoryImage()
  for (const [page, at, value] of writes) made.write(page * 4096 + at * 4, [value])
  return made
})

describe.skipIf(absent !== null)('memory', () => {
  it('is placed and read back', async () => {
    await withMachine({}, async ({ qtest }) => {
      await fc.assert(fc.asyncProperty(image, async made => {
        for (const page of pages) qtest.fill(page * 4096, 4096, 0xa5)
        placeImage(qtest, made)
        const back = await readImage(qtest, pages)
        for (const page of pages)
          expect([...back.page(page)!]).toEqual([...made.page(page) ?? new Uint32Array(pageDwords).fill(0xa5a5_a5a5)])
      }), { numRuns: 40 })
    })
  })
})
