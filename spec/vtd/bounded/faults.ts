/** Fault recording of the bounded unit (VT-d rev 5.10, 7.2): emitted always, held in state where the bounds have
 *  registers for it. */
import type { Emit } from '../../../src/model/index.ts'
import type { MachineObservation } from '../../observations.ts'
import { recordFault, recordingClause } from '../faults.ts'
import type { FaultRecord } from '../faults.ts'
import type { Unit } from './state.ts'

export function recordIn(unit: Unit, record: FaultRecord, emit: Emit<MachineObservation>): void {
  if (unit.faults.records.length === 0) return
  const { outcome, event } = recordFault(unit.faults, record, false)
  emit.clause(recordingClause[outcome])
  if (event) emit.clause('VTD:7.3/event')
}
