/** The suites of AMD-Vi, each with the machines its cases run on. */
import { faultReasons } from '../../../../spec/amdvi/index.ts'
import type { Oracle } from '../../oracle/oracle.ts'
import { setupOf } from '../../oracle/setup.ts'
import type { Setup } from '../../oracle/setup.ts'
import { amdviUnit } from '../unit.ts'
import { exceptions } from './exceptions.ts'
import { interruptCaseSchema } from './interrupt-case.ts'
import { interruptEvents, interruptRig } from './interrupts.ts'
import { sequenceCaseSchema, sequenceRequesters } from './sequence-case.ts'
import { sequenceEvents, sequenceRig } from './sequences.ts'
import { requesters, walkCaseSchema } from './walk-case.ts'
import { walkEvents, walkRig } from './walks.ts'

const interrupt = (name: string, wide: boolean): Setup => setupOf({
  suite: 'interrupts', name, kind: amdviUnit, rig: interruptRig(wide), schema: interruptCaseSchema,
  options: { edus: requesters, trace: interruptEvents },
})

export const amdviOracle: Oracle = {
  iommu: 'amdvi',
  setups: [
    setupOf({ suite: 'walks', name: 'host-tables', kind: amdviUnit, rig: walkRig, schema: walkCaseSchema,
      options: { edus: requesters, trace: walkEvents } }),
    setupOf({ suite: 'sequences', name: 'host-tables', kind: amdviUnit, rig: sequenceRig, schema: sequenceCaseSchema,
      options: { edus: sequenceRequesters, trace: sequenceEvents } }),
    interrupt('narrow-entries', false), interrupt('wide-entries', true),
  ],
  shares: { walks: 5, sequences: 3, interrupts: 2 },
  exceptions,
  // QEMU's unit logs no event, and its trace does not say why a request is blocked.
  reasons: faultReasons.map(({ code }) => ({ code, shown: false })),
  states: ['walked', 'hit', 'stale translation served', 'removed though not named', 'invalidated',
    'invalidation of nothing held', 'command refused'],
}
