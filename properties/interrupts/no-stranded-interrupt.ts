/** A guest that executes notices what is recorded for it. */
import { always, sometimes } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'
import { isNoticed } from '../../spec/kernel/steps/injection.ts'
import { isNotified, isPosting } from '../../spec/kernel/steps/posting.ts'
import { inGuest } from '../../spec/kernel/steps/vcpus.ts'

/** What a hypervisor keeps. */
const ownOf = (state: object): { readonly runsOn: readonly (number | null)[] } => (state as never)['own']

export const noStrandedInterrupt: Claim = {
  appliesTo: (design, b) => b.sources > 0 && design.protocols['runVcpu'] !== undefined,
  property: always('no-stranded-interrupt', {
    claim: 'no guest executes while an interrupt waits for its virtual CPU, unless its CPU is about to take notice',
    parts: ({ ledger }) => ledger.edges.length, partsBy: 'source',
  }, ({ state, ledger }, source) => {
    const cpu = ledger.edges[source]!.notification ? inGuest(state as never, source) : null
    return cpu === null || (isPosting(state) ? isNotified(state, cpu) : isNoticed(state as never, source, cpu))
      || { because: `virtual CPU ${source} executes on CPU ${cpu}, which nothing makes take what waits for it`,
        witness: { source, cpu } }
  }),
  witnesses: [
    { property: sometimes('an-interrupt-finds-a-guest-executing', {
      claim: 'an interrupt waits for a virtual CPU while its guest executes',
    }, ({ state, ledger }) => ledger.edges.some(({ notification }, source) =>
      notification && inGuest(state as never, source) !== null)),
    appliesTo: (design, b) => b.cpus > 1 || design.postsInterrupts },
    { property: sometimes('an-interrupt-waits-for-its-virtual-cpu', {
      claim: 'an interrupt waits for a virtual CPU that is ready, and that no CPU runs',
    }, ({ state, ledger }) => ledger.edges.some(({ notification }, source) => notification && !ledger.asleep![source]
        && ownOf(state).runsOn[source] === null)) },
  ],
}
