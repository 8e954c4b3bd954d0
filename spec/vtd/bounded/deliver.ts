/** An interrupt message at the bounded unit: remapped by the cached entry or the one in memory, or refused and recorded
 *  (VT-d rev 5.10, 5.1). */
import type { Emit } from '../../../src/model/index.ts'
import { apicIdOf, cpuOf } from '../../apic/ids.ts'
import type { Bounds } from '../../bounds.ts'
import { seenByHardware } from '../../iommu/cells.ts'
import type { Delivered, Message } from '../../iommu/iommu.ts'
import type { MachineObservation } from '../../observations.ts'
import { post } from '../remap/post.ts'
import { remap } from '../remap/remap.ts'
import type { Interrupt, InterruptFault, InterruptRequest, Posted } from '../remap/remap.ts'
import { recordIn } from './faults.ts'
import { interruptUnit } from './state.ts'
import type { VtdState } from './state.ts'
import { decodeDescriptor, decodeIrte } from './tables.ts'

export function deliver(d: VtdState, message: Message, emit: Emit<MachineObservation>, b: Bounds): Delivered {
  const { tables, iec } = d.unit
  const result = remap(interruptUnit(d.unit, b), requestOf(message, b), index => {
    const cached = iec[index]!
    emit.cost(cached === null ? 'remap-entry-fetch' : 'remap-entry-hit')
    return decodeIrte(cached === null ? seenByHardware(tables.irt[tables.irta]![index]!) : cached.entry,
      tables.wideDestinations, b)
  })
  for (const id of result.exercised) emit.clause(id)
  if (result.kind === 'posted') return postTo(d, result, message, emit, b)
  return result.kind === 'fault' ? refused(d, message, result, emit)
    : delivered(result.interrupt, b) ?? { kind: 'rejected', reason: 0 }
}

function refused(d: VtdState, { device }: Message, { reason, index }: InterruptFault,
  emit: Emit<MachineObservation>): Delivered {
  recordIn(d.unit, { reason, sid: device, address: index ?? 0, write: true }, emit)
  return { kind: 'rejected', reason }
}
/** Null where no CPU has the id. */
function delivered({ dst, vector }: Interrupt, b: Bounds): Extract<Delivered, { kind: 'interrupt' }> | null {
  const cpu = cpuOf(dst, b)
  return cpu === null ? null : { kind: 'interrupt', cpu, vector }
}

/** One atomic access to the descriptor: PIR, and ON where the CPU is to be notified. */
function postTo(d: VtdState, posted: Posted, message: Message, emit: Emit<MachineObservation>, b: Bounds): Delivered {
  const vcpu = posted.descriptor, descriptor = d.unit.tables.descriptors![vcpu]!
  const written = post(d.unit, posted, decodeDescriptor(descriptor, d.kernel.notifications[vcpu]!, d.unit.eime, b))
  for (const id of written.exercised) emit.clause(id)
  if (written.kind === 'fault') return refused(d, message, written, emit)
  emit.cost('interrupt-post')
  descriptor.on = written.descriptor.outstanding
  const { notification } = written
  return { kind: 'posted', vcpu, notification: notification === null ? null : delivered(notification, b) }
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
