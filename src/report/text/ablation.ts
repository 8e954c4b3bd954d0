/** The report of `ablate` as text: a matrix for each protocol, steps by hardware, and below it what goes wrong without
 *  each step. */
import { reasonsOf } from '../ablation.ts'
import type { ProtocolReport, Reason, Row, Verdict } from '../ablation.ts'
import { counted } from '../../text/count.ts'
import { hang, packLines, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import type { ReportOf } from '../report.ts'
import type { View } from '../view.ts'
import { wholeTrace } from './trace.ts'

interface Mark { readonly text: string; readonly says: string; readonly paint: (theme: Theme) => Theme['bad'] }
const marks: Readonly<Record<Verdict, Mark>> = {
  needed: { text: '✗', says: 'needed', paint: theme => theme.bad },
  'not-needed': { text: '–', says: 'not needed at these bounds', paint: theme => theme.good },
  nothing: { text: '·', says: 'no such step, or not adjacent, here', paint: theme => theme.dim },
  itself: { text: '!', says: 'the whole design fails here', paint: theme => theme.warn },
  undecided: { text: '?', says: 'undecided', paint: theme => theme.warn },
}
const gap = 3

/** The whole trace of a counterexample; null where it was not asked for, or there is none. */
type Whole = (call: string, reason: Reason) => string | null

export function ablationText({ ablation, evidence }: ReportOf<'ablate'>, view: View): string {
  const { design, says, protocols, unasked, interrupted, repeat } = ablation
  const { theme } = view
  const whole: Whole = (call, reason) => view.full ? wholeTrace(evidence(call, reason), view, false) : null
  const lines = [
    theme.strong(design), ...hang('  ', 2, wrapWords(says, theme.width - 2)),
    ...protocols.flatMap(protocol => ['', ...protocolLines(protocol, theme, whole)]),
    ...unasked.length === 0 ? []
      : ['',
        ...unasked.flatMap(({ call, why }) =>
          hang(`${call}: `, call.length + 2, wrapWords(why, theme.width - call.length - 2)))],
    '', ...interrupted ? [theme.warn('stopped by Ctrl-C: cells marked ? were not searched')] : [],
    `${theme.dim('repeat')}  ${repeat}`,
  ]
  return lines.join('\n') + '\n'
}

function protocolLines(protocol: ProtocolReport, theme: Theme, whole: Whole): string[] {
  const { call, hardware, rows, flaws } = protocol
  const names = Math.min(theme.width - hardware.length * gap,
    Math.max(...rows.map(row => showEdit(row.edit).length)) + 2)
  const used = new Set(rows.flatMap(row => row.cells.map(({ verdict }) => verdict)))
  return [
    ...hardware.map(({ name }, i) => ' '.repeat(names) + '│'.padEnd(gap).repeat(i) + `┌ ${name}`),
    theme.strong(call.padEnd(names)) + '│'.padEnd(gap).repeat(hardware.length).trimEnd(),
    ...rows.flatMap(row => {
      const name = showEdit(row.edit), cells = (row.cells.map(({ verdict }) => {
        const { text, paint } = marks[verdict]
        return paint(theme)(text) + ' '.repeat(gap - text.length)
      }).join('') + (row.costOnly ? theme.dim('modelled for its cost') : '')).trimEnd()
      // A name that has no room stands above its row: two that are cut may look alike.
      return name.length + 2 <= names ? [name.padEnd(names) + cells] : [name, ' '.repeat(names) + cells]
    }),
    ...packLines(Object.entries(marks)
      .filter(([verdict]) => used.has(verdict as Verdict)).map(([, { text, says, paint }]) =>
      ({ text: `${text} ${says}`, paint: paint(theme) })), theme.width, '   '),
    ...flaws.flatMap(({ hardware: name, property, ops, bounds }) => hang('! ', 2, wrapWords(
      `${name}: the whole design violates ${property} in ${counted(ops, 'op')} at ${bounds}; the other claims judge `
        + 'the steps',
      theme.width - 2))),
    ...rows.flatMap(row => reasonsOf(row).flatMap(reason => ['', ...reasonLines(call, reason, theme, whole)])),
  ]
}

const showEdit = (edit: string): string => edit.replace('<>', ' <> ')
const title = (call: string, { edit }: Row): string =>
  edit.includes('<>') ? `${call}: ${edit.replace('<>', ' after ')}`
    : `${call}: without ${edit.replaceAll('+', ' and ')}`

function reasonLines(call: string, reason: Reason, theme: Theme, whole: Whole): string[] {
  const { row, why, hardware } = reason
  const { property, clause, because, ops, also } = why
  const text = (words: string): string[] => hang('  ', 2, wrapWords(words, theme.width - 2))
  const trace = whole(call, reason)
  const head = title(call, row), on = hardware.join(', ')
  return [
    ...head.length + 2 + on.length <= theme.width ? [`${theme.strong(head)}  ${theme.dim(on)}`]
      : [theme.strong(head), ...text(`on ${on}`).map(line => theme.dim(line))],
    ...text(ops === null || property === null ? because
      : `${property} in ${counted(ops.length, 'op')}${clause === null ? '' : ` (${clause})`}: ${because}`),
    ...also.length === 0 ? [] : text(`also ${also.map(one => `${one.property} in ${one.ops}`).join(', ')}`),
    ...trace === null ? text((ops ?? []).map(({ action }) => action).join(' → ')).map(line => theme.dim(line))
      : [trace.trimEnd()],
    `  ${why.command}`, ...why.saved === null ? [] : [`  ${why.saved}`],
  ]
}
