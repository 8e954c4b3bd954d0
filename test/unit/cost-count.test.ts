/** Counting, measuring and pricing: exact arithmetic, and refusal of what cannot be counted or priced. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CostError, costReport, countCosts, measure, price, pricePath, renderCost } from '../../src/cost/index.ts'
import type { Prices } from '../../src/cost/index.ts'
import { actionsOf, bool, initial, list, machine, range, struct } from '../../src/model/index.ts'
import type { CostEvent, Observation, Value } from '../../src/model/index.ts'
import { sources, vocabulary, xeon } from '../../spec/costs/index.ts'

const cost = (path: string, unit: string, count: number): CostEvent => ({ kind: 'cost', path, unit, count })

describe('countCosts', () => {
  it('sums by path and unit, in the order of the vocabulary, other paths last, and skips other events', () => {
    const counts = countCosts([
      cost('zeta', 'lock', 1), cost('unmap', 'queue-wait', 1), cost('map', 'pte-store', 2),
      { kind: 'clause', id: 'VTD:6.5.2' },
      cost('map', 'iova-alloc', 1), cost('map', 'pte-store', 3), { kind: 'refused', why: 'guard is false' },
    ], vocabulary)
    expect(JSON.stringify(counts))
      .toBe('{"map":{"iova-alloc":1,"pte-store":5},"unmap":{"queue-wait":1},"zeta":{"lock":1}}')
  })
  it('refuses a unit outside the vocabulary, an inherited name included', () => {
    expect(() => countCosts([cost('map', 'pte-stroe', 1)], vocabulary))
      .toThrow(/path 'map' counts the unit 'pte-stroe', which is not in the vocabulary/)
    expect(() => countCosts([cost('map', 'constructor', 1)], vocabulary)).toThrow(CostError)
  })
  it.each([0, -1, 0.5, NaN])('refuses a count of %s', n => {
    expect(() => countCosts([cost('map', 'lock', n)], vocabulary)).toThrow(/a count is a whole number above 0/)
  })
  it('does not depend on the order of events', () => {
    const event = fc.record({ kind: fc.constant('cost' as const), path: fc.constantFrom('map', 'dma', 'own'),
      unit: fc.constantFrom('lock', 'eoi', 'handler'), count: fc.integer({ min: 1, max: 9 }) })
    fc.assert(fc.property(fc.array(event), events => {
      expect(JSON.stringify(countCosts([...events].reverse(), vocabulary)))
        .toBe(JSON.stringify(countCosts(events, vocabulary)))
    }))
  })
})

const prices: Prices = { id: 'test', units: {
  'lock': { min: 1, typ: 20, max: 300, from: ['x'], derivation: 'x' },
  'handler': { min: 2, typ: 60, max: 70, from: [], derivation: 'a guess', assumption: true },
  'queue-wait': { min: 100, typ: 100, max: 100, from: ['x'], derivation: 'x' },
  'iotlb-invalidate': { within: 'queue-wait', derivation: 'the wait has it' },
} }

describe('price', () => {
  it('multiplies and adds exactly, dearest row first, and says what rests on assumptions', () => {
    expect(pricePath('p', { lock: 3, handler: 5 }, prices)).toEqual({
      path: 'p', cycles: { min: 13, typ: 360, max: 1250 }, assumed_percent: 83,
      assumed_range: { min: 70, max: 410 }, elsewhere: [],
      rows: [
        { unit: 'handler', count: 5, cycles: { min: 10, typ: 300, max: 350 }, share_percent: 83, assumption: true,
          within: null },
        { unit: 'lock', count: 3, cycles: { min: 3, typ: 60, max: 900 }, share_percent: 17, assumption: false,
          within: null },
      ],
    })
  })
  it('is linear in the counts', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 1000 }), (a, b) => {
      const typ = (lock: number): number => pricePath('p', { lock }, prices).cycles.typ
      expect(typ(a) + typ(b)).toBe(typ(a + b))
    }))
  })
  it('never prices a unit as 0 because the profile lacks it', () => {
    expect(() => price({ unmap: { eoi: 1 } }, prices))
      .toThrow(/profile 'test' has no price for the unit 'eoi', which path 'unmap' counts/)
  })
  it('adds nothing for work inside another unit, and says so where that unit is not on the path', () => {
    const both = pricePath('unmap', { 'iotlb-invalidate': 1, 'queue-wait': 1 }, prices)
    expect([both.cycles.typ, both.elsewhere]).toEqual([100, []])
    expect(pricePath('iommu', { 'iotlb-invalidate': 1 }, prices).elsewhere).toEqual(['iotlb-invalidate'])
  })
})

const pump = struct({ queue: list(range(0, 3), 2), polling: bool })
type Pump = Value<typeof pump>
const action = actionsOf<Pump, Observation>()
/** A queue that hardware drains one entry a step; the kernel waits until it is empty. */
const queueMachine = (stuck: boolean) => machine({
  name: 'pump', domain: pump, initial: initial(pump),
  actions: [
    action('wait', { agent: 'cpu', path: 'unmap', fair: true, when: s => s.polling && s.queue.length === 0,
      then: (s, _, emit) => { s.polling = false; emit.cost('queue-wait') } }),
    action('submit', { agent: 'cpu', path: 'unmap', params: { page: range(0, 3) }, when: s => s.queue.length < 2,
      then: (s, { page }, emit) => { s.queue.push(page); s.polling = true; emit.cost('queue-entry', 2) } }),
    action('drain', { agent: 'iommu', path: 'iommu', fair: true, when: s => s.queue.length > 0,
      then: (s, _, emit) => { if (!stuck) s.queue.shift(); emit.cost('iotlb-invalidate') } }),
  ],
})
const submit = (page: number) => ({ action: 'submit', args: { page } })

