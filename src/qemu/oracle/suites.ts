/** The suites, each with the machines its cases run on. */
import type { MachineOptions } from '../options.ts'
import { interruptCaseSchema } from './interrupt-case.ts'
import { interruptEvents, interruptRig } from './interrupts.ts'
import { rigOf } from './rig.ts'
import type { AnyRig } from './rig.ts'
import { sequenceCaseSchema, sequenceRequesters } from './sequence-case.ts'
import { sequenceEvents, sequenceRig } from './sequences.ts'
import type { SuiteName } from './suite.ts'
import { requesters, walkCaseSchema } from './walk-case.ts'
import { walkEvents, walkRig } from './walks.ts'

/** A machine that cases of a suite run on. */
export interface Setup {
  readonly suite: SuiteName
  readonly name: string
  readonly options: MachineOptions
  readonly rig: AnyRig
}

const walk = (name: string, addressWidth: 39 | 48, options: MachineOptions = {}): Setup => {
  const scalable = options.scalable === true
  return {
    suite: scalable ? 'scalable' : 'walks', name, rig: rigOf(walkRig({ scalable, addressWidth }), walkCaseSchema),
    options: { ...options, addressWidth, edus: requesters, trace: walkEvents },
  }
}
const sequence = (name: string, cachingMode: boolean): Setup => ({
  suite: 'sequences', name, rig: rigOf(sequenceRig(cachingMode), sequenceCaseSchema),
  options: { addressWidth: 39, cachingMode, edus: sequenceRequesters, trace: sequenceEvents },
})
const interrupt = (name: string, eim: boolean): Setup => ({
  suite: 'interrupts', name, rig: rigOf(interruptRig(eim), interruptCaseSchema),
  options: { eim, edus: requesters, trace: interruptEvents },
})

/** In the order in which they run. */
export const setups: readonly Setup[] = [
  walk('39-bit', 39), walk('48-bit', 48), walk('48-bit-snoop', 48, { snoopControl: true }),
  sequence('39-bit', false), sequence('39-bit-caching-mode', true),
  interrupt('xapic', false), interrupt('x2apic', true),
  walk('scalable-39-bit', 39, { scalable: true }), walk('scalable-48-bit', 48, { scalable: true }),
]
/** How cases are shared out. */
export const shares: Readonly<Record<SuiteName, number>> = { walks: 4, sequences: 3, interrupts: 2, scalable: 1 }
