/** How every report renders a trace. */
import { clauses } from '../../spec/clauses.ts'
import { iommus } from '../../spec/iommus.ts'
import type { TraceStyle } from './view.ts'

const refusals = Object.assign({}, ...iommus.map(one => one.refusals)) as Readonly<Record<number, string>>

/** Fault reasons are as manuals and logs have them; reason 0 is no fault of the unit, but a message that no CPU took.
 *  Changes that only repeat the op (that a call began, went on or ended) or its observations (the ledger) are left out;
 *  what a step writes into a register of its call is not. */
export const traceStyle: TraceStyle = {
  clause: id => clauses[id]?.says ?? null,
  refusal: seen => {
    const { reason } = seen as { readonly reason?: unknown }
    if (typeof reason !== 'number') return null
    // No two vendors have a reason of one number.
    return reason === 0 ? 'SDM:apic/no-target' : refusals[reason] ?? null
  },
  names: { reason: code => code === 0 ? 'no-target' : `${code.toString(16).padStart(2, '0')}h` },
  hides: /^(kernel\.(calls|handlers)\[\w+\](\.(call|step))?$|ledger\b)/,
}