describe('measure', () => {
  it('lets fair steps settle after each op, and replays to the same counts', () => {
    const measured = measure(queueMachine(false), { name: 'two', ops: [submit(1), submit(2)] }, vocabulary)
    expect(measured.counts).toEqual({ unmap: { 'queue-entry': 4, 'queue-wait': 2 }, iommu: { 'iotlb-invalidate': 2 } })
    expect(measured.ops.map(op => op.action)).toEqual(['submit', 'drain', 'wait', 'submit', 'drain', 'wait'])
    expect(measure(queueMachine(false), { name: 'again', ops: measured.ops, settle: 0 }, vocabulary).counts)
      .toEqual(measured.counts)
  })
  it('settle 0 leaves the hardware alone', () => {
    const measured = measure(queueMachine(false), { name: 'two', ops: [submit(1), submit(2)], settle: 0 }, vocabulary)
    expect(measured.counts).toEqual({ unmap: { 'queue-entry': 4 } })
  })
  it('counts the limit of settling in steps', () => {
    const run = (settle: number) =>
      measure(queueMachine(false), { name: 's', ops: [submit(1)], settle }, vocabulary).ops.length
    expect(run(2)).toBe(3)
    expect(() => run(1)).toThrow(/not quiet within 1 steps, wait is still enabled/)
  })
  it('refuses a scenario whose op is not enabled, or that never settles', () => {
    expect(() => measure(queueMachine(false),
      { name: 's', ops: [submit(1), { action: 'drain', args: {} }] }, vocabulary))
      .toThrow(/scenario 's' on machine 'pump', op 2 drain: refused, guard is false/)
    expect(() => measure(queueMachine(true), { name: 's', ops: [submit(1)], settle: 50 }, vocabulary))
      .toThrow(/op 1 submit\(page=1\): not quiet within 50 steps, drain is still enabled/)
  })
})

describe('renderCost', () => {
  it('shows each path by design with range, contributors, assumption marks and footnotes', () => {
    const report = costReport([
      { design: 'ring0-strict', counts: {
        unmap: { 'pte-clear': 1, 'queue-entry': 2, 'queue-tail-write': 1, 'queue-wait': 1, 'iova-free': 1 },
        iommu: { 'iotlb-invalidate': 1 },
      } },
      { design: 'no-iommu', counts: { unmap: { 'frame-free': 1 } } },
    ], xeon, sources, vocabulary)
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    const text = renderCost(report)
    expect(text.split('\nsources')[0]).toMatchInlineSnapshot(`
      "cycles per path: typical (min..max), 3.1 GHz, profile xeon-2011-2016
        Composite Xeon of 2011 to 2016: Sandy Bridge E3 kernel paths, Broadwell-EP
        translation hardware, Skylake seL4

      unmap
        ring0-strict    3059 (2456..9776)   queue-wait 67%, iova-free 16%,
                                            pte-clear 15%, 2 more, *: 2988..3281
        no-iommu          67 (27..264)      frame-free* 100%, *: 27..264

      iommu
        ring0-strict       0 (0..0)         ~iotlb-invalidate in queue-wait of another
                                            path

      * an assumption: no published figure isolates this unit; *: what the path costs
        with all of them at their least and at their greatest
      ~ counted, but its time is in the unit named
      "
    `)
    expect(text)
      .toContain('  M. Malka, rIOMMU: Efficient IOMMU for I/O Devices that Employ Ring Buffers,\n  ASPLOS 2015 '
        + '(recalled)\n    iova-free, pte-clear,')
  })
})
