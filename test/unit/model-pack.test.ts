/** Packed states: injective, exact and canonical for whatever domain is declared. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bitsOf, initial, list, misfit, optional, packing, range, scalarset, struct, table } from '../../src/index.ts'
import { domains, valueOf } from './domains.ts'

const isFrozen = (value: unknown): boolean => typeof value !== 'object' || value === null
  || Object.isFrozen(value) && Object.values(value).every(isFrozen)

test('a packed value comes back, and equal values alone have equal words', () => {
  const cases = domains.chain(domain => fc.tuple(fc.constant(domain), valueOf(domain), valueOf(domain)))
  fc.assert(fc.property(cases, ([domain, one, other]) => {
    expect(misfit(domain, one)).toBeNull()
    const { words, bits, pack, unpack, frozen } = packing<unknown>(domain)
    expect(words).toBe(Math.max(1, Math.ceil(bits / 32)))
    expect(bits).toBeGreaterThanOrEqual(bitsOf(domain) - 1e-6)
    const at = new Uint32Array(2 * words + 2)
    pack(one, at, 1)
    pack(other, at, 1 + words)
    expect(unpack(at, 1)).toEqual(one)
    expect(unpack(at, 1 + words)).toEqual(other)
    expect(frozen(at, 1)).toEqual(one)
    expect(isFrozen(frozen(at, 1))).toBe(true)
    const equalWords = at.slice(1, 1 + words).join() === at.slice(1 + words, 1 + 2 * words).join()
    expect(equalWords).toBe(JSON.stringify(one) === JSON.stringify(other))
    expect([at[0], at[1 + 2 * words]]).toEqual([0, 0])
  }), { numRuns: 300, seed: 1 })
})

test('a value that does not fit is refused by name, as misfit does', () => {
  fc.assert(fc.property(domains.chain(domain => fc.tuple(fc.constant(domain), domains.chain(valueOf))),
    ([domain, value]) => {
      const { words, pack } = packing<unknown>(domain)
      let refused = false
      try { pack(value, new Uint32Array(words), 0) } catch { refused = true }
      expect(refused).toBe(misfit(domain, value) !== null)
    }), { numRuns: 300, seed: 1 })
})

test('unpacked values are fresh and mutable', () => {
  const { pack, unpack, words } = packing<{ queue: number[] }>(struct({ queue: list(range(0, 3), 3) }))
  const at = new Uint32Array(words)
  pack({ queue: [1] }, at, 0)
  unpack(at, 0).queue.push(2)
  expect(unpack(at, 0)).toEqual({ queue: [1] })
})

test('an error names the field, under the name of the whole', () => {
  const domain = struct({ tlb: table([scalarset('device', 2)], optional(struct({ frame: range(0, 1) }))) })
  const value = initial(domain)
  value.tlb[1] = { frame: 2 }
  expect(() => packing(domain, 'world').pack(value, new Uint32Array(1), 0))
    .toThrow('world.tlb[1].frame: 2 is outside 0..1')
})
