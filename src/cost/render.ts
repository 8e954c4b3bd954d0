/** The cost report: as data for --json, and as text for people. */
import { hang, packLines, wrapWords } from '../text/layout.ts'
import type { MeasuredDesign } from './baseline.ts'
import type { BudgetReport, BudgetResult } from './budgets.ts'
import type { PathCounts, Vocabulary } from './count.ts'
import { price } from './price.ts'
import type { CostRow, Cycles, PathCost, Prices } from './price.ts'

export interface ReportProfile extends Prices {
  readonly title: string
  readonly clock_ghz: number
  readonly notes: readonly string[]
}
export interface ReportSources {
  readonly citations: Readonly<Record<string, ReportCitation>>
  readonly figures: Readonly<Record<string, { readonly citation: string; readonly status: string }>>
}

interface ReportCitation {
  readonly authors: string
  readonly title: string
  readonly venue: string
  readonly year: number | null
}

/** A publication behind the prices used, and the units whose prices cite it. */
export interface Footnote {
  readonly source: string
  readonly status: readonly string[]
  readonly units: readonly string[]
}
export interface CostReport {
  readonly profile: {
    readonly id: string
    readonly title: string
    readonly clock_ghz: number
    readonly notes: readonly string[]
  }
  /** Paths in the vocabulary's order, each with the designs that have it. */
  readonly paths: readonly {
    readonly path: string
    readonly designs: readonly { readonly design: string; readonly cost: PathCost }[]
  }[]
  readonly footnotes: readonly Footnote[]
}

/** Prices all designs with one profile. Plain data. @throws CostError for a unit without a price. */
export function costReport(
  measured: readonly MeasuredDesign[], profile: ReportProfile, sources: ReportSources,
  vocabulary: Vocabulary): CostReport {
  const costs = measured.map(({ design, counts }) => ({ design, costs: price(counts, profile) }))
  const seen = new Set(costs.flatMap(c => c.costs.map(cost => cost.path)))
  const known = Object.keys(vocabulary.paths).filter(path => seen.has(path))
  const others = [...seen].filter(path => !known.includes(path)).sort()
  const { id, title, clock_ghz, notes } = profile
  return {
    profile: { id, title, clock_ghz, notes },
    paths: [...known, ...others].map(path => ({
      path, designs: costs.flatMap(({ design, costs: all }) =>
        all.filter(cost => cost.path === path).map(cost => ({ design, cost }))),
    })),
    footnotes: footnotesOf(measured.map(m => m.counts), profile, sources),
  }
}

function footnotesOf(counts: readonly PathCounts[], profile: ReportProfile,
  sources: ReportSources): readonly Footnote[] {
  const units = Object.keys(profile.units)
    .filter(unit => counts.some(paths => Object.values(paths).some(of => Object.hasOwn(of, unit))))
  const notes = new Map<string, { status: Set<string>; units: Set<string> }>()
  for (const unit of units) {
    const one = profile.units[unit]
    if (one === undefined || 'within' in one) continue
    for (const id of one.from) {
      const figure = Object.hasOwn(sources.figures, id) ? sources.figures[id] : undefined
      const cited = figure === undefined ? undefined : sources.citations[figure.citation]
      const source = cited === undefined ? id : cite(cited)
      const note = notes.get(source) ?? { status: new Set(), units: new Set() }
      notes.set(source, note)
      note.status.add(figure?.status ?? 'the profile\'s own')
      note.units.add(unit)
    }
  }
  return [...notes].map(([source, note]) => ({ source, status: [...note.status].sort(), units: [...note.units] }))
}

/** `authors, title, venue year` */
export const cite = ({ authors, title, venue, year }: ReportCitation): string =>
  `${authors.split(',')[0]}, ${title}, ${venue}${year === null ? '' : ` ${year}`}`

