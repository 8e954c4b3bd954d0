/** Every kind of report as text for people. */
import { renderDiff, renderGate } from '../../audit/render-diff.ts'
import { renderAudit } from '../../audit/render.ts'
import { renderBudgets, renderCost } from '../../cost/index.ts'
import { renderValidation } from '../../linux/render.ts'
import { renderOracle } from '../../qemu/oracle/render.ts'
import type { Report } from '../report.ts'
import type { View } from '../view.ts'
import { ablationText } from './ablation.ts'
import { checkText } from './check.ts'
import { listText } from './list.ts'
import { oracleReplayText } from './oracle-replay.ts'
import { replayText } from './replay.ts'
import { worstText } from './worst.ts'

export function* text(report: Report, view: View): Generator<string> {
  const { theme, full } = view
  switch (report.kind) {
    case 'check': return yield checkText(report, view)
    case 'ablate': return yield ablationText(report, view)
    case 'cost': return yield `${renderCost(report.costs, theme.width)}\n${renderBudgets(report.budgets, theme.width)}`
    case 'worst': return yield worstText(report, theme)
    case 'replay': return yield replayText(report, view)
    case 'list': return yield listText(report, theme)
    case 'validate': return yield renderValidation(report.validation, theme)
    case 'audit':
      yield* renderAudit(report.audit, theme, full)
      if (report.policy !== null) yield renderGate(report.policy, theme, full)
      return
    case 'audit-diff': return yield renderDiff(report.diff, theme, full)
    case 'oracle': return yield renderOracle(report.oracle, theme, report.saved)
    case 'oracle-replay': return yield oracleReplayText(report, theme)
  }
}
