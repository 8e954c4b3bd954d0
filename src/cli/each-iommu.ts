/** `check NAME` takes a built-in design on each IOMMU that has it and what the command line asks for; the others it
 *  leaves out, and says why. */
import type { Plan } from '../check/run-scopes.ts'
import { propertiesOf } from '../check/subject.ts'
import type { Subject } from '../check/subject.ts'
import { UserError } from '../errors.ts'
import type { LeftOut } from '../report/check.ts'
import { placedName } from '../../spec/designs.ts'
import { iommuOf, iommus } from '../../spec/iommus.ts'
import { badFor } from '../../spec/machine.ts'
import { scopesOn } from '../../spec/scopes.ts'
import { builtIn } from './designs.ts'
import { isPath } from './paths.ts'

/** One name of the command line. */
export interface OnEach {
  /** As they are named on each IOMMU; the name itself where none has it. */
  readonly names: readonly string[]
  readonly leftOut: readonly LeftOut[]
}

export function onEachIommu(name: string): OnEach {
  const names = new Set<string>(), leftOut: LeftOut[] = []
  if (!isPath(name))
    for (const { name: iommu, title } of iommus)
      try { names.add(builtIn(placedName(name, iommu)).name) } catch (cause) {
        if (!(cause instanceof UserError)) throw cause
        leftOut.push({ design: name, iommu, title, because: cause.message })
      }
  return names.size === 0 ? { names: [name], leftOut: [] } : { names: [...names], leftOut }
}

/** Of the designs of one name, those that have what is asked. Where none has it, the first stays: its error says what
 *  is wrong. */
export function fitting(subjects: readonly Subject[], taken: readonly OnEach[],
  asked: Pick<Plan, 'scopes' | 'properties'>): Pick<Plan, 'subjects' | 'leftOut'> {
  const leftOut = taken.flatMap(one => one.leftOut), gone = new Set<Subject>()
  for (const { names } of taken) {
    const alike = names.length === 1 ? [] : subjects.filter(one => one.path === null && names.includes(one.design.name))
    const reasons = alike.map(subject => ({ subject, because: lacks(subject, asked) }))
    if (reasons.every(({ because }) => because !== null)) alike.slice(1).forEach(one => gone.add(one))
    else
      for (const { subject, because } of reasons) {
        if (because === null) continue
        const { name: iommu, title } = iommuOf(subject.design)
        gone.add(subject)
        leftOut.push({ design: names[0]!, iommu, title, because })
      }
  }
  return { subjects: subjects.filter(one => !gone.has(one)), leftOut }
}

/** What a design has not of all that is asked, in words. */
function lacks(subject: Subject, { scopes, properties }: Pick<Plan, 'scopes' | 'properties'>): string | null {
  const { design } = subject, own = scopesOn(design, scopes)
  const bad = own.map(({ bounds }) => badFor(design, bounds)).find(why => why !== null)
  if (bad !== undefined) return bad
  if (own.length === 0) return 'none of these scopes is about it'
  const isAsked = properties === null || own.some(({ bounds }) =>
    propertiesOf(subject, bounds).some(({ kind, name }) => kind !== 'sometimes' && properties.has(name)))
  return isAsked ? null : 'none of these claims is about it there'
}
