/** The device: an adversary. It sends any DMA to any address at any time, and forges any interrupt message. */
import type { Iommu } from './iommu/iommu.ts'
import { actionOn } from './state.ts'
import type { Setup } from './setup.ts'
import { remapAndAccept } from './apic/delivery.ts'

export function endpointActions<U>(setup: Setup, iommu: Iommu<U>) {
  const { bounds: b } = setup
  return [...b.frames > 0 ? dmaActions(setup, iommu) : [], ...b.hostile === 1 ? forging(setup, iommu) : []]
}

function dmaActions<U>(setup: Setup, iommu: Iommu<U>) {
  const { ids: id, use } = setup, action = actionOn<U>()
  const write = { kind: 'bool' } as const
  // A request uses what the caches of the unit hold. One that misses walks first, which the unit does by itself, and
  // then this.
  const issue = () => action('dma.issue', {
    says: 'a device sends a DMA request to any page of its address space; it is translated by the IOTLB, or refused',
    agent: 'device', path: 'dma', params: { device: id.device, iova: id.iova, write },
    when: (s, p) => iommu.translates(s.unit) && s.inFlight[p.device] === null
      && iommu.request(s, p, setup).kind !== 'walks',
    then: (d, p, emit) => {
      const outcome = iommu.request(d, p, setup)
      if (outcome.kind === 'blocked') { iommu.block(d, p, outcome.reason, emit, setup); return }
      if (outcome.kind === 'walks') return
      emit.cost('iotlb-hit')
      emit.clause(iommu.rules['old-or-new'])
      d.inFlight[p.device] = { domain: outcome.domain, iova: p.iova, frame: outcome.frame, write: p.write }
    },
  })
  // Without translation an address is a frame: the device reaches all of memory.
  const issuePhysical = action('dma.issuePhysical', {
    says: 'a device sends a DMA request to any frame, with nothing in between',
    agent: 'device', path: 'dma', ofMistakes: use.dma, params: { device: id.device, frame: id.frame, write },
    when: (s, p) => iommu.passes(s.unit, p.device, p.write) && s.inFlight[p.device] === null,
    then: (d, p, emit) => {
      emit.clause(iommu.rules.untranslated)
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
      emit.observe({ what: 'landed', device: p.device, iova, frame, write })
    },
  })
  return [...use.dma ? [issue()] : [], issuePhysical, land]
}

/** Messages that no source of the device sends. They are judged where they arrive, so they need no flight of their
 *  own. */
function forging<U>(setup: Setup, iommu: Iommu<U>) {
  const { bounds: b, ids: id, use } = setup, action = actionOn<U>()
  const deviceOf = (source: number): number => source % b.devices
  const compatible = action('forge.compatible', {
    says: 'a device writes an interrupt message of compatibility format, for any CPU and vector',
    agent: 'device', path: 'forged', params: { device: id.device, cpu: id.cpu, vector: id.vector },
    when: () => true,
    then: (d, p, emit) => { remapAndAccept(d, { ...p, format: 'compatible' }, null, emit, setup, iommu) },
  })
  const remappable = action('forge.remappable', {
    says: 'a device writes an interrupt message with the index of a source that is not its own',
    agent: 'device', path: 'forged', params: { device: id.device, index: id.source },
    // With its own index the device interrupts its own driver, which it may do at any time: that is no forgery.
    when: (s, p) => iommu.remapsInterrupts(s.unit) && deviceOf(p.index) !== p.device,
    then: (d, p, emit) => { remapAndAccept(d, { ...p, format: 'remappable' }, null, emit, setup, iommu) },
  })
  return use.interrupts && b.devices > 1 ? [compatible, remappable] : [compatible]
}
