/** The model beside numbers that somebody measured: how far off each is. */
import type { JSX } from 'preact'
import { digits } from '../count.ts'
import type { ComposeData, ComposedData } from '../figures.ts'
import { Axis, scaleOf } from '../scale.tsx'

/** Predicted over measured. What is further off lies at the end of the scale. */
const scale = scaleOf([0.1, 10])

export function ComposeView({ compose: { profile, tables, fit, reasons, missing } }: {
  readonly compose: ComposeData }): JSX.Element {
  return <>
    <p class="lead">{profile === null ? 'Published numbers, and what the model makes of them.'
      : <>Counts of one&rsquo;s own, at the prices of profile <code>{profile}</code>.</>}</p>
    <ul class="plain">{fit.map(text => <li>{text}</li>)}</ul>
    <ul class="legend">
      <li><span class="key even" aria-hidden="true" /> what was measured</li>
      <li><span class="key mark" aria-hidden="true" /> typical prediction</li>
      <li><span class="key spread" aria-hidden="true" /> from its least to its most</li>
      <li>*: the model was fitted to this number, so it does not count</li>
    </ul>
    {tables.map(({ id, title, source, rows }) => (
      <section>
        <h2>{title} <small><code>{id}</code>{source !== null && <> {source}</>}</small></h2>
        <ul class="bars composed">{rows.map(row => <Row row={row} />)}
          {rows.some(({ measured }) => measured !== null)
            && <Axis scale={scale} unit="predicted over measured, by powers of ten" text={times => `${times}×`} />}</ul>
      </section>
    ))}
    <Named title="Far off, or in the wrong order, and why" of={reasons} />
    <Named title="Not composed, and what is missing" of={missing} />
  </>
}

function Row({ row: { name, how, unit, min, typ, max, measured, off_percent, fitted } }: {
  readonly row: ComposedData }): JSX.Element {
  const { at } = scale
  return (
    <li>
      <div class="designs">{name}{fitted !== null && ' *'}
        <details><summary>how</summary><p class="muted">{how}{fitted !== null && `; *: ${fitted}`}</p></details></div>
      {measured === null ? <p /> : <div class="bar log" role="img" style={{ '--decades': 2 }}
        aria-label={`${digits(typ)} ${unit}, measured ${digits(measured)}`}>
        <i class="even" style={{ left: '50%' }} />
        <i class="spread" style={{ left: `${at(min / measured)}%`,
          width: `${Math.max(0.4, at(max / measured) - at(min / measured))}%` }} />
        <i class="mark" style={{ left: `${at(typ / measured)}%` }} />
      </div>}
      <p class="value"><b>{digits(typ)}</b> {unit}{off_percent !== null && <> <b>{off_percent > 0 ? '+' : ''}
        {digits(off_percent)} %</b></>}<br /><small>{min !== max && `${digits(min)}–${digits(max)}`}
        {measured !== null && `${min === max ? '' : ', '}measured ${digits(measured)}`}</small></p>
    </li>
  )
}

const Named = ({ title, of }: { readonly title: string; readonly of: ComposeData['missing'] }): JSX.Element | null =>
  of.length === 0 ? null : <section><h2>{title}</h2><dl class="parameters">{of.map(({ name, says }) =>
    <div><dt><code>{name}</code></dt><dd>{says}</dd></div>)}</dl></section>
