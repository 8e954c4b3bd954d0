/** What drivers pass on by reference stays as it is while somebody reads it. */
import type { Ledger } from '../../spec/ledger.ts'
import type { DeepReadonly, Verdict } from '../../src/model/index.ts'
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim, Witness } from '../../spec/claim.ts'

/** Whether nobody holds a reference to the frame while this happens to it. */
export function unlessHeld({ holders: all }: DeepReadonly<Ledger>, frame: number, what: string): Verdict {
  const holders = all![frame]!
  return holders === 0 || {
    because: `${what}, while consumers hold ${holders} reference${holders === 1 ? '' : 's'} to it`,
    witness: { frame, holders } }
}

export const aBufferIsShared: Witness = {
  property: sometimes('a-buffer-is-shared', { claim: 'a consumer holds a reference to a frame' }, ({ ledger }) =>
    ledger.holders!.some(holders => holders > 0)),
}

export const immutableWhileShared: Claim = {
  appliesTo: (design, b) => b.frames > 0
    && (design.calls['drop']?.offered?.(b) ?? design.protocols['drop'] !== undefined),
  property: step('immutable-while-shared', {
    on: 'landed', claim: 'while a consumer holds a reference to a frame, no device writes it',
  }, ({ device, frame, write }, { ledger }) =>
    !write || unlessHeld(ledger, frame, `device ${device} wrote frame ${frame}`)),
  witnesses: [
    aBufferIsShared,
    { property: sometimes('a-shared-buffer-is-read-by-a-device', {
      claim: 'a device reads a frame to which a consumer holds a reference',
    }, ({ ledger }, seen) => seen.some(one => one.what === 'landed' && !one.write && ledger.holders![one.frame]! > 0)),
    appliesTo: design => design.protocols['pass'] !== undefined },
  ],
}
