/** No deadlock, no lock that nobody gives back: whatever has happened, there is a way to the end of every call. */
import { protocolOn, protocolsOf } from '../../spec/kernel/calls.ts'
import { recovers } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'
import { nothingLeftBehind } from './nothing-left-behind.ts'

export const callsCanEnd: Claim = {
  on: (b, design) => protocolsOf(design).some(name => protocolOn(design, name, b).length > 0),
  property: recovers('calls-can-end', {
    claim: 'from every state there is a way to one in which no CPU is in a call',
  }, ({ state }) => state.kernel.calls.every(call => call === null)),
  witnesses: nothingLeftBehind.witnesses.map(one => ({ ...one,
    on: (design, b) => nothingLeftBehind.on(b, design) && (one.on?.(design, b) ?? true) })),
}
