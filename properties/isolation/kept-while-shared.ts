/** What drivers pass on by reference stays theirs while somebody reads it: its frame goes to nobody else. */
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'
import { aBufferIsShared, immutableWhileShared, unlessHeld } from './immutable-while-shared.ts'

export const keptWhileShared: Claim = {
  appliesTo: immutableWhileShared.appliesTo,
  property: step('kept-while-shared', {
    on: 'frame-owned', claim: 'while a consumer holds a reference to a frame, the frame goes to nobody else',
  }, ({ frame }, { ledger }) => unlessHeld(ledger, frame, `frame ${frame} is given away`)),
  witnesses: [
    aBufferIsShared,
    { property: sometimes('a-frame-goes-while-another-is-held', {
      claim: 'a frame gets another owner while a consumer holds a reference to a second one',
    }, ({ ledger }, seen) => seen.some(one => one.what === 'frame-owned'
      && ledger.holders!.some((holders, frame) => holders > 0 && frame !== one.frame))),
    appliesTo: (_, b) => b.frames > 1 },
  ],
}
