/** A mapping that map has returned can be used: no cached refusal and no store still under way hides it. */
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { iommu as standard } from '../../spec/iommus.ts'
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const newMappingWorksOn = (iommu: Iommu): Claim => ({
  appliesTo: (design, b) => b.frames > 0 && design.remapsDma,
  property: step('new-mapping-works', {
    on: 'blocked', clause: iommu.clauseOf['new-mapping-works'],
    claim: 'no DMA is refused that a mapping allows whose map call has returned; a device that is being attached may '
      + 'lack its context entry, one that is being detached anything',
  }, ({ device, iova, write, reason }, { state, ledger }) => {
    const domain = ledger.attached[device]!
    const mapping = domain === null ? null : state.kernel.mappings[domain]![iova]!
    // An attach is about the context entry of its device, and about no page; a map, unmap or protect about its page,
    // which is not live meanwhile.
    const isOnItsWay = state.kernel.calls.some(call =>
      call?.device === device && (call.call === 'detach'
        || call.call === 'attach' && iommu.isOfAbsentDevice(state.unit, device, reason)))
    if (domain === null || isOnItsWay || mapping === null || mapping.phase !== 'live' || write && !mapping.write)
      return true
    return { because: `device ${device} was refused (fault ${reason.toString(16)}h) at page ${iova}, which its driver `
      + 'was told is mapped',
    witness: { device, iova, write, domain, reason } }
  }),
  witnesses: [
    { property: sometimes('a-map-returns', { claim: 'a map call returns' }, ({ state }) =>
      state.kernel.mappings.some(row => row.some(mapping => mapping?.phase === 'live'))) },
  ],
})
export const newMappingWorks = newMappingWorksOn(standard)
