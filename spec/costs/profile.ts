/** The form of a cost profile: the price of each unit in cycles, with its sources. Users may bring their own. */
import * as v from 'valibot'
import { units } from './units.ts'

const cycles = v.pipe(v.number('is not a number'), v.safeInteger('is not a whole number of cycles'),
  v.minValue(0, 'is below 0'), v.maxValue(1e12, 'is above 10^12'))
const text = v.pipe(v.string('is not a text'), v.nonEmpty('is empty'))

const priced = v.pipe(
  v.strictObject({
    min: cycles, typ: cycles, max: cycles,
    /** Ids of figures in sources.json, or a user's own references. */
    from: v.array(text, 'is not a list of source ids'),
    derivation: text,
    /** No published figure isolates this unit: the sources bound a stand-in. */
    assumption: v.optional(v.boolean('is neither true nor false')),
    note: v.optional(text),
  }),
  v.check(p => p.min <= p.typ && p.typ <= p.max, 'needs min <= typ <= max'),
  v.check(p => p.from.length > 0 || p.assumption === true,
    'has no source in "from": name one, or say "assumption": true'),
)
/** Time that is already inside the price of the unit `within`: priced there, counted here. */
const included = v.strictObject({ within: text, derivation: text })

const schema = v.strictObject({
  format: v.literal('remapcheck-cost-profile', 'is not "remapcheck-cost-profile": this is no cost profile'),
  version: v.literal(1, 'is not 1, the only version this program reads'),
  id: text, title: text,
  /** Clock that turned nanoseconds into the cycles of this profile. */
  clock_ghz: v.pipe(v.number('is not a number'), v.minValue(0.001, 'is below 0.001'),
    v.maxValue(1000, 'is above 1000')),
  notes: v.optional(v.array(text, 'is not a list of texts'), []),
  units: v.pipe(
    v.record(v.string(),
      v.lazy(given => typeof given === 'object' && given !== null && 'within' in given ? included : priced)),
    v.check(prices => Object.keys(prices).length > 0, 'prices no unit'),
  ),
})

export type Profile = v.InferOutput<typeof schema>
export type ProfileUnit = Profile['units'][string]

/** A profile that cannot be used: `where: place: what is wrong`. */
export class ProfileError extends Error { override readonly name = 'ProfileError' }

/** Reads a profile; `where` names it in errors. A profile may leave out units: pricing a path that counts one fails
 *  then.
 *  @throws ProfileError with the position in the text (bad JSON) or the field (bad content). */
export function loadProfile(source: string, where: string): Profile {
  const given = parseJson(source, where)
  const parsed = v.safeParse(schema, given)
  if (!parsed.success) {
    const issue = parsed.issues[0]
    throw new ProfileError(`${where}: ${v.getDotPath(issue) ?? 'the document'}: ${say(issue)}`)
  }
  // valibot leaves out names that every object has, such as `constructor`
  for (const unit of Object.keys((given as Profile).units))
    if (!Object.hasOwn(units, unit))
      throw new ProfileError(`${where}: units.${unit}: is not a unit of the vocabulary (see spec/costs/units.ts)`)
  for (const [unit, price] of Object.entries(parsed.output.units)) {
    if (!('within' in price)) continue
    const holder = Object.hasOwn(parsed.output.units, price.within) ? parsed.output.units[price.within] : undefined
    if (holder === undefined || 'within' in holder)
      throw new ProfileError(`${where}: units.${unit}.within: '${price.within}' has no price of its own `
        + 'in this profile')
  }
  return parsed.output
}

/** Our own message where the schema has one; valibot's words for missing and unknown fields made plain. */
function say(issue: v.BaseIssue<unknown>): string {
  if (issue.type !== 'strict_object' && issue.type !== 'record') return issue.message
  if (issue.received === 'undefined') return 'is missing'
  return issue.expected === 'never' ? 'is no field of a profile' : 'is not an object'
}

function parseJson(source: string, where: string): unknown {
  try { return JSON.parse(source) } catch (cause) {
    // the engine quotes the text, which may be binary
    const message = (cause as Error).message.replace(/[^\x20-\x7e]/g, '?')
    const offset = /at position (\d+)/.exec(message)?.[1]
    const before = offset === undefined ? source : source.slice(0, Number(offset))
    const lines = before.split('\n')
    const at = offset === undefined && !message.includes('end of JSON') ? ''
      : `${lines.length}:${lines.at(-1)!.length + 1}: `
    throw new ProfileError(`${where}: ${at}not JSON: ${message}`, { cause })
  }
}
