/** An interrupt message at the bounded unit: remapped by the cached entry or the one in memory, passed on, or refused
 *  and logged (AMD 48882 rev 3.05, 2.2.5). */
import type { Emit } from '../../../src/model/index.ts'
import { apicIdOf, cpuOf } from '../../apic/ids.ts'
import type { Bounds } from '../../bounds.ts'
import type { Delivered, Message } from '../../iommu/iommu.ts'
import type { MachineObservation } from '../../observations.ts'
import { remap } from '../remap/remap.ts'
import type { InterruptRequest } from '../remap/remap.ts'
import { logIn } from './faults.ts'
import { interruptUnit } from './state.ts'
import type { AmdviState } from './state.ts'
import { decodeDevice, decodeInterrupt, tablesOf } from './tables.ts'

export function deliver(d: AmdviState, message: Message, emit: Emit<MachineObservation>, b: Bounds): Delivered {
  const { unit, memory } = d, { device } = message
  const request = requestOf(message, b)
  const { interrupts } = decodeDevice(unit.deviceCache[device]!, b)
  const result = remap(interruptUnit(unit), interrupts, request, (table, index) => {
    const cached = unit.interruptCache[device]![index] ?? null
    emit.cost(cached === null ? 'remap-entry-fetch' : 'remap-entry-hit')
    return cached === null ? tablesOf(unit.tables, memory, b).interruptEntry(table, index)
      : decodeInterrupt(cached.entry, unit.tables.wideDestinations, b)
  })
  for (const id of result.exercised) emit.clause(id)
  if (result.kind === 'fault') {
    const { code } = result.reason
    logIn(unit, { reason: code, device, address: request.index, write: true }, b, emit, result.suppressed)
    return { kind: 'rejected', reason: code }
  }
  // GAMEn is 0 here: no entry is in guest mode.
  if (result.kind === 'guest') return { kind: 'rejected', reason: 0 }
  const { destination, vector } = result.interrupt
  const cpu = cpuOf(destination, b)
  return cpu === null || vector >= b.vectors ? { kind: 'rejected', reason: 0 } : { kind: 'interrupt', cpu, vector }
}

/** Data of the message is vector and index alike. Vectors of CPUs stand for numbers above all indices in use, and an
 *  index for a vector that no CPU has. */
function requestOf(message: Message, b: Bounds): InterruptRequest {
  const unmapped = { type: 0, logical: false, destination: 0, vector: b.vectors }
  return message.format === 'remappable' ? { index: message.index, unmapped }
    : { index: b.sources + message.vector,
      // The message has eight bits for the destination (SDM vol. 3 10.11).
      unmapped: { ...unmapped, destination: apicIdOf(message.cpu, b) & 0xff, vector: message.vector } }
}
