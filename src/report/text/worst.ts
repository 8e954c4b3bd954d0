/** What a wait costs at most and at least, and what makes it endless, for people. */
import type { CostPath } from '../../explore/extremes.ts'
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import type { ReportOf } from '../report.ts'
import { alikeWaits, endlessText, pricedSteps, unboundedText, undecided } from '../worst.ts'

export function worstText({ profile, waits }: ReportOf<'worst'>, theme: Theme): string {
  const lines = [`greatest and least over all behaviours, in typical cycles of profile ${profile}`]
  for (const { name, says, bounds, designs } of waits) {
    lines.push('', theme.strong(name),
      ...hang('  ', 2, wrapWords(`${says} (${bounds.replaceAll(',', ', ')})`, theme.width - 2)))
    for (const row of alikeWaits(designs)) lines.push(...rowLines(row, theme))
  }
  return lines.join('\n') + '\n'
}

function rowLines({ designs, found, stopped }: ReturnType<typeof alikeWaits>[number], theme: Theme): string[] {
  const entry = (title: string, says: string): string[] =>
    hang(`    ${title.padEnd(10)}`, 14, wrapWords(says, theme.width - 14))
  const head = hang('  ', 2, wrapWords(designs.join(', '), theme.width - 2))
  if (found === null) return [...head, ...entry('…', undecided(stopped))]
  const { begins, greatest, least, unbounded, endless } = found
  if (!begins) return [...head, ...entry('–', 'never begins')]
  return [
    ...head,
    ...unbounded !== null ? entry('greatest', unboundedText(unbounded))
      : entry('greatest', greatest === null ? 'it never ends' : wayOf(greatest)),
    ...entry('least', least === null ? 'it never ends' : wayOf(least)),
    ...endless === null ? [] : entry('may never', `end, ${endlessText(endless)}`),
  ]
}
const wayOf = (way: CostPath): string =>
  `${way.cost} = ${pricedSteps(way).map(({ action, cost }) => `${action} ${cost}`).join(' + ') || 'nothing'}`
