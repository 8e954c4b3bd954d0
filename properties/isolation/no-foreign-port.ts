/** A driver reaches only the ports of its own device. */
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const noForeignPort: Claim = {
  appliesTo: (design, b) => b.ports === 1 && design.protocols.portAccess !== undefined,
  property: step('no-foreign-port', {
    on: 'port-accessed', claim: 'a port access reaches a device only from the driver that the device is attached to',
  }, ({ domain, device }, { ledger }) => ledger.attached[device] === domain
    || { because: `the driver of domain ${domain} reached a port of device ${device}, which is attached to domain `
      + `${ledger.attached[device] ?? 'none'}`,
    witness: { domain, device } }),
  witnesses: [
    {
      property: sometimes('a-port-is-accessed', { claim: 'a driver reaches a port' },
        (_, seen) => seen.some(one => one.what === 'port-accessed')),
    },
    { property: sometimes('a-port-access-is-refused', {
      claim: 'a driver asks for a device that is not its own, and is refused',
    }, ({ state }) =>
      state.kernel.calls.some(call => call?.call === 'portAccess' && call.device === null)),
    appliesTo: (_, b) => b.domains > 1 },
  ],
}
