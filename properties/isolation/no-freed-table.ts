/** Hardware never walks a table page that was freed. */
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { iommu as standard } from '../../spec/iommus.ts'
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const noFreedTableOn = (iommu: Iommu): Claim => ({
  appliesTo: (_, b) => b.frames > 0 && b.levels > 1,
  property: step('no-freed-table', {
    on: 'table-read', clause: iommu.clauseOf['no-freed-table'],
    claim: 'a walk reads entries only from table pages that belong to the domain it translates for',
  }, ({ device, domain, page }, { ledger }) => {
    const owner = ledger.tableOwner[page]!
    if (owner === domain) return true
    const whose = owner === null ? 'was freed' : `belongs to domain ${owner}`
    return { because: `a walk for device ${device} in domain ${domain} read table page ${page}, which ${whose}`,
      witness: { device, domain, page, owner } }
  }),
  witnesses: [
    { property: sometimes('a-table-is-freed', { claim: 'a table page is given back' }, (_, seen) =>
      seen.some(one => one.what === 'table-owned' && one.by === null)),
    appliesTo: design => design.protocols.unmap?.some(step => step.name === 'freeTable') ?? false },
    { property: sometimes('a-walk-resumes-at-a-cached-table', { claim: 'the paging-structure cache holds a table' },
      ({ state }) => iommu.holdsTable(state.unit)), appliesTo: design => design.remapsDma },
  ],
})
export const noFreedTable = noFreedTableOn(standard)
