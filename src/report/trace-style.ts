/** How every report renders a trace. */
import { clauses } from '../../spec/clauses.ts'
import { iommus } from '../../spec/iommus.ts'
import type { TraceStyle } from './view.ts'

/** Fault reasons are as manuals and logs have them; reason 0 is no fault of the unit, but a message that no CPU took.
 *  Changes that only repeat the op (that a call began, went on or ended) or its observations (the ledger) are left out;
 *  what a step writes into a register of its call is not. Each vendor numbers its reasons in a range of its own. */
export const traceStyle: TraceStyle = {
  clause: id => clauses[id]?.says ?? null,
  refusal: seen => {
    const { reason } = seen as { readonly reason?: unknown }
    if (typeof reason !== 'number') return null
    return reason === 0 ? 'SDM:apic/no-target' : iommus.flatMap(({ refusals }) => refusals[reason] ?? [])[0] ?? null
  },
  names: { reason: code => code === 0 ? 'no-target' : `${code.toString(16).padStart(2, '0')}h` },
  hides: /^(kernel\.(calls|handlers)\[\w+\](\.(call|step))?$|ledger\b)/,
}
