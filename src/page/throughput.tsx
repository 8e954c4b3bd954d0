/** Throughput by cores: a curve for each design, and what binds it. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Parameters } from './parameters.tsx'
import type { CurveData, ThroughputData } from './reports.ts'
import { Scroll } from './scroll.tsx'
import { useMedia } from './media.ts'
import { Term } from './words.tsx'

const nameOf = ({ designs: [first, ...others] }: CurveData): string =>
  others.length === 0 ? first! : `${first} and ${others.length} more`
const usual = 1500
const binders: Readonly<Record<string, string>> = {
  CPU: 'the cores: more of them bring more', link: 'the link is full',
  invalidation: 'invalidations, which go through one queue, one at a time', walkers: 'page walks of the IOMMU',
}
/** Eight colours, then the same dashed, then dotted. */
interface Look { readonly class: string; readonly 'stroke-dasharray': string }
const look = (at: number): Look => ({ class: `curve p${at % 8}`,
  'stroke-dasharray': ['', '7 4', '2 3'][Math.floor(at / 8) % 3]! })

export function ThroughputView({ throughput }: { readonly throughput: ThroughputData }): JSX.Element {
  const { profile, link_gbps, load, sizes, curves } = throughput
  const [size, setSize] = useState(Math.max(0, sizes.indexOf(usual)))
  const [chosen, setChosen] = useState<CurveData | null>(null)
  const ranked = curves.toSorted((a, b) => b.points[size]!.at(-1)![0] - a.points[size]!.at(-1)![0])
  return <>
    <p class="lead">How much a link of {link_gbps} Gb/s carries with 1 to {throughput.cores.at(-1)} cores, and what
      binds it. Profile <code>{profile}</code>.</p>
    <fieldset class="themes sizes"><legend>bytes of a packet</legend>{sizes.map((bytes, i) => (
      <label><input type="radio" name="size" checked={i === size} onChange={() => { setSize(i) }} />
        <span>{bytes} B</span></label>))}</fieldset>
    <div class="curves">
      <Chart throughput={throughput} ranked={ranked} size={size} chosen={chosen} />
      <div><p class="muted">With {throughput.cores.at(-1)} cores; choose a design to see its curve alone.</p>
        <ul class="plain">{ranked.map(curve => {
          const [gbps, binds] = curve.points[size]!.at(-1)!
          return <li><button type="button" aria-pressed={chosen === curve} title={curve.designs.join(', ')}
            onClick={() => { setChosen(chosen === curve ? null : curve) }}>
            <svg viewBox="0 0 28 8" aria-hidden="true"><line x1="0" x2="28" y1="4" y2="4"
              {...look(curves.indexOf(curve))} /></svg> {nameOf(curve)} <small>{gbps} Gb/s, bound by{' '}
              {binds}</small></button></li>
        })}</ul></div>
    </div>
    <section class="plain"><h2>Figures</h2>{ranked.map(curve => (
      <details><summary>{curve.designs.join(', ')}</summary>
        <p class="muted">{curve.packet}. It saturates: {curve.saturates}.</p>
        <Figures curve={curve} throughput={throughput} /></details>
    ))}</section>
    <section><h2>What each design is put under</h2><Parameters of={load} /></section>
  </>
}

function Chart({ throughput: { cores, link_gbps, curves }, ranked, size, chosen }: {
  readonly throughput: ThroughputData; readonly ranked: readonly CurveData[]; readonly size: number
  readonly chosen: CurveData | null }): JSX.Element {
  const narrow = useMedia('(max-width: 40rem)')
  // The text of the picture is as large as that around it: a phone gets a smaller picture, not a scaled one.
  const [wide, high, left, below] = narrow ? [360, 320, 40, 44] : [720, 400, 48, 46]
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
      {cores.map((count, i) => <text x={x(i)} y={high - below + 18} text-anchor="middle">{count}</text>)}
      <text x={(left + wide - 12) / 2} y={high - 6} text-anchor="middle">cores (each mark doubles them)</text>
      <text transform={`translate(11 ${(high - below) / 2}) rotate(-90)`} text-anchor="middle">Gb/s, powers of
        ten</text>
      {ranked.map(curve => {
        const style = look(curves.indexOf(curve)), dimmed = chosen !== null && chosen !== curve
        return <polyline {...style} class={`${style.class} ${dimmed ? 'dimmed' : ''}`}
          points={curve.points[size]!.map(([gbps], i) => `${x(i)},${y(gbps)}`).join(' ')} />
      })}
    </svg>
  )
}

function Figures({ curve: { points }, throughput: { sizes, cores } }: { readonly curve: CurveData
  readonly throughput: ThroughputData }): JSX.Element {
  return (
    <Scroll label="Gb/s by bytes and cores">
      <table class="list"><thead><tr><th scope="col">bytes</th>{cores.map(count =>
        <th scope="col" class="number">{count} {count === 1 ? 'core' : 'cores'}</th>)}</tr></thead>
      <tbody>{sizes.map((bytes, i) => <tr><th scope="row">{bytes}</th>{points[i]!.map(([gbps, binds]) =>
        <td class="number">{gbps} <small><Term says={binders[binds] ?? binds}>{
          binds}</Term></small></td>)}</tr>)}</tbody></table>
    </Scroll>
  )
}
