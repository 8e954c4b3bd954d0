/** The documents of `cost` and its forms: `compose`, `--validate`, `--explain` and `--worst`. */
import * as v from 'valibot'
import { by, count, document, list, ops, stopped, text, texts } from './parts.ts'

const cycles = v.strictObject({ min: v.number(), typ: v.number(), max: v.number() })
const leastMost = v.strictObject({ min: v.number(), max: v.number() })
const row = v.strictObject({ unit: text, count, cycles, share_percent: v.number(), assumption: v.boolean(),
  within: v.nullable(text) })
const pathCost = v.strictObject({ path: text, cycles, rows: list(row), assumed_percent: v.number(),
  assumed_range: leastMost, elsewhere: texts })
const budget = v.strictObject({
  design: text, path: text,
  expects: v.exactOptional(v.pipe(by(count), v.description('unit -> how many, by the derivation'))),
  limit_cycles: v.number(), derivation: text, profile: text,
})

export const cost = document('cost', {
  measured: list(v.strictObject({ design: text,
    counts: v.pipe(by(by(count)), v.description('path -> unit -> how many')) })),
  costs: v.strictObject({
    profile: v.strictObject({ id: text, title: text, clock_ghz: v.number(), notes: texts }),
    paths: list(v.strictObject({ path: text, designs: list(v.strictObject({ design: text, cost: pathCost })) })),
    footnotes: list(v.strictObject({ source: text, status: texts, units: texts })),
  }),
  budgets: v.strictObject({
    results: list(v.strictObject({
      budget, verdict: v.picklist(['within', 'changed', 'over', 'unmeasured']), used: v.nullable(cycles),
      delta_cycles: v.nullable(v.number()),
    })),
    changes: list(v.strictObject({ design: text, path: text, unit: text, from: count, to: count })), holds: v.boolean(),
  }),
})

export const compose = document('compose', {
  profile: v.nullable(text),
  tables: list(v.strictObject({
    id: text, title: text, source: v.nullable(text),
    rows: list(v.strictObject({
      name: text, how: text, unit: text, predicted: cycles, measured: v.nullable(v.number()),
      off_percent: v.nullable(v.number()), inside: v.nullable(v.boolean()),
      fitted: v.pipe(v.nullable(text), v.description('why the row does not count; null where it does')),
    })),
  })),
  fit: v.strictObject({
    rows: count, fitted: count, median_percent: v.nullable(v.number()), tables_median_percent: v.nullable(v.number()),
    beyond: count, limit_percent: v.number(), pairs: count,
    inversions: list(v.strictObject({ table: text, greater: text, lesser: text })),
  }),
  reasons: list(v.strictObject({ table: text, beyond: count, inversions: count, because: v.nullable(text),
    of: list(v.strictObject({ says: text, because: v.nullable(text) })) })),
  missing: list(v.strictObject({ id: text, title: text, lacks: text, isPart: v.boolean() })),
})
export const derivation = document('derivation', {
  profile: text, clock_ghz: v.number(), path: text,
  designs: list(v.strictObject({
    design: text, path: text, cycles,
    rows: list(v.strictObject({
      unit: text, count, cycles, status: v.nullable(text), note: v.nullable(text),
      sensitivity: v.pipe(leastMost, v.description('of the path, at the least and the greatest price of the unit')),
      steps: list(v.strictObject({
        depth: count, name: text, value: v.number(), measure: text, says: text, status: text,
        source: v.nullable(text),
      })),
    })),
  })),
})

const part = v.picklist(['CPU', 'invalidation', 'walkers', 'link'])
export const throughput = document('throughput', {
  profile: text, clock_ghz: v.number(), link_gbps: v.number(), page_bytes: count, load: by(v.number()),
  designs: list(v.strictObject({
    design: text,
    packet: v.strictObject({ cycles, serial: cycles, misses: v.number(), assumed_percent: v.number() }),
    points: list(v.strictObject({ bytes: count, cores: count, gbps: v.number(), binds: part })),
    saturation: list(v.strictObject({ link_gbps: v.number(), bytes: count, cores: count, gbps: v.number(),
      binds: part })),
  })),
})

const distribution = { count, median: v.number(), p99: v.number(), max: v.number() }
export const timed = document('timed', {
  profile: text, clock_ghz: v.number(),
  workload: v.strictObject({ seed: count, steps: count, cpus: count, queue: count, gap: count, iotlb_entries: count,
    pages: count, depth: count, page_bytes: count }),
  designs: list(v.strictObject({
    design: text, steps: count, elapsed_cycles: v.number(),
    spans: list(v.strictObject({ span: text, unfinished: count, ...distribution })),
    agents: list(v.strictObject({ agent: text, busy_percent: v.number(), waited_percent: v.number() })),
    dma: v.nullable(v.strictObject({ ...distribution, miss_percent: v.number() })),
  })),
})

const way = v.strictObject({ cost: v.number(), ops, begin: count, prices: list(v.number()) })
const round = v.strictObject({ cost: v.number(), ops, begin: count, loop: count })
const found = v.strictObject({
  begins: v.boolean(), greatest: v.nullable(way), least: v.nullable(way), unbounded: v.nullable(round),
  endless: v.nullable(round),
})
export const worst = document('worst', {
  profile: text,
  waits: list(v.strictObject({
    name: text, says: text, bounds: text,
    designs: list(v.strictObject({
      design: text, found: v.nullable(found), states: count, stopped,
    })),
  })),
})
