/** Differences are complete and short: empty for equal states only, and each names its place. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bool, list, keyCount, oneOf, optional, range, scalarset, struct, table, variant,
} from '../../src/model/index.ts'
import type { Domain, Fields } from '../../src/model/index.ts'
import { diff, showChange, showLoose, showValue } from '../../src/trace/diff.ts'

const frame = scalarset('frame', 3)
const domain = scalarset('domain', 2)
const entry = struct({ did: domain, frame, write: bool })
const descriptor = variant('type', { wait: { slot: range(0, 3) }, iec: { index: range(0, 3), global: bool } })
const all = struct({
  iotlb: table([domain, range(0, 1)], optional(entry)), queue: list(descriptor, 4),
  head: range(0, 3), mode: oneOf('off', 'on'), latch: descriptor,
})

function valuesIn(of: Domain): fc.Arbitrary<unknown> {
  switch (of.kind) {
    case 'bool': return fc.boolean()
    case 'range': return fc.integer({ min: of.low, max: of.high })
    case 'scalarset': return fc.nat({ max: of.size - 1 })
    case 'oneOf': return fc.constantFrom(...of.values)
    case 'optional': return fc.option(valuesIn(of.of))
    case 'struct': return recordsIn(of.fields)
    case 'table': return fc.array(valuesIn(of.of), { minLength: keyCount(of.key), maxLength: keyCount(of.key) })
    case 'list': return fc.array(valuesIn(of.of), { maxLength: of.max })
    case 'variant': return fc.oneof(...Object.entries(of.cases).map(([name, fields]) =>
      recordsIn(fields).map(record => ({ [of.tag]: name, ...record as object }))))
  }
}
const recordsIn = (fields: Fields): fc.Arbitrary<unknown> =>
  fc.record(Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, valuesIn(of)])),
    { noNullPrototype: true })

const shown = (of: Domain, before: unknown, after: unknown): string[] => diff(of, before, after).map(showChange)
const wait = (slot: number): object => ({ type: 'wait', slot })

describe('diff', () => {
  it('is empty for equal states, and for those only', () => {
    fc.assert(fc.property(valuesIn(all), valuesIn(all), (a, b) => {
      expect(diff(all, a, structuredClone(a))).toEqual([])
      expect(diff(all, a, b).length > 0).toBe(JSON.stringify(a) !== JSON.stringify(b))
    }))
  })

  it('turned around is the same with the signs turned', () => {
    const turned = { '+': '-', '-': '+', '~': '~' } as const
    const key = (c: { sign: string; path: string; before: string | null; after: string | null }): string =>
      [c.sign, c.path, c.before, c.after].join('|')
    const flat = struct({ iotlb: all.fields['iotlb']!, head: all.fields['head']!, latch: descriptor })
    fc.assert(fc.property(valuesIn(flat), valuesIn(flat), (a, b) => {
      const back = diff(flat, b, a)
        .map(c => key({ sign: turned[c.sign], path: c.path, before: c.after, after: c.before }))
      expect(diff(flat, a, b).map(key)).toEqual(back)
    }))
  })

  it.each<[string, Domain, unknown, unknown, string[]]>([
    ['a number', struct({ head: range(0, 3) }), { head: 0 }, { head: 1 }, ['~ head 0 → 1']],
    ['a flag', struct({ busy: bool }), { busy: true }, { busy: false }, ['- busy']],
    ['an entry that comes', table([range(0, 1)], optional(entry)), [null, null],
      [null, { did: 0, frame: 1, write: true }],
      ['+ [1] {did domain0, frame1, write}']],
    ['a field deep in an entry', struct({ iotlb: table([domain, range(0, 0)], optional(entry)) }),
      { iotlb: [[null], [{ did: 0, frame: 1, write: false }]] },
      { iotlb: [[null], [{ did: 0, frame: 2, write: false }]] },
      ['~ iotlb[domain1][0].frame frame1 → frame2']],
    ['a queue that moves up', struct({ queue: list(descriptor, 4) }), { queue: [wait(0), wait(1), wait(2)] },
      { queue: [wait(1), wait(2), wait(3)] }, ['- queue wait {slot 0}', '+ queue wait {slot 3}']],
    ['one of two equal elements', list(range(0, 3), 4), [1, 1], [1], ['-  1']],
    ['an element in its place', struct({ queue: list(descriptor, 4) }), { queue: [wait(0), wait(1)] },
      { queue: [wait(0), wait(2)] },
      ['~ queue[1].slot 1 → 2']],
    ['another case of a variant', struct({ latch: descriptor }), { latch: wait(1) },
      { latch: { type: 'iec', index: 2, global: false } },
      ['~ latch wait {slot 1} → iec {index 2, !global}']],
  ])('shows %s', (_name, of, before, after, lines) => { expect(shown(of, before, after)).toEqual(lines) })

  it('takes labels of ids from the caller', () => {
    const names = { frame: (id: number) => `0x${(id * 4096).toString(16)}` }
    expect(showValue(entry, { did: 1, frame: 3, write: false }, names)).toBe('{did domain1, frame 0x3000, !write}')
    expect(showLoose({ frame: 1, at: 'step 4', list: [1], none: null }, new Set(['frame']), names))
      .toEqual(['frame 0x1000', 'at step 4', 'list [1]', 'none null'])
  })
})
