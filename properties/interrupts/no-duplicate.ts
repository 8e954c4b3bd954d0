/** A handler runs only for an edge of its own source. */
import { sometimes, step } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

export const noDuplicate: Claim = {
  // A forged message makes handlers run without an edge: that is judged by no-forged-interrupt.
  // A guest takes what is posted for it: no handler of the host runs.
  appliesTo: ({ postsInterrupts }, b) => b.sources > 0 && b.hostile === 0 && !postsInterrupts,
  property: step('no-duplicate', {
    on: 'handled', clause: 'SDM:apic/eoi-highest-isr',
    claim: 'a handler runs only when an edge of its source is in service there: no edge is served twice',
  }, ({ cpu, vector, by }, _, { ledger }) => {
    if (by === null || ledger.edges.some(edges => edges.isr[cpu]![vector]!)) return true
    return { because: `the handler of source ${by} ran on CPU ${cpu} at vector ${vector} without an edge`,
      witness: { cpu, vector, by } }
  }),
  witnesses: [
    {
      property: sometimes('a-handler-runs', { claim: 'a handler runs' },
        (_, seen) => seen.some(one => one.what === 'handled')),
    },
  ],
}
