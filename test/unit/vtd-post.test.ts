/** Posting: what is set in the descriptor, and when a notification follows. The fault reasons 27 and 28 are in
 *  vtd-fault-witnesses. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { post } from '../../spec/vtd/remap/post.ts'
import type { Posted } from '../../spec/vtd/remap/remap.ts'
import type { PostedDescriptor } from '../../spec/vtd/walk/tables.ts'
import { handle, having, interrupt, is, sending, world } from './raw-world.ts'
import type { Edit } from './raw-world.ts'

const empty: PostedDescriptor = { pir: [0, 0, 0, 0, 0, 0, 0, 0], outstanding: false, suppressed: false, nv: 0xf2,
  ndst: 0x300, reserved: false }
const request = (change: Partial<Posted> = {}): Posted =>
  ({ kind: 'posted', vector: 0x51, descriptor: 0x9000, urgent: false, fpd: false, index: 6, exercised: [], ...change })
const vectorsOf = ({ pir }: PostedDescriptor): readonly number[] =>
  pir.flatMap((word, n) =>
    Array.from({ length: 32 }, (_, at) => n * 32 + at).filter(vector => (word >>> (vector & 31) & 1) === 1))

describe('posting', () => {
  it('a fresh vector sets its bit and ON, and sends NV to NDST', () => {
    expect(post({ eime: true }, request(), empty)).toEqual({
      kind: 'written', descriptor: { ...empty, pir: [0, 0, 0x20000, 0, 0, 0, 0, 0], outstanding: true },
      notification: { vector: 0xf2, dlm: 0, dst: 0x300, dm: false, rh: false, tm: false, assert: true },
      exercised: ['VTD:5.2.3/post', 'VTD:5.2.3/notify'],
    })
    expect(post({ eime: false }, request(), empty)).toMatchObject({ notification: { dst: 3 } })
  })
  it.each([
    [false, false, false, true], [false, false, true, true], [false, true, false, false], [false, true, true, true],
    [true, false, false, false], [true, false, true, false], [true, true, false, false], [true, true, true, false],
  ])('ON=%s SN=%s URG=%s: notifies %s', (outstanding, suppressed, urgent, notifies) => {
    const found = post({ eime: true }, request({ urgent }), { ...empty, outstanding, suppressed })
    expect(found).toMatchObject(
      {
        kind: 'written', descriptor: { outstanding: outstanding || notifies, suppressed,
          pir: [0, 0, 0x20000, 0, 0, 0, 0, 0] },
      })
    expect(found.kind === 'written' && found.notification !== null).toBe(notifies)
  })
  it('PIR is the set of vectors posted since it was read', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 255 })), vectors => {
      let descriptor = empty, sent = 0
      for (const vector of vectors) {
        const found = post({ eime: true }, request({ vector }), descriptor)
        if (found.kind === 'fault') throw new Error('blocked')
        descriptor = found.descriptor
        if (found.notification !== null) sent++
      }
      expect(vectorsOf(descriptor)).toEqual([...new Set(vectors)].sort((a, b) => a - b))
      expect(sent).toBe(vectors.length === 0 ? 0 : 1)
    }), { numRuns: 50, seed: 1 })
  })
  it('goes from a message to the descriptor over raw words', () => {
    const run = (...edits: readonly Edit[]) => interrupt(world(sending(handle(6)), ...edits))
    expect(run()).toMatchObject(
      { kind: 'written', descriptor: { pir: [0, 0, 0x20000, 0, 0, 0, 0, 0], outstanding: true },
        notification: { vector: 0xf2, dst: 3 } })
    expect(run(is('descriptor', { SN: 1 }))).toMatchObject({ notification: null })
    expect(run(is('descriptor', { SN: 1 }), is('posted', { URG: 1 }))).toMatchObject({ notification: { vector: 0xf2 } })
    expect(run(having('IRTA', { EIME: 0 }), is('descriptor', { NDST: 0x300 })))
      .toMatchObject({ notification: { dst: 3 } })
  })
})
