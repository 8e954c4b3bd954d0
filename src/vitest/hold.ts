/** Whether a design, or any machine, keeps what it claims, and in words why not: what `toHold` asks. */
import { boundsOf as boundsIn, changesOf } from '../check/bounds-text.ts'
import { withDesignErrorsAsync } from '../check/design-errors.ts'
import { withWitnesses } from '../check/run-scopes.ts'
import { nearest, suggest, usage } from '../errors.ts'
import { checkMachine } from '../explore/full.ts'
import type { PropertyResult } from '../explore/result.ts'
import type { Machine, Observation } from '../model/index.ts'
import { notAskedOf, notAskedText, overallOf } from '../report/check.ts'
import type { DesignReport, Overall, ScopeReport } from '../report/check.ts'
import { traceStyle } from '../report/trace-style.ts'
import { renderViolation } from '../trace/violation.ts'
import { claimsOf, propertiesFor } from '../../properties/index.ts'
import { badBounds, bounds as boundsOf, boundNames, showBounds } from '../../spec/bounds.ts'
import type { BoundName, Bounds } from '../../spec/bounds.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { badFor, remapMachine } from '../../spec/machine.ts'
import type { RemapMachine } from '../../spec/machine.ts'
import { scopeOn, scopesFor } from '../../spec/scopes.ts'

export interface HoldOptions {
  /** A scope of `remapcheck list scopes`, or several. All that suit the design where neither scope nor bounds are
   *  given. */
  readonly scope?: string | readonly string[]
  /** Bounds that differ from those of the scope; without one, from the standard ones. */
  readonly bounds?: Partial<Bounds>
  /** Claims of `remapcheck list properties`, each with its witnesses; all where not given. */
  readonly properties?: readonly string[]
}

/** `violated`: not what was asked, by a counterexample; `undecided`: nothing was shown either way. */
export interface Held { readonly verdict: 'holds' | 'violated' | 'undecided'; readonly says: string }

/** Violations that the design gives up are as expected, as in `remapcheck check`.
 *  @throws UserError for an unknown name, bounds that contradict each other, a step that fails. */
export async function holdsOfDesign(design: Design, options: HoldOptions): Promise<Held> {
  const fields = ['scope', 'bounds', 'properties']
  for (const name of Object.keys(options)) if (!fields.includes(name)) throw unknown('options', name, fields)
  const asked = propertiesOf(design, options.properties)
  const machines = new Map<ScopeReport, RemapMachine>()
  for (const { name, says, bounds: b } of placesOf(design, options)) {
    const properties = propertiesFor(design, b).filter(one => asked === null || asked.has(one.name))
    await withDesignErrorsAsync({ design, path: null }, async () => {
      const machine = remapMachine(design, b, properties)
      machines.set({ scope: name, says, bounds: showBounds(b), exploration: await checkMachine(machine) }, machine)
    })
  }
  const report: DesignReport = { design: design.name, says: design.says, givesUp: design.givesUp,
    full: Object.values(options).every(one => one === undefined), scopes: [...machines.keys()], saved: {} }
  const found = overallOf(report)
  const wrong = found.filter(({ standing }) => ['unexpected', 'vacuous', 'lost', 'open'].includes(standing))
  const where = report.scopes.map(({ scope }) => scope).join(', ')
  if (!found.some(({ kind }) => kind !== 'sometimes'))
    return { verdict: 'undecided', says: `no claim about ${design.name} was judged in ${where}` }
  const notAsked = notAskedOf({ scopes: scopesNamed(options), properties: options.properties ?? [] }, [report])
  if (wrong.length === 0 && notAsked.length > 0)
    return { verdict: 'undecided', says: [`not all that is named was asked of ${design.name}`,
      ...notAsked.map(one => notAskedText(one))].join('\n') }
  if (wrong.length === 0) return { verdict: 'holds', says: `${design.name} holds in ${where}` }
  return { verdict: wrong.some(({ standing }) => standing === 'unexpected') ? 'violated' : 'undecided',
    says: [`${design.name} does not hold in ${where}`, ...wrong.map(one => wrongText(design, one, machines))]
      .join('\n\n') }
}

