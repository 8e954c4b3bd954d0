/** The suites of VT-d, each with the machines its cases run on. */
import { faultReasons } from '../../../../spec/vtd/index.ts'
import type { Oracle } from '../../oracle/oracle.ts'
import { setupOf } from '../../oracle/setup.ts'
import type { Setup } from '../../oracle/setup.ts'
import type { MachineOptions } from '../../options.ts'
import { vtdUnit } from '../unit.ts'
import { exceptions } from './exceptions.ts'
import { firstStageEvents } from './first-stage.ts'
import { interruptCaseSchema } from './interrupt-case.ts'
import { interruptEvents, interruptRig } from './interrupts.ts'
import { sequenceCaseSchema, sequenceRequesters } from './sequence-case.ts'
import { sequenceEvents, sequenceRig } from './sequences.ts'
import { requesters, walkCaseSchema } from './walk-case.ts'
import { walkEvents, walkRig } from './walks.ts'

const walk = (name: string, addressWidth: 39 | 48, options: MachineOptions = {}): Setup => {
  const scalable = options.scalable === true
  return setupOf({
    suite: scalable ? 'scalable' : 'walks', name, kind: vtdUnit, rig: walkRig({ scalable, addressWidth }),
    schema: walkCaseSchema, options: { ...options, addressWidth, edus: requesters, trace: walkEvents },
  })
}
const firstStage: Setup = setupOf({
  suite: 'first-stage', name: 'first-stage-48-bit', from: 10, kind: vtdUnit,
  rig: walkRig({ scalable: true, firstStage: true, addressWidth: 48 }), schema: walkCaseSchema,
  options: { scalable: true, firstStage: true, addressWidth: 48, edus: requesters,
    trace: [...walkEvents, ...firstStageEvents] },
})
const sequence = (name: string, cachingMode: boolean): Setup => setupOf({
  suite: 'sequences', name, kind: vtdUnit, rig: sequenceRig(cachingMode), schema: sequenceCaseSchema,
  options: { addressWidth: 39, cachingMode, edus: sequenceRequesters, trace: sequenceEvents },
})
const interrupt = (name: string, eim: boolean): Setup => setupOf({
  suite: 'interrupts', name, kind: vtdUnit, rig: interruptRig(eim), schema: interruptCaseSchema,
  options: { eim, edus: requesters, trace: interruptEvents },
})

export const vtdOracle: Oracle = {
  iommu: 'vtd',
  setups: [
    walk('39-bit', 39), walk('48-bit', 48), walk('48-bit-snoop', 48, { snoopControl: true }),
    sequence('39-bit', false), sequence('39-bit-caching-mode', true),
    interrupt('xapic', false), interrupt('x2apic', true),
    walk('scalable-39-bit', 39, { scalable: true }), walk('scalable-48-bit', 48, { scalable: true }),
    firstStage,
  ],
  shares: { walks: 4, sequences: 3, interrupts: 2, scalable: 1, 'first-stage': 2 },
  exceptions, reasons: faultReasons.map(({ code }) => ({ code, shown: true })),
  states: ['cold', 'hit', 'stale translation served', 'stale context used', 'refilled', 'invalidated',
    'invalidation of nothing held', 'queue stopped', 'fault event sent', 'accessed or dirty bit set'],
}
