/** The allocators get back only what they gave out: a second free hands the same frame, address, table page or vector
 *  to two owners later on. */
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const noDoubleFree: Claim = {
  on: b => b.frames > 0 || b.migrate > 0 || b.reassign === 1,
  property: step('no-double-free', {
    on: ['frame-owned', 'table-owned', 'revoked', 'downgraded', 'bound', 'attached', 'dropped'],
    claim: 'only what is taken is given back: a frame, an address, a table page, a vector, a device',
  }, (seen, _, { ledger }) => {
    const nothing = { because: '', witness: { ...seen } }
    switch (seen.what) {
      case 'frame-owned': return seen.by !== null || ledger.owner[seen.frame] !== null
        || { ...nothing, because: `frame ${seen.frame} is given back, and nobody has it` }
      case 'table-owned': return seen.by !== null || ledger.tableOwner[seen.page] !== null
        || { ...nothing, because: `table page ${seen.page} is given back, and nobody has it` }
      case 'dropped': return ledger.holders![seen.frame]! > 0
        || { ...nothing, because: `a reference to frame ${seen.frame} is given back, and no consumer has one` }
      case 'bound': return seen.to !== null || ledger.bound[seen.cpu]![seen.vector] !== null
        || { ...nothing, because: `vector ${seen.vector} of CPU ${seen.cpu} is given back, and nobody has it` }
      case 'attached': return seen.to !== null || ledger.attached[seen.device] !== null
        || { ...nothing, because: `device ${seen.device} is given back, and nobody has it` }
      case 'revoked': case 'downgraded': return ledger.grants[seen.domain]![seen.iova] !== null
        || { ...nothing, because: `page ${seen.iova} of domain ${seen.domain} is ${seen.what}, and its driver does not `
          + 'have it' }
    }
  }),
  witnesses: [
    { property: sometimes('something-is-given-back', { claim: 'a frame, an address or a vector is given back' },
      (_, seen) => seen.some(one => one.what === 'revoked' || one.what === 'bound' && one.to === null
        || one.what === 'attached' && one.to === null)),
    on: design => ['unmap', 'detach', 'migrateInterrupt'].some(name => design.protocols[name] !== undefined) },
  ],
}
