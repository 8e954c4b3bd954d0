/** Designs side by side, and what the numbers answer. */
import type { ComponentChildren, JSX } from 'preact'
import { n } from './count.ts'
import type { Range3 } from './figures.ts'
import type { BrokenData, ComparedData, CompareData } from './reports.ts'
import { Scroll } from './scroll.tsx'
import { showTrace, Traces } from './trace/traces.tsx'
import { sentence, Term, Words } from './words.tsx'

const marks = { holds: ['✓', 'good'], violated: ['✗', 'bad'], open: ['…', 'open'], none: ['–', 'unasked'] } as const
/** What the columns are. */
const columns = [
  ['DMA', 'isolation: no DMA reaches memory that its device does not own'],
  ['interrupts', 'no interrupt is lost, forged, misdelivered or served twice'],
  ['progress', 'calls and interrupts come to their end'],
  ['packet', 'cycles of the CPU for a packet of 1500 bytes, with its maps, unmaps and its share of interrupts; below, '
    + 'from the least to the most'],
  ['one core', 'Gb/s that one core carries with packets of 1500 bytes; below, where more cores bring no more, and what '
    + 'binds there'],
  ['interrupt', 'cycles from the device to the end of the handler; below, from the least to the most'],
  ['its move', 'cycles to move an interrupt to another CPU; below, from the least to the most'],
  ['longest wait', 'cycles from an edge to its handler, at most, while the interrupt moves'],
] as const

export function CompareView({ compare }: { readonly compare: CompareData }): JSX.Element {
  const { question, profile, clock_ghz, designs, answer, weak, notes, traces } = compare
  const most = Math.max(1, ...designs.flatMap(({ packet }) => packet.max))
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
      <ul class="legend"><li><span class="sign good">✓</span> holds</li>
        <li><span class="sign bad">✗</span> is broken: choose it to see how</li>
        <li><span class="sign open">…</span> not decided</li>
        <li><span class="sign unasked">–</span> not asked of the design, or it has no such path</li></ul>
      <Scroll label="designs side by side">
        <table class="list compare">
          <thead><tr><th scope="col">design</th>{columns.map(([name, says], i) =>
            <th scope="col" class={i < 3 ? '' : 'number'}><Term says={says}>{name}</Term></th>)}</tr></thead>
          <tbody>{designs.map(one => <Row one={one} most={most} fastest={fastest} />)}</tbody>
        </table>
      </Scroll>
      <p class="print-only">{columns.map(([name, says]) => `${name}: ${says}`).join('. ')}.</p>
    </section>
    <Broken designs={designs} />
    {traces.length > 0 && <section><h2>How it breaks</h2><Traces traces={traces} /></section>}
    {weak.length > 0 && <section><h2>Where it is weak</h2>
      <p class="muted">Assumed prices that weigh, and what measurement would replace them.</p>
      <ul class="plain">{weak.map(({ unit, weighs, settledBy }) =>
        <li><code>{unit}</code>: {weighs}. <span class="muted">Settled by: {settledBy}.</span></li>)}</ul></section>}
    {notes.length > 0 && <section><h2>What the profile says</h2>
      <ul class="plain">{notes.map(text => <li>{text}</li>)}</ul></section>}
  </>
}

function Row({ one, most, fastest }: { readonly one: ComparedData; readonly most: number
  readonly fastest: number }): JSX.Element {
  const { design, says, verdicts, packet, interrupt, migration, wait, one_core_gbps, saturates } = one
  const at = (cycles: number): string => `${100 * cycles / most}%`
  return (
    <tr>
      <th scope="row"><Term says={sentence(says)}>{design}</Term></th>
      {verdicts.map(({ about, standing, broken }) => <td class={marks[standing][1]}>
        <Mark about={about} standing={standing} broken={broken} /></td>)}
      <td class="number"><Range of={packet} /><span class="meter">
        <i class="piece p0" style={{ width: at(packet.typ) }} /><i class="whisker" style={{ left: at(packet.min),
          width: at(packet.max - packet.min) }} /></span></td>
      <td class="number"><b>{one_core_gbps.toFixed(1)}</b><small>{saturates}</small><span class="meter">
        <i class="piece p1" style={{ width: `${100 * one_core_gbps / fastest}%` }} /></span></td>
      <td class="number"><Range of={interrupt} /></td><td class="number"><Range of={migration} /></td>
      <td class="number"><Wait of={wait} /></td>
    </tr>
  )
}
function Mark({ about, standing, broken: [first] }: ComparedData['verdicts'][number]): JSX.Element {
  const sign = <span class="sign" aria-hidden="true">{marks[standing][0]}</span>
  const { trace = null, property = '' } = first ?? {}
  return trace === null ? <>{sign}<span class="spoken">{standing}</span></>
    : <See trace={trace}>{sign}<span class="spoken">{about} is broken: {property}</span></See>
}
const See = ({ trace, children }: { readonly trace: string; readonly children: ComponentChildren }): JSX.Element =>
  <a href={`#${trace}`} onClick={() => { showTrace(trace) }}>{children}</a>
const Range = ({ of }: { readonly of: Range3 | null }): JSX.Element => of === null ? <>–</>
  : <><b>{n(of.typ)}</b>{of.min < of.max && <small>{n(of.min)}–{n(of.max)}</small>}</>
function Wait({ of }: { readonly of: ComparedData['wait'] }): JSX.Element {
  if (of === null) return <>–</>
  return typeof of === 'number' ? <b>{n(of)}</b> : <details><summary>∞</summary><small>{of}</small></details>
}

function Broken({ designs }: { readonly designs: readonly ComparedData[] }): JSX.Element | null {
  const broken = designs.filter(({ verdicts }) => verdicts.some(one => one.broken.length > 0))
  if (broken.length === 0) return null
  return <section><h2>What is broken</h2><dl class="scopes">{broken.map(({ design, verdicts }) => (
    <div><dt>{design}</dt>{verdicts.flatMap(one => one.broken).map(one => <BrokenClaim one={one} />)}</div>
  ))}</dl></section>
}
const BrokenClaim = ({ one: { property, says, because, at, trace } }: { readonly one: BrokenData }): JSX.Element => (
  <dd class="broken-claim">{trace === null ? <b>{property}</b> : <See trace={trace}>{property}</See>}{' '}
    <small>{says}</small>
    {because !== null && <p><Words text={sentence(because)} /></p>}
    <p><code>{at}</code></p></dd>
)
