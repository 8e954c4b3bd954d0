/** The windows of unmaps as a table, and what its numbers mean. */
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import { several } from '../verdicts/judging.ts'
import { thousands as n } from '../numbers.ts'
import type { PairingReport } from '../pairing/index.ts'
import type { Spread, SpreadBetween, WindowRow } from '../pairing/windows.ts'

/** `stamped`: whether the QEMU log has stamps, used or not. */
export function pairingLines(pairing: PairingReport, stamped: boolean, theme: Theme): string[] {
  if (pairing.refused !== null) return wrapWords(`Unmaps not paired: ${pairing.refused}.`, theme.width)
  return [
    theme.strong('Unmaps and what answered them'),
    ...table(pairing, theme.width - 2).map(line => `  ${line}`),
    ...notes(pairing, stamped).flatMap(note => hang('  - ', 4, wrapWords(note, theme.width - 4)))
      .map(line => theme.dim(line)),
  ]
}

const between = (least: string, most: string): string => least === most ? least : `${least}–${most}`
const counts = ({ least, most }: SpreadBetween, part: keyof Spread): string => between(n(least[part]), n(most[part]))
const ms = (us: number): string => (us / 1000).toFixed(digitsOf(us))
function digitsOf(us: number): number {
  if (us < 10_000) return 2
  return us < 1_000_000 ? 1 : 0
}
const times = ({ least, most }: SpreadBetween, part: keyof Spread): string => between(ms(least[part]), ms(most[part]))
const answers = { page: 'own', pasid: 'flush of PASID', domain: 'flush', global: 'flush of all' } as const

/** A column: its heading (over several columns where the next have none), then what stands under it. */
interface Column {
  readonly over: string
  readonly head: string
  readonly cell: (row: WindowRow) => string
  readonly words?: boolean
}
const always: readonly Column[] = [
  { over: 'answer', head: '', words: true, cell: row => answers[row.answer] },
  { over: 'domain', head: '', words: true, cell: row => row.basis },
  { over: 'unmaps', head: '', cell: row => n(row.unmaps) },
  { over: 'later unmaps', head: 'median', cell: row => counts(row.laterUnmaps, 'median') },
  { over: '', head: '90 %', cell: row => counts(row.laterUnmaps, 'p90') },
  { over: '', head: 'max', cell: row => counts(row.laterUnmaps, 'max') },
]
const byClock: readonly Column[] = [
  { over: 'ms until then', head: 'median', cell: ({ wait_us }) => wait_us === null ? '?' : times(wait_us, 'median') },
  { over: '', head: 'max', cell: ({ wait_us }) => wait_us === null ? '?' : times(wait_us, 'max') },
]
const last: readonly Column[] = [
  { over: 'cached', head: '', cell: row => n(row.held) },
  { over: 'hit', head: '', cell: row => between(n(row.hit.certain), n(row.hit.possible)) },
]

/** Columns stand closer together where they would be wider than that. */
function table({ rows, by }: PairingReport, width: number): string[] {
  const columns = [...always, ...by === 'clock' ? byClock : [], ...last]
  const lone = ({ over, head }: Column): boolean => head === '' && over !== ''
  const widths = columns.map(column =>
    Math.max(column.head.length, lone(column) ? column.over.length : 0, ...rows.map(row => column.cell(row).length)))
  const wide = widths.reduce((sum, one) => sum + one + 2, -2) > width, gap = wide ? ' ' : '  '
  const line = (text: (column: Column) => string): string =>
    columns.map((column, i) => column.words ? text(column).padEnd(widths[i]!) : text(column).padStart(widths[i]!))
      .join(gap).trimEnd()
  let over = '', edge = 0
  columns.forEach((column, i) => {
    const text = lone(column) && !column.words ? column.over.padStart(widths[i]!) : column.over
    if (text !== '') over = over.padEnd(edge) + text
    edge += widths[i]! + gap.length
  })
  return [over, line(({ head }) => head), ...rows.map(row => line(({ cell }) => cell(row)))]
}

/** In the order in which a reader asks. */
function notes({ clock, byBasis, guesses, unanswered }: PairingReport, stamped: boolean): string[] {
  const checked = guesses.checked === 0 ? ''
    : `, right in ${n(guesses.right)} of the ${n(guesses.checked)} that could be checked`
  return [
    'An unmap is recorded when its entry is cleared, before anything is flushed. Its answer is an invalidation of its '
      + 'own (strict) or a '
      + 'flush of the domain (deferred). "Later unmaps" were recorded before the answer; "cached" had a translation '
      + 'in the IOTLB until '
      + 'then; "hit" were used meanwhile. A range is what the logs leave open.',
    clock === null
      ? 'The logs share no clock: only order bounds the windows. Fills lie between map and unmap, and invalidations '
        + 'of a block were '
        + 'paired with its unmaps in the same order. What the lower bound shows did happen; a small one shows nothing.'
      : `The clocks are aligned by order alone, to ±${Math.ceil(clock.error_us)} µs `
        + `(drift ${clock.drift_range_ppm.map(Math.round).join(' to ')} ppm): `
        + `${n(clock.above)} fills and answers came after their map or unmap, `
        + `${n(clock.below)} fills before their unmap.`,
    ...clock !== null ? [] : [stamped
      ? 'The log has stamps, but no offset of constant rate fits the order of its events: they were not used.'
      : 'To measure in time, record QEMU with -msg timestamp=on.'],
    'A kernel event names a page but no device, and domains share pages. '
      + `Named (${n(byBasis.named)}): the page invalidation names the domain. `
      + `Only (${n(byBasis.only)}): one mapping fits. `
      + `Inferred (${n(byBasis.inferred)}): the youngest of several${checked}; a wrong one makes a long window. `
      + `Unknown (${n(byBasis.unknown)}, not in the table): no device used the page, so no cache held it.`,
    ...unanswered.count === 0 ? []
      : [`${several(unanswered.count, 'unmap')} had no later answer in the log: at its end, outside of it, or inferred `
        + 'wrongly.'],
    'No log proves that a hit could not have happened: only that in this run it did not.',
  ]
}
