/** Prints what a verb has found. The one place that picks a reporter. */
import type { ExitName } from '../exit.ts'
import type { Report } from '../report/report.ts'
import { reporters } from '../report/reporters.ts'
import { clauses } from '../../spec/clauses.ts'
import { themeOf } from './io.ts'
import type { Io } from './io.ts'
import { tool, version } from './package.ts'

/** How every verb renders a trace: clauses by their text, and no changes that only repeat the op (where a call stands)
 *  or its observations (the ledger). */
const traceStyle = { clause: (id: string): string | null => clauses[id]?.says ?? null,
  hides: ['kernel.calls', 'ledger'] } as const

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
