/** The registry of claims: command line, help, documentation and tests derive from it. */
import { ModelError } from '../src/model/index.ts'
import type { Bounds } from '../spec/bounds.ts'
import type { Iommu } from '../spec/iommu/iommu.ts'
import { iommuOf, iommus, iommu as standard } from '../spec/iommus.ts'
import type { Design } from '../spec/kernel/design.ts'
import type { RemapProperty } from '../spec/machine.ts'
import type { Claim } from '../spec/claim.ts'
import { immutableWhileShared } from './isolation/immutable-while-shared.ts'
import { keptWhileShared } from './isolation/kept-while-shared.ts'
import { newMappingWorks, newMappingWorksOn } from './isolation/new-mapping-works.ts'
import { noAccessAfterUnmap, noAccessAfterUnmapOn } from './isolation/no-access-after-unmap.ts'
import { noDmaEscape, noDmaEscapeOn } from './isolation/no-dma-escape.ts'
import { noForeignPort } from './isolation/no-foreign-port.ts'
import { noFreedTable, noFreedTableOn } from './isolation/no-freed-table.ts'
import { noStaleCopy } from './isolation/no-stale-copy.ts'
import { noWrongPermission, noWrongPermissionOn } from './isolation/no-wrong-permission.ts'
import { revokedReachesNothing } from './isolation/revoked-reaches-nothing.ts'
import { unmappedOnBothSides } from './isolation/unmapped-on-both-sides.ts'
import { noDuplicate } from './interrupts/no-duplicate.ts'
import { noForgedInterrupt, noForgedInterruptOn } from './interrupts/no-forged-interrupt.ts'
import { noLostEdge } from './interrupts/no-lost-edge.ts'
import { noStrandedInterrupt } from './interrupts/no-stranded-interrupt.ts'
import { noMisdelivery, noMisdeliveryOn } from './interrupts/no-misdelivery.ts'
import { noWakeUpLost } from './interrupts/no-wake-up-lost.ts'
import { oneHandlerAtATime } from './interrupts/one-handler-at-a-time.ts'
import { callsCanEnd } from './progress/calls-can-end.ts'
import { edgesAreServed } from './progress/edges-are-served.ts'
import { invalidationsComplete, invalidationsCompleteOn } from './progress/invalidations-complete.ts'
import { noDoubleFree } from './progress/no-double-free.ts'
import { nothingLeftBehind } from './progress/nothing-left-behind.ts'
import { waitEnds, waitEndsOn } from './progress/wait-ends.ts'

export interface Question {
  readonly about: 'isolation' | 'interrupts' | 'progress'
  readonly asks: string
  readonly claims: readonly Claim[]
}
/** By the question that they answer, in the order reports show them. */
export const questions: readonly Question[] = [
  { about: 'isolation', asks: 'Does it isolate devices?', claims: [noDmaEscape, noAccessAfterUnmap,
    noWrongPermission, noFreedTable, newMappingWorks, immutableWhileShared, keptWhileShared, noStaleCopy,
    unmappedOnBothSides, noForeignPort, revokedReachesNothing] },
  { about: 'interrupts', asks: 'Does it keep interrupts?', claims: [noLostEdge, noMisdelivery, noDuplicate,
    noForgedInterrupt, oneHandlerAtATime, noWakeUpLost, noStrandedInterrupt, edgesAreServed] },
  { about: 'progress', asks: 'Does all that it begins come to an end?', claims: [waitEnds,
    invalidationsComplete, callsCanEnd, nothingLeftBehind, noDoubleFree] },
]
export const claims: readonly Claim[] = questions.flatMap(one => one.claims)

/** The claims of which the vendor has a part: what it looks like when its unit waits, and which clause asks for
 *  them. */
const onEach: ReadonlyMap<Claim, (iommu: Iommu) => Claim> = new Map([
  [noDmaEscape, noDmaEscapeOn], [noAccessAfterUnmap, noAccessAfterUnmapOn], [noWrongPermission, noWrongPermissionOn],
  [noFreedTable, noFreedTableOn],
  [newMappingWorks, newMappingWorksOn], [noMisdelivery, noMisdeliveryOn], [noForgedInterrupt, noForgedInterruptOn],
  [waitEnds, waitEndsOn],
  [invalidationsComplete, invalidationsCompleteOn],
])
const claimsFor = (iommu: Iommu): readonly Claim[] => claims.map(claim => onEach.get(claim)?.(iommu) ?? claim)
/** Made when this module is: a property knows the place of its declaration then. */
const made = new Map(iommus.map(one => [one, one === standard ? claims : claimsFor(one)]))
const claimsOn = (iommu: Iommu): readonly Claim[] => made.get(iommu) ?? claimsFor(iommu)
/** A claim as an IOMMU's manual asks for it. */
export const claimOn = (claim: Claim, iommu: Iommu): Claim => claimsOn(iommu)[claims.indexOf(claim)]!

/** Built-in claims, and those of the design. */
export const claimsOf = (design: Pick<Design, 'claims'>): readonly Claim[] =>
  [...claims, ...design.claims]

/** The properties to judge a design by at these bounds, each followed by its witnesses. */
export function propertiesFor(design: Design, b: Bounds, iommu: Iommu = iommuOf(design)): readonly RemapProperty[] {
  const asked = [...claimsOn(iommu), ...design.claims]
    .filter(({ appliesTo, property: { name } }) => says(name, appliesTo(design, b)))
    .flatMap(({ property, witnesses }) => [property, ...witnesses
      .filter(({ appliesTo, property: { name } }) => says(name, appliesTo?.(design, b) ?? appliesTo === undefined))
      .map(witness => witness.property)])
  return [...new Set(asked)]
}

/** @throws ModelError where an `appliesTo` says neither yes nor no: the claim would be left out unseen. */
function says(name: string, answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  throw new ModelError(`\`appliesTo\` of '${name}' answered ${String(answer)}; answer true or false`)
}
