/** Prints what a verb has found. The one place that picks a reporter. */
import type { ExitName } from '../exit.ts'
import type { Report } from '../report/report.ts'
import { reporters } from '../report/reporters.ts'
import type { TraceStyle } from '../report/view.ts'
import { clauses } from '../../spec/clauses.ts'
import { iommu } from '../../spec/iommus.ts'
import { themeOf } from './io.ts'
import type { Io } from './io.ts'
import { placeOfClaim, tool, version } from './package.ts'

/** How every verb renders a trace. Fault reasons are as manuals and logs have them; reason 0 is no fault of the unit,
 *  but a message that no CPU took. Changes that only repeat the op (that a call began, went on or ended) or its
 *  observations (the ledger) are left out; what a step writes into a register of its call is not. */
const traceStyle: TraceStyle = {
  clause: id => clauses[id]?.says ?? null,
  refusal: seen => {
    const { reason } = seen as { readonly reason?: unknown }
    if (typeof reason !== 'number') return null
    return reason === 0 ? 'SDM:apic/no-target' : iommu.refusals[reason] ?? null
  },
  place: placeOfClaim,
  names: { reason: code => code === 0 ? 'no-target' : `${code.toString(16).padStart(2, '0')}h` },
  hides: /^(kernel\.calls\[\w+\](\.(call|step))?$|ledger\b)/,
}

/** Flags that say how a report is shown; a verb has some of them. */
export interface ShowFlags {
  readonly json?: boolean
  readonly 'no-color'?: boolean
  readonly full?: boolean
  readonly stats?: boolean
  readonly lanes?: boolean
}

/** Gives the class of the exit code. */
export async function print(io: Io, flags: ShowFlags, report: Report): Promise<ExitName> {
  const { json = false, full = false, stats = false, lanes = false } = flags
  const reporter = await reporters[json ? 'json' : 'text']()
  const pieces = reporter(report,
    { program: { tool, version }, theme: themeOf(io, flags), full, stats, lanes, traces: traceStyle })
  for await (const piece of pieces) io.stdout.write(piece)
  return report.exit
}
