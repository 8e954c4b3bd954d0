/** Budgets: a limit on the typical cycles of a design's path, with the reason for the limit. */
import { changesFrom } from './baseline.ts'
import type { Baseline, CountChange, MeasuredDesign } from './baseline.ts'
import { CostError } from './count.ts'
import { pricePath } from './price.ts'
import type { Cycles, Prices } from './price.ts'

export interface Budget {
  readonly design: string
  readonly path: string
  /** Most typical cycles, in the cycles of the profile. */
  readonly limit_cycles: number
  /** Where the limit comes from. */
  readonly derivation: string
  /** Profile id. */
  readonly profile: string
}

/** `changed`: within the limit, but the counts are not the recorded ones. `unmeasured`: nothing was counted, so nothing
 *  was shown. */
export type BudgetVerdict = 'within' | 'changed' | 'over' | 'unmeasured'

export interface BudgetResult {
  readonly budget: Budget
  readonly verdict: BudgetVerdict
  /** Null when unmeasured. */
  readonly used: Cycles | null
  /** Typical cycles now less those of the recorded counts at the same prices; null when there are none to compare. */
  readonly delta_cycles: number | null
}
export interface BudgetReport {
  readonly results: readonly BudgetResult[]
  /** All changes of counts, also of paths without a budget. */
  readonly changes: readonly CountChange[]
  /** Every budget is within its limit and no count has changed. */
  readonly holds: boolean
}

/** Judges every budget given: pass only those of the designs measured.
 *  @throws CostError for an unknown profile, or a unit without a price. */
export function checkBudgets(measured: readonly MeasuredDesign[], budgets: readonly Budget[], baseline: Baseline,
  profiles: Readonly<Record<string, Prices>>): BudgetReport {
  const changes = changesFrom(baseline, measured)
  const results = budgets.map((budget): BudgetResult => {
    const { design, path } = budget
    const prices = Object.hasOwn(profiles, budget.profile) ? profiles[budget.profile] : undefined
    if (prices === undefined)
      throw new CostError(`budget of ${design} ${path}: no profile '${budget.profile}'; there are `
        + `${Object.keys(profiles).join(', ')}`)
    const now = measured.find(m => m.design === design)?.counts[path]
    if (now === undefined) return { budget, verdict: 'unmeasured', used: null, delta_cycles: null }
    const used = pricePath(path, now, prices).cycles
    const before = baseline.designs[design]?.[path]
    const within = changes.some(c => c.design === design && c.path === path) ? 'changed' : 'within'
    return {
      budget, used, verdict: used.typ > budget.limit_cycles ? 'over' : within,
      delta_cycles: before === undefined ? null : used.typ - pricePath(path, before, prices).cycles.typ,
    }
  })
  return { results, changes, holds: changes.length === 0 && results.every(result => result.verdict === 'within') }
}
