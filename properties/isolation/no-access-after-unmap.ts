/** What was unmapped is unreachable from the moment unmap returns. */
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { iommu as standard } from '../../spec/iommus.ts'
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const noAccessAfterUnmapOn = (iommu: Iommu): Claim => ({
  appliesTo: (_, b) => b.frames > 0,
  property: step('no-access-after-unmap', {
    on: 'landed', clause: iommu.clauseOf['no-access-after-unmap'],
    claim: 'a DMA lands only where a mapping of its domain is, or whose unmap has not yet returned',
  }, ({ device, iova, frame, write }, { ledger }) => {
    const domain = ledger.attached[device]!
    const granted = domain !== null
      && ledger.grants[domain]!.some((grant, at) => grant?.frame === frame && (iova === null || at === iova))
    if (granted) return true
    const where = iova === null ? '' : ` by I/O virtual page ${iova}`
    return { because: `device ${device} ${write ? 'wrote' : 'read'} frame ${frame}${where}: no mapping of its domain `
      + 'says so any more',
    witness: { device, iova, frame, write, domain } }
  }),
  witnesses: [
    {
      property: sometimes('an-unmap-returns', { claim: 'an unmap returns' },
        (_, seen) => seen.some(one => one.what === 'revoked')),
    },
    { property: sometimes('a-dma-lands-during-unmap',
      { claim: 'a DMA lands through a mapping whose unmap has begun and not returned' },
      ({ state }, seen) =>
        seen.some(one => one.what === 'landed' && state.kernel.calls.some(call => call?.call === 'unmap'))),
    appliesTo: design => design.protocols['unmap'] !== undefined },
  ],
})
export const noAccessAfterUnmap = noAccessAfterUnmapOn(standard)
