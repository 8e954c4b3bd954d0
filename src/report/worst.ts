/** What `cost --worst` found of each wait, for each design that has it. */
import type { CostPath, Extremes, Round } from '../explore/extremes.ts'
import type { StopReason } from '../explore/result.ts'

export interface WaitOfDesign {
  readonly design: string
  /** Null when the search was cut short. */
  readonly found: Extremes | null
  readonly states: number
  readonly stopped: StopReason | null
}
export interface WaitReport {
  readonly name: string
  readonly says: string
  /** As the command line takes them. */
  readonly bounds: string
  readonly designs: readonly WaitOfDesign[]
}

/** Designs of which the same is true, as one. */
export function alikeWaits(rows: readonly WaitOfDesign[]): (WaitOfDesign & { readonly designs: readonly string[] })[] {
  const groups = new Map<string, WaitOfDesign & { readonly designs: readonly string[] }>()
  for (const row of rows) {
    const key = JSON.stringify([row.found, row.stopped]), first = groups.get(key)
    groups.set(key, { ...row, designs: [...first?.designs ?? [], row.design] })
  }
  return [...groups.values()]
}

/** The steps of the way that take time; the document of --json has the others too. */
export const pricedSteps = ({ ops, begin, prices }: CostPath): readonly { action: string; cost: number }[] =>
  ops.slice(begin).flatMap(({ action }, i) => prices[i] === 0 ? [] : [{ action, cost: prices[i]! }])
export const undecided = (stopped: StopReason | null): string =>
  `not decided, stopped by ${stopped === 'interrupted' ? 'Ctrl-C' : String(stopped)}`
export const unboundedText = (round: Round): string =>
  `unbounded: ${round.cost} more for each round of ${roundOf(round)}`
export const endlessText = (round: Round): string => `even if every fair step runs: ${
  round.loop === round.ops.length ? `at rest after ${names(round.ops.slice(round.begin))}` : roundOf(round)}`
const roundOf = ({ ops, begin, loop }: Round): string =>
  `${names(ops.slice(loop))}, after ${names(ops.slice(begin, loop))}`
const names = (ops: CostPath['ops']): string => ops.map(({ action }) => action).join(' → ')
