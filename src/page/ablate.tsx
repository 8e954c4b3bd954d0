/** Which step of a protocol is needed, on which hardware, and what happens without it. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { many } from './count.ts'
import type { AblationCell, AblationData, AblationRow } from './reports.ts'
import { Copied } from './copied.tsx'
import { TraceView } from './trace/view.tsx'
import { Scroll } from './scroll.tsx'
import { sentence, Term, Words } from './words.tsx'

const words: Readonly<Record<AblationCell['verdict'], readonly [sign: string, word: string]>> = {
  needed: ['●', 'needed'], 'not-needed': ['○', 'not needed'], nothing: ['', 'not taken on this hardware'],
  undecided: ['…', 'not decided'], itself: ['✗', 'the design fails here with the step too'],
}
interface Chosen { readonly call: string; readonly row: AblationRow; readonly cell: AblationCell }

export function AblateView({ ablation }: { readonly ablation: AblationData }): JSX.Element {
  const { says, protocols, unasked, left } = ablation
  return <>
    <p class="lead"><Words text={sentence(says)} /> Each step was taken out in turn, on each hardware.</p>
    <ul class="legend">{Object.entries(words).filter(([, [sign]]) => sign !== '').map(([verdict, [sign, word]]) =>
      <li><span class={`dot ${verdict}`} aria-hidden="true">{sign}</span> {word}</li>)}
    <li>empty: not taken on this hardware</li></ul>
    {left > 0 && <p class="notes">{many(left, 'counterexample')} without room on this page: ablate --save DIR keeps
      them all.</p>}
    {protocols.map(protocol => <Protocol key={protocol.call} protocol={protocol} ablation={ablation} />)}
    {unasked.length > 0 && <section><h2>Not asked here</h2>
      <ul class="plain">{unasked.map(({ call, why }) => <li><code>{call}</code>: {why}</li>)}</ul></section>}
  </>
}

function Protocol({ protocol: { call, hardware, rows, flaws }, ablation }: {
  readonly protocol: AblationData['protocols'][number]; readonly ablation: AblationData }): JSX.Element {
  const [chosen, setChosen] = useState<Chosen | null>(null)
  return (
    <section>
      <h2><code>{call}</code></h2>
      {flaws.map(text => <p class="notes">{text}</p>)}
      <Scroll label={`steps of ${call}`}>
        <table class="matrix steps-matrix">
          <thead><tr><th scope="col">without</th>{hardware.map(({ name, says }) =>
            <th scope="col"><Term says={says}>{name}</Term></th>)}<th scope="col">what happens then</th></tr></thead>
          <tbody>{rows.map(row => (
            <tr>
              <th scope="row" title={row.says}>{edited(row.edit)}{row.costOnly && <small> costs only</small>}</th>
              {hardware.map(({ name }) => {
                const cell = row.cells.find(one => one.hardware === name)
                return <td>{cell !== undefined && <CellView cell={cell} call={call} row={row}
                  chosen={chosen?.cell === cell} onChoose={setChosen} />}</td>
              })}
              <td class="why"><Shortest row={row} onChoose={cell => { setChosen({ call, row, cell }) }} /></td>
            </tr>
          ))}</tbody>
        </table>
      </Scroll>
      {chosen !== null && <Reason chosen={chosen} ablation={ablation} />}
    </section>
  )
}

/** Lines break between the steps that it is made of. */
const edited = (edit: string): readonly JSX.Element[] =>
  edit.split(/(?<=\+|<>)/).map(part => <>{part}<wbr /></>)

/** What fails first, over all hardware. */
function Shortest({ row, onChoose }: { readonly row: AblationRow
  readonly onChoose: (cell: AblationCell) => void }): JSX.Element | null {
  const [first] = row.cells.filter(({ because }) => because !== null)
    .toSorted((a, b) => (a.ops ?? Infinity) - (b.ops ?? Infinity))
  if (first === undefined) return null
  return <>{first.property !== null && <><code>{first.property}</code>{
    first.ops !== null && ` in ${many(first.ops, 'step')}`}
    : </>}{first.because} <button type="button" class="quiet" onClick={() => { onChoose(first) }}>see how<span
    class="spoken"> without {row.edit}</span></button></>
}

function CellView({ cell, call, row, chosen, onChoose }: Chosen & { readonly chosen: boolean
  readonly onChoose: (chosen: Chosen) => void }): JSX.Element {
  const [sign, word] = words[cell.verdict]
  if (cell.because === null) return <span class={`dot ${cell.verdict}`}><span aria-hidden="true">{sign}</span>
    <span class="spoken">{word}</span></span>
  return (
    <button type="button" class={`dot ${cell.verdict}`} aria-pressed={chosen}
      title={`${cell.property ?? word}: ${cell.because}`} onClick={() => { onChoose({ call, row, cell }) }}>
      <span aria-hidden="true">{sign}</span><span class="spoken">{word}: why?</span>
    </button>
  )
}

function Reason({ chosen: { row, cell }, ablation }: { readonly chosen: Chosen
  readonly ablation: AblationData }): JSX.Element {
  const root = useRef<HTMLDivElement>(null)
  useEffect(() => { root.current?.scrollIntoView({ block: 'start' }) }, [cell])
  const trace = ablation.traces.find(({ id }) => id === cell.trace)
  return (
    <div class="reason" role="status" ref={root}>
      <p>Without <code>{row.edit}</code>, on <b>{cell.hardware}</b>{cell.property !== null && <>, <code>{
        cell.property}</code> is violated</>}: {cell.because}.</p>
      <p class="muted"><Words text={`The step: ${row.says}.`} /></p>
      {cell.command !== null && <p class="muted"><Copied text={cell.command} /></p>}
      {trace !== undefined && <TraceView key={trace.id} trace={trace} start={trace.at ?? trace.steps.length} />}
    </div>
  )
}
