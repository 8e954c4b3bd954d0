/** Predictions beside measured numbers, for people. */
import type { ComposedRow, ComposedTable, Fit } from '../../cost/index.ts'
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import type { ReportOf } from '../report.ts'
import type { View } from '../view.ts'

export function composeText({ profile, tables, fit, reasons, missing }: ReportOf<'compose'>,
  { theme, full }: View): string {
  const wrapped = (text: string): string[] => hang('', 0, wrapWords(text, theme.width))
  const lines = profile === null
    ? wrapped('Published numbers, and what the model makes of them. Rows with * were fitted and do not count.')
    : [`composed at the prices of profile ${profile}`]
  for (const table of tables) lines.push('', ...tableLines(table, theme, full))
  const whole = missing.filter(({ isPart }) => !isPart)
  if (missing.length > 0) {
    lines.push('', 'not composed, and what is missing')
    for (const { id, lacks } of whole) lines.push(...hang('  ', 4, wrapWords(`${id}: ${lacks}`, theme.width - 4)))
    lines.push('', 'composed in part, and what the rest lacks')
    for (const { id, lacks, isPart } of missing)
      if (isPart) lines.push(...hang('  ', 4, wrapWords(`${id}: ${lacks}`, theme.width - 4)))
  }
  if (reasons.length > 0) lines.push('', `off by more than ${fit.limit_percent} %, or in the wrong order, and why`)
  for (const { table, beyond, inversions, of } of reasons) {
    lines.push(...hang('  ', 4, wrapWords(`${table}: ${beyond} off, ${inversions} pairs in the wrong order`,
      theme.width - 4)))
    for (const { says, because } of of)
      lines.push(...hang('    ', 6, wrapWords(`${says}: ${because ?? 'no reason known'}`, theme.width - 6)))
  }
  lines.push('', ...fitLines(fit, tables.length, full).flatMap(wrapped))
  return `${lines.join('\n')}\n`
}

function tableLines({ id, title, source, rows }: ComposedTable, theme: Theme, full: boolean): string[] {
  const names = Math.min(44, Math.max(...rows.map(({ name }) => name.length)))
  return [
    theme.strong(id), ...hang('  ', 2, wrapWords(source === null ? title : `${title}; ${source}`, theme.width - 2)),
    ...rows.flatMap(row => rowLines(row, names, theme, full)),
  ]
}
function rowLines({ name, how, unit, predicted, measured, off_percent, fitted }: ComposedRow, names: number,
  theme: Theme, full: boolean): string[] {
  const { min, typ, max } = predicted
  const range = min === max ? '' : ` (${shown(min)}..${shown(max)})`
  const beside = measured === null ? '' : `, measured ${shown(measured)}`
  const off = off_percent === null ? '' : `, ${off_percent > 0 ? '+' : ''}${off_percent} %`
  const head = `  ${name.padEnd(names)}  `
  const text = `${shown(typ)}${range} ${unit}${beside}${off}${fitted === null ? '' : ' *'}`
  return [
    ...head.length + text.length <= theme.width ? [head + text]
      : [`  ${name}`, ...hang('      ', 6, wrapWords(text, theme.width - 6))],
    ...full ? hang('      ', 6, wrapWords(fitted === null ? how : `${how}; *: ${fitted}`, theme.width - 6)) : [],
  ]
}
/** Three digits, or all of a whole number. */
export const shown = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))

/** How well all of it fits. */
export function fitLines(fit: Fit, tables: number, full: boolean): string[] {
  const { rows, fitted, median_percent, tables_median_percent, beyond, limit_percent, pairs, inversions } = fit
  return [
    `${rows - fitted} of ${rows} numbers in ${tables} ${tables === 1 ? 'table' : 'tables'} count, ${fitted} were `
      + 'fitted'
      + (median_percent === null ? '' : `; median error ${median_percent} %, of the tables ${tables_median_percent} %; `
        + `${beyond} off by more than ${limit_percent} %`),
    `order: ${pairs - inversions.length} of ${pairs} pairs that are composed and measured unlike are right`,
    ...full ? inversions.map(({ table, greater, lesser }) => `wrong in ${table}: '${greater}' over '${lesser}'`) : [],
  ]
}
