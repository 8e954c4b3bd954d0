/** How the figures are printed: medians, and ratios to pan -DBFS. */
import { median } from './figures.ts'
import type { Timed } from './figures.ts'

/** A search and what each of its rounds gave, in order. */
export interface Row { readonly title: string; readonly rounds: readonly Timed[] }

/** pan tells hundredths of a second: shorter runs give no ratio worth printing. */
const shortest_s = 0.1
/** Below, the process weighs more than its states. */
const fewest = 50_000
const head = ['', 'seconds', 'faster', 'start', 'peak MiB', 'B/state', 'stored', 'smaller', 'waited', 'each round, s']

/** `first` is what the others are compared with. */
export function table(rows: readonly Row[]): string {
  const first = rows[0]!
  const cells = [head, ...rows.map(row => cellsOf(row, first))]
  const widths = head.map((_, column) => Math.max(...cells.map(row => row[column]!.length)))
  const edge = (column: number): boolean => column === 0 || column === head.length - 1
  const padded = (cell: string, column: number): string =>
    edge(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
  return cells.map(row => `  ${row.map(padded).join('  ')}`.trimEnd()).join('\n')
}

function cellsOf(self: Row, first: Row): string[] {
  const { title, rounds } = self
  const of = ({ rounds: all }: Row, pick: (one: Timed) => number | null): number | null => {
    const known = all.map(pick).filter(value => value !== null)
    return known.length === 0 ? null : median(known)
  }
  const engine = rounds.at(-1)!.engine
  const seconds = of(self, one => one.seconds)!, theirs_s = of(first, one => one.seconds)!
  const perState = (row: Row): number | null => of(row, one => one.states < fewest ? null : one.bytesPerState)
  const bytes = perState(self), theirBytes = perState(first)
  const waited = rounds.map(one => one.waited).filter(value => value !== null)
  return [
    engine === title ? title : `${title} (${engine})`, seconds.toFixed(2),
    Math.min(seconds, theirs_s) < shortest_s ? '-' : times(theirs_s / seconds),
    of(self, one => Math.max(0, one.process_s - one.seconds))!.toFixed(2),
    show(of(self, one => one.rssBytes), value => (value / 2 ** 20).toFixed(0)),
    show(bytes, value => value.toFixed(0)),
    show(of(self, one => one.states < fewest || one.storedBytes === null ? null : one.storedBytes / one.states),
      value => value.toFixed(0)), bytes === null || theirBytes === null ? '-' : times(theirBytes / bytes),
    waited.length === 0 ? '-' : `${Math.round(Math.max(...waited) * 100)} %`,
    rounds.map(one => one.seconds.toFixed(2)).join(' '),
  ]
}
const times = (ratio: number): string => `${ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2)}x`
const show = (value: number | null, text: (value: number) => string): string => value === null ? '-' : text(value)

export const legend = [
  'seconds    of the search, by its own clock; median of the rounds, which are interleaved. faster = pan -DBFS / '
    + 'this, where both take 0.1 s at least',
  '--warm     the median of the three searches that follow the first in one process. Each learns and makes its code '
    + 'anew; but V8 has compiled ours, as gcc had pan',
  'start      of the process beside its search (node and modules; giving memory back). What it takes to build pan is '
    + 'told apart',
  'B/state    peak of the process / states; of ours less what it had before the search (node and modules). smaller = '
    + 'pan -DBFS / this',
  'stored     of these, what the states take by our own count: table, keys, parents, labels. The rest is what node '
    + 'takes for more code and, for each more worker, about 10 MB',
  'waited     greatest share of the time in which some task of the machine waited for a core: above 10 % the machine '
    + 'was not quiet',
].join('\n')
