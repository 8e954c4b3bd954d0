/** Throughput by cores: a curve for each design, and what binds it. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { CurveData, ThroughputData } from './reports.ts'

const wide = 720, high = 380, left = 48, below = 34
const nameOf = ({ designs: [first, ...others] }: CurveData): string =>
  others.length === 0 ? first! : `${first} and ${others.length} more`
const usual = 1500

export function ThroughputView({ throughput }: { readonly throughput: ThroughputData }): JSX.Element {
  const { profile, link_gbps, load, sizes, curves } = throughput
  const [size, setSize] = useState(Math.max(0, sizes.indexOf(usual)))
  const [chosen, setChosen] = useState<CurveData | null>(null)
  const ranked = curves.toSorted((a, b) => b.points[size]!.at(-1)![0] - a.points[size]!.at(-1)![0])
  return <>
    <p class="lead">Gb/s on a link of {link_gbps} Gb/s, by the number of cores. Profile <code>{profile}</code>.</p>
    <fieldset class="themes sizes"><legend>bytes of a packet</legend>{sizes.map((bytes, i) => (
      <label><input type="radio" name="size" checked={i === size} onChange={() => { setSize(i) }} />
        <span>{bytes} B</span></label>))}</fieldset>
    <div class="curves">
      <Chart throughput={throughput} ranked={ranked} size={size} chosen={chosen} />
      <ul class="plain">{ranked.map(curve => {
        const at = curves.indexOf(curve), [gbps, binds] = curve.points[size]!.at(-1)!
        return <li><button type="button" aria-pressed={chosen === curve} title={curve.designs.join(', ')}
          onClick={() => { setChosen(chosen === curve ? null : curve) }}>
          <span class={`piece p${at % 8}`} aria-hidden="true" /> {nameOf(curve)} <small>{gbps} Gb/s, bound by{' '}
            {binds}</small></button></li>
      })}</ul>
    </div>
    <p class="muted">{load.join(', ')}</p>
    <section class="plain">{ranked.map(curve => (
      <details><summary>{curve.designs.join(', ')}</summary>
        <p class="muted">{curve.packet}. It saturates: {curve.saturates}.</p>
        <Figures curve={curve} throughput={throughput} /></details>
    ))}</section>
  </>
}

function Chart({ throughput: { cores, link_gbps, curves }, ranked, size, chosen }: {
  readonly throughput: ThroughputData; readonly ranked: readonly CurveData[]; readonly size: number
  readonly chosen: CurveData | null }): JSX.Element {
  const most = Math.max(1, ...curves.flatMap(({ points }) => points[size]!.map(([gbps]) => gbps)))
  const least = Math.min(most / 10, ...curves.flatMap(({ points }) => points[size]!.map(([gbps]) => gbps)))
  const x = (i: number): number => left + i * (wide - left - 12) / Math.max(1, cores.length - 1)
  const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))]
  const y = (gbps: number): number => 10 + (high - below - 10) * (to - Math.log10(gbps)) / Math.max(1, to - from)
  return (
    <svg viewBox={`0 0 ${wide} ${high}`} role="img" aria-label={`Gb/s of ${curves.length} curves, from ${
      cores[0]} to ${cores.at(-1)} cores, on a link of ${link_gbps} Gb/s`}>
      {Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i)).map(gbps => <>
        <line class="grid" x1={left} x2={wide - 12} y1={y(gbps)} y2={y(gbps)} />
        <text x={left - 8} y={y(gbps) + 4} text-anchor="end">{gbps}</text></>)}
      {cores.map((count, i) => <text x={x(i)} y={high - 12} text-anchor="middle">{count}</text>)}
      <text x={wide - 12} y={high} text-anchor="end">cores</text>
      {ranked.map(curve => {
        const at = curves.indexOf(curve), dimmed = chosen !== null && chosen !== curve
        return <polyline class={`curve p${at % 8} ${dimmed ? 'dimmed' : ''}`} stroke-dasharray={at < 8 ? '' : '6 4'}
          points={curve.points[size]!.map(([gbps], i) => `${x(i)},${y(gbps)}`).join(' ')} />
      })}
    </svg>
  )
}

function Figures({ curve: { points }, throughput: { sizes, cores } }: { readonly curve: CurveData
  readonly throughput: ThroughputData }): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Gb/s by bytes and cores">
      <table class="list"><thead><tr><th scope="col">bytes</th>{cores.map(count =>
        <th scope="col" class="number">{count} {count === 1 ? 'core' : 'cores'}</th>)}</tr></thead>
      <tbody>{sizes.map((bytes, i) => <tr><th scope="row">{bytes}</th>{points[i]!.map(([gbps, binds]) =>
        <td class="number">{gbps} <small>{binds}</small></td>)}</tr>)}</tbody></table>
    </div>
  )
}
