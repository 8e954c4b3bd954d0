/** The document of `ablate`. */
import * as v from 'valibot'
import { count, document, list, ops, text, texts } from './parts.ts'

const why = v.strictObject({
  scope: text, bounds: text, property: v.nullable(text), clause: v.nullable(text), because: text, ops: v.nullable(ops),
  loop: v.exactOptional(v.pipe(count,
    v.description('of an endless run: how many ops come before those that repeat for ever'))),
  also: list(v.strictObject({ property: text, ops: count })), command: text, saved: v.nullable(text),
})
const cell = v.strictObject({
  hardware: text, verdict: v.picklist(['needed', 'not-needed', 'nothing', 'undecided', 'itself']), why: v.nullable(why),
  searched: texts, states: count,
})
const protocol = v.strictObject({
  call: text, hardware: list(v.strictObject({ name: text, says: text })),
  rows: list(v.strictObject({ edit: text, design: text, says: text, costOnly: v.boolean(), cells: list(cell) })),
  flaws: list(v.strictObject({ hardware: text, property: text, ops: count, bounds: text })),
})

export const ablate = document('ablate', {
  design: text, says: text, protocols: list(protocol), unasked: list(v.strictObject({ call: text, why: text })),
  interrupted: v.boolean(), repeat: text,
})
