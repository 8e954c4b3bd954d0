/** Timed runs: what is independent overlaps, what reads waits for what wrote, and alone a call takes what it costs. */
import { describe, expect, it } from 'vitest'
import { measureDesign } from '../../src/check/measure.ts'
import { timedOf } from '../../src/check/timed.ts'
import { pricePath } from '../../src/cost/index.ts'
import { Choices } from '../../src/explore/choices.ts'
import { timedRun } from '../../src/explore/timed.ts'
import type { Timed } from '../../src/explore/timed.ts'
import { apply } from '../../src/model/effect.ts'
import { actionsOf, bool, machine, optional, scalarset, struct, table } from '../../src/model/index.ts'
import type { Value } from '../../src/model/index.ts'
import { Recorder } from '../../src/model/record.ts'
import type { Workload } from '../../src/report/timed.ts'
import { Seeded } from '../../src/seeded.ts'
import { bounds } from '../../spec/bounds.ts'
import { xeon } from '../../spec/costs/index.ts'
import { designNamed, designs } from '../../spec/designs.ts'
import { remapMachine } from '../../spec/machine.ts'

/** Two workers that take a lock, or none, work for 100, and give it back. */
const worker = scalarset('worker', 2)
const domain = struct({ lock: optional(worker), working: table([worker], bool) })
const action = actionsOf<Value<typeof domain>, { what: string }>()
function workers(shared: boolean) {
  const agent = ({ worker: w }: { worker: number }): string => `worker${w}`
  return machine({ name: 'workers', domain, initial: { lock: null, working: [false, false] }, actions: [
    action('take', { agent, params: { worker }, when: (s, p) => !s.working[p.worker] && (!shared || s.lock === null),
      then: (d, p) => { if (shared) d.lock = p.worker; d.working[p.worker] = true } }),
    action('work', { agent, fair: true, params: { worker }, when: (s, p) => s.working[p.worker]!,
      then: (d, p, emit) => { if (shared) d.lock = null; d.working[p.worker] = false; emit.cost('work') } }),
  ] })
}
const timed = (shared: boolean, seed = 1): Timed => timedRun(workers(shared), {
  seed, steps: 2000, gap: 100, chosen: () => true, duration: events => events.length > 0 ? 100 : 0,
  marks: ({ instance: { op } }) => [{ span: 'turn', key: String(op.args['worker']),
    is: op.action === 'take' ? 'begin' : 'end' }],
})

describe('two workers', () => {
  it('overlap where they share nothing', () => {
    const { spans, agents, lasted } = timed(false)
    expect(new Set(spans.get('turn'))).toEqual(new Set([100]))
    const { busy, waited } = agents.get('worker0')!
    expect(waited).toBe(0)
    expect(busy + agents.get('worker1')!.busy).toBeGreaterThan(0.9 * lasted)
  })
  it('take turns at a lock, and wait for it', () => {
    const { agents, lasted, steps } = timed(true)
    const [one, other] = [agents.get('worker0')!, agents.get('worker1')!]
    expect(one.busy + other.busy).toBe(100 * Math.floor(steps / 2))
    expect(one.busy + other.busy).toBeLessThanOrEqual(lasted)
    expect(Math.min(one.waited, other.waited)).toBeGreaterThan(0)
    expect(lasted).toBeGreaterThan(timed(false).lasted)
  })
  it('do the same for the same seed', () => {
    expect(timed(true)).toEqual(timed(true))
    expect(timed(true, 2)).not.toEqual(timed(true))
  })
})

it('asks again only what may have changed, and knows what all asked anew would say', () => {
  const strict = remapMachine(designNamed('ring0-strict')!,
    bounds({ cpus: 2, callers: 2, frames: 2, iovas: 2, queue: 3, sources: 1, vectors: 2, migrate: 1 }))
  const recorder = new Recorder(strict), random = new Seeded(5)
  const all = new Choices(strict, recorder, strict.instances.map((_, i) => i),
    (place, { effect }) => ({ place, effect }))
  let words = new Uint32Array(recorder.words)
  recorder.packed.pack(strict.initialWorld, words, 0)
  const placesOf = (of: typeof choices): string => of.map(({ place }) => place).join()
  let choices = all.in(words)
  for (let step = 0; step < 400; step++) {
    const after = new Uint32Array(words.length)
    apply(choices[random.below(choices.length)]!.effect, words, 0, after, 0)
    choices = all.after(choices, words, after)
    words = after
    expect(placesOf(choices)).toBe(placesOf(all.in(words)))
  }
  expect(choices.length).toBeGreaterThan(0)
})

