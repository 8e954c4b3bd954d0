/** Where one call takes a page from the driver's address space and from its device's, it is gone from both. */
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const unmappedOnBothSides: Claim = {
  appliesTo: (design, b) => b.frames > 0 && design.protocols['touch'] !== undefined,
  property: step('unmapped-on-both-sides', {
    on: ['cpu-accessed', 'landed'],
    claim: 'neither a CPU nor a device reaches a page whose unmap has returned, or a frame that is another\'s',
  }, (seen, { ledger }) => {
    const { iova, frame } = seen, isDma = seen.what === 'landed'
    const domain = isDma ? ledger.attached[seen.device]! : seen.domain
    const isGranted = domain !== null && ledger.owner[frame] === domain
      && ledger.grants[domain]!.some((grant, at) => grant?.frame === frame && (iova === null || at === iova))
    if (isGranted) return true
    const who = isDma ? `device ${seen.device}` : `CPU ${seen.cpu}, for the driver of domain ${domain},`
    return { because: `${who} reached frame ${frame} by page ${iova}, which is mapped no longer`,
      witness: { domain, iova, frame } }
  }),
  witnesses: [
    { property: sometimes('a-cpu-reaches-a-page-during-unmap', {
      claim: 'a CPU reaches a page whose unmap has begun and not returned',
    }, ({ state }, seen) => seen.some(one => one.what === 'cpu-accessed' && state.kernel.calls.some(call =>
      call?.call === 'unmap' && call.domain === one.domain && call.iova === one.iova))),
    appliesTo: (_, b) => b.cpus > 1 },
    { property: sometimes('a-cpu-reaches-a-page', { claim: 'a CPU reaches a page that is mapped' },
      (_, seen) => seen.some(one => one.what === 'cpu-accessed')) },
  ],
}
