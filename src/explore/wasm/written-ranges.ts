/** What a search has written of its memory: all of it is wiped before another search gets it. */
import { independent, treesAt } from './memory.ts'
import type { Plan } from './memory.ts'

export interface Used {
  readonly states: number
  /** Of the table of states. */
  readonly slots: number
  /** Of each component. */
  readonly runs: readonly { readonly slots: number; readonly runs: number }[]
  readonly labels: number
}

/** What was never written is not in it: to write it would take memory. */
export function* writtenRanges(plan: Plan, { states, slots, runs, labels }: Used):
  Generator<{ readonly address: number; readonly bytes: number }> {
  yield { address: plan.table, bytes: 8 * slots }
  yield { address: plan.arena, bytes: 8 * states }
  yield { address: plan.parents, bytes: 4 * states }
  yield { address: plan.labels, bytes: 2 * states }
  for (const [i, component] of plan.components.entries()) {
    yield { address: component.slots, bytes: 4 * runs[i]!.slots }
    yield { address: component.arena, bytes: (runs[i]!.runs + plan.threads) * component.words * 4 }
  }
  yield { address: 0, bytes: treesAt.nodes }
  for (let thread = 0; thread < plan.threads; thread++) {
    const local = plan.threadBase + thread * plan.threadBytes
    yield { address: local, bytes: plan.fired }
    yield { address: local + plan.fired, bytes: 8 * labels }
    yield { address: local + plan.misses, bytes: plan.threadBytes - plan.misses }
  }
  yield { address: plan.touch, bytes: 4 * labels }
  yield { address: plan.rows, bytes: independent.rowBytes * Math.min(labels, independent.labels) }
  yield { address: plan.tables16, bytes: plan.table - plan.tables16 }
}
