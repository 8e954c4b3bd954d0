/** What a page shows of each kind of report. */
import type { Body } from '../../page/data.ts'
import { findingsOf } from '../findings/index.ts'
import type { Report } from '../report.ts'
import type { View } from '../view.ts'
import { ablateBody } from './ablate.ts'
import { auditBody } from './audit.ts'
import { checkBody, traceId } from './check.ts'
import { compareBody, throughputBody } from './compare.ts'
import { costBody } from './cost.ts'
import { diagnoseBody } from './diagnose.ts'
import { traceData } from './trace.ts'
import { validateBody } from './validate.ts'

export function bodyOf(report: Report, view: View): Body {
  switch (report.kind) {
    case 'check': return checkBody(report, view)
    case 'replay': return { kind: 'replay', traces: report.traces.map(({ path, trace, replayed }, i) =>
      traceData(replayed, trace, view.traces, { id: `${traceId(trace.design, trace.property)}-${i + 1}`, file: path,
        accepted: null })) }
    case 'ablate': return ablateBody(report, view)
    case 'cost': return costBody(report, view)
    case 'compare': return compareBody(report)
    case 'throughput': return throughputBody(report)
    case 'validate': return validateBody(report)
    case 'audit': return auditBody(report, view)
    case 'diagnose': return diagnoseBody(report)
    default: return { kind: 'findings', findings: findingsOf(report, view) }
  }
}
