/** What becomes of a DMA request with what the caches of the bounded unit hold (AMD 48882 rev 3.05, 2.4). */
import type { Emit } from '../../../src/model/index.ts'
import type { Bounds } from '../../bounds.ts'
import type { Dma, DmaOutcome } from '../../iommu/iommu.ts'
import type { MachineObservation } from '../../observations.ts'
import { denied, deviceDenied, noTranslation, notPresent } from '../faults.ts'
import { emitWalk } from './actions.ts'
import { walkFor } from './caches.ts'
import { logIn } from './faults.ts'
import type { AmdviState, Unit } from './state.ts'
import type { DeviceEntry } from './tables.ts'

/** A request that would pass untranslated is none of these: see `passes`. */
export function request(s: AmdviState, dma: Dma, b: Bounds): DmaOutcome {
  const entry = s.unit.deviceCache[dma.device]!
  // What was cached for the device is used under TV=0 (Xen XSA-442), and not past IR and IW of a translating entry.
  if (entry.v && entry.tv && !allows(entry, dma.write)) return { kind: 'blocked', reason: deviceDenied }
  const cached = s.unit.pageCache[dma.device]![dma.iova]!
  if (cached !== null) {
    if (cached.frame === null) return { kind: 'blocked', reason: notPresent }
    return dma.write && !cached.write ? { kind: 'blocked', reason: denied }
      : { kind: 'hit', domain: cached.domain, frame: cached.frame }
  }
  const { walk } = walkFor(s, dma, b)
  return walk.kind === 'fault' ? { kind: 'blocked', reason: walk.reason.code } : { kind: 'walks' }
}

const allows = ({ ir, iw }: DeviceEntry, write: boolean): boolean => write ? iw : ir

/** Without translation, by the entry that the device goes by now. Mode=0 passes what IR and IW allow. */
export function passes(unit: Unit, device: number, write: boolean): boolean {
  if (!unit.enabled) return true
  const entry = unit.deviceCache[device]!
  return !entry.v || entry.tv && entry.mode === 0 && allows(entry, write)
}

/** An entry blocks its device by TV=0, or by IR=0 and IW=0. */
export function isOfAbsentDevice({ deviceCache }: Unit, device: number, reason: number): boolean {
  const { ir, iw } = deviceCache[device]!
  return reason === noTranslation || reason === deviceDenied && !ir && !iw
}

export function block(d: AmdviState, dma: Dma, reason: number, emit: Emit<MachineObservation>, b: Bounds): void {
  if (d.unit.pageCache[dma.device]![dma.iova] === null) emitWalk(emit, walkFor(d, dma, b), dma.device, b)
  emit.observe({ what: 'blocked', ...dma, reason })
  logIn(d.unit, { reason, device: dma.device, address: dma.iova, write: dma.write }, b, emit)
}
