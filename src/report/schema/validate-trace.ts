/** The document of `validate` on a kernel's trace alone. Line numbers are those of the trace. */
import * as v from 'valibot'
import { count, document, list, text, texts } from './parts.ts'
import { damage, named, places, verdicts } from './validate.ts'

const spread = v.nullable(v.strictObject({ median: v.number(), p90: v.number(), max: v.number() }))
const flushes = v.strictObject({
  unmaps: count, own: count, flushed: count, least_us: spread, most_us: spread,
  longest: v.nullable(v.strictObject({ line: count, wait_us: v.number() })),
  perhaps: places, unanswered: places, ending: places, dropped: count, domains: list(count), units: texts,
  descriptors: list(v.strictObject({ kind: text, count })),
  runs: list(v.strictObject({ descriptors: count, runs: count })),
})
const seat = v.strictObject({ vector: count, cpu: count })
const interrupts = v.strictObject({
  irqs: list(v.strictObject({
    irq: count, name: v.nullable(text), moves: count, handled: count, unhandled: count, handledSince: count,
    seat: v.nullable(seat), steps: list(v.strictObject({ line: count, time_us: v.number(), what: text })),
  })),
  moves: count,
  moved: list(v.strictObject({
    irq: count, line: count, time_us: v.number(), from: seat, to: seat, freed_us: v.nullable(v.number()), onOld: count,
    onOther: count,
  })),
  unfreed: places, entries: count, shared: places, late: places,
  sharedPerhaps: places, latePerhaps: places, unended: places, unhandled: places,
})

export const validateTrace = document('validate-trace', {
  trace: v.strictObject({ path: text, lines: count, span_s: v.number(), backward: count, farthest_us: count,
    lost: count }),
  events: named, unread: damage, maps: count, flushes, interrupts,
  faults: v.strictObject({ total: count, first: list(v.strictObject({ line: count, device: text, address: v.number(),
    flags: count, says: text })) }),
  lacks: v.pipe(v.nullable(text), v.description('what the trace lacks; null where nothing is lacking')),
  verdicts,
})
