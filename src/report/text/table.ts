/** The table of verdicts: a row for each design, a column for each claim, its name on a stair above its column. */
import { overallOf } from '../check.ts'
import type { CheckReport, DesignReport } from '../check.ts'
import { markOf, marks } from '../marks.ts'
import type { Marked } from '../marks.ts'
import { packLines, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'

const paints: Readonly<Record<Marked, (theme: Theme) => Theme['bad']>> = {
  fine: theme => theme.good, passed: theme => theme.good, known: theme => theme.warn, unexpected: theme => theme.bad,
  lost: theme => theme.bad, vacuous: theme => theme.bad, open: theme => theme.warn, unchecked: theme => theme.dim,
}
const statesWidth = 11

/** Claims that some design was asked, the witnesses left out; with states, and the legend of the marks in use. Of many
 *  designs a table for each question, of those that it was asked of; the last one has all, with their states. */
export function tableLines({ designs, claims: all, questions, named }: CheckReport, theme: Theme): string[] {
  const searched = designs.filter(({ scopes }) => scopes.length > 0)
  const shown = named || searched.length === 0 ? designs : searched
  const rows = shown.map(design => ({ design, cells: cellsOf(design) }))
  const claims = all.filter(claim => rows.some(({ cells }) => cells.has(claim)))
  const used = new Set(rows.flatMap(({ cells }) => claims.map(claim => cells.get(claim) ?? 'unchecked')))
  const parts = rows.length > fewDesigns ? partsOf(claims, questions) : [{ asks: null, claims }]
  const least = 1 + Math.max(1, ...[...used].map(one => marks[one].text.length))
  return [
    ...parts.flatMap(({ asks, claims: columns }, i) => {
      const isLast = i === parts.length - 1
      const asked = isLast ? rows : rows.filter(({ cells }) => columns.some(claim => cells.has(claim)))
      return [...asks === null ? [] : [theme.strong(asks)],
        ...stairLines(asked, columns, theme, { least, states: isLast }) ?? listLines(asked, columns, theme, isLast),
        ...isLast ? [] : ['']]
    }),
    ...packLines(Object.entries(marks)
      .filter(([standing]) => used.has(standing as Marked)).map(([standing, { text, says }]) =>
      ({ text: `${text} ${says}`, paint: paints[standing as Marked](theme) })), theme.width, '   '),
    ...witnessLines(designs, theme.width),
    ...shown.length === designs.length ? [] : wrapWords(`none of these scopes is about ${
      designs.filter(one => !shown.includes(one)).map(({ design }) => design).join(', ')}`, theme.width),
  ]
}
/** One table of them is still easy to read. */
const fewDesigns = 12
/** The claims by question; those of designs' own come last. */
function partsOf(claims: readonly string[], questions: CheckReport['questions']):
  readonly { readonly asks: string | null; readonly claims: readonly string[] }[] {
  const own = claims.filter(claim => !questions.some(one => one.claims.includes(claim)))
  const parts = [...questions, { asks: 'Claims of one\'s own', claims: own }]
    .map(one => ({ asks: one.asks, claims: one.claims.filter(claim => claims.includes(claim)) }))
    .filter(one => one.claims.length > 0)
  return parts.length > 1 ? parts : [{ asks: null, claims }]
}

interface Row { readonly design: DesignReport; readonly cells: ReadonlyMap<string, Marked> }

/** The table. A design whose name has no room stands above its row. Null where the line has no room for the claims.
 *  `least`: columns of a claim, the longest mark and one between. */
function stairLines(rows: readonly Row[], claims: readonly string[], theme: Theme,
  { least, states }: { readonly least: number; readonly states: boolean }): string[] | null {
  const widest = Math.max(statesWidth, ...claims.map((claim, i) => claim.length + 2 - least * (claims.length - i)))
  const room = theme.width - widest - least * claims.length
  if (room < 'design'.length + 2) return null
  const names = Math.min(Math.max(6, ...rows.map(({ design }) => design.design.length)) + 2, room)
  // Up to five columns for each claim: as many as the line has left.
  const gap = least + Math.min(5 - least, Math.floor((room - names) / Math.max(1, claims.length)))
  return [
    ...claims.map((claim, i) => (' '.repeat(names) + claims.slice(0, i).map(() => '│'.padEnd(gap)).join('')
      + `┌ ${claim}`)),
    ('design'.padEnd(names) + claims.map(() => '│'.padEnd(gap)).join('')
      + (states ? 'states'.padStart(statesWidth) : '')).trimEnd(),
    ...rows.flatMap(({ design, cells }) => {
      const marked = claims.map((claim, i) =>
        cell(cells.get(claim) ?? 'unchecked', states || i < claims.length - 1 ? gap : 0, theme)).join('')
        + (states ? statesOf(design).padStart(statesWidth) : '')
      return design.design.length + 2 <= names ? [theme.strong(design.design.padEnd(names)) + marked]
        : [theme.strong(design.design), ' '.repeat(names) + marked]
    }),
  ]
}
/** The same for narrow terminals: a line for each claim. */
function listLines(rows: readonly Row[], claims: readonly string[], theme: Theme, states: boolean): string[] {
  return rows.flatMap(({ design, cells }) => [
    theme.strong(design.design),
    ...claims.map(claim => `  ${cell(cells.get(claim) ?? 'unchecked', 3, theme)}${claim}`),
    ...states ? [`  ${statesOf(design)} states`] : [],
  ])
}

/** A verdict means something only where what it is about was reached. */
function witnessLines(designs: readonly DesignReport[], width: number): string[] {
  const witnesses = designs.flatMap(design =>
    overallOf(design).filter(({ kind, standing }) => kind === 'sometimes' && standing !== 'unchecked'))
  const reached = witnesses.filter(({ standing }) => standing === 'fine').length
  if (witnesses.length === 0) return []
  return wrapWords(`${reached} of ${witnesses.length} witnesses reached: ${reached === witnesses.length
    ? 'every situation that the claims need occurs' : 'a claim without its witnesses shows nothing'}`, width)
}

function cellsOf(design: DesignReport): Map<string, Marked> {
  return new Map(overallOf(design).filter(({ kind }) => kind !== 'sometimes').map(one => [one.property, markOf(one)]))
}
function cell(standing: Marked, width: number, theme: Theme): string {
  const { text } = marks[standing]
  return paints[standing](theme)(text) + ' '.repeat(Math.max(0, width - text.length))
}

function statesOf({ scopes }: DesignReport): string {
  return scopes.reduce((sum, { exploration }) => sum + exploration.states, 0).toLocaleString('en-US')
}
