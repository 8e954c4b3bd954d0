/** The registry of claims: command line, help, documentation and tests derive from it. */
import type { Bounds } from '../spec/bounds.ts'
import type { Design } from '../spec/kernel/design.ts'
import type { RemapProperty } from '../spec/machine.ts'
import type { Claim } from './claim.ts'
import { newMappingWorks } from './isolation/new-mapping-works.ts'
import { noAccessAfterUnmap } from './isolation/no-access-after-unmap.ts'
import { noDmaEscape } from './isolation/no-dma-escape.ts'
import { noForeignPort } from './isolation/no-foreign-port.ts'
import { noFreedTable } from './isolation/no-freed-table.ts'
import { noWrongPermission } from './isolation/no-wrong-permission.ts'
import { noDuplicate } from './interrupts/no-duplicate.ts'
import { noForgedInterrupt } from './interrupts/no-forged-interrupt.ts'
import { noLostEdge } from './interrupts/no-lost-edge.ts'
import { noMisdelivery } from './interrupts/no-misdelivery.ts'
import { callsCanEnd } from './progress/calls-can-end.ts'
import { edgesAreServed } from './progress/edges-are-served.ts'
import { invalidationsComplete } from './progress/invalidations-complete.ts'
import { nothingLeftBehind } from './progress/nothing-left-behind.ts'
import { waitEnds } from './progress/wait-ends.ts'

/** In the order reports show them. */
export const claims: readonly Claim[] = [
  noDmaEscape, noAccessAfterUnmap, noWrongPermission, noFreedTable, newMappingWorks, noForeignPort,
  noLostEdge, noMisdelivery, noDuplicate, noForgedInterrupt, edgesAreServed,
  waitEnds, invalidationsComplete, callsCanEnd, nothingLeftBehind,
]

/** The properties to judge a design by at these bounds, each followed by its witnesses. */
export function propertiesFor(design: Design, b: Bounds): readonly RemapProperty[] {
  const asked = claims.filter(claim => claim.on(b, design)).flatMap(({ property, witnesses }) =>
    [property, ...witnesses.filter(witness => witness.on?.(design, b) ?? true).map(witness => witness.property)])
  return [...new Set(asked)]
}
