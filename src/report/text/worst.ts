/** What a wait costs at most and at least, and what makes it endless, for people. */
import type { Round, CostPath } from '../../explore/extremes.ts'
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import type { ReportOf } from '../report.ts'
import type { WaitOfDesign } from '../worst.ts'

export function worstText({ profile, waits }: ReportOf<'worst'>, theme: Theme): string {
  const lines = [`greatest and least over all behaviours, in typical cycles of profile ${profile}`]
  for (const { name, says, bounds, designs } of waits) {
    lines.push('', theme.strong(name),
      ...hang('  ', 2, wrapWords(`${says} (${bounds.replaceAll(',', ', ')})`, theme.width - 2)))
    for (const row of alike(designs)) lines.push(...rowLines(row, theme))
  }
  return lines.join('\n') + '\n'
}

/** Designs of which the same is true, as one. */
function alike(rows: readonly WaitOfDesign[]): WaitOfDesign[] {
  const groups = new Map<string, WaitOfDesign>()
  for (const row of rows) {
    const key = JSON.stringify(row.found)
    const first = groups.get(key)
    groups.set(key, first === undefined ? row : { ...first, design: `${first.design}, ${row.design}` })
  }
  return [...groups.values()]
}

function rowLines({ design, found, stopped }: WaitOfDesign, theme: Theme): string[] {
  const entry = (title: string, says: string): string[] =>
    hang(`    ${title.padEnd(10)}`, 14, wrapWords(says, theme.width - 14))
  const head = hang('  ', 2, wrapWords(design, theme.width - 2))
  if (found === null) return [...head,
    ...entry('…', `not decided, stopped by ${stopped === 'interrupted' ? 'Ctrl-C' : String(stopped)}`)]
  const { begins, greatest, least, unbounded, endless } = found
  if (!begins) return [...head, ...entry('–', 'never begins')]
  return [
    ...head,
    ...unbounded !== null
      ? entry('greatest', `unbounded: ${unbounded.cost} more for each round of ${roundOf(unbounded)}`)
      : entry('greatest', greatest === null ? 'it never ends' : wayOf(greatest)),
    ...entry('least', least === null ? 'it never ends' : wayOf(least)),
    ...endless === null ? []
      : entry('may never',
        `end, even if every fair step runs: ${endlessOf(endless)}`),
  ]
}
const names = (ops: CostPath['ops']): string => ops.map(({ action }) => action).join(' → ')
/** The steps that take time; --json has the others too. */
function wayOf({ cost, ops, begin, prices }: CostPath): string {
  const priced = ops.slice(begin).flatMap(({ action }, i) => prices[i] === 0 ? [] : [`${action} ${prices[i]}`])
  return `${cost} = ${priced.join(' + ') || 'nothing'}`
}
const roundOf = ({ ops, begin, loop }: Round): string =>
  `${names(ops.slice(loop))}, after ${names(ops.slice(begin, loop))}`
const endlessOf = (round: Round): string =>
  round.loop === round.ops.length ? `at rest after ${names(round.ops.slice(round.begin))}` : roundOf(round)
