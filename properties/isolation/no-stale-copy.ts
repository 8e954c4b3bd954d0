/** Where the kernel copies what devices write, who reads a copy reads what was written. */
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const noStaleCopy: Claim = {
  appliesTo: (design, b) => b.frames > 0 && (design.bounces || design.protocols['copyOut'] !== undefined),
  property: step('no-stale-copy', {
    on: ['copied', 'revoked', 'shared'],
    claim: 'the kernel copies out of frames that are still mapped for the driver, into frames that are nobody\'s; what '
      + 'a device wrote is copied before its unmap returns, and a copy is made before it is passed on',
  }, (seen, { ledger }, { ledger: before }) => {
    switch (seen.what) {
      case 'copied': {
        const { domain, iova, frame, into } = seen
        if (before.owner[frame] !== domain || before.grants[domain]![iova]?.frame !== frame)
          return { because: `page ${iova} of domain ${domain} was copied out of frame ${frame}, which is its own no `
            + 'longer', witness: { domain, iova, frame, owner: before.owner[frame] } }
        const isTaken = into !== null
          && (before.owner[into] !== null || 'holders' in before && before.holders![into]! > 0)
        return !isTaken || { because: `page ${iova} of domain ${domain} was copied into frame ${into}, which is `
          + 'in use', witness: { domain, iova, into } }
      }
      case 'revoked': {
        const { domain, iova } = seen
        return !('written' in ledger) || !ledger.written![domain]![iova]!
          || { because: `the unmap of page ${iova} of domain ${domain} returned, and what a device wrote into it was `
            + 'not copied', witness: { domain, iova } }
      }
      case 'shared': return !('copies' in ledger) || ledger.copies![seen.frame]!
        || { because: `frame ${seen.frame} was passed on, and nothing was copied into it`,
          witness: { frame: seen.frame } }
      default: return true
    }
  }),
  witnesses: [
    { property: sometimes('a-page-is-copied', { claim: 'the kernel copies a page' },
      (_, seen) => seen.some(one => one.what === 'copied')) },
    { property: sometimes('a-device-writes-what-is-to-be-copied', {
      claim: 'a device writes a page that the kernel has to copy',
    }, ({ ledger }) => ledger.written!.some(row => row.includes(true))), appliesTo: design => design.bounces },
  ],
}
