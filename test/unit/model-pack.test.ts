/** Packed states: injective, exact and canonical for whatever domain is declared. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  bitsOf, bool, initial, keyCount, list, misfit, oneOf, optional, packing, range, scalarset, struct, table, variant,
} from '../../src/index.ts'
import type { Domain, Fields, Index } from '../../src/index.ts'

const index: fc.Arbitrary<Index> = fc.oneof(
  fc.nat(2).map(n => scalarset('id', n)), fc.integer({ min: -1, max: 2 }).map(high => range(0, high)))
const scalar: fc.Arbitrary<Domain> = fc.oneof(
  fc.constant(bool), fc.tuple(fc.integer(), fc.nat(40)).map(([low, span]) => range(low, low + span)),
  fc.constant(range(2 ** 32, 2 ** 32 + 5)), fc.constant(range(0, 2 ** 31 - 2)), fc.constant(range(-(2 ** 30), 2 ** 30 - 2)),
  fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 4 }).map(values => oneOf(...values)),
  fc.integer({ min: 1, max: 5 }).map(n => scalarset('id', n)))
const domains = fc.letrec<{ domain: Domain; fields: Fields }>(tie => ({
  fields: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'the rest'), tie('domain'), { maxKeys: 3, noNullPrototype: true }),
  domain: fc.oneof({ maxDepth: 3, depthSize: 'small' }, scalar,
    tie('domain').filter(of => of.kind !== 'optional').map(of => optional(of)), tie('fields').map(fields => struct(fields)),
    fc.tuple(index, tie('domain')).map(([key, of]) => table([key], of)),
      fc.tuple(tie('domain'), fc.nat(3)).map(([of, max]) => list(of, max)),
    fc.tuple(tie('fields'), tie('fields')).map(([one, other]) => variant('type', { one, other }))),
})).domain

function valueOf(domain: Domain): fc.Arbitrary<unknown> {
  switch (domain.kind) {
    case 'bool': return fc.boolean()
    case 'range': return fc.integer({ min: 0, max: domain.high - domain.low }).map(n => domain.low + n)
    case 'oneOf': return fc.constantFrom(...domain.values)
    case 'scalarset': return fc.nat(domain.size - 1)
    case 'optional': return fc.option(valueOf(domain.of))
    case 'struct': return recordOf(domain.fields)
    case 'table': return fc.array(keyCount(domain.key) === 0 ? fc.constant(null) : valueOf(domain.of),
      { minLength: keyCount(domain.key), maxLength: keyCount(domain.key) })
    case 'list': return fc.array(valueOf(domain.of), { maxLength: domain.max })
    case 'variant': return fc.oneof(...Object.entries(domain.cases).map(([type, fields]) =>
      recordOf(fields).map(value => ({ [domain.tag]: type, ...value }))))
  }
}
function recordOf(fields: Fields): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, valueOf(of)])), { noNullPrototype: true })
}

test('a packed value comes back, and equal values alone have equal words', () => {
  const cases = domains.chain(domain => fc.tuple(fc.constant(domain), valueOf(domain), valueOf(domain)))
  fc.assert(fc.property(cases, ([domain, one, other]) => {
    expect(misfit(domain, one)).toBeNull()
    const { words, bits, pack, unpack } = packing<unknown>(domain)
    expect(words).toBe(Math.max(1, Math.ceil(bits / 32)))
    expect(bits).toBeGreaterThanOrEqual(bitsOf(domain) - 1e-6)
    const at = new Uint32Array(2 * words + 2)
    pack(one, at, 1)
    pack(other, at, 1 + words)
    expect(unpack(at, 1)).toEqual(one)
    expect(unpack(at, 1 + words)).toEqual(other)
    const equalWords = at.slice(1, 1 + words).join() === at.slice(1 + words, 1 + 2 * words).join()
    expect(equalWords).toBe(JSON.stringify(one) === JSON.stringify(other))
    expect([at[0], at[1 + 2 * words]]).toEqual([0, 0])
  }), { numRuns: 300, seed: 1 })
})

test('a value that does not fit is refused by name, as misfit does', () => {
  fc.assert(fc.property(domains.chain(domain => fc.tuple(fc.constant(domain), domains.chain(valueOf))), ([domain, value]) => {
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
  expect(() => packing(domain, 'world').pack(value, new Uint32Array(1), 0)).toThrow('world.tlb[1].frame: 2 is outside its domain')
})
