/** Bounds as the command line and traces write them. */
import { suggest, UserError } from '../errors.ts'
import type { Trace } from '../trace/format.ts'
import { badBounds, boundNames, bounds, boundSpecs } from '../../spec/bounds.ts'
import type { BoundName, Bounds } from '../../spec/bounds.ts'
import { badFor } from '../../spec/machine.ts'
import type { Subject } from './subject.ts'

/** The bounds of `cpus=2,frames=2`, the others standard. @throws UserError E-BOUNDS with the place in the text. */
export function boundsOf(text: string, subject = '--bounds'): Bounds {
  const given = bounds(changesIn(text, subject))
  const bad = badBoundsError(given, subject)
  if (bad !== null) throw bad
  return given
}

/** Why these bounds make no sense together. */
export function badBoundsError(b: Bounds, subject: string): UserError | null {
  const problem = badBounds(b)
  return problem === null ? null
    : new UserError({ code: 'E-BOUNDS', subject, problem, next: '`remapcheck list bounds` shows each with its range' })
}

/** What `cm=1,frames=2` gives. @throws UserError E-BOUNDS with the place in the text. */
export function changesIn(text: string, subject = '--bounds'): Partial<Bounds> {
  const changes: Partial<Record<BoundName, number>> = {}
  let column = 1
  const fail = (problem: string, next: string): never => {
    throw new UserError({ code: 'E-BOUNDS', subject: `${subject}, column ${column}`, problem, next })
  }
  for (const part of text === 'standard' ? [] : text.split(',')) {
    const [name, value] = part.split(/=(.*)/s) as [string, string?]
    if (!boundNames.includes(name as BoundName))
      fail(`no bound is named '${name}'`, suggest(name!, boundNames, `there are ${boundNames.join(', ')}`))
    const { least, most } = boundSpecs[name as BoundName]
    if (value === undefined || !/^\d{1,9}$/.test(value))
      fail(`'${part}' gives no whole number from ${least} to ${most}`, `for example ${name}=${most}`)
    if (Object.hasOwn(changes, name!)) fail(`${name} is given twice`, 'give it once')
    changes[name as BoundName] = Number(value)
    column += part.length + 1
  }
  return changes
}

/** @throws UserError E-BOUNDS where a design makes no sense at the bounds, as where they switch a capability that its
 *  IOMMU does not have. */
export function checkCapabilities(b: Bounds, subjects: readonly Subject[]): void {
  const why = subjects.map(({ design }) => badFor(design, b)).find(one => one !== null) ?? null
  if (why !== null)
    throw new UserError({ code: 'E-BOUNDS', subject: '--bounds', problem: why,
      next: '`remapcheck list bounds` shows each with its range' })
}

/** What differs from the standard bounds, as a trace holds it. */
export const changesOf = (b: Bounds): Record<string, number> => {
  const standard = bounds()
  return Object.fromEntries(boundNames.filter(name => b[name] !== standard[name]).map(name => [name, b[name]]))
}
/** @throws UserError E-BOUNDS naming the file. */
export const boundsOfTrace = (trace: Trace, path: string): Bounds =>
  boundsOf(Object.entries(trace.bounds).map(([name, value]) => `${name}=${String(value)}`).join(',') || 'standard',
    `${path}: bounds`)
