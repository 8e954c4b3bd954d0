/** What a page shows of each kind of report. */
import type { Body, TraceData } from '../../page/data.ts'
import { findingsOf } from '../findings/index.ts'
import type { ReplayedTrace } from '../replay.ts'
import type { Report } from '../report.ts'
import type { View } from '../view.ts'
import { withIommus } from '../with-iommus.ts'
import { ablateBody } from './ablate.ts'
import { auditBody } from './audit.ts'
import { checkBody, traceId } from './check.ts'
import { compareBody, throughputBody } from './compare.ts'
import { costBody } from './cost.ts'
import { composeBody, derivationBody, timedBody, worstBody } from './cost-forms.ts'
import { diagnoseBody } from './diagnose.ts'
import { traceData } from './trace.ts'
import { validateBody } from './validate.ts'

function replayedData({ path, trace, replayed, onQemu }: ReplayedTrace, number: number, view: View): TraceData {
  const data = traceData(replayed, trace, view.traces,
    { id: `${traceId(trace.design, trace.property)}-${number}`, file: path, accepted: null })
  if (onQemu === null) return data
  const { version, verdict, step, limits } = onQemu
  const says = { shown: `shows it too, at step ${step}`, cannot: 'cannot show it', differs: 'does something else' }
  return { ...data, notes: [...data.notes, `QEMU ${version} ${says[verdict]}`, ...limits.map(limit => limit.says)] }
}

export function bodyOf(report: Report, view: View): Body {
  switch (report.kind) {
    case 'check': return checkBody(withIommus(report), view)
    case 'replay': return { kind: 'replay', traces: report.traces.map((one, i) => replayedData(one, i + 1, view)) }
    case 'ablate': return ablateBody(report, view)
    case 'cost': return costBody(report, view)
    case 'timed': return timedBody(report)
    case 'derivation': return derivationBody(report)
    case 'worst': return worstBody(report)
    case 'compose': return composeBody(report)
    case 'compare': return compareBody(report, view)
    case 'throughput': return throughputBody(report)
    case 'validate': return validateBody(report)
    case 'audit': return auditBody(report, view)
    case 'diagnose': return diagnoseBody(report)
    default: return { kind: 'findings', findings: findingsOf(report, view) }
  }
}
