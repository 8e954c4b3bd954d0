/** Whether what a user's module exports is a kernel design, checked field by field. A field that the program does not
 *  read is a misspelt one. */
import * as v from 'valibot'
import { isPrintable, suggest, UserError } from '../errors.ts'
import { claims } from '../../properties/index.ts'
import { iommus, ruleNames } from '../../spec/iommus.ts'
import { clauses } from '../../spec/clauses.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { callNames } from '../../spec/state.ts'

const call = v.custom<(...args: never[]) => unknown>(value => typeof value === 'function', 'a function')
const name = v.pipe(v.string(), v.nonEmpty('a name'))
const step = v.strictObject({
  name: v.pipe(name, v.regex(/^[\w-]+$/, 'letters, digits, - or _')), says: name, then: call, when: v.optional(call),
  skip: v.optional(call),
  rule: v.optional(v.picklist(ruleNames, `one of ${ruleNames.join(', ')}`)),
  clause: v.optional(v.pipe(v.string(),
    v.check(id => Object.hasOwn(clauses, id), 'an id of `remapcheck list clauses`'))),
  uses: v.optional(v.picklist(['queue', 'registers'])), endedBy: v.optional(name),
})
const iommuNames = iommus.map(one => one.name)
const claimNames = claims.map(({ property }) => property.name)
const protocols = v.strictObject(Object.fromEntries(callNames.map(one => [one, v.optional(v.array(step))])))
const givesUp = v.strictObject(Object.fromEntries(claimNames.map(one => [one, v.optional(v.string())])))
const designSchema = v.strictObject({
  name: v.pipe(name, v.regex(/^[^/\\]+$/u, 'no slashes'), v.check(isPrintable, 'no control characters')), says: name,
  iommu: v.nullish(v.picklist(iommuNames, `one of ${iommuNames.join(', ')}`)),
  remapsDma: v.boolean(), remapsInterrupts: v.boolean(), userDrivers: v.boolean(), verifiesSource: v.boolean(),
  blocksCompatibility: v.boolean(),
  extendedInterrupts: v.picklist(['as-capable', 'always']), interruptTables: v.picklist([1, 2]),
  memoryOf: v.nullish(v.string()), interruptsOf: v.nullish(v.string()),
  givesUp, protocols,
})

export const designFields = Object.keys(designSchema.entries), stepFields = Object.keys(step.entries)

/** @throws UserError E-DESIGN-SHAPE naming the field. */
export function parseDesign(given: unknown, path: string): Design {
  const parsed = v.safeParse(designSchema, given)
  if (parsed.success) return given as Design
  const issue = parsed.issues[0]
  throw new UserError({
    code: 'E-DESIGN-SHAPE', subject: path,
    problem: `not a kernel design: ${v.getDotPath(issue) ?? 'the export'}: ${problemOf(issue)}`, next: nextOf(issue),
  })
}

function problemOf({ expected, received, kind, message }: v.BaseIssue<unknown>): string {
  if (expected === 'never') return 'no such field'
  if (received === 'undefined') return 'missing'
  return `${received}, expected ${kind === 'validation' ? message : expected ?? message}`
}
function nextOf({ expected, path }: v.BaseIssue<unknown>): string {
  if (expected !== 'never' || path === undefined)
    return "make it with design(name, options, protocols) from 'remapcheck/spec' as docs/designs.md does, or edit a "
      + "built-in one with without(...)"
  const known = knownAt(path)
  return suggest(String(path.at(-1)!.key), known, `there are ${known.join(', ')}`)
}
/** The fields that there are where this one is none. */
function knownAt(path: readonly { readonly key: unknown }[]): readonly string[] {
  if (path.length === 1) return designFields
  if (path.length > 2) return stepFields
  return path[0]!.key === 'givesUp' ? claimNames : callNames
}
