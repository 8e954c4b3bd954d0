/** Why a module of a user cannot be loaded, with its place, and the name that was meant. */
import { existsSync, readFileSync } from 'node:fs'
import { nearest, UserError } from '../errors.ts'
import { excerpt, placeOfError, placeOfText, shownAt } from '../check/place.ts'
import type { Place } from '../check/place.ts'
import { MissingStep, NoStep } from '../../spec/kernel/design.ts'
import { entryPoints, nameOfExport, namesIn } from './exports.ts'
import type { EntryPoint } from './exports.ts'

/** The message for what importing the module threw. */
export function moduleError(path: string, file: string, cause: unknown): UserError {
  const { name, message } = cause instanceof Error ? cause : { name: 'error', message: String(cause) }
  if (cause instanceof MissingStep)
    return missingStep(path, cause.call, cause.at, cause.before, placeOfError(cause, file))
  const [, from, wanted] = /requested module '(.+?)' does not provide an export named '(.+?)'/.exec(message) ?? []
  const entry = entryPoints.find(one => one === from)
  const place = wanted === undefined ? placeOfError(cause, file) : placeOfText(file, new RegExp(`\\b${wanted}\\b`))
  return new UserError({
    code: 'E-DESIGN-MODULE', subject: shownAt(path, place), below: excerpt(place),
    problem: `cannot be loaded: ${name}: ${message.split('\n')[0]}`,
    next: cause instanceof NoStep ? `this call of it has ${cause.steps.join(', ')}` : nextOf(message, entry, wanted),
  })
}

function nextOf(message: string, from: EntryPoint | undefined, wanted: string | undefined): string {
  if (from !== undefined && wanted !== undefined) return importNext(wanted, from)
  if (/^Cannot (?:assign to read only|add|delete|redefine) property /.test(message)) return notInPlace
  if (/'remapcheck['/]|package subpath/.test(message)) return whatIsWhere
  return 'fix the module; it has to be an ES module: .mjs, .mts, or "type": "module" in its package.json'
}
const notInPlace = 'built-in designs and steps are frozen, since designs share them: edit a copy, by without(…), '
  + 'replaced(…) or { ...design, protocols: { ...design.protocols, unmap: […] } }'
const whatIsWhere = 'import steps and designs from \'remapcheck/spec\', claims from \'remapcheck/properties\', the '
  + 'modelling language and the search from \'remapcheck\'; `remapcheck list exports` shows all names'

/** The name in another entry point, or the nearest one in this. */
function importNext(wanted: string, from: EntryPoint): string {
  const other = entryPoints.find(entry => entry !== from && namesIn(entry).includes(wanted))
  if (other !== undefined) return `import it from '${other}'`
  for (const entry of [from, ...entryPoints.filter(one => one !== from)]) {
    const meant = nearest(wanted, namesIn(entry))
    if (meant !== null) return `did you mean '${meant}'${entry === from ? '' : ` from '${entry}'`}?`
  }
  return whatIsWhere
}

const ordinal = (n: number): string =>
  n % 100 >= 11 && n % 100 <= 13 ? `${n}th` : `${n}${['th', 'st', 'nd', 'rd'][n % 10] ?? 'th'}`

/** `at` from 0; `before`: the entry before it; `made`: where the design was. */
export function missingStep(path: string, call: string, at: number, before: unknown, made: Place | null): UserError {
  const typo = unknownMember(path)
  // The list begins at or below the line that made the design.
  const place = typo?.place ?? placeOfText(path, new RegExp(`\\b${call}\\b`), made?.line ?? 1) ?? made
  const { name = 'a list' } = (before ?? {}) as { readonly name?: string }
  const after = at === 0 ? '' : `, after ${nameOfExport(before) ?? name},`
  const what = typo === null ? 'a mistyped name?' : `'remapcheck/spec' has nothing named '${typo.name}'`
  return new UserError({
    code: 'E-DESIGN-SHAPE', subject: shownAt(path, place), below: excerpt(place),
    problem: `${call}, ${ordinal(at + 1)} entry${after} is undefined: ${what}`,
    next: typo === null ? '`remapcheck list steps` shows what there is' : importNext(typo.name, 'remapcheck/spec'),
  })
}

/** The first member that the module asks the whole of `remapcheck/spec` for, and that there is not. */
function unknownMember(module: string): { readonly name: string; readonly place: Place } | null {
  const text = existsSync(module) ? readFileSync(module, 'utf8') : ''
  const whole = /import\s+\*\s+as\s+(\w+)\s+from\s+['"]remapcheck\/spec['"]/.exec(text)?.[1]
  if (whole === undefined) return null
  const known = namesIn('remapcheck/spec')
  const name = [...text.matchAll(new RegExp(`\\b${whole}\\.(\\w+)`, 'g'))].map(found => found[1]!)
    .find(one => !known.includes(one))
  const place = name === undefined ? null : placeOfText(module, new RegExp(`(?<=\\b${whole}\\.)${name}\\b`))
  return name === undefined || place === null ? null : { name, place }
}
