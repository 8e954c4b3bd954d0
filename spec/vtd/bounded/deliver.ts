/** An interrupt message at the bounded unit: remapped by the cached entry or the one in memory, or refused and recorded
 *  (VT-d rev 5.10, 5.1). */
import type { Emit } from '../../../src/model/index.ts'
import { apicIdOf, cpuOf } from '../../apic/ids.ts'
import type { Bounds } from '../../bounds.ts'
import { seenByHardware } from '../../iommu/cells.ts'
import type { Delivered, Message } from '../../iommu/iommu.ts'
import type { MachineObservation } from '../../observations.ts'
import { remap } from '../remap/remap.ts'
import type { InterruptRequest } from '../remap/remap.ts'
import { recordIn } from './faults.ts'
import { interruptUnit } from './state.ts'
import type { VtdState } from './state.ts'
import { decodeIrte } from './tables.ts'

export function deliver(d: VtdState, message: Message, emit: Emit<MachineObservation>, b: Bounds): Delivered {
  const { tables, iec } = d.unit
  const result = remap(interruptUnit(d.unit, b), requestOf(message, b), index => {
    const cached = iec[index]!
    emit.cost(cached === null ? 'irte-fetch' : 'iec-hit')
    return decodeIrte(cached === null ? seenByHardware(tables.irt[tables.irta]![index]!) : cached.entry,
      tables.wideDestinations, b)
  })
  for (const id of result.exercised) emit.clause(id)
  if (result.kind === 'fault') {
    recordIn(d.unit, { reason: result.reason, sid: message.device, address: result.index ?? 0, write: true }, emit)
    return { kind: 'rejected', reason: result.reason }
  }
  const cpu = result.kind === 'interrupt' ? cpuOf(result.interrupt.dst, b) : null
  return result.kind !== 'interrupt' || cpu === null ? { kind: 'rejected', reason: 0 }
    : { kind: 'interrupt', cpu, vector: result.interrupt.vector }
}

function requestOf(message: Message, b: Bounds): InterruptRequest {
  return {
    sid: message.device,
    unremapped: {
      vector: message.format === 'compatible' ? message.vector : 0, dlm: 0, dm: false, rh: false, tm: false,
      assert: true,
      // The message has eight bits for the destination (SDM vol. 3 10.11).
      dst: message.format === 'compatible' ? apicIdOf(message.cpu, b) & 0xff : 0,
    },
    remappable: message.format === 'compatible' ? null : { index: message.index, reserved: false },
  }
}
