/** Once a server has taken a client's devices back, the client is cut off from all of it: memory by DMA, the memory and
 *  ports of the devices, and their interrupts. */
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const revokedReachesNothing: Claim = {
  appliesTo: (design, b) => b.reassign === 1 && design.protocols['revoke'] !== undefined,
  property: step('revoked-reaches-nothing', {
    on: ['landed', 'device-accessed', 'port-accessed', 'sent', 'received', 'withdrawn'],
    claim: 'a client that was revoked reaches no memory by its devices, no device by memory or port, and gets no '
      + 'interrupt; one that is served loses none',
  }, (seen, { state: { kernel }, ledger: { attached, owner } }) => {
    switch (seen.what) {
      case 'landed': {
        const { device, frame } = seen, domain = attached[device]!
        const whose = domain === null ? 'its client had before it was revoked' : 'was taken back from its client'
        return domain !== null && owner[frame] === domain
          || { because: `device ${device} reached frame ${frame}, which ${whose}`, witness: { device, frame, domain } }
      }
      case 'device-accessed': case 'port-accessed': {
        const { device, domain } = seen, what = seen.what === 'port-accessed' ? 'a port' : 'the memory'
        return attached[device] === domain || { because: `the client of domain ${domain} reached ${what} of device `
          + `${device}, which is its own no longer`,
        witness: { device, domain } }
      }
      case 'withdrawn': {
        const { source } = seen, domain = attached[source % attached.length]!
        return domain === null || kernel.closed[domain]!
          || { because: `an interrupt of source ${source} was taken from the client of domain ${domain}, which is `
            + 'served', witness: { source, domain } }
      }
      case 'sent': case 'received': {
        const { source } = seen, device = source % attached.length, domain = attached[device]!
        const how = seen.what === 'sent' ? 'was sent to' : 'reached'
        if (domain === null)
          return { because: `an interrupt of source ${source} ${how} a client that is gone`,
            witness: { device, source } }
        return seen.what === 'received' || domain === seen.to
          || { because: `an interrupt of source ${source} was sent to the client of domain ${seen.to}, which does not `
            + `have device ${device}`, witness: { device, source, domain, to: seen.to } }
      }
      default: return true
    }
  }),
  witnesses: [
    { property: sometimes('a-client-is-revoked', { claim: 'a client has lost its devices' },
      (_, seen) => seen.some(one => one.what === 'attached' && one.to === null)) },
    { property: sometimes('a-dma-lands-during-a-revocation', {
      claim: 'a DMA of a client lands while it is being revoked',
    }, ({ state }, seen) => seen.some(one => one.what === 'landed')
      && state.kernel.calls.some(one => one?.call === 'revoke')), appliesTo: (_, b) => b.frames > 0 },
    { property: sometimes('a-client-reaches-device-memory', { claim: 'a client reaches the memory of its device' },
      (_, seen) => seen.some(one => one.what === 'device-accessed')), appliesTo: (_, b) => b.ports === 1 },
    { property: sometimes('a-client-reaches-a-port', { claim: 'a client reaches a port of its device' },
      (_, seen) => seen.some(one => one.what === 'port-accessed')), appliesTo: (_, b) => b.ports === 1 },
    { property: sometimes('an-interrupt-is-withdrawn', {
      claim: 'an interrupt that a client has not received is taken back from it',
    }, (_, seen) => seen.some(one => one.what === 'withdrawn')), appliesTo: (_, b) => b.sources > 0 },
    { property: sometimes('a-client-comes-again', { claim: 'a new client gets the devices' },
      (_, seen) => seen.some(one => one.what === 'attached' && one.to !== null)) },
  ],
}
