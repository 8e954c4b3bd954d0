/** Designs side by side, and what the numbers answer. */
import type { JSX } from 'preact'
import { n } from './count.ts'
import type { Range3 } from './figures.ts'
import type { ComparedData, CompareData } from './reports.ts'
import { Scroll } from './scroll.tsx'
import { Words } from './words.tsx'

const marks = { holds: ['✓', 'good'], violated: ['✗', 'bad'], open: ['…', 'open'], none: ['–', 'unasked'] } as const

export function CompareView({ compare }: { readonly compare: CompareData }): JSX.Element {
  const { question, profile, clock_ghz, designs, answer, weak } = compare
  const most = Math.max(1, ...designs.flatMap(({ packet }) => packet.typ))
  const fastest = Math.max(0.1, ...designs.map(({ one_core_gbps }) => one_core_gbps))
  return <>
    <p class="lead">Cycles are typical, at {clock_ghz} GHz, profile <code>{profile}</code>.</p>
    <section class="answer">
      <h2>{question}</h2>
      {answer.map(({ says, rests }) => <div><p><Words text={says} /></p>
        <details><summary>rests on</summary>
          <ul class="muted">{rests.map(text => <li>{text}</li>)}</ul></details></div>)}
    </section>
    <section>
      <h2>Side by side</h2>
      <Scroll label="designs side by side">
        <table class="list compare">
          <thead><tr><th scope="col">design</th><th scope="col">DMA</th><th scope="col">interrupts</th>
            <th scope="col">progress</th><th scope="col">cycles of a packet</th><th scope="col">Gb/s on one core</th>
            <th scope="col" class="number">interrupt</th><th scope="col" class="number">its move</th>
            <th scope="col">longest wait</th></tr></thead>
          <tbody>{designs.map(one => <Row one={one} most={most} fastest={fastest} />)}</tbody>
        </table>
      </Scroll>
    </section>
    <Broken designs={designs} />
    {weak.length > 0 && <section><h2>Where it is weak</h2>
      <p class="muted">Assumed prices that weigh, and what measurement would replace them.</p>
      <ul class="plain">{weak.map(({ unit, weighs, settledBy }) =>
        <li><code>{unit}</code>: {weighs}. <span class="muted">Settled by: {settledBy}.</span></li>)}</ul></section>}
  </>
}

function Row({ one, most, fastest }: { readonly one: ComparedData; readonly most: number
  readonly fastest: number }): JSX.Element {
  const { design, says, verdicts, packet, interrupt, migration, wait, one_core_gbps, saturates } = one
  const cell = (of: Range3 | null): JSX.Element => <td class="number">{of === null ? '–'
    : <span title={`${n(of.min)} to ${n(of.max)}`}>{n(of.typ)}</span>}</td>
  return (
    <tr>
      <th scope="row" title={says}><b>{design}</b></th>
      {verdicts.map(({ standing }) => <td class={marks[standing][1]}><span class="sign" aria-hidden="true">{
        marks[standing][0]}</span><span class="spoken">{standing}</span></td>)}
      <td><Meter part={packet.typ / most} tone="p0" text={n(packet.typ)} title={`${n(packet.min)} to ${
        n(packet.max)}`} /></td>
      <td><Meter part={one_core_gbps / fastest} tone="p1" text={one_core_gbps.toFixed(1)} title={saturates} /></td>
      {cell(interrupt)}{cell(migration)}<td>{wait ?? '–'}</td>
    </tr>
  )
}
const Meter = ({ part, tone, text, title }: { readonly part: number; readonly tone: string; readonly text: string
  readonly title: string }): JSX.Element =>
  <span class="meter" title={title}><i class={`piece ${tone}`} style={{ width: `${Math.max(1, 100 * part)}%` }} />
    <span>{text}</span></span>

function Broken({ designs }: { readonly designs: readonly ComparedData[] }): JSX.Element | null {
  const broken = designs.filter(({ verdicts }) => verdicts.some(one => one.broken.length > 0))
  if (broken.length === 0) return null
  return <section><h2>What is broken</h2><dl class="scopes">{broken.map(({ design, verdicts }) => (
    <div><dt>{design}</dt>{verdicts.flatMap(one => one.broken).map(text => <dd><small>{text}</small></dd>)}</div>
  ))}</dl></section>
}
