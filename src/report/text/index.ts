/** Every kind of report as text for people. What renders a kind is loaded when there is one of it. */
import { UserError } from '../../errors.ts'
import type { Report } from '../report.ts'
import type { View } from '../view.ts'
import { withIommus } from '../with-iommus.ts'
import { costsText, isOfCosts } from './costs.ts'

export async function* text(report: Report, view: View): AsyncGenerator<string> {
  if (isOfCosts(report)) return yield await costsText(report, view)
  const { theme, full } = view
  switch (report.kind) {
    case 'check': return yield (await import('./check.ts')).checkText(withIommus(report), view)
    case 'ablate': return yield (await import('./ablation.ts')).ablationText(report, view)
    case 'replay': return yield (await import('./replay.ts')).replayText(report, view)
    case 'list': return yield (await import('./list.ts')).listText(report, theme)
    case 'validate':
      return yield (await import('../../logs/render/index.ts')).renderValidation(report.validation, theme)
    case 'validate-trace':
      return yield (await import('../../logs/traced/render.ts')).renderTrace(report.traced, theme)
    case 'diagnose':
      return yield* (await import('../../diagnose/render.ts')).renderDiagnosis(report.diagnosis, theme, full)
    case 'audit':
      yield* (await import('../../audit/render.ts')).renderAudit(report.audit, theme, full)
      if (report.policy !== null)
        yield (await import('../../audit/render-diff.ts')).renderGate(report.policy, theme, full)
      return
    case 'audit-diff': return yield (await import('../../audit/render-diff.ts')).renderDiff(report.diff, theme, full)
    case 'oracle':
      return yield (await import('../../qemu/oracle/render.ts')).renderOracle(report.oracle, theme, report.saved)
    case 'oracle-replay': return yield (await import('./oracle-replay.ts')).oracleReplayText(report, theme)
    case 'error': return yield `${new UserError(report.error).text()}\n`
  }
}
