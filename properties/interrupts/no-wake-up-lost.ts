/** A driver that sleeps, or a virtual CPU, has nothing to do, or somebody is about to wake it. */
import { isPosting, isWakened } from '../../spec/kernel/steps/posting.ts'
import { handlerOf } from '../../spec/state.ts'
import { always, sometimes } from '../../spec/claim.ts'
import type { Claim } from '../../spec/claim.ts'

/** In which somebody goes to sleep. */
const sleepingCalls: readonly string[] = ['driverRuns', 'halt']

export const noWakeUpLost: Claim = {
  appliesTo: (design, b) => b.sources > 0 && sleepingCalls.some(call => design.protocols[call] !== undefined),
  property: always('no-wake-up-lost', {
    claim: 'no driver and no virtual CPU sleeps while an interrupt is handed to it, unless a handler is on its '
      + 'way to wake it',
    parts: ({ ledger }) => ledger.edges.length, partsBy: 'source',
  }, ({ state, ledger }, source) => {
    const { kernel, lapics } = state
    const isWoken = isPosting(state) ? isWakened(state, source)
      : lapics.some((_, cpu) => handlerOf(kernel, cpu)?.source === source)
    return !ledger.asleep![source] || !ledger.edges[source]!.notification || isWoken
      || { because: `the driver or virtual CPU of source ${source} sleeps, and the interrupt that it waits for was `
        + 'handed to it', witness: { source } }
  }),
  witnesses: [
    { property: sometimes('a-driver-is-woken', { claim: 'one that sleeps is woken' },
      (_, seen) => seen.some(one => one.what === 'woken')) },
    { property: sometimes('an-interrupt-comes-before-sleep', {
      claim: 'an interrupt is handed to one that is awake, and in the call in which it will sleep',
    }, ({ state, ledger }) => state.kernel.calls.some(call => call !== null && sleepingCalls.includes(call.call)
      && call.step > 0 && ledger.edges[call.source!]!.notification)),
    // A hypervisor has interrupts off: one that its handler records comes in by another CPU.
    appliesTo: (design, b) => b.cpus > 1 || design.postsInterrupts || design.protocols['driverRuns'] !== undefined },
  ],
}
