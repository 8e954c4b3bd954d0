/** `ablate` as a page: a table for each protocol, and the counterexamples behind its cells. */
import type { Body, TraceData } from '../../page/data.ts'
import type { AblationData, AblationRow } from '../../page/reports.ts'
import { counted } from '../../text/count.ts'
import { reasonsOf } from '../ablation.ts'
import type { Cell, Flaw, Row } from '../ablation.ts'
import type { ReportOf } from '../report.ts'
import type { View } from '../view.ts'
import { most_chars } from './room.ts'
import { traceData } from './trace.ts'

export function ablateBody({ ablation, evidence }: ReportOf<'ablate'>, view: View): Body {
  const traces: TraceData[] = []
  let room = most_chars, left = 0
  const keep = (call: string, row: Row): void => {
    for (const reason of reasonsOf(row)) {
      const shown = evidence(call, reason)
      if (shown === null) continue
      const trace = traceData(shown.replayed, shown.trace, view.traces, {
        id: traceId(call, row, reason.why.property), file: reason.why.saved, accepted: null })
      room -= JSON.stringify(trace).length
      if (room < 0) left++
      else traces.push(trace)
    }
  }
  for (const { call, rows } of ablation.protocols) for (const row of rows) keep(call, row)
  const protocols = ablation.protocols.map(({ call, hardware, rows, flaws }) => ({
    call, hardware, flaws: flaws.map(flawText), rows: rows.map(row => rowData(call, row, traces)) }))
  return { kind: 'ablate', ablation: { design: ablation.design, says: ablation.says, protocols, traces, left,
    unasked: ablation.unasked } satisfies AblationData }
}
const traceId = (call: string, { edit }: Row, property: string | null): string =>
  `${call}-${edit}-${property ?? ''}`.replace(/[^\w-]+/g, '-')
const flawText = ({ hardware, property, ops }: Flaw): string =>
  `on ${hardware} the design violates ${property} with all its steps too (${counted(ops, 'op')})`

function rowData(call: string, row: Row, traces: readonly TraceData[]): AblationRow {
  const { edit, says, costOnly, cells } = row
  return { edit, says, costOnly, cells: cells.map((cell: Cell) => {
    const id = cell.why === null ? '' : traceId(call, row, cell.why.property)
    return { hardware: cell.hardware, verdict: cell.verdict, states: cell.states,
      property: cell.why?.property ?? null, because: cell.why?.because ?? null, command: cell.why?.command ?? null,
      ops: cell.why?.ops?.length ?? null,
      trace: traces.some(trace => trace.id === id) ? id : null }
  }) }
}
