/** The device: an adversary. It sends any DMA to any address at any time, and forges any interrupt message. */
import type { Emit } from '../src/model/index.ts'
import type { Bounds } from './bounds.ts'
import { idsOf } from './ids.ts'
import type { Seen } from './observations.ts'
import { action } from './state.ts'
import type { State } from './state.ts'
import { remapAndAccept } from './apic/delivery.ts'
import { emitWalk } from './vtd/bounded/actions.ts'
import type { UnitUse } from './vtd/bounded/actions.ts'
import { walkFor } from './vtd/bounded/caches.ts'
import { seenByHardware } from './vtd/bounded/tables.ts'
import { recordIn } from './vtd/bounded/faults.ts'

export function endpointActions(b: Bounds, use: UnitUse) {
  return [...b.frames > 0 ? dmaActions(b, use.dma) : [], ...b.hostile === 1 ? forging(b, use.interrupts) : []]
}

function dmaActions(b: Bounds, translated: boolean) {
  const id = idsOf(b)
  const write = { kind: 'bool' } as const
  // A request uses what the IOTLB holds. One that misses walks first, which is `iommu.cacheTranslation` and then this.
  const issue = () => action('dma.issue', {
    says: 'a device sends a DMA request to any page of its address space; it is translated by the IOTLB, or refused',
    agent: 'device', path: 'dma', params: { device: id.device, iova: id.iova, write },
    when: (s, p) => s.unit.tes && s.inFlight[p.device] === null && (s.unit.iotlb[p.device]![p.iova] !== null || refusal(s, p, b) !== null),
    then: (d, p, emit) => {
      const cached = d.unit.iotlb[p.device]![p.iova]
      const reason = refusal(d, p, b)
      if (reason !== null) { block(d, p, reason, emit, b); return }
      emit.cost('iotlb-hit')
      emit.clause('VTD:6/old-or-new')
      d.inFlight[p.device] = { domain: cached!.domain, iova: p.iova, frame: cached!.frame!, write: p.write }
    },
  })
  // Without translation an address is a frame: the device reaches all of memory.
  const issuePhysical = () => action('dma.issuePhysical', {
    says: 'a device sends a DMA request to any frame, with nothing in between',
    agent: 'device', path: 'dma', params: { device: id.device, frame: id.frame, write },
    when: (s, p) => !s.unit.tes && s.inFlight[p.device] === null,
    then: (d, p, emit) => {
      emit.clause('VTD:11.4/translation-disabled')
      d.inFlight[p.device] = { domain: null, iova: null, frame: p.frame, write: p.write }
    },
  })
  const land = action('dma.land', {
    says: 'a translated request reaches memory',
    agent: 'device', path: 'dma', fair: true, params: { device: id.device },
    when: (s, p) => s.inFlight[p.device] !== null,
    then: (d, p, emit) => {
      const { iova, frame, write } = d.inFlight[p.device]!
      d.inFlight[p.device] = null
      emit.see({ what: 'landed', device: p.device, iova, frame, write })
    },
  })
  return [translated ? issue() : issuePhysical(), land]
}

interface Request { readonly device: number; readonly iova: number; readonly write: boolean }

/** Fault reason of the request, or null when it goes through or has to walk first. */
function refusal(s: State, { device, iova, write }: Request, b: Bounds): number | null {
  const cached = s.unit.iotlb[device]![iova]!
  if (cached !== null) return cached.frame === null ? (write ? 0x05 : 0x06) : write && !cached.write ? 0x05 : null
  const context = s.unit.contextCache[device]
  if (context !== null) return walkRefusal(s, { device, iova, write }, b)
  return seenByHardware(s.unit.memory.context[device]!) === null ? 0x02 : null
}
function walkRefusal(s: State, p: Request, b: Bounds): number | null {
  const found = walkFor(s.unit, p.device, p.iova, p.write, b)
  if (found === null) return 0x02
  return found.walk.kind === 'fault' ? found.walk.reason : null
}

function block(d: State, p: Request, reason: number, emit: Emit<Seen>, b: Bounds): void {
  const found = d.unit.iotlb[p.device]![p.iova] === null ? walkFor(d.unit, p.device, p.iova, p.write, b) : null
  if (found !== null) emitWalk(emit, found, p.device, b)
  emit.see({ what: 'blocked', device: p.device, iova: p.iova, write: p.write, reason })
  recordIn(d.unit, { reason, sid: p.device, address: p.iova, write: p.write }, emit)
}

/** Messages that no source of the device sends. They are judged where they arrive, so they need no flight of their own. */
function forging(b: Bounds, remapped: boolean) {
  const id = idsOf(b)
  const deviceOf = (source: number): number => source % b.devices
  const compatible = action('forge.compatible', {
    says: 'a device writes an interrupt message of compatibility format, for any CPU and vector',
    agent: 'device', path: 'forged', params: { device: id.device, cpu: id.cpu, vector: id.vector },
    when: () => true,
    then: (d, p, emit) => { remapAndAccept(d, { device: p.device, source: null, format: 'compatible', cpu: p.cpu, vector: p.vector }, emit, b) },
  })
  const remappable = action('forge.remappable', {
    says: 'a device writes an interrupt message with the index of a source that is not its own',
    agent: 'device', path: 'forged', params: { device: id.device, index: id.source },
    // With its own index the device interrupts its own driver, which it may do at any time: that is no forgery.
    when: (s, p) => s.unit.ires && deviceOf(p.index) !== p.device,
    then: (d, p, emit) => { remapAndAccept(d, { device: p.device, source: null, format: 'remappable', index: p.index }, emit, b) },
  })
  return remapped ? [compatible, remappable] : [compatible]
}
