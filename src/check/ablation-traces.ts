/** Traces of what goes wrong without a step. */
import type { Cell, ProtocolReport, Why } from '../report/ablation.ts'
import type { ReportOf } from '../report/report.ts'
import { makeTrace } from '../trace/format.ts'
import type { Trace } from '../trace/format.ts'
import { replay } from '../trace/replay.ts'
import { saveTrace } from '../trace/store.ts'
import { boundsOf, changesOf } from './bounds-text.ts'
import { editedDesign, machineOf } from './subject.ts'
import type { Subject } from './subject.ts'

function traceOf(subject: Subject, edit: string, { bounds, property, because, ops, loop }: Why): Trace {
  const less = { ...subject, design: editedDesign(subject.design, edit) }
  const b = boundsOf(bounds)
  return makeTrace(machineOf(less, b), {
    design: less.design.name, bounds: changesOf(b), property: property!, because, ops: ops!,
    ...loop === undefined ? {} : { loop },
    found: { driver: 'exhaustive', shortest: true },
  })
}

/** Writes the counterexample of each needed step, and says where; `shown`: its path for people. @throws UserError
 *  E-TRACE-WRITE. */
export function saveReasons(protocols: readonly ProtocolReport[], subject: Subject, folder: string,
  shown: (path: string) => string): ProtocolReport[] {
  const withSaved = (edit: string, cell: Cell): Cell => {
    const { why } = cell
    if (why === null || why.ops === null || why.property === null) return cell
    return { ...cell, why: { ...why, saved: shown(saveTrace(folder, traceOf(subject, edit, why))) } }
  }
  return protocols.map(protocol => ({ ...protocol, rows: protocol.rows.map(row =>
    ({ ...row, cells: row.cells.map(cell => withSaved(`${protocol.call}/${row.edit}`, cell)) })) }))
}

/** The counterexamples, taken again when they are asked for. */
export function reasonsEvidence(subject: Subject): ReportOf<'ablate'>['evidence'] {
  return (call, { row, why }) => {
    if (why.ops === null || why.property === null) return null
    const edit = `${call}/${row.edit}`
    const trace = traceOf(subject, edit, why)
    const less = { ...subject, design: editedDesign(subject.design, edit) }
    return { trace, replayed: replay(machineOf(less, boundsOf(why.bounds)), trace) }
  }
}
