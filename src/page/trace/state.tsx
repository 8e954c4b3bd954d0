/** The state after a step, as small tables; what the step changed stands out, with what was there before. */
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { Part, TraceData } from '../data.ts'
import { Term } from '../words.tsx'

type Cells = readonly (string | null)[]
/** What each cell holds after so many steps. */
export function cellsAfter({ initial, steps }: TraceData, count: number): Cells {
  const cells = [...initial]
  for (const { cells: set } of steps.slice(0, Math.max(0, count))) for (const [at, text] of set) cells[at] = text
  return cells
}

export function StateView({ trace, step }: { readonly trace: TraceData; readonly step: number }): JSX.Element {
  const changing = useMemo(() => new Set(trace.steps.flatMap(({ cells }) => cells.map(([at]) => at))), [trace.steps])
  const now = cellsAfter(trace, step), before = step === 0 ? now : cellsAfter(trace, step - 1)
  const [moving, still] = split(trace.parts, part => cellsIn(part).some(at => changing.has(at)))
  const show = (part: Part): JSX.Element => <PartView part={part} now={now} before={before} />
  return (
    <section class="state" aria-label={`state after step ${step}`}>
      <h3>{step === 0 ? 'The first state' : `The state after step ${trace.skipped + step}`}</h3>
      <div class="parts">{trace.lanes.map((lane, i) => {
        const of = moving.filter(part => part.lane === i)
        return of.length === 0 ? null : <div class="place" key={lane.id}><h4>{lane.title}</h4>{of.map(show)}</div>
      })}</div>
      {still.length > 0 && <details><summary>{still.length} more parts, which this trace leaves as they are</summary>
        <div class="parts">{still.map(show)}</div></details>}
    </section>
  )
}
function split<T>(all: readonly T[], is: (one: T) => boolean): readonly [T[], T[]] {
  return [all.filter(one => is(one)), all.filter(one => !is(one))]
}
const cellsIn = ({ first, rows, columns }: Part): readonly number[] =>
  Array.from({ length: rows.length * Math.max(1, columns.length) }, (_, i) => first + i)

function PartView({ part, now, before }: { readonly part: Part; readonly now: Cells
  readonly before: Cells }): JSX.Element {
  const { path, says, rows, columns, first } = part, wide = Math.max(1, columns.length)
  const name = path === '' ? 'flags' : path.replace(/^(?:unit|kernel|memory|ledger)\./, '')
  const changed = cellsIn(part).some(at => now[at] !== before[at])
  return (
    <table class={changed ? 'changed' : ''}>
      <caption>{says === null ? name : <Term says={says}>{name}</Term>}</caption>
      {columns.length > 0 && <thead><tr><td />{columns.map(column => <th scope="col">{column}</th>)}</tr></thead>}
      <tbody>{rows.map((row, i) => (
        <tr>
          {row !== '' && <th scope="row">{row}</th>}
          {Array.from({ length: wide }, (_, k) =>
            <CellView now={now[first + i * wide + k] ?? null} was={before[first + i * wide + k] ?? null} />)}
        </tr>
      ))}</tbody>
    </table>
  )
}

function CellView({ now, was }: { readonly now: string | null; readonly was: string | null }): JSX.Element {
  if (now === was) return <td class={now === null ? 'none' : ''}>{now ?? '·'}</td>
  return <td class="new">{was !== null && <del>{was}</del>} <ins>{now ?? 'none'}</ins></td>
}
