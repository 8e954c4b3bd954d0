/** No deadlock, no lock that nobody gives back: whatever has happened, there is a way to the end of every call. */
import { protocolOn, protocolsOf } from '../../spec/kernel/calls.ts'
import { handlerOf } from '../../spec/state.ts'
import { recovers } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'
import { nothingLeftBehind } from './nothing-left-behind.ts'

export const callsCanEnd: Claim = {
  appliesTo: (design, b) => protocolsOf(design).some(name => protocolOn(design, name, b).length > 0),
  property: recovers('calls-can-end', {
    claim: 'from every state there is a way to one in which no CPU is in a call or a handler',
  }, ({ state: { kernel } }) => kernel.calls.every((call, cpu) => call === null && handlerOf(kernel, cpu) === null)),
  witnesses: nothingLeftBehind.witnesses.map(one => ({ ...one,
    appliesTo: (design, b) => nothingLeftBehind.appliesTo(design, b) && (one.appliesTo?.(design, b) ?? true) })),
}
