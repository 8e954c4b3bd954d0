/** The document of `compare`. */
import * as v from 'valibot'
import { count, document, list, text, texts } from './parts.ts'

const cycles = v.strictObject({ min: v.number(), typ: v.number(), max: v.number() })
const priced = v.strictObject({ cycles, assumed_range: v.strictObject({ min: v.number(), max: v.number() }) })
const verdict = v.strictObject({
  standing: v.picklist(['holds', 'violated', 'open', 'none']),
  broken: list(v.strictObject({ property: text, scope: text, ops: count,
    at: v.pipe(text, v.description('the saved trace, or the command that finds it')) })),
  says: v.pipe(text, v.description('why nothing of it is asked; else empty')),
})
export const compare = document('compare', {
  profile: text, clock_ghz: v.number(),
  designs: list(v.strictObject({
    design: text, says: text, userDrivers: v.boolean(), remapsDma: v.boolean(), remapsInterrupts: v.boolean(),
    unmaps: v.picklist(['each', 'batched', 'never']), isolation: verdict, interrupts: verdict, progress: verdict,
    packet: priced, interrupt: v.nullable(priced), migration: v.nullable(priced),
    wait: v.nullable(v.strictObject({ cycles: v.nullable(v.number()), says: text })),
    throughput: v.strictObject({ one_core_gbps: v.number(), link_gbps: v.number(), gbps: v.number(), cores: count,
      binds: v.picklist(['CPU', 'invalidation', 'walkers', 'link']) }),
  })),
  answer: list(v.strictObject({ says: text, rests: texts })),
  weak: list(v.strictObject({ unit: text, weighs: text, settledBy: text })),
})
