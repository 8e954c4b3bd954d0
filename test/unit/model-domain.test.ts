/** Domains: defaults, enumeration, sizes, and what a misfit says. */
import { expect, test } from 'vitest'
import {
  bitsOf, bool, initial, list, misfit, oneOf, optional, productOf, range, scalarset, struct, table, valuesOf, variant,
} from '../../src/index.ts'

const device = scalarset('device', 2)
const descriptor = variant('type', { wait: { slot: range(0, 1) }, iec: { index: range(2, 3), global: bool } })
const domain = struct({
  up: bool, level: range(-1, 2), mode: oneOf('strict', 'lazy'), owner: optional(device),
  tlb: table([device, range(0, 1)], optional(struct({ frame: range(0, 3) }))), queue: list(descriptor, 2),
})

test('the initial value is the least of each part', () => {
  expect(initial(domain))
    .toEqual({ up: false, level: -1, mode: 'strict', owner: null, tlb: [[null, null], [null, null]], queue: [] })
  expect(initial(descriptor)).toEqual({ type: 'wait', slot: 0 })
})

test('initial values do not share parts', () => {
  const one = initial(domain)
  one.tlb[0]![0] = { frame: 1 }
  expect(one.tlb[1]![0]).toBeNull()
  expect(initial(domain).tlb[0]![0]).toBeNull()
})

test('values are enumerated in order, the last field fastest', () => {
  expect(valuesOf(optional(device))).toEqual([null, 0, 1])
  expect(valuesOf(descriptor)).toEqual([
    { type: 'wait', slot: 0 }, { type: 'wait', slot: 1 },
    { type: 'iec', index: 2, global: false }, { type: 'iec', index: 2, global: true },
    { type: 'iec', index: 3, global: false }, { type: 'iec', index: 3, global: true },
  ])
  expect(productOf({ a: bool, b: device }))
    .toEqual([{ a: false, b: 0 }, { a: false, b: 1 }, { a: true, b: 0 }, { a: true, b: 1 }])
  expect(valuesOf(scalarset('none', 0))).toEqual([])
  expect(valuesOf(optional(optional(bool)))).toEqual([null, false, true])
  expect(() => valuesOf(list(bool, 1))).toThrow('a list cannot be a parameter of an action')
})

test('no value has two names, and no field two meanings', () => {
  expect(() => oneOf('x', 'y', 'x')).toThrow("oneOf: 'x' stands there twice")
  expect(() => variant('is', { some: { is: bool } })).toThrow("variant: a case has a field named 'is', as the tag is")
})

test('bits are the logarithm of the number of values', () => {
  expect(bitsOf(bool)).toBe(1)
  expect(bitsOf(table([device, device], bool))).toBe(4)
  expect(2 ** bitsOf(descriptor)).toBeCloseTo(6)
  expect(2 ** bitsOf(list(bool, 2))).toBeCloseTo(1 + 2 + 4)
  expect(bitsOf(table([scalarset('none', 0)], bool))).toBe(0)
  expect(bitsOf(optional(scalarset('none', 0)))).toBe(0)
})

test.each([
  [{ up: 1 }, 'state.up: 1 is not a boolean'],
  [{ level: 3 }, 'state.level: 3 is outside -1..2'],
  [{ level: 0.5 }, 'state.level: 0.5 is outside -1..2'],
  [{ mode: 'fast' }, 'state.mode: "fast" is none of strict, lazy'],
  [{ owner: 2 }, 'state.owner: 2 is outside 0..1 (device)'],
  [{ owner: undefined }, 'state.owner: undefined is outside 0..1 (device)'],
  [{ tlb: [[null, null]] }, 'state.tlb: holds 1 elements, not 2'],
  [{ tlb: [[null, { frame: 4 }], [null, null]] }, 'state.tlb[0][1].frame: 4 is outside 0..3'],
  [{ queue: [descriptor, descriptor, descriptor] }, 'state.queue: holds 3 elements, not at most 2'],
  [{ queue: [{ type: 'stop' }] }, 'state.queue[0].type: "stop" is none of wait, iec'],
  [{ queue: [{ type: 'wait', slot: 0, page: 1 }] }, 'state.queue[0].page: no such field'],
  [{ queue: {} }, 'state.queue: {} is not an array'],
  [{ extra: 1 }, 'state.extra: no such field'],
])('a misfit names the field: %j', (change, why) => {
  expect(misfit(domain, initial(domain))).toBeNull()
  expect(misfit(domain, { ...initial(domain), ...change })).toBe(why)
})

test('nonsensical domains are refused at once', () => {
  expect(() => range(2, 0)).toThrow('range(2, 0)')
  const prototype = Object.fromEntries([['__proto__', bool]])
  expect(() => struct(prototype)).toThrow("struct: no field can be named '__proto__'")
  expect(() => variant('tag', { one: prototype })).toThrow("variant: no field can be named '__proto__'")
  expect(() => range(0, 2 ** 31)).toThrow('fewer than 2^31')
  expect(() => scalarset('cpu', -1)).toThrow("scalarset 'cpu': size -1")
  expect(() => table([range(1, 2)], bool)).toThrow('starts at 0, not 1')
})
