/** Hardware never walks a table page that was freed. */
import { sometimes, step } from '../claim.ts'
import type { Claim } from '../claim.ts'

export const noFreedTable: Claim = {
  on: b => b.frames > 0 && b.levels > 1,
  property: step('no-freed-table', {
    on: 'table-read', clause: 'VTD:table-28/second-stage-non-leaf',
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
      on: design => design.protocols.unmap?.some(step => step.name === 'freeTable') ?? false },
    { property: sometimes('a-walk-resumes-at-a-cached-table', { claim: 'the paging-structure cache holds a table' },
      ({ state }) => state.unit.pagingCache.some(row => row.some(page => page !== null))),
      on: design => design.remapsDma },
  ],
}
