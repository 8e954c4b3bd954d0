/** A device raises no interrupts but its own. */
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { iommu as standard } from '../../spec/iommus.ts'
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const noForgedInterruptOn = (iommu: Iommu): Claim => ({
  appliesTo: (_, b) => b.hostile === 1,
  property: step('no-forged-interrupt', {
    on: ['accepted', 'posted'], clause: iommu.clauseOf['no-forged-interrupt'],
    claim: 'no message is accepted that is not of a source of the device that sent it',
  }, (seen, { ledger }) => {
    const { device } = seen
    if (seen.source !== null) return true
    if (seen.what === 'posted') return { witness: { device, vcpu: seen.into },
      because: `a message that device ${device} made up was posted to virtual CPU ${seen.into}` }
    const { cpu, vector } = seen
    const bound = ledger.bound[cpu]![vector]!
    const whose = bound === null ? 'which is bound to nobody' : `which is bound to source ${bound}`
    return { because: `a message that device ${device} made up was accepted on CPU ${cpu} at vector ${vector}, `
      + `${whose}`,
    witness: { device, cpu, vector, bound } }
  }),
  witnesses: [
    { property: sometimes('a-forged-message-is-blocked', { claim: 'a forged message is refused' }, (_, seen) =>
      seen.some(one => one.what === 'rejected' && one.source === null)), appliesTo: design => design.remapsInterrupts },
    { property: sometimes('a-forged-message-is-accepted', { claim: 'a forged message arrives' }, (_, seen) =>
      seen.some(one => one.what === 'accepted' && one.source === null)),
    appliesTo: design => !design.remapsInterrupts },
    { property: sometimes('a-true-interrupt-arrives', {
      claim: 'a message of a source arrives beside the forged ones',
    }, (_, seen) =>
      seen.some(one => one.what === 'accepted' && one.source !== null)) },
  ],
})
export const noForgedInterrupt = noForgedInterruptOn(standard)
