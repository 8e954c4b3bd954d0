/** An interrupt arrives only where its own handler is installed, or where nobody else's is. */
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { iommu as standard } from '../../spec/iommus.ts'
import { isForAnother, whoGets } from '../../spec/ledger.ts'
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

/** Calls of designs in which whoever an interrupt is for takes it from the kernel. */
const handingOver: readonly string[] = ['driverRuns', 'halt', 'revoke']

export const noMisdeliveryOn = (iommu: Iommu): Claim => ({
  appliesTo: (_, b) => b.sources > 1,
  property: step('no-misdelivery', {
    on: ['accepted', 'posted', 'injected', 'sent', 'received'], clause: iommu.clauseOf['no-misdelivery'],
    claim: 'a message of a source is accepted only at vectors that are not bound to another source, and goes to no '
      + 'driver, client or virtual CPU but its own',
  }, (seen, { ledger }) => {
    const { source } = seen
    if (seen.what !== 'accepted') {
      const to = whoGets(seen), whom = seen.what === 'sent' ? 'the client of domain' : 'the driver or virtual CPU'
      return !isForAnother(ledger, seen) || {
        because: `the interrupt of source ${source} went to ${to === null ? 'nobody' : `${whom} ${to}`}`,
        witness: { source, to } }
    }
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
    { property: sometimes('two-interrupts-are-handed-over', {
      claim: 'the interrupts of two sources wait at once, each for its driver, client or virtual CPU',
    }, ({ ledger }) => ledger.edges.filter(({ notification }) => notification).length > 1),
    appliesTo: ({ protocols }) => handingOver.some(call => protocols[call] !== undefined) },
    { property: sometimes('a-vector-is-reused', {
      claim: 'a source is bound to the former vector of another',
    }, ({ ledger }) =>
      ledger.bound[0]![0] !== null && ledger.bound[0]![0] !== 0),
    appliesTo: (design, b) => b.migrate > 1 && design.protocols.migrateInterrupt !== undefined },
  ],
})
export const noMisdelivery = noMisdeliveryOn(standard)
