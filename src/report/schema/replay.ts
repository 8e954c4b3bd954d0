/** The document of `replay`. */
import * as v from 'valibot'
import { by, count, document, list, op, scalar, text, texts, witness } from './parts.ts'

const event = v.variant('kind', [
  v.strictObject({ kind: v.literal('cost'), path: text, unit: text, count }),
  v.strictObject({ kind: v.literal('clause'), id: text }),
  v.strictObject({ kind: v.literal('observation'), seen: v.objectWithRest({ what: text }, scalar) }),
  v.strictObject({ kind: v.literal('refused'), why: text }),
])
const step = v.strictObject({
  op, agent: text, refused: v.boolean(), events: list(event),
  violated: list(v.strictObject({ property: text, because: text, witness })),
})

const outcome = v.nullable(v.variant('kind', [
  v.strictObject({ kind: v.literal('landed'), frame: count }),
  v.strictObject({ kind: v.literal('blocked'), reason: v.nullable(count) }),
  v.strictObject({ kind: v.literal('accepted'), cpu: count, vector: count }),
  v.strictObject({ kind: v.literal('rejected'), reason: v.nullable(count) }),
]))
const done = v.strictObject({ kind: text, says: text, qemu: outcome, cached: v.boolean(), note: v.nullable(text),
  model: outcome, same: v.nullable(v.boolean()) })
const qemu = v.strictObject({
  version: text, verdict: v.picklist(['shown', 'cannot', 'differs']),
  step: v.pipe(v.nullable(count), v.description('the step that shows it, from 1')),
  limits: list(v.strictObject({ name: text, says: text, clause: v.nullable(text), clauseSays: v.nullable(text) })),
  steps: list(v.strictObject({ limits: texts, done: list(done) })),
})

export const replay = document('replay', {
  traces: list(v.strictObject({
    path: text, design: text, bounds: by(v.union([v.number(), v.boolean(), text])), property: text,
    asExpected: v.boolean(), reproduced: v.boolean(),
    at: v.pipe(v.nullable(count), v.description('ops taken when it was first; 0 is the initial state')),
    loop: v.exactOptional(count),
    because: v.nullable(text), recorded: text, witness, refused: count, specChanged: v.boolean(), steps: list(step),
    qemu: v.exactOptional(qemu),
  })),
})
