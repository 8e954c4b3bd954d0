/** An interrupt arrives only where its own handler is installed, or where nobody else's is. */
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { iommu as standard } from '../../spec/iommus.ts'
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const noMisdeliveryOn = (iommu: Iommu): Claim => ({
  appliesTo: (_, b) => b.sources > 1,
  property: step('no-misdelivery', {
    on: ['accepted', 'posted', 'injected'], clause: iommu.clauseOf['no-misdelivery'],
    claim: 'a message of a source is accepted only at vectors that are not bound to another source, and goes to no '
      + 'virtual CPU but its own',
  }, (seen, { ledger }) => {
    const { source } = seen
    if (seen.what !== 'accepted') return source === null || seen.into === source
      || { because: `the interrupt of source ${source} went to virtual CPU ${seen.into}`,
        witness: { source, into: seen.into } }
    const { cpu, vector } = seen
    const bound = ledger.bound[cpu]![vector]!
    if (source === null || bound === null || bound === source) return true
    return { because: `source ${source} interrupted CPU ${cpu} at vector ${vector}, which is bound to source ${bound}`,
      witness: { source, cpu, vector, bound } }
  }),
  witnesses: [
    { property: sometimes('two-sources-are-pending', { claim: 'two sources wait in IRR at once' }, ({ ledger }) =>
      ledger.edges.filter(edges => edges.irr.some(row => row.includes(true))).length > 1),
    appliesTo: design => !design.postsInterrupts },
    { property: sometimes('two-interrupts-are-posted', { claim: 'the interrupts of two sources are posted at once' },
      ({ ledger }) => ledger.edges.filter(({ notification }) => notification).length > 1),
    appliesTo: design => design.postsInterrupts },
    { property: sometimes('a-vector-is-reused', {
      claim: 'a source is bound to the former vector of another',
    }, ({ ledger }) =>
      ledger.bound[0]![0] !== null && ledger.bound[0]![0] !== 0),
    appliesTo: (design, b) => b.migrate > 1 && design.protocols.migrateInterrupt !== undefined },
  ],
})
export const noMisdelivery = noMisdeliveryOn(standard)
