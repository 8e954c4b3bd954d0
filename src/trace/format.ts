/** The trace file: a list of ops as data, and what it shows. The seed is only provenance. Format: docs/traces.md. */
import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { isPrintable, UserError } from '../errors.ts'
import type { Domain, Fields } from '../model/index.ts'
import { jsonFault } from '../text/json-position.ts'

export const traceFormat = 'remapcheck-trace'
export const traceVersion = 1
/** A trace of the longest useful length is a few hundred kilobytes. */
export const limit_bytes = 4 * 1024 * 1024

const described = <S extends v.GenericSchema>(schema: S, text: string) => v.pipe(schema, v.description(text))
const integer = v.pipe(v.number(), v.safeInteger('a whole number'))
const count = v.pipe(integer, v.minValue(0, 'at least 0'))
// Files come from others and are printed: no escape sequences for terminals. What a model says in words may have
// several lines.
const text = v.pipe(v.string(), v.check(isPrintable, 'text without control characters'))
const prose = v.pipe(v.string(),
  v.check(of => isPrintable(of.replace(/[\t\n]/g, '')), 'text without control characters'))
const name = v.pipe(text, v.nonEmpty('a name'))
const op = v.strictObject({ action: name, args: v.record(text, v.union([integer, text, v.boolean(), v.null()])) })

const found = v.strictObject({
  driver: v.picklist(['exhaustive', 'random', 'hand']),
  seed: v.exactOptional(integer),
  run: v.exactOptional(count),
  runs: v.exactOptional(count),
  shrunkFrom: v.exactOptional(count),
  shortest: v.boolean(),
})

const schema = v.strictObject({
  format: described(v.literal(traceFormat), `always \`"${traceFormat}"\``),
  version: described(v.literal(traceVersion), `of this format: ${traceVersion}; a tool reads its own version only`),
  design: described(name, 'name of the kernel design, as in `remapcheck list`'),
  bounds: described(v.record(text, v.union([integer, v.boolean(), text])),
    'sizes and switches of the machine, by name'),
  specHash: described(v.pipe(v.string(), v.regex(/^[0-9a-f]{12}$/, '12 hexadecimal digits')),
    'digest of the machine\'s declared structure when the trace was made; replay says so when it differs, '
      + 'and still runs'),
  property: described(name, 'name of the property that the trace violates (or, of a `sometimes`, reaches)'),
  because: described(prose, 'why, in the words of the property; for readers, replay finds its own'),
  ops: described(v.array(op),
    'the steps from the initial state, in order, each `{ "action": name, "args": { name: number, string, boolean or '
      + 'null } }`'),
  loop: v.exactOptional(described(count,
    'of an endless run: how many of the ops come before those that repeat for ever; as many as there are where it '
      + 'rests for ever. Absent where the ops are all')),
  found: described(found,
    'provenance: `driver` (`exhaustive`, `random` or `hand`), `shortest` (no shorter trace exists), and of a random '
      + 'run optionally '
    + '`seed`, `run` (which run, from 1), `runs` (of how many) and `shrunkFrom` (ops before shrinking)'),
  note: v.exactOptional(described(prose, 'optional: anything a person should know')),
})

export type Trace = DeepReadonlyData<v.InferOutput<typeof schema>>
type DeepReadonlyData<T> = T extends object ? { readonly [K in keyof T]: DeepReadonlyData<T[K]> } : T
export type Found = Trace['found']

/** Rows of the table in docs/traces.md, from the schema that reads the files. */
export const traceFields: readonly { readonly field: string; readonly says: string }[] =
  Object.entries(schema.entries).map(([field, of]) =>
    ({ field, says: v.getDescription('wrapped' in of ? of.wrapped : of) ?? '' }))

/** Reads the text of a trace file. `where` is its path, for messages.
 *  @throws UserError E-TRACE-SIZE, -EMPTY, -JSON, -TRUNCATED, -FOREIGN, -NEWER, -OLDER or -FIELD. */
