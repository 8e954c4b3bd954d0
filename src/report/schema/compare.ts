/** The document of `compare`. */
import * as v from 'valibot'
import { count, document, list, text, texts } from './parts.ts'

const cycles = v.strictObject({ min: v.number(), typ: v.number(), max: v.number() })
const leastMost = v.strictObject({ min: v.number(), max: v.number() })
const priced = v.strictObject({ cycles, assumed_range: leastMost })
const verdict = v.strictObject({
  standing: v.picklist(['holds', 'violated', 'open', 'none']),
  broken: list(v.strictObject({ property: text, scope: text, ops: count,
    at: v.pipe(text, v.description('the saved trace, or the command that finds it')),
    known: v.pipe(v.boolean(), v.description('the design gives it up')) })),
  says: v.pipe(text, v.description('why nothing of it is asked, or what is not shown; else empty')),
})
export const compare = document('compare', {
  profile: text, clock_ghz: v.number(),
  designs: list(v.strictObject({
    design: text, says: text, userDrivers: v.boolean(), inKernel: v.pipe(v.boolean(),
      v.description('neither drivers, servers nor guests are outside of the kernel: no path leads to one')),
    remapsDma: v.boolean(), remapsInterrupts: v.boolean(),
    unmaps: v.picklist(['each', 'batched', 'never']), isolation: verdict, interrupts: verdict, progress: verdict,
    packet: v.strictObject({ cycles, assumed_range: leastMost, serial: v.pipe(cycles,
      v.description('of its cycles, what one CPU takes at a time: the lock of the queue, and the invalidation')) }),
    interrupt: v.nullable(priced), migration: v.nullable(priced),
    wait: v.nullable(v.strictObject({ cycles: v.nullable(v.number()), says: text })),
    throughput: v.strictObject({ one_core_gbps: v.number(), link_gbps: v.number(), gbps: v.number(), cores: count,
      binds: v.picklist(['CPU', 'invalidation', 'walkers', 'link']) }),
  })),
  answer: list(v.strictObject({ says: text, rests: texts })),
  weak: list(v.strictObject({ unit: text, weighs: text, settledBy: text })),
  notes: v.pipe(texts, v.description('what the profile rests on, and what it does not fit')),
})
