/** What becomes of a DMA request with what the caches of the bounded unit hold (AMD 48882 rev 3.05, 2.4). */
import type { Emit } from '../../../src/model/index.ts'
import type { Bounds } from '../../bounds.ts'
import type { Dma, DmaOutcome } from '../../iommu/iommu.ts'
import type { MachineObservation } from '../../observations.ts'
import { denied, notPresent } from '../faults.ts'
import { emitWalk } from './actions.ts'
import { walkFor } from './caches.ts'
import { logIn } from './faults.ts'
import type { AmdviState, Unit } from './state.ts'

/** A request that would pass untranslated is none of these: see `passes`. */
export function request(s: AmdviState, dma: Dma, b: Bounds): DmaOutcome {
  const cached = s.unit.pageCache[dma.device]![dma.iova]!
  if (cached !== null) {
    if (cached.frame === null) return { kind: 'blocked', reason: notPresent }
    return dma.write && !cached.write ? { kind: 'blocked', reason: denied }
      : { kind: 'hit', domain: cached.domain, frame: cached.frame }
  }
  const { walk } = walkFor(s, dma, b)
  return walk.kind === 'fault' ? { kind: 'blocked', reason: walk.reason.code } : { kind: 'walks' }
}

/** Without translation, by the entry that the device goes by now. */
export function passes(unit: Unit, device: number): boolean {
  if (!unit.enabled) return true
  const entry = unit.deviceCache[device]!
  return !entry.v || entry.tv && entry.mode === 0 && entry.ir && entry.iw
}

export function block(d: AmdviState, dma: Dma, reason: number, emit: Emit<MachineObservation>, b: Bounds): void {
  if (d.unit.pageCache[dma.device]![dma.iova] === null) emitWalk(emit, walkFor(d, dma, b), dma.device, b)
  emit.observe({ what: 'blocked', ...dma, reason })
  logIn(d.unit, { reason, device: dma.device, address: dma.iova, write: dma.write }, b, emit)
}
