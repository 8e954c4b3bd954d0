/** A device reaches only frames that its own domain owns. */
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { iommu as standard } from '../../spec/iommus.ts'
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const noDmaEscapeOn = (iommu: Iommu): Claim => ({
  appliesTo: (_, b) => b.frames > 0,
  property: step('no-dma-escape', {
    on: 'landed', clause: iommu.clauseOf['no-dma-escape'],
    claim: 'a DMA lands only in frames that the domain of its device owns at that moment',
  }, ({ device, frame, write }, { ledger }) => {
    const domain = ledger.attached[device]!, owner = ledger.owner[frame]!
    if (domain !== null && owner === domain) return true
    const whose = owner === null ? 'which no driver owns' : `which domain ${owner} owns`
    const of = domain === null ? 'attached to no domain' : `of domain ${domain}`
    return { because: `device ${device}, ${of}, ${write ? 'wrote' : 'read'} frame ${frame}, ${whose}`,
      witness: { device, frame, write, domain, owner } }
  }),
  witnesses: [
    { property: sometimes('a-dma-lands', { claim: 'a device reaches memory it was given' },
      ({ ledger }, seen) =>
        seen.some(one => one.what === 'landed' && ledger.owner[one.frame] === ledger.attached[one.device])) },
    { property: sometimes('a-dma-is-blocked', { claim: 'a device is refused' },
      (_, seen) => seen.some(one => one.what === 'blocked')),
    appliesTo: design => design.remapsDma },
    { property: sometimes('a-frame-is-free-again', {
      claim: 'a frame goes back to the allocator, for anybody to get',
    }, (_, seen) =>
      seen.some(one => one.what === 'frame-owned' && one.by === null)) },
  ],
})
export const noDmaEscape = noDmaEscapeOn(standard)
