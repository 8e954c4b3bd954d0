/** The allocators get back only what they gave out: a second free hands the same frame, address, table page or vector
 *  to two owners later on. */
import { always, sometimes } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

const givingBack = ['unmap', 'detach', 'migrateInterrupt'] as const

export const noDoubleFree: Claim = {
  appliesTo: (_, b) => b.frames > 0 || b.migrate > 0 || b.reassign === 1,
  property: always('no-double-free', {
    claim: 'only what is taken is given back: a frame, an address, a table page, a vector, a device',
  }, ({ ledger: { doubleFree } }) =>
    doubleFree === 'none' || { because: `a step gives back a ${doubleFree} that nobody has`, witness: { doubleFree } }),
  witnesses: [
    { property: sometimes('something-is-given-back', { claim: 'a frame, an address or a vector is given back' },
      (_, seen) => seen.some(one => one.what === 'revoked' || one.what === 'bound' && one.to === null
        || one.what === 'attached' && one.to === null)),
    appliesTo: design => givingBack.some(name => design.protocols[name] !== undefined) },
  ],
}
