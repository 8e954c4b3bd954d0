/** The verdicts of `check` as a table: a block for each design, a line for each violation, one for all that hold. */
import { exitClasses } from '../exit.ts'
import type { Exploration, PropertyResult } from '../explore/result.ts'
import { exitOf, standingOf } from './check.ts'
import type { CheckReport, DesignReport, Standing } from './check.ts'
import { hang, packLines, showBounds } from './layout.ts'
import type { Piece } from './layout.ts'
import type { Theme } from './theme.ts'

/** Ready to print: the head that makes the run repeatable, a block a design, and the class of the whole. */
export function checkText(report: CheckReport, theme: Theme): string {
  const { tool, version, seed, bounds, designs } = report
  const pieces = [{ text: `${tool} ${version}`, paint: theme.strong }, { text: `seed ${seed}` }, { text: showBounds(bounds) }]
  const columns = [0, 1].map(i => Math.max(0, ...designs.map(({ design, scope }) => [design, scope][i]!.length)))
  const exit = exitOf(report)
  const cutShort = exit === 'incomplete' || exit === 'interrupted'
  const tone = exit === 'holds' ? theme.good : cutShort ? theme.warn : theme.bad
  const { code, meaning } = exitClasses.find(row => row.name === exit)!
  return [
    ...packLines(pieces.filter(({ text }) => text !== ''), theme.width), '',
    ...designs.flatMap(design => [...blockOf(design, columns, theme), '']),
    tone(`${exit === 'holds' ? '✓' : cutShort ? '…' : '✗'} ${exit}: ${meaning} (exit ${code})`),
  ].join('\n') + '\n'
}

interface Line { readonly mark: string; readonly word: string; readonly paint: (text: string) => string; readonly rest: readonly Piece[] }
const wordWidth = 12

function blockOf(report: DesignReport, columns: readonly number[], theme: Theme): string[] {
  const { design, scope, bounds, exploration } = report
  const lines = linesOf(report, theme)
  const worst = lines.find(({ mark }) => mark === '✗') ?? lines.find(({ mark }) => mark !== '✓') ?? lines[0]
  const title = `${worst?.mark ?? '–'} ${design.padEnd(columns[0]!)}  ${scope.padEnd(columns[1]!)}  `
  const facts = [showBounds(bounds), ...showRun(exploration)].filter(text => text !== '').map(text => ({ text }))
  return [
    ...hang(theme.strong(title), title.length, packLines(facts, theme.width - title.length)),
    ...lines.flatMap(({ mark, word, paint, rest }) =>
      hang(`    ${paint(`${mark} ${word.padEnd(wordWidth)}`)}  `, wordWidth + 8, packLines(rest, theme.width - wordWidth - 8))),
  ]
}

function showRun({ driver, states, depth, stopped, complete, random, seconds }: Exploration): string[] {
  const size = random === null ? [`${thousands(states)} states`, `depth ${depth}`]
    : [`${thousands(random.runs)} runs`, `${thousands(random.ops)} ops`, `${percent(random.refused, random.ops)} refused`]
  const end = stopped !== null ? [`stopped by ${stopped}`] : complete ? ['complete'] : []
  return [driver, ...size, ...end, `${seconds.toFixed(1)} s`]
}

/** Violations first, one a line; what is fine shares a line, after them. */
function linesOf(report: DesignReport, theme: Theme): Line[] {
  const { results } = report.exploration
  const of = (...standings: Standing[]): PropertyResult[] => results.filter(result => standings.includes(standingOf(result, report)))
  const together = (mark: string, word: string, paint: Line['paint'], which: readonly PropertyResult[], about = ''): Line[] => {
    const names = which.map(({ property }): Piece => ({ text: property }))
    if (about !== '') names.push({ text: `(${about})`, paint: theme.dim })
    return which.length === 0 ? [] : [{ mark, word, paint, rest: names }]
  }
  const claims = of('fine').filter(({ kind }) => kind !== 'sometimes')
  const fine = (outcome: string): PropertyResult[] => claims.filter(result => result.outcome === outcome)
  return [
    ...of('unexpected').map(result => violated(result, 'expected to hold', theme.bad)),
    ...of('known').map(result => violated(result, 'known weakness', theme.warn)),
    ...together('!', 'lost', theme.bad, of('lost'), 'known to be violated, and holds here'),
    ...together('!', 'unreached', theme.bad, of('vacuous'), 'the run shows nothing'),
    ...together('…', 'incomplete', theme.warn, of('open')),
    ...together('✓', 'holds', theme.good, fine('holds')),
    ...together('✓', 'passed', theme.good, fine('passed'), 'no proof'),
    ...together('✓', 'reached', theme.good, of('fine').filter(({ kind }) => kind === 'sometimes')),
    ...together('–', 'unchecked', theme.dim, of('unchecked')),
  ]
}

function violated({ property, violation }: PropertyResult, note: string, paint: Line['paint']): Line {
  const length = violation === null ? [] : [{ text: `${violation.ops.length} ops${violation.shortest ? ', none shorter' : ''}` }]
  return { mark: '✗', word: 'violated', paint, rest: [{ text: property }, ...length, { text: note }] }
}

const thousands = (n: number): string => n.toLocaleString('en-US')
const percent = (part: number, whole: number): string => whole === 0 ? '0 %' : `${Math.round(100 * part / whole)} %`
