/** The reports of `cost` in its forms, and of `compare`, as text. What renders a kind is loaded when there is one of
 *  it. */
import type { Report, ReportOf } from '../report.ts'
import type { View } from '../view.ts'

type CostKind = 'cost' | 'compose' | 'derivation' | 'compare' | 'timed' | 'throughput' | 'worst'

const renderers: { readonly [K in CostKind]: (report: ReportOf<K>, view: View) => Promise<string> } = {
  cost: async ({ costs, budgets }, { theme }) => {
    const { renderBudgets, renderCost } = await import('../../cost/index.ts')
    return `${renderCost(costs, theme.width)}\n${renderBudgets(budgets, theme.width)}`
  },
  compose: async (report, view) => (await import('./compose.ts')).composeText(report, view),
  derivation: async (report, { theme }) => (await import('./derivation.ts')).derivationText(report, theme),
  compare: async (report, { theme }) => (await import('./compare.ts')).compareText(report, theme),
  timed: async (report, { theme }) => (await import('./timed.ts')).timedText(report, theme),
  throughput: async (report, { theme }) => (await import('./throughput.ts')).throughputText(report, theme),
  worst: async (report, { theme }) => (await import('./worst.ts')).worstText(report, theme),
}

type OfCosts = { [K in CostKind]: ReportOf<K> }[CostKind]
export const isOfCosts = (report: Report): report is OfCosts => Object.hasOwn(renderers, report.kind)
export const costsText = (report: OfCosts, view: View): Promise<string> =>
  (renderers[report.kind] as (report: OfCosts, view: View) => Promise<string>)(report, view)
