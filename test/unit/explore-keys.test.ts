/** States that are wider than a key, and have one all the same. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keysOf } from '../../src/explore/keys.ts'
import { StateStore } from '../../src/explore/store.ts'
import { bool, layoutOf, list, optional, packing, range, scalarset, struct, table, variant } from '../../src/index.ts'
import type { Domain } from '../../src/index.ts'
import { domains, valueOf } from './domains.ts'

const wide = (span: number) => range(0, 2 ** span - 1)
/** So wide that what else there is decides whether a key will do. */
const states = fc.tuple(fc.integer({ min: 8, max: 31 }), fc.integer({ min: 8, max: 31 }), domains, domains, domains)
  .map(([one, other, a, b, c]) => struct({ a, one: wide(one), b, other: wide(other), c }))
const storeOf = (domain: Domain) => {
  const keys = keysOf(layoutOf(domain))
  return {
    keys, store: new StateStore({ keys, fanout: 1, roots: 0, threads: 1, maxMemory: 4e6, maxStates: Infinity,
      symmetry: null }),
  }
}

/** Puts values into a store, and what they are packed to into a set beside it. */
function expectKept(domain: Domain, values: readonly unknown[]): void {
  const { store } = storeOf(domain)
  try {
    const { pack, words } = packing(domain)
    const seen = new Set<string>()
    for (const value of values) {
      store.words32.fill(0, store.candidate, store.candidate + store.plan.words)
      pack(value, store.words32, store.candidate)
      const packed = [...store.words32.subarray(store.candidate, store.candidate + words)]
      expect(store.insert(0, 0)).toBe(!seen.has(packed.join()))
      if (seen.size === seen.add(packed.join()).size) continue
      const at = store.unpack(store.count - 1)
      expect([...store.words32.subarray(at, at + words)]).toEqual(packed)
    }
    expect(store.count).toBe(seen.size)
  } finally { store.free() }
}

test('a store gives back what was put into it, and tells all states apart', () => {
  const reached = { gaps: 0, counted: 0, interned: 0 }
  fc.assert(fc.property(states.chain(domain =>
    fc.record({ domain: fc.constant(domain), values: fc.array(valueOf(domain), { minLength: 1, maxLength: 30 }) })),
  ({ domain, values }) => {
    const { pieces } = keysOf(layoutOf(domain))
    if (pieces === null) reached.interned++
    else if (pieces.some(({ rank }) => rank !== null)) reached.counted++
    else if (pieces.length > 0) reached.gaps++
    expectKept(domain, values)
  }), { numRuns: 600, seed: 2026 })
  expect(Object.entries(reached).filter(([, times]) => times < 10)).toEqual([])
})

/** Every kind of part, each where it is all that can be saved. */
const saved: Readonly<Record<string, Domain>> = {
  'a scalar': table([range(0, 3)], range(0, 4)),
  'an optional': optional(struct({ a: bool, b: bool, c: bool, d: range(0, 2) })),
  'a list': list(range(0, 1), 8),
  'a variant': variant('is', { idle: {}, busy: { a: range(0, 6), b: range(0, 6) } }),
  'a struct': struct({ a: range(0, 2), b: range(0, 2), c: range(0, 2) }),
  'elements of a list too large to count': list(range(0, 4), 5),
  'elements within an optional': optional(struct({ a: table([range(0, 9)], range(0, 4)) })),
  'cases that lie over each other': struct({ of: variant('is', { one: { a: range(0, 2 ** 13) }, other: { b: bool } }),
    c: table([scalarset('id', 4)], range(0, 4)) }),
}
test.each(Object.keys(saved))('a key saves bits of %s', name => {
  const domain = struct({ saved: saved[name]!, rest: table([range(0, 1)], wide(31)) })
  const { bits } = layoutOf(saved[name]!)
  // As many bits as fit only when some are saved.
  const padded = struct({ saved: saved[name]!,
    ...Object.fromEntries(Array.from({ length: 64 - bits }, (_, i) => [`b${i}`, bool])) })
  for (const of of [domain, padded]) expectKept(of, fc.sample(valueOf(of), { numRuns: 200, seed: 2026 }))
  const { pieces } = keysOf(layoutOf(padded))
  expect(pieces!.some(({ rank }) => rank !== null)).toBe(true)
  expect(Math.max(...pieces!.map(({ to, width }) => to + width))).toBeLessThanOrEqual(63)
})