const wordsFor: Partial<Readonly<Record<Overall['standing'], string>>> =
  { vacuous: 'never reached', lost: 'known violation no longer found', open: 'not decided' }
function wrongText(design: Design, { property, standing, violation, in: scope }: Overall,
  machines: ReadonlyMap<ScopeReport, RemapMachine>): string {
  if (violation === null) return `${property}: ${wordsFor[standing] ?? standing} in ${scope.scope}`
  return renderViolation(machines.get(scope)!, violation, {
    design: design.name, bounds: changesOf(boundsIn(scope.bounds)),
    ...traceStyle,
  }).trimEnd()
}

function propertiesOf(design: Design, names: readonly string[] | undefined): ReadonlySet<string> | null {
  if (names === undefined) return null
  const claims = claimsOf(design)
  const known = claims.flatMap(({ property, witnesses }) =>
    [property.name, ...witnesses.map(witness => witness.property.name)])
  for (const name of names) if (!known.includes(name)) throw unknown('properties', name, known)
  return withWitnesses(claims, names)
}

interface Place { readonly name: string; readonly says: string; readonly bounds: Bounds }
const scopesNamed = ({ scope = [] }: HoldOptions): readonly string[] => typeof scope === 'string' ? [scope] : scope
function placesOf(design: Design, options: HoldOptions): readonly Place[] {
  const { bounds: changes } = options
  const names = options.scope === undefined ? undefined : scopesNamed(options)
  const scopes = scopesFor([design]), known = scopes.map(({ name }) => name)
  for (const name of names ?? []) if (!known.includes(name)) throw unknown('scope', name, known)
  for (const name of Object.keys(changes ?? {}))
    if (!boundNames.includes(name as BoundName)) throw unknown('bounds', name, boundNames)
  if (names === undefined && changes !== undefined)
    return [checked(design, { name: 'custom', says: 'bounds of a test', bounds: boundsOf(changes) })]
  const chosen = names === undefined ? scopes.filter(({ appliesTo }) => appliesTo(design))
    : scopes.filter(({ name }) => names.includes(name))
  return chosen.map(one => checked(design, scopeOn(design, { ...one, bounds: { ...one.bounds, ...changes },
    ...changes === undefined ? {} : { changes } })))
}
function checked(design: Design, place: Place): Place {
  const why = badBounds(place.bounds) ?? badFor(design, place.bounds)
  if (why !== null) throw usage('bounds', why, '`remapcheck list bounds` shows each with its range', 'BOUNDS')
  return place
}
const unknown = (option: string, name: string, known: readonly string[]): Error =>
  usage(`toHold, ${option}`, `nothing is named '${name}'`,
    suggest(name, known, nearest(name, known) ?? `there are ${known.join(', ')}`))

/** Of any machine of the modelling language: all that it claims. */
export async function holdsOfMachine<S, L, O extends Observation>(machine: Machine<S, L, O>): Promise<Held> {
  const { results } = await checkMachine(machine)
  const wrong = results.filter(({ outcome, vacuous }) => outcome !== 'holds' && outcome !== 'reached' || vacuous)
  if (results.length === 0) return { verdict: 'undecided', says: `${machine.name} claims nothing` }
  if (wrong.length === 0) return { verdict: 'holds', says: `${machine.name} holds` }
  const textOf = ({ property, outcome, vacuous, violation }: PropertyResult): string =>
    violation === null ? `${property}: ${vacuous ? wordsFor.vacuous! : outcome}`
      : renderViolation(machine, violation).trimEnd()
  return { verdict: wrong.some(({ violation }) => violation !== null) ? 'violated' : 'undecided',
    says: [`${machine.name} does not hold`, ...wrong.map(textOf)].join('\n\n') }
}
