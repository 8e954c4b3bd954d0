/** Whether what a user's module exports is a kernel design, checked field by field. A field that the program does not
 *  read is a misspelt one. */
import * as v from 'valibot'
import { isPrintable, suggest, UserError } from '../errors.ts'
import { excerpt, placeOfText, shownAt } from '../check/place.ts'
import { missingStep } from './module-errors.ts'
import { claims } from '../../properties/index.ts'
import { badBounds, boundNames, bounds } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { claimOf } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'
import { clauses } from '../../spec/clauses.ts'
import { counterpartOf, iommuOf, iommuOfStep, iommus, ruleNames } from '../../spec/iommus.ts'
import { builtInCalls } from '../../spec/kernel/entries.ts'
import { stepLabels, usual } from '../../spec/kernel/design.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { designs } from '../../spec/designs.ts'
import { scopes } from '../../spec/scopes.ts'
import { callNames, handlerName } from '../../spec/state.ts'
import type { CallName } from '../../spec/state.ts'

const func = v.custom<(...args: never[]) => unknown>(value => typeof value === 'function', 'a function')
const name = v.pipe(v.string(), v.nonEmpty('a name'))
const word = v.pipe(name, v.regex(/^[\w-]+$/, 'letters, digits, - or _'))
const step = v.strictObject({
  name: word, says: name, then: func, when: v.optional(func),
  skip: v.optional(func), goesTo: v.optional(v.array(name)), interruptsOff: v.optional(v.boolean()),
  rule: v.optional(v.picklist(ruleNames, `one of ${ruleNames.join(', ')}`)),
  clause: v.optional(v.pipe(v.string(),
    v.check(id => Object.hasOwn(clauses, id), 'an id of `remapcheck list clauses`'))),
  uses: v.optional(v.picklist(['queue', 'registers'])), endedBy: v.optional(name),
})
const parts = v.optional(v.record(name, v.nullable(func)))
const call = v.strictObject({ says: v.optional(name), path: v.optional(word), offered: v.optional(func),
  fair: v.optional(v.picklist([true, false, 'strong'] as never[], 'true, false or \'strong\'')),
  params: v.optional(func), rules: parts, takes: parts, registers: v.optional(func) })
const hardware = v.strictObject({ says: name, offered: v.optional(func), params: v.optional(func), when: func,
  then: func })
const kinds = ['always', 'step', 'monitor', 'sometimes', 'eventually', 'leadsTo', 'recovers']
const property = v.looseObject({ name: word, claim: name,
  kind: v.picklist(kinds, 'made by always(...), step(...), …') })
const witness = v.union([property, v.strictObject({ property, appliesTo: v.optional(func) })])
const claim = v.strictObject({ property, appliesTo: v.optional(func), witnesses: v.optional(v.array(witness)) })
const scopeNames = scopes.map(scope => scope.name)
const someBounds = v.strictObject(Object.fromEntries(boundNames.map(one => [one, v.optional(v.number())])))
const ownScope = v.strictObject({ name: word, says: name, bounds: someBounds })
const ownCost = v.strictObject({ name: word, bounds: someBounds, paths: v.array(word),
  ops: v.array(v.strictObject({ action: name, args: v.record(name, v.union([v.number(), v.boolean()])) })) })

const claimNames = claims.map(one => one.property.name)
const iommuNames = iommus.map(one => one.name)
const designSchema = v.strictObject({
  name: v.pipe(name, v.regex(/^[^/\\]+$/u, 'no slashes'), v.check(isPrintable, 'no control characters')), says: name,
  iommu: v.nullish(v.picklist(iommuNames, `one of ${iommuNames.join(', ')}`)),
  remapsDma: v.boolean(), remapsInterrupts: v.boolean(), bounces: v.optional(v.boolean(), false),
  userDrivers: v.boolean(), verifiesSource: v.boolean(),
  blocksUnremapped: v.boolean(), postsInterrupts: v.optional(v.boolean(), false),
  wideDestinations: v.picklist(['as-capable', 'always']), interruptTables: v.picklist([1, 2]),
  memoryOf: v.nullish(v.string()), interruptsOf: v.nullish(v.string()),
  givesUp: v.record(name, v.string()), protocols: v.record(name, v.array(step)),
  state: v.nullish(func), start: v.nullish(func), registers: v.nullish(func), observations: v.nullish(func),
  calls: v.optional(v.record(word, call)), hardware: v.optional(v.record(word, hardware)),
  claims: v.optional(v.array(claim)),
  scopes: v.nullish(v.array(v.union([v.string(), v.looseObject({})],
    'a standard scope by name, or { name, says, bounds }'))),
  costs: v.optional(v.array(ownCost)),
})

