/** What becomes of a DMA request with what the caches of the bounded unit hold (VT-d rev 5.10, chapter 6). */
import type { Emit } from '../../../src/model/index.ts'
import type { Bounds } from '../../bounds.ts'
import { seenByHardware } from '../../iommu/cells.ts'
import type { Dma, DmaOutcome } from '../../iommu/iommu.ts'
import type { MachineObservation } from '../../observations.ts'
import { contextNotPresent, faultReason, readDenied, writeDenied } from '../faults.ts'
import { emitWalk } from './actions.ts'
import { walkFor } from './caches.ts'
import { recordIn } from './faults.ts'
import type { VtdState } from './state.ts'

export function request(s: VtdState, dma: Dma, b: Bounds): DmaOutcome {
  const { device, iova, write } = dma
  const cached = s.unit.iotlb[device]![iova]!
  if (cached !== null) {
    if (cached.frame === null) return { kind: 'blocked', reason: write ? writeDenied : readDenied }
    return write && !cached.write ? { kind: 'blocked', reason: writeDenied }
      : { kind: 'hit', domain: cached.domain, frame: cached.frame }
  }
  if (s.unit.contextCache[device] === null)
    return seenByHardware(s.unit.tables.context[device]!) === null ? { kind: 'blocked', reason: contextNotPresent }
      : { kind: 'walks' }
  const found = walkFor(s, dma, b)
  if (found === null) return { kind: 'blocked', reason: contextNotPresent }
  return found.walk.kind === 'fault' ? { kind: 'blocked', reason: found.walk.reason } : { kind: 'walks' }
}

export function block(d: VtdState, dma: Dma, reason: number, emit: Emit<MachineObservation>, b: Bounds): void {
  const found = d.unit.iotlb[dma.device]![dma.iova] === null ? walkFor(d, dma, b) : null
  if (found !== null) emitWalk(emit, found, dma.device, b)
  else emit.clause(faultReason(reason)!.clause) // a walk that faults has named it
  emit.observe({ what: 'blocked', ...dma, reason })
  recordIn(d.unit, { reason, sid: dma.device, address: dma.iova, write: dma.write }, emit)
}
