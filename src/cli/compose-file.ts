/** The file of `cost compose`: counts of one's own, and numbers of one's own to hold them against. */
import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import { suggest, usage } from '../errors.ts'
import type { UserError } from '../errors.ts'
import { badJson } from '../text/json-position.ts'
import { units } from '../../spec/costs/index.ts'
import { placed } from './io.ts'
import type { Io } from './io.ts'

const text = v.pipe(v.string('is not a text'), v.nonEmpty('is empty'))
const many = v.pipe(v.number('is not a number'), v.safeInteger('is not a whole number'), v.minValue(1, 'is below 1'),
  v.maxValue(1e9, 'is above 10^9'))
const counts = v.record(v.string(), many, 'is not an object')

const row = v.strictObject({
  name: text,
  /** Unit -> how many. */
  counts: v.optional(counts, {}),
  /** `DESIGN/PATH` -> how many times. */
  paths: v.optional(counts, {}),
  /** All of it is for so many. */
  per: v.optional(many, 1),
  measured: v.optional(v.pipe(v.number('is not a number'), v.minValue(1e-9, 'is below 1e-9'),
    v.maxValue(1e15, 'is above 1e15'))),
  unit: v.optional(v.picklist(['cycles', 'ns', 'us', '/s'], 'is none of cycles, ns, us, /s'), 'cycles'),
  /** The prices were made from this number. */
  fitted: v.optional(v.boolean('is neither true nor false'), false),
})
const schema = v.strictObject({
  format: v.literal('remapcheck-compose/1', 'is not "remapcheck-compose/1"'),
  title: v.optional(text, 'rows of this file'),
  profile: v.optional(text),
  rows: v.pipe(v.array(row, 'is not a list of rows'), v.minLength(1, 'has no row')),
})
export type ComposeFile = v.InferOutput<typeof schema>

const example = 'compare with the example in docs/costs.md'

/** @throws UserError E-COMPOSE with the place in the file. */
export function readComposeFile(io: Io, name: string): ComposeFile {
  let source: string
  try { source = readFileSync(placed(io, name), 'utf8') } catch (cause) {
    throw bad(name, `cannot be read (${String((cause as { code?: unknown }).code)})`, 'give a file of counts')
  }
  const fault = badJson(source)
  if (fault !== null) throw bad(name + fault.place, fault.problem, 'mend the file at this place')
  const given: unknown = JSON.parse(source)
  const parsed = v.safeParse(schema, given)
  if (!parsed.success) {
    const issue = parsed.issues[0]
    throw bad(name, `${v.getDotPath(issue) ?? 'the document'}: ${said(issue)}`, example)
  }
  // valibot leaves out names that every object has, such as `constructor`
  for (const [i, { counts: of = {} }] of (given as { readonly rows: readonly { readonly counts?: object }[] }).rows
    .entries())
    for (const unit of Object.keys(of))
      if (!Object.hasOwn(units, unit))
        throw bad(name, `rows.${i}.counts: no unit is named '${unit}'`,
          suggest(unit, Object.keys(units), 'remapcheck list units'))
  const empty = parsed.output.rows.findIndex(({ counts: of, paths }) =>
    Object.keys(of).length + Object.keys(paths).length === 0)
  if (empty >= 0) throw bad(name, `rows.${empty}: counts nothing`, 'give it "counts" or "paths"')
  return parsed.output
}
const bad = (subject: string, problem: string, next: string): UserError => usage(subject, problem, next, 'COMPOSE')
function said(issue: v.BaseIssue<unknown>): string {
  if (issue.type !== 'strict_object' && issue.type !== 'record') return issue.message
  if (issue.received === 'undefined') return 'is missing'
  return issue.expected === 'never' ? 'is no field of it' : 'is not an object'
}
