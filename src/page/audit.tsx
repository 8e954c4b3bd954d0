/** Who reaches what memory: a map of host memory for each set of page tables, with alarms and devices. */
import type { JSX } from 'preact'
import { FindingList } from './findings.tsx'
import type { AlarmData, AuditData, SpaceData } from './reports.ts'
import { FactList } from './validate.tsx'
import { Scroll } from './scroll.tsx'
import { Words } from './words.tsx'

export function AuditView({ audit }: { readonly audit: AuditData }): JSX.Element {
  const { facts, devices, spaces, alarms, policy, axis } = audit
  return <>
    <FactList facts={facts} />
    <section>
      <h2>Who reaches what memory</h2>
      <p class="muted"><Words text={'One row for each space; devices in one row reach the same. A dark place is '
        + 'reached whole, a light one in part.'} /></p>
      <ul class="legend"><li><span class="piece write" aria-hidden="true" /> may write</li>
        <li><span class="piece read" aria-hidden="true" /> may only read</li></ul>
      <ul class="memory">{spaces.map(space => <SpaceRow space={space} />)}</ul>
      <div class="axis" aria-hidden="true">{axis.map(name => <span>{name}</span>)}</div>
    </section>
    {alarms.length > 0 && <section><h2>Alarms</h2><Alarms alarms={alarms} /></section>}
    {policy.length > 0 && <section><h2>Policy</h2><FindingList findings={policy} /></section>}
    <section>
      <h2>Devices</h2>
      <Scroll label="devices">
        <table class="list">
          <thead><tr><th scope="col">device</th><th scope="col">reaches</th><th scope="col">space</th></tr></thead>
          <tbody>{devices.flatMap(({ device, ways }) => ways.map(({ says, space, blocked }) => (
            <tr><th scope="row"><code>{device}</code></th><td class={blocked ? 'muted' : ''}>{says}</td>
              <td>{space ?? '–'}</td></tr>
          )))}</tbody>
        </table>
      </Scroll>
    </section>
  </>
}

const severities = { error: ['✗', 'bad'], warning: ['!', 'known'], note: ['·', 'unasked'] } as const
function Alarms({ alarms }: { readonly alarms: readonly AlarmData[] }): JSX.Element {
  return <ul class="verdicts">{alarms.map(({ code, severity, says, todo, places }) => (
    <li class={severities[severity][1]}>
      <span class={`sign ${severities[severity][1]}`} aria-hidden="true">{severities[severity][0]}</span>
      <div><p><b>{code}</b> <small>{severity}{places.length > 1 && `, ${places.length} times`}</small></p>
        <p><Words text={says} /></p><p class="todo">→ {todo}</p>
        <ul class="muted">{places.slice(0, 3).map(place => <li>{place}</li>)}</ul>
        {places.length > 3 && <details><summary>{places.length - 3} more</summary>
          <ul class="muted">{places.slice(3).map(place => <li>{place}</li>)}</ul></details>}</div>
    </li>
  ))}</ul>
}

function SpaceRow({ space: { id, kind, devices, domains, readable, writable, shares, map } }: {
  readonly space: SpaceData }): JSX.Element {
  return (
    <li>
      <p class="who"><b>{devices.join(' ') || 'no device'}</b>
        <small>space {id}, {kind}{domains.length === 0 ? '' : `, domain ${domains.join(', ')}`}</small></p>
      <svg viewBox={`0 0 ${map.length} 10`} preserveAspectRatio="none" shape-rendering="crispEdges" role="img"
        aria-label={`reads ${readable}, writes ${writable}`}>
        {map.map(([read, write], i) => <>
          {read > 0 && <rect class="read" x={i} width="1" height="10" opacity={0.4 + 0.6 * read} />}
          {write > 0 && <rect class="write" x={i} width="1" height="10" opacity={0.4 + 0.6 * write} />}
        </>)}
      </svg>
      <p class="muted">reads {readable}, writes {writable}{
        shares.length === 0 ? '' : `; shares ${shares.join('; ')}`}</p>
    </li>
  )
}
