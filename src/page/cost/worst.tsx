/** The most and the least that a wait takes, over all behaviours, and the steps that take it. */
import type { JSX } from 'preact'
import { n } from '../count.ts'
import type { ExtremeData, WaitData, WorstData } from '../figures.ts'
import { Words } from '../words.tsx'

export function WorstView({ worst: { profile, waits } }: { readonly worst: WorstData }): JSX.Element {
  return <>
    <p class="lead">The most and the least that a wait takes, over all behaviours of a small machine. Typical cycles of
      profile <code>{profile}</code>.</p>
    {waits.map(({ name, says, bounds, rows }) => (
      <section>
        <h2>{name} <small><Words text={says} /> <span class="bounds">({bounds})</span></small></h2>
        <ul class="waits">{rows.map(row => <Wait row={row} longest={longestOf(rows)} />)}</ul>
      </section>
    ))}
  </>
}
const longestOf = (rows: readonly WaitData[]): number =>
  Math.max(1, ...rows.flatMap(({ greatest, least }) => [greatest?.cost ?? 0, least?.cost ?? 0]))

function Wait({ row: { designs, greatest, least, notes }, longest }: { readonly row: WaitData
  readonly longest: number }): JSX.Element {
  const steps = [greatest, least].flatMap(one => one === null || one.cost === null ? [] : one.steps)
  const actions = [...new Set(steps.map(({ action }) => action))]
  return (
    <li>
      <h3>{designs.join(', ')}</h3>
      {greatest !== null && <Extreme word="most" of={greatest} longest={longest} actions={actions} />}
      {least !== null && <Extreme word="least" of={least} longest={longest} actions={actions} />}
      {notes.map(note => <p class="muted">{note}</p>)}
    </li>
  )
}
function Extreme({ word, of, longest, actions }: { readonly word: string; readonly of: ExtremeData
  readonly longest: number; readonly actions: readonly string[] }): JSX.Element {
  if (of.cost === null) return <p class="extreme"><span>{word}</span> <span>{of.says}</span></p>
  const { cost, steps } = of
  const colour = (action: string): string => `piece p${Math.min(actions.indexOf(action), 8)}`
  return (
    <div class="extreme">
      <p><span>{word}</span> <b>{n(cost)}</b></p>
      <div class="bar" role="img" aria-label={`${word} ${n(cost)} cycles`}>{steps.map(step =>
        <span class={colour(step.action)} title={`${step.action}: ${n(step.cost)}`}
          style={{ width: `${100 * step.cost / longest}%` }} />)}</div>
      <ol class="muted">{steps.map(step => <li><span class={colour(step.action)} aria-hidden="true" />{' '}
        <code>{step.action}</code> {n(step.cost)}</li>)}</ol>
    </div>
  )
}