export const designFields = Object.keys(designSchema.entries), stepFields = Object.keys(step.entries)

/** @throws UserError E-DESIGN-SHAPE naming the field. */
export function parseDesign(given: unknown, path: string): Design {
  const parsed = v.safeParse(designSchema, given)
  if (!parsed.success) throw misfit(parsed.issues, path)
  const design = { ...usual, ...given as Design }
  checkNames(design, path)
  return design
}
function misfit(issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]], path: string): UserError {
  // A misspelt field is one too many and one too few: the former says which.
  const issue = issues.find(({ expected }) => expected === 'never') ?? issues[0]
  const [part, call, entry] = (issue.path ?? []).map(({ key }) => key)
  if (part === 'protocols' && typeof entry === 'number' && issue.path!.length === 3 && issue.received === 'undefined')
    return missingStep(path, String(call), entry, (issue.path![2]!.input as unknown[])[entry - 1], null)
  if (part === 'protocols' && Array.isArray(issue.path?.[2]?.value))
    return shapeError(path, `protocols.${String(call)}.${String(entry)}`, 'a list of steps stands for a step',
      'spread it, as in [claimVector, ...awaitInvalidation]; design(…) of remapcheck/spec does so itself')
  return shapeError(path, v.getDotPath(issue) ?? 'the export', problemOf(issue), nextOf(issue))
}
/** `field`: its way from the design; the last name in it has the place. */
function shapeError(path: string, field: string, problem: string, next: string): UserError {
  const named = field.split('.').findLast(key => /\D/.test(key))
  const place = named === undefined || field === 'the export' ? null
    : placeOfText(path, new RegExp(`(?<![\\w.])${named}(?=['"]?\\s*:)`))
  return new UserError({ code: 'E-DESIGN-SHAPE', subject: shownAt(path, place), below: excerpt(place),
    problem: `not a kernel design: ${field}: ${problem}`, next })
}

/** Claims as a module exports them. @throws UserError E-CLAIMS-SHAPE. */
export function parseClaims(given: unknown, path: string): readonly Claim[] {
  const each = v.array(v.lazy(one => typeof one === 'object' && one !== null && 'property' in one ? claim : property))
  const parsed = v.safeParse(each, given)
  if (parsed.success) return (given as Parameters<typeof claimOf>[0][]).map(claimOf)
  const issue = parsed.issues[0]
  throw new UserError({ code: 'E-CLAIMS-SHAPE', subject: path,
    problem: `no claims: ${v.getDotPath(issue) ?? 'the export'}: ${problemOf(issue)}`,
    next: "export const claims = [always('name', { claim: '…' }, ({ state }) => …), …], as docs/designs.md does" })
}

type Refuse = (field: string, problem: string, typed: string, known: readonly string[]) => never

/** Parts of a built-in call, and those that built-in designs add to it. */
const partsOf = (call: CallName, kind: 'rules' | 'takes'): readonly string[] =>
  [...new Set([builtInCalls, ...designs.map(({ calls }) => calls)]
    .flatMap(calls => Object.keys(calls[call]?.[kind] ?? {})))]

