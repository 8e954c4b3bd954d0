/** What drivers pass on by reference stays as it is while somebody reads it. */
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const immutableWhileShared: Claim = {
  appliesTo: (design, b) => b.frames > 0
    && (design.calls['drop']?.offered?.(b) ?? design.protocols['drop'] !== undefined),
  property: step('immutable-while-shared', {
    on: ['landed', 'frame-owned'],
    claim: 'while a consumer holds a reference to a frame, no device writes it, and the frame goes to nobody else',
  }, (seen, { ledger }) => {
    const { frame } = seen, holders = ledger.holders![frame]!
    if (holders === 0 || seen.what === 'landed' && !seen.write) return true
    const what = seen.what === 'landed' ? `device ${seen.device} wrote frame ${frame}` : `frame ${frame} is given away`
    return { because: `${what}, while consumers hold ${holders} reference${holders === 1 ? '' : 's'} to it`,
      witness: { frame, holders } }
  }),
  witnesses: [
    { property: sometimes('a-buffer-is-shared', { claim: 'a consumer holds a reference to a frame' },
      ({ ledger }) => ledger.holders!.some(holders => holders > 0)) },
    { property: sometimes('a-shared-buffer-is-read-by-a-device', {
      claim: 'a device reads a frame to which a consumer holds a reference',
    }, ({ ledger }, seen) => seen.some(one => one.what === 'landed' && !one.write && ledger.holders![one.frame]! > 0)),
    appliesTo: design => design.protocols['pass'] !== undefined },
  ],
}