const workload: Workload = { seed: 3, steps: 3000, cpus: 1, queue: 3, gap: 1_000_000, iotlb_entries: 118, pages: 256,
  depth: 1, page_bytes: 4096 }
const median = (name: string, changes: Partial<Workload> = {}): Readonly<Record<string, number>> =>
  Object.fromEntries(timedOf({ design: designNamed(name)!, path: null }, { ...workload, ...changes }, xeon).spans
    .map(({ span, median: of }) => [span, of]))

describe('a design', () => {
  it.each(['ring0-strict', 'ring0-deferred', 'no-iommu'])('%s: alone a call takes what it costs', name => {
    const { counts } = measureDesign({ design: designNamed(name)!, path: null })
    const alone = median(name)
    for (const [span, path] of [['map', 'map'], ['unmap', 'unmap'], ['migrateInterrupt', 'irq-migrate']] as const)
      expect([span, alone[span]]).toEqual([span, pricePath(path, counts[path]!, xeon).cycles.typ])
  })
  it('waits beside another CPU: of both, invalidations come one after the other', () => {
    const { spans, agents } = timedOf({ design: designNamed('ring0-strict')!, path: null },
      { ...workload, steps: 6000, cpus: 2, gap: 1000 }, xeon)
    const unmap = spans.find(({ span }) => span === 'unmap')!
    expect(unmap.p99).toBeGreaterThan(unmap.median)
    expect(unmap.max).toBeGreaterThanOrEqual(3149 + 2042)
    expect(agents.find(({ agent }) => agent === 'cpu0')!.waited_percent).toBeGreaterThan(0)
  })
  it('has the time of each invalidation once, on the clock of the IOMMU, not of the CPU that waits', () => {
    const only = { ...xeon, units: Object.fromEntries(Object.entries(xeon.units).map(([unit, price]) =>
      [unit, 'within' in price || unit === 'queue-wait' ? price : { ...price, min: 0, typ: 0, max: 0 }])) }
    for (const name of ['ring0-strict', 'ring0-register', 'ring0-deferred']) {
      const { agents, spans, elapsed_cycles } = timedOf({ design: designNamed(name)!, path: null },
        { ...workload, steps: 2000, cpus: 2, gap: 500 }, only)
      const busy = (agent: string): number => agents.find(one => one.agent === agent)!.busy_percent
      const waited = spans.filter(({ span }) => /^(?:flush|migrateInterrupt|unmap)$/.test(span)
        && !(span === 'unmap' && name === 'ring0-deferred')).reduce((sum, { count }) => sum + count, 0)
      expect([name, busy('cpu0'), busy('cpu1')]).toEqual([name, 0, 0])
      expect(Math.abs(busy('iommu') / 100 * elapsed_cycles / 2042 - waited)).toBeLessThanOrEqual(3)
    }
  })
  it('misses the IOTLB as the stream does: never with large pages', () => {
    const dma = (changes: Partial<Workload>) =>
      timedOf({ design: designNamed('ring0-strict')!, path: null }, { ...workload, steps: 1, ...changes }, xeon).dma!
    expect(dma({}).miss_percent).toBeCloseTo(100 * (1 - 118 / 256), 0)
    expect(dma({ page_bytes: 2 ** 21 }).miss_percent).toBe(0)
    expect(dma({ iotlb_entries: 256 })).toMatchObject({ miss_percent: 0, max: 0 })
  })
  it('of every kind can be timed', () => {
    for (const design of designs)
      expect([design.name, timedOf({ design, path: null }, { ...workload, steps: 50, gap: 1000 }, xeon).steps])
        .toEqual([design.name, 50])
  })
})