/** Names that belong together: each is one that there is. */
function checkNames(design: Design, path: string): void {
  const refuse: Refuse = (field, problem, typed, known) => {
    throw shapeError(path, field, problem, suggest(typed, known, `there are ${known.join(', ')}`))
  }
  const own = Object.keys(design.calls).filter(one => !Object.hasOwn(builtInCalls, one))
  if (own.includes(handlerName))
    throw shapeError(path, `calls.${handlerName}`, 'no call: an interrupt enters it',
      'give it steps in protocols alone')
  const known = [...callNames, handlerName, ...own]
  for (const one of Object.keys(design.protocols))
    if (!known.includes(one)) refuse(`protocols.${one}`, 'no such field', one, known)
  for (const one of own)
    if ((design.protocols[one] ?? []).length === 0)
      throw shapeError(path, `calls.${one}`, 'the call has no steps', `give it a list of steps: protocols.${one}`)
  for (const [one, spec] of Object.entries(design.calls)) for (const kind of ['rules', 'takes'] as const)
    for (const part of Object.keys(own.includes(one) ? {} : spec[kind] ?? {})) {
      const there = partsOf(one as CallName, kind)
      if (!there.includes(part)) refuse(`calls.${one}.${kind}.${part}`, 'no such part', part, there)
    }
  checkOwners(design, path)
  checkGoesTo(design, refuse)
  const itsClaims = design.claims.map(one => one.property.name)
  const twice = itsClaims.find((one, i) => claimNames.includes(one) || itsClaims.indexOf(one) !== i)
  if (twice !== undefined)
    throw shapeError(path, 'claims', `two claims are named '${twice}'`, 'give it another name; `remapcheck list '
      + 'properties` has the built-in ones')
  for (const one of Object.keys(design.givesUp))
    if (![...claimNames, ...itsClaims].includes(one))
      refuse(`givesUp.${one}`, 'no such field', one, [...claimNames, ...itsClaims])
  checkScopes(design, path, refuse)
  for (const one of design.costs) checkBounds(`costs.${one.name}`, one, path)
}
/** Each step is for the unit that the design is on. */
function checkOwners(design: Design, path: string): void {
  const on = iommuOf(design)
  for (const [call, steps] of Object.entries(design.protocols)) for (const one of steps) {
    const owner = iommuOfStep(one)
    if (owner === null || owner === on) continue
    throw shapeError(path, `protocols.${call}`, `step '${one.name}' is for ${owner.title}, and the design is on `
      + on.title, `${insteadOf(counterpartOf(one, on))}; or give the design \`iommu: '${owner.name}'\``)
  }
}
function insteadOf(others: readonly { readonly name: string }[] | null): string {
  if (others === null) return '`remapcheck list steps` has all'
  return others.length === 0 ? 'leave the step out: nothing stands for it there'
    : `take ${others.map(({ name: of }) => of).join(', ')} instead`
}
function checkGoesTo(design: Design, refuse: Refuse): void {
  for (const [call, steps] of Object.entries(design.protocols)) {
    const labels = stepLabels(steps)
    for (const { name: from, goesTo = [] } of steps) for (const label of goesTo)
      if (!labels.includes(label))
        refuse(`protocols.${call}.goesTo`, `${from} goes to '${label}', and there is no such step`,
          label, labels)
  }
}
function checkScopes({ scopes: asked }: Design, path: string, refuse: Refuse): void {
  const ownNames = (asked ?? []).flatMap(one => typeof one === 'string' ? [] : [one.name])
  const twice = ownNames.find((one, i) => ownNames.indexOf(one) !== i)
  if (twice !== undefined)
    throw shapeError(path, 'scopes', `two scopes are named '${twice}'`, 'give each a name of its own')
  for (const one of asked ?? []) {
    if (typeof one === 'string') {
      if (!scopeNames.includes(one)) refuse('scopes', `no standard scope is named '${one}'`, one, scopeNames)
      continue
    }
    const parsed = v.safeParse(ownScope, one)
    if (!parsed.success) throw shapeError(path, `scopes.${one.name}.${v.getDotPath(parsed.issues[0]) ?? ''}`,
      problemOf(parsed.issues[0]), suggest(String(parsed.issues[0].path?.at(-1)?.key), [...boundNames, 'name', 'says'],
        'a scope is { name, says, bounds }'))
    if (scopeNames.includes(one.name))
      throw shapeError(path, 'scopes', `a standard scope is named '${one.name}'`, 'give it another name')
    checkBounds(`scopes.${one.name}`, one, path)
  }
}
function checkBounds(field: string, of: { readonly bounds: Partial<Bounds> }, path: string): void {
  const why = badBounds(bounds(of.bounds))
  if (why !== null) throw shapeError(path, field, why, 'see `remapcheck list bounds`')
}

function problemOf({ expected, received, kind, message }: v.BaseIssue<unknown>): string {
  if (expected === 'never') return 'no such field'
  if (received === 'undefined') return 'missing'
  return `${received}, expected ${kind === 'validation' || expected === 'unknown' ? message : expected ?? message}`
}
function nextOf({ expected, path }: v.BaseIssue<unknown>): string {
  if (expected !== 'never' || path === undefined)
    return "make it with design(name, options, protocols) from 'remapcheck/spec' as docs/designs.md does, or edit a "
      + 'built-in one with without(...)'
  const known = knownAt(path)
  return suggest(String(path.at(-1)!.key), known, `there are ${known.join(', ')}`)
}
/** The fields that there are where this one is none. */
function knownAt(path: readonly { readonly key: unknown }[]): readonly string[] {
  if (path.length === 1) return designFields
  if (path[0]!.key === 'calls') return Object.keys(call.entries)
  if (path[0]!.key === 'hardware') return Object.keys(hardware.entries)
  if (path[0]!.key === 'scopes') return path.length > 3 ? boundNames : Object.keys(ownScope.entries)
  if (path[0]!.key === 'costs')
    return path.length > 3 ? [...boundNames, 'action', 'args'] : Object.keys(ownCost.entries)
  if (path[0]!.key === 'claims') return Object.keys(claim.entries)
  return stepFields
}
