/** The event log of the bounded unit (AMD 48882 rev 3.05, 2.5): kept where the bounds have entries for it. */
import type { Emit } from '../../../src/model/index.ts'
import type { Bounds } from '../../bounds.ts'
import type { MachineObservation } from '../../observations.ts'
import { faultReason, logEvent, loggingClause } from '../faults.ts'
import type { Logged } from '../faults.ts'
import type { Unit } from './state.ts'

/** @param suppressed by the device table entry or the interrupt entry. */
export function logIn(unit: Unit, entry: Logged, b: Bounds, emit: Emit<MachineObservation>, suppressed = false): void {
  if (b.faults === 0 || faultReason(entry.reason)!.event === null) return
  emit.clause(loggingClause[logEvent(unit.events, entry, b.faults, suppressed)])
}
