/** A device never writes through a read-only mapping. */
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { iommu as standard } from '../../spec/iommus.ts'
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const noWrongPermissionOn = (iommu: Iommu): Claim => ({
  appliesTo: (_, b) => b.readOnly === 1,
  property: step('no-wrong-permission', {
    on: 'landed', clause: iommu.clauseOf['no-wrong-permission'],
    claim: 'a write lands only where a mapping of the domain allows writing, or whose downgrade has not yet returned',
  }, ({ device, iova, frame, write }, { ledger }) => {
    const domain = ledger.attached[device]!
    if (!write || domain === null) return true
    const grants = ledger.grants[domain]!.filter((grant, at) =>
      grant?.frame === frame && (iova === null || at === iova))
    if (grants.length === 0 || grants.some(grant => grant!.write)) return true
    return { because: `device ${device} wrote frame ${frame}, which its driver may only let it read`,
      witness: { device, iova, frame, domain } }
  }),
  witnesses: [
    { property: sometimes('a-read-only-page-is-read', { claim: 'a read lands through a read-only mapping' },
      ({ ledger }, seen) =>
        seen.some(one => one.what === 'landed' && !one.write && ledger.grants[ledger.attached[one.device] ?? 0]!
          .some(grant => grant?.frame === one.frame && !grant.write))) },
    { property: sometimes('a-downgrade-returns', { claim: 'a protect call returns' },
      (_, seen) => seen.some(one => one.what === 'downgraded')),
    appliesTo: design => design.protocols.protect !== undefined },
  ],
})
export const noWrongPermission = noWrongPermissionOn(standard)
