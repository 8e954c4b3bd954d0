/** The table of verdicts: a row for each design, a column for each claim, its name on a stair above its column. */
import { overallOf } from '../check.ts'
import type { CheckReport, DesignReport, Overall, Standing } from '../check.ts'
import { packLines } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'

interface Mark { readonly text: string; readonly says: string; readonly paint: (theme: Theme) => Theme['bad'] }
const marks: Readonly<Record<Standing | 'passed', Mark>> = {
  fine: { text: '✓', says: 'holds', paint: theme => theme.good },
  passed: { text: '✓?', says: 'not refuted, no proof', paint: theme => theme.good },
  known: { text: '✗', says: 'known violation', paint: theme => theme.warn },
  unexpected: { text: '✗!', says: 'unexpected violation', paint: theme => theme.bad },
  lost: { text: '✓!', says: 'holds, a known violation is gone', paint: theme => theme.bad },
  vacuous: { text: '?!', says: 'never reached', paint: theme => theme.bad },
  open: { text: '…', says: 'not decided', paint: theme => theme.warn },
  unchecked: { text: '–', says: 'not checked', paint: theme => theme.dim },
}
const statesWidth = 11

/** Claims that some design was asked, the witnesses left out; with states, and the legend of the marks in use. */
export function tableLines({ designs, claims: all }: CheckReport, theme: Theme): string[] {
  const rows = designs.map(design => ({ design, cells: cellsOf(design) }))
  const claims = all.filter(claim => rows.some(({ cells }) => cells.has(claim)))
  const names = Math.max(6, ...designs.map(({ design }) => design.length)) + 2
  const widest = Math.max(0, ...claims.map((claim, i) => claim.length - 3 * (claims.length - i)))
  const spare = theme.width - names - statesWidth - 3 * claims.length - Math.max(0, widest - statesWidth)
  // Two to five columns for each claim: as many as the line has left.
  const gap = 3 + (spare < 0 ? -1 : Math.min(2, Math.floor(spare / Math.max(1, claims.length))))
  const used = new Set(rows.flatMap(({ cells }) => claims.map(claim => cells.get(claim) ?? 'unchecked')))
  return [
    ...claims.map((claim, i) => (' '.repeat(names) + claims.slice(0, i).map(() => '│'.padEnd(gap)).join('')
      + `┌ ${claim}`)),
    `${'design'.padEnd(names)}${claims.map(() => '│'.padEnd(gap)).join('')}${'states'.padStart(statesWidth)}`,
    ...rows.map(({ design, cells }) =>
      theme.strong(design.design.padEnd(names))
        + claims.map(claim => cell(cells.get(claim) ?? 'unchecked', gap, theme)).join('')
      + statesOf(design).padStart(statesWidth)),
    ...packLines(Object.entries(marks)
      .filter(([standing]) => used.has(standing as Standing)).map(([, { text, says, paint }]) =>
      ({ text: `${text} ${says}`, paint: paint(theme) })), theme.width, '   '),
    ...witnessLine(designs),
  ]
}

/** A verdict means something only where what it is about was reached. */
function witnessLine(designs: readonly DesignReport[]): string[] {
  const witnesses = designs.flatMap(design =>
    overallOf(design).filter(({ kind, standing }) => kind === 'sometimes' && standing !== 'unchecked'))
  const reached = witnesses.filter(({ standing }) => standing === 'fine').length
  if (witnesses.length === 0) return []
  return [`${reached} of ${witnesses.length} witnesses reached: ${reached === witnesses.length
    ? 'every situation that the claims need occurs' : 'a claim without its witnesses shows nothing'}`]
}

function cellsOf(design: DesignReport): Map<string, Standing | 'passed'> {
  return new Map(overallOf(design).filter(({ kind }) => kind !== 'sometimes').map(one => [one.property, markOf(one)]))
}
const markOf = ({ standing, proved }: Overall): Standing | 'passed' =>
  standing === 'fine' && !proved ? 'passed' : standing

function cell(standing: Standing | 'passed', width: number, theme: Theme): string {
  const { text, paint } = marks[standing]
  return paint(theme)(text) + ' '.repeat(width - text.length)
}

function statesOf({ scopes }: DesignReport): string {
  return scopes.reduce((sum, { exploration }) => sum + exploration.states, 0).toLocaleString('en-US')
}
