/** Whether what a user's module exports is a kernel design, told field by field. */
import * as v from 'valibot'
import { UserError } from '../errors.ts'
import { clauses } from '../../spec/clauses.ts'
import type { Design } from '../../spec/kernel/index.ts'
import { callNames } from '../../spec/state.ts'

const call = v.custom<(...args: never[]) => unknown>(value => typeof value === 'function', 'expected a function')
const name = v.pipe(v.string(), v.nonEmpty('expected a name'))
const step = v.object({
  name: v.pipe(name, v.regex(/^[\w-]+$/, 'expected letters, digits, - or _')), says: name, then: call, when: v.optional(call), skip: v.optional(call),
  clause: v.optional(v.pipe(v.string(), v.check(id => Object.hasOwn(clauses, id), 'expected an id of `remapcheck list clauses`'))),
})
const shape = v.object({
  name: v.pipe(name, v.regex(/^[^\p{Cc}/\\]+$/u, 'expected no slashes and no control characters')), says: name,
  remapsDma: v.boolean(), remapsInterrupts: v.boolean(), userDrivers: v.boolean(), verifiesSource: v.boolean(), blocksCompatibility: v.boolean(),
  extendedInterrupts: v.picklist(['as-capable', 'always']), interruptTables: v.picklist([1, 2]), givesUp: v.record(v.string(), v.string()),
  protocols: v.strictObject(Object.fromEntries(callNames.map(one => [one, v.optional(v.array(step))]))),
})

/** @throws UserError E-DESIGN-SHAPE naming the field. */
export function checkShape(given: unknown, path: string): Design {
  const parsed = v.safeParse(shape, given)
  if (parsed.success) return given as Design
  const issue = parsed.issues[0]
  const field = v.getDotPath(issue) ?? 'the export'
  throw new UserError({
    code: 'E-DESIGN-SHAPE', subject: path, problem: `not a kernel design: ${field}: ${issue.message}`,
    next: "make it with design(name, options, protocols) from 'remapcheck/spec', or edit a built-in one with without(...)",
  })
}
