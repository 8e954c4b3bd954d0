/** How long calls, interrupts and DMA take in a random workload, and who works and who waits meanwhile. */
import type { JSX } from 'preact'
import { digits, n } from '../count.ts'
import type { AgentData, TimedData, TimesData } from '../figures.ts'
import { Parameters } from '../parameters.tsx'
import { Words } from '../words.tsx'
import { Axis, scaleOf, Spread } from '../scale.tsx'
import type { Scale } from '../scale.tsx'

export function TimedView({ timed: { profile, clock_ghz, workload, spans, designs } }: {
  readonly timed: TimedData }): JSX.Element {
  const scale = scaleOf([1000, ...spans.flatMap(({ rows }) =>
    rows.flatMap(({ median, max }) => [Math.max(1, median), Math.max(1, max)]))])
  return <>
    <p class="lead">Cycles at {clock_ghz} GHz, typical prices of profile <code>{profile}</code>, in a random workload.
      A step waits for what it reads: waits are upper bounds.</p>
    <ul class="legend">
      <li><span class="key mark" aria-hidden="true" /> median: half of them take no longer</li>
      <li><span class="key spread" aria-hidden="true" /> up to p99: 99 of 100 take no longer</li>
      <li><span class="key line" aria-hidden="true" /> up to the longest of all</li>
    </ul>
    {spans.map(({ span, says, rows }) => (
      <section>
        <h2><code>{span}</code> <small><Words text={says} /></small></h2>
        <ul class="bars times">{rows.map(row => <Times row={row} scale={scale} />)}
          <Axis scale={scale} unit="cycles, by powers of ten" text={n} /></ul>
      </section>
    ))}
    <section>
      <h2>Who works, and who waits</h2>
      <ul class="legend"><li><span class="piece p0" aria-hidden="true" /> works</li>
        <li><span class="piece p6" aria-hidden="true" /> waits for another</li><li>the rest: nothing to do</li></ul>
      {designs.map(({ design, says, agents }) => <div class="agents"><h3>{design} <small>{says}</small></h3>
        <ul class="bars">{agents.map(agent => <Agent {...agent} />)}</ul></div>)}
    </section>
    <section><h2>The workload</h2><Parameters of={workload} /></section>
  </>
}

function Times({ row: { design, median, p99, max, says }, scale }: { readonly row: TimesData
  readonly scale: Scale }): JSX.Element {
  return (
    <li>
      <p class="designs"><b>{design}</b> <small>{says}</small></p>
      <Spread scale={scale} from={Math.max(1, median)} to={Math.max(1, p99)} most={Math.max(1, max)}
        says={`median ${n(median)}, p99 ${n(p99)}, at most ${n(max)} cycles`} />
      <p class="value"><span><small>median</small> <b>{n(median)}</b></span><span><small>p99</small> {n(p99)}</span>
        <span><small>most</small> {n(max)}</span></p>
    </li>
  )
}
const Agent = ({ agent, busy_percent, waited_percent }: AgentData): JSX.Element => (
  <li>
    <p class="designs"><code>{agent}</code></p>
    <div class="bar" role="img" aria-label={`${agent} works ${busy_percent} %, waits ${waited_percent} %`}>
      <span class="piece p0" style={{ width: `${busy_percent}%` }} />
      <span class="piece p6" style={{ width: `${waited_percent}%` }} />
    </div>
    <p class="value"><small>works {digits(busy_percent)} %, waits {digits(waited_percent)} %</small></p>
  </li>
)
