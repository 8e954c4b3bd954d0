/** The lists of `list`; without a name, what can be listed. */
import { rows } from '../../text/rows.ts'
import type { Theme } from '../../text/theme.ts'
import type { ReportOf } from '../report.ts'

export function listText({ lists, named }: ReportOf<'list'>, { width, strong }: Theme): string {
  const blocks = named ? lists.map(({ name, says, rows: of }) => [strong(`${name}: ${says}`), ...rows(of, width)])
    : [rows(lists.map(({ name, says }) => [name, says]), width, 0)]
  return blocks.map(lines => lines.join('\n')).join('\n\n') + '\n'
}
