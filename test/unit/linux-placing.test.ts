/** Where a dump was made, by its queue: rings of random descriptors, dumped at any moment. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryImage } from '../../spec/iommu/image.ts'
import { encode, registers } from '../../spec/vtd/layout/index.ts'
import { Placing } from '../../src/logs/vtd/placing.ts'

const queue = 0x49c2000
/** Few contents, so that laps of the ring are often alike. */
const submission = fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 4 })
const iqa = (DW: 0 | 1): Uint32Array => encode(registers.IQA.layout, { IQA: queue / 4096, DW })
const wordsOf = (content: number): [low: number, high: number] => [0x25 + 0x100000 * content, 0x1000 * content]

describe('Placing', () => {
  it.each([0, 1] as const)('brackets the moment, also of entries written and not yet rung (DW=%i)', DW => {
    const dwords = DW === 1 ? 8 : 4, slots = 1024 / dwords
    fc.assert(fc.property(fc.array(submission,
      { minLength: 60, maxLength: 160 }), fc.nat(), fc.nat({ max: 4 }), (submissions, when, written) => {
      const at = when % submissions.length
      const memory = new MemoryImage()
      memory.cover(queue / 4096)
      const store = (slot: number, content: number): void =>
        memory.write(queue + slot % slots * dwords * 4, [wordsOf(content)[0], 0, wordsOf(content)[1], 0])
      let slot = 0
      for (const content of submissions.slice(0, at).flat()) store(slot++, content)
      submissions[at]!.slice(0, written).forEach((content, i) => store(slot + i, content))

      const placing = new Placing(memory, iqa(DW), false)
      let line = 0, next = 0, moment = 0
      submissions.forEach((contents, i) => {
        if (i === at) moment = line + 0.5
        placing.tail(++line)
        for (const content of contents) {
          placing.fetched(next++ % slots, ++line)
          const [low, high] = wordsOf(content)
          placing.entry(Uint32Array.of(low, 0, high, 0), ++line)
        }
      })
      const interval = placing.interval(line)
      // Before the first entry the ring is empty; and a submission stored in part is at no line what the log shows.
      const isPartial = written > 0 && written < submissions[at]!.length
      if (interval !== null) expect([interval.from < moment, moment < interval.until]).toEqual([true, true])
      else expect(at === 0 && written === 0 || isPartial).toBe(true)
    }), { numRuns: 200 })
  })
})
