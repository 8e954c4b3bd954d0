/** The IOMMUs that there are: with `steps.ts` the only file outside a vendor's folder that imports its inside. A new
 *  vendor is one more entry in each list. */
import { amdviFacts } from './amdvi/facts.ts'
import { amdvi } from './amdvi/iommu.ts'
import * as amdviSteps from './amdvi/steps/index.ts'
import type { Capabilities, Capability } from './iommu/capability.ts'
import type { Iommu, Rule } from './iommu/iommu.ts'
import { vtdFacts } from './vtd/facts.ts'
import type { Step } from './step.ts'
import { vtd } from './vtd/iommu.ts'
import * as vtdSteps from './vtd/steps/index.ts'

const vendors = [vtd, amdvi] as const, facts = [vtdFacts, amdviFacts] as const
const stepModules: readonly object[] = [vtdSteps, amdviSteps]
export const iommus: readonly Iommu[] = vendors as unknown as readonly Iommu[]

/** The one that a machine has where none is named; its type knows the unit. */
export const [standardIommu] = vendors
export type StandardUnit = typeof standardIommu extends Iommu<infer U> ? U : never
/** The same, for those who know an IOMMU by its face alone. */
export const iommu: Iommu = standardIommu as Iommu

/** The one that a design takes its steps on. @throws RangeError where there is none of that name. */
export function iommuOf({ iommu: name }: { readonly iommu?: string | null }): Iommu {
  const found = name === null || name === undefined ? iommu : iommus.find(one => one.name === name)
  if (found === undefined) throw new RangeError(`no IOMMU is named '${name}'`)
  return found
}

type Does = Pick<Step, 'then'>
const isSame = (step: Does) => (one: unknown): boolean =>
  typeof one === 'object' && one !== null && 'then' in one && one.then === step.then
/** The IOMMU whose unit a step, or a copy of it, drives; null for one that looks at no unit, and for a user's own. */
export const iommuOfStep = (step: Does): Iommu | null =>
  iommus[stepModules.findIndex(of => Object.values(of).some(isSame(step)))] ?? null
/** What stands on another IOMMU for the word that a step fills on its own; null where it fills none. */
export function counterpartOf(step: Does, on: Iommu): readonly { readonly name: string }[] | null {
  const words = Object.entries(iommuOfStep(step)?.steps ?? {}) as [keyof Iommu['steps'], readonly Does[]][]
  const word = words.find(([, filling]) => filling.some(isSame(step)))?.[0]
  return word === undefined ? null : on.steps[word]
}

/** Apart from the vendors' types, which depend on the names that are here. */
type All<K extends 'capabilities' | 'clauses'> = Joined<(typeof facts)[number][K]>
type Joined<T> = (T extends unknown ? (of: T) => void : never) extends (of: infer I) => void ? I : never

/** Of all vendors, since bounds are one list. What several have is as the first has it, and told in the words of
 *  each. */
export type CapabilityName = keyof All<'capabilities'>
const wordsOf = (name: string): string => iommus.flatMap(({ title, capabilities: own }) =>
  Object.hasOwn(own, name) ? [`${title}, ${own[name]!.says}`] : []).join('; ')
export const capabilities = Object.fromEntries(
  Object.entries(Object.assign({}, ...facts.toReversed().map(one => one.capabilities)) as Capabilities)
    .map(([name, one]) => [name, { ...one, says: wordsOf(name) }])) as Readonly<Record<CapabilityName, Capability>>
export type VendorClause = keyof All<'clauses'>
export const vendorClauses = Object.assign({}, ...facts.map(one => one.clauses)) as All<'clauses'>

/** Rules that every vendor's manual has, which steps may name. */
export const ruleNames = Object.keys(standardIommu.rules) as Rule[]

/** Hardware on which no step of a kernel is spared. */
export const demandingOf = ({ capabilities: own }: { readonly capabilities: Capabilities }) =>
  Object.fromEntries(Object.entries(own).flatMap(([name, { demanding: value }]) =>
    value === null ? [] : [[name, value]])) as Partial<Record<CapabilityName, number>>