/** Text for people, of lines up to `width`; `contributors` is how many units to name for each path. */
export function renderCost(report: CostReport, width = 80, contributors = 3): string {
  const { id, title, clock_ghz } = report.profile
  const lines = [`cycles per path: typical (min..max), ${clock_ghz} GHz, profile ${id}`,
    ...hang('  ', 2, wrapWords(title, width - 2))]
  for (const { path, designs } of report.paths) {
    const groups = alike(designs)
    const names = Math.max(...groups.map(({ design }) => design.length))
    lines.push('', path)
    for (const { design, cost, others } of groups) {
      const head = `  ${design.padEnd(names)} ${String(cost.cycles.typ).padStart(7)} ${range(cost.cycles).padEnd(14)} `
      const items = contents(cost, contributors), left = width - head.length
      // Beside a long name there is no room for a column.
      lines.push(...left >= least ? hang(head, head.length, packWords(items, left))
        : [head.trimEnd(), ...hang(' '.repeat(6), 6, packWords(items, width - 6))])
      if (others.length > 0) lines.push(...hang('    same for ', 13, packWords(others, width - 13)))
    }
  }
  const rows = report.paths.flatMap(p => p.designs.flatMap(d => d.cost.rows))
  const legend = [
    ...(rows.some(row => row.assumption) ? hang('', 2, wrapWords('* an assumption: no published figure isolates this '
      + 'unit; *: what the path costs with all of them at their least and at their greatest', width)) : []),
    ...(rows.some(row => row.within !== null) ? ['~ counted, but its time is in the unit named'] : []),
  ]
  if (legend.length > 0) lines.push('', ...legend)
  if (report.footnotes.length > 0) lines.push('', 'sources')
  for (const note of report.footnotes)
    lines.push(...hang('  ', 2, wrapWords(`${note.source} (${note.status.join(', ')})`, width - 2)),
      ...hang('    ', 4, packWords(note.units, width - 4)))
  return `${lines.join('\n')}\n`
}

/** Below this a column of text is not read. */
const least = 24
/** The items with commas, each whole where it fits into the width. */
const packWords = (items: readonly string[], width: number): string[] =>
  packLines(items.map((item, i) => i + 1 < items.length ? `${item},` : item)
    .flatMap(item => item.length > width ? item.split(' ') : [item])
    .map(text => ({ text })), width, ' ')

type OfPath = CostReport['paths'][number]['designs'][number]
/** Designs that take the very same, under the first of them. */
function alike(designs: readonly OfPath[]): (OfPath & { readonly others: string[] })[] {
  const groups = new Map<string, OfPath & { readonly others: string[] }>()
  for (const one of designs) {
    const key = JSON.stringify(one.cost)
    const first = groups.get(key)
    if (first === undefined) groups.set(key, { ...one, others: [] })
    else first.others.push(one.design)
  }
  return [...groups.values()]
}

const range = (cycles: Cycles): string => `(${cycles.min}..${cycles.max})`

function contents(cost: PathCost, contributors: number): string[] {
  const own = cost.rows.filter(row => row.within === null)
  const rest = own.length - contributors
  return [
    ...own.slice(0, contributors).map(row => `${times(row)}${row.assumption ? '*' : ''} ${row.share_percent}%`),
    ...(rest > 0 ? [`${rest} more`] : []),
    ...(own.some(row => row.assumption) ? [`*: ${cost.assumed_range.min}..${cost.assumed_range.max}`] : []),
    ...cost.rows.filter(row => row.within !== null)
      .map(row => `~${times(row)} in ${row.within}${cost.elsewhere.includes(row.unit) ? ' of another path' : ''}`),
  ]
}
const times = (row: CostRow): string => row.count === 1 ? row.unit : `${row.count} ${row.unit}`

/** Text for people: every budget that does not hold with its derivation, the changes of counts, and one line of
 *  sums. */
export function renderBudgets(report: BudgetReport, width = 80): string {
  const lines: string[] = []
  for (const result of report.results)
    if (result.verdict === 'over' || result.verdict === 'unmeasured') lines.push(...failed(result, width))
  let last = ''
  for (const { design, path, unit, from, to } of report.changes) {
    if (`${design} ${path}` !== last)
      lines.push(`changed     ${last = `${design} ${path}`}${deltaOf(report, design, path)}`)
    lines.push(`  ${unit} ${from} -> ${to}`)
  }
  if (report.changes.length > 0) lines.push('accept the change with --update')
  const of = (verdict: string): number => report.results.filter(result => result.verdict === verdict).length
  lines.push(`budgets: ${of('within')} within, ${of('changed')} changed, ${of('over')} over, ${of('unmeasured')} `
    + 'unmeasured')
  return `${lines.join('\n')}\n`
}

function failed({ budget, verdict, used }: BudgetResult, width: number): readonly string[] {
  const limit = budget.limit_cycles
  const what = used === null ? `nothing was counted; the limit is ${limit}`
    : `${used.typ} cycles, limit ${limit} (+${used.typ - limit})`
  return [...hang(verdict.padEnd(12), 12, wrapWords(`${budget.design} ${budget.path}: ${what}`, width - 12)),
    ...hang('  limit: ', 9, wrapWords(budget.derivation, width - 9))]
}
function deltaOf(report: BudgetReport, design: string, path: string): string {
  const found = report.results.find(r => r.budget.design === design && r.budget.path === path)
  if (found === undefined || found.delta_cycles === null || found.used === null) return ''
  const { delta_cycles: delta, used, budget } = found
  return `: ${delta < 0 ? '' : '+'}${delta} cycles, now ${used.typ} of the limit ${budget.limit_cycles}`
}