export function parseTrace(source: string, where: string): Trace {
  const fail = (code: string, problem: string, next: string, place = ''): never => {
    throw new UserError({ code: `E-TRACE-${code}`, subject: where + place, problem, next })
  }
  const bytes = Buffer.byteLength(source)
  if (bytes > limit_bytes) fail('SIZE', tooLarge(bytes), tooLargeNext)
  if (source.trim() === '')
    fail('EMPTY', 'the file is empty', 'delete it, or write the trace again with `remapcheck check`')
  const fault = jsonFault(source)
  const place = fault === null ? '' : `:${fault.line}:${fault.column}`
  if (fault?.truncated) fail('TRUNCATED', 'the file ends in the middle of its JSON', 'copy it again whole', place)
  if (fault !== null) fail('JSON', 'not JSON from here on', 'mend the file at this place, or copy it again', place)
  const raw: unknown = JSON.parse(source)
  const { format, version } = raw !== null && typeof raw === 'object' ? raw as Record<string, unknown> : {}
  if (format !== traceFormat)
    fail('FOREIGN', `JSON, but not a trace: it does not say "format": "${traceFormat}"`,
      'give a file written by `remapcheck check`')
  const versions = (): string => `trace version ${String(version)}, and this remapcheck reads version ${traceVersion}`
  if (typeof version === 'number' && version > traceVersion) fail('NEWER', versions(), 'use a newer remapcheck')
  if (typeof version === 'number' && version < traceVersion)
    fail('OLDER', versions(), 'find the violation again with `remapcheck check`')
  const result = v.safeParse(schema, raw, { abortEarly: true })
  if (!result.success) {
    const issue = result.issues[0]
    fail('FIELD', `${v.getDotPath(issue) ?? 'trace'}: ${issueText(issue)}`, 'compare the field with docs/traces.md')
  }
  return result.output as Trace
}

export const tooLarge = (bytes: number): string => `${bytes} bytes; a trace has at most ${limit_bytes}`
export const tooLargeNext = 'give a trace file; logs are read by `remapcheck validate`'

function issueText(issue: v.BaseIssue<unknown>): string {
  if (issue.expected === 'never') return 'no such field'
  if (issue.received === 'undefined') return 'missing'
  const wanted = issue.kind === 'validation' ? issue.message : issue.expected ?? issue.message
  return `${issue.received}, expected ${wanted}`
}

/** Text of a trace file: fields in a fixed order, one op a line. `parseTrace` reads it back to an equal trace. */
export function formatTrace(trace: Trace): string {
  const field = (key: string, value: string): string => `  ${JSON.stringify(key)}: ${value}`
  const ops = trace.ops.map(o => `    ${inline({ action: o.action, args: o.args })}`).join(',\n')
  const rows = Object.keys(schema.entries).flatMap(key => {
    const value = trace[key as keyof Trace]
    if (value === undefined) return []
    if (key === 'ops') return [field(key, ops === '' ? '[]' : `[\n${ops}\n  ]`)]
    return [field(key, inline(key === 'found' ? inOrder(Object.keys(found.entries), trace.found) : value))]
  })
  return `{\n${rows.join(',\n')}\n}\n`
}

function inOrder(keys: readonly string[], record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(keys.map(key => [key, record[key]]))
}

/** JSON on one line, with spaces: `{ "device": 0 }`. */
function inline(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  const entries = Object.entries(value).filter(([, of]) => of !== undefined)
  return entries.length === 0 ? '{}'
    : `{ ${entries.map(([key, of]) => `${JSON.stringify(key)}: ${inline(of)}`).join(', ')} }`
}

/** What a driver knows of a violation, made into a trace of this machine. */
export function makeTrace(machine: MachineLike, about: Omit<Trace, 'format' | 'version' | 'specHash'>): Trace {
  return { format: traceFormat, version: traceVersion, specHash: specHash(machine), ...about }
}

/** 12 hexadecimal digits of a SHA-256 over what the machine declares: domains, actions with parameters, property names.
 *  Recipes are code and not part of it; a change there shows as a replay that diverges. */
export function specHash(machine: MachineLike): string {
  const structure = {
    world: machine.worldDomain,
    actions: machine.actions.map(({ name: action, params }) => [action, params]),
    properties: machine.properties.map(property => [property.kind, property.name]),
  }
  return createHash('sha256').update(JSON.stringify(structure)).digest('hex').slice(0, 12)
}
/** What a digest needs of a machine of any types. */
interface MachineLike {
  readonly worldDomain: Domain
  readonly actions: readonly { readonly name: string; readonly params: Fields }[]
  readonly properties: readonly { readonly kind: string; readonly name: string }[]
}
