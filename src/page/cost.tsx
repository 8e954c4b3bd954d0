/** What each path costs, as stacked bars: one piece for each kind of work. */
import type { JSX } from 'preact'
import { n } from './count.ts'
import { FindingList } from './findings.tsx'
import type { CostBar, CostData, CostPart } from './reports.ts'
import { Term } from './words.tsx'

export function CostView({ cost }: { readonly cost: CostData }): JSX.Element {
  const { title, clock_ghz, profile, notes, paths, units, sources, budgets } = cost
  const kinds = Object.entries(cost.families)
  const classOf = (unit: string): string => {
    const at = kinds.findIndex(([, of]) => of.includes(unit))
    return `piece p${at < 0 ? 8 : at}`
  }
  const broken = budgets.filter(({ standing }) => standing !== 'good')
  return <>
    <p class="lead">Cycles of each path, typical, at {clock_ghz} GHz. Profile <code>{profile}</code>: {title}.</p>
    {broken.length > 0 && <section><h2>Over budget, or changed</h2><FindingList findings={broken} /></section>}
    <ul class="legend">{kinds.filter(([, of]) => of.some(unit => Object.hasOwn(units, unit))).map(([name, of]) => (
      <li><span class={classOf(of[0]!)} aria-hidden="true" /> <Term says={of.map(unit =>
        `${unit}: ${units[unit] ?? ''}`).join('; ')}>{name}</Term></li>
    ))}</ul>
    {paths.map(({ path, says, bars }) => (
      <section>
        <h2>{path} <small>{says}</small></h2>
        <Bars bars={bars} classOf={classOf} />
      </section>
    ))}
    {budgets.length > 0 && <section><h2>Budgets</h2><FindingList findings={budgets} /></section>}
    <section><h2>Sources</h2>
      <ul class="plain">{sources.map(({ source, status, units: of }) =>
        <li>{source} <small>({status}) {of.join(', ')}</small></li>)}</ul>
      {notes.map(note => <p class="muted">{note}</p>)}
    </section>
  </>
}

function Bars({ bars, classOf }: { readonly bars: readonly CostBar[]
  readonly classOf: (unit: string) => string }): JSX.Element {
  const longest = Math.max(1, ...bars.map(({ max }) => max))
  return (
    <ul class="bars">{bars.map(bar => (
      <li>
        <div class="designs"><b>{bar.designs[0]}</b>{bar.designs.length > 1 && <details><summary>and {
          bar.designs.length - 1} that cost the same</summary>{bar.designs.slice(1).join(', ')}</details>}</div>
        <div class="bar" role="img" aria-label={`${n(bar.typ)} cycles, from ${n(bar.min)} to ${n(bar.max)}: ${
          bar.rows.filter(({ cycles }) => cycles > 0).map(partText).join(', ')}`}>
          {bar.rows.filter(({ cycles }) => cycles > 0).map(part =>
            <span class={classOf(part.unit)} title={partText(part)}
              style={{ width: `${100 * part.cycles / longest}%` }} />)}
          <i class="whisker" style={{ left: `${100 * bar.min / longest}%`,
            width: `${100 * (bar.max - bar.min) / longest}%` }} />
        </div>
        <p class="value"><b>{n(bar.typ)}</b> <small>{n(bar.min)}–{n(bar.max)}</small></p>
        <details><summary>what it is made of</summary><Parts rows={bar.rows} /></details>
      </li>
    ))}</ul>
  )
}
const partText = ({ unit, count, cycles, assumption }: CostPart): string =>
  `${count} ${unit}: ${n(cycles)} cycles${assumption ? ' (an assumption)' : ''}`

function Parts({ rows }: { readonly rows: readonly CostPart[] }): JSX.Element {
  return (
    <table class="list"><thead><tr><th scope="col">unit</th><th scope="col" class="number">count</th>
      <th scope="col" class="number">cycles</th></tr></thead>
    <tbody>{rows.map(({ unit, count, cycles, assumption, within }) => (
      <tr><th scope="row">{unit}{assumption && <small> an assumption</small>}</th><td class="number">{n(count)}</td>
        <td class="number">{within === null ? n(cycles) : <small>in {within}</small>}</td></tr>
    ))}</tbody></table>
  )
}
