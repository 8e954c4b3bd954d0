/** The explorer: the way so far as lanes, what can happen next, and what it does to state, claims and ledger. */
import type { JSX } from 'preact'
import { useRef, useState, useEffect } from 'preact/hooks'
import { Copied } from '../copied.tsx'
import type { TraceData } from '../data.ts'
import type { ExploreStart, Saved } from '../live.ts'
import { StepDetail } from '../trace/detail.tsx'
import { Lanes } from '../trace/lanes.tsx'
import { StateView } from '../trace/state.tsx'
import { Steering, useNarrow, useStepKeys } from '../trace/steering.tsx'
import { sentence, Words } from '../words.tsx'
import { ask } from './ask.ts'
import { Choices } from './choices.tsx'
import { Search } from './search.tsx'
import { useWalk } from './walk.ts'
import type { Walking } from './walk.ts'

export function ExploreView({ start }: { readonly start: ExploreStart }): JSX.Element {
  const walking = useWalk(start), { tour, steps, at, choices, trouble, go, take } = walking
  const last = steps.length, place = useRef(at), narrow = useNarrow(), root = useRef<HTMLDivElement>(null)
  place.current = at
  useStepKeys(place, last, go)
  const opened = useRef(false)
  useEffect(() => {
    if (choices === null) return
    // As the page opens, its head is what to read: it says what the steps come to, and whether they still fit.
    // On a phone what was chosen from stands above the steps, and stays in sight.
    if (opened.current && !(narrow && at === last))
      root.current?.querySelector('[aria-current="step"]')?.scrollIntoView({ block: 'nearest' })
    opened.current = true
  }, [at, choices, narrow, last])
  const trace = shownTrace(tour.trace, steps)
  return <>
    <p class="lead"><Words text={sentence(tour.says)} /></p>
    <Grounds {...walking} />
    {tour.notes.length > 0 && <div class="notes" role="alert"><p><b>This trace no longer fits.</b> Its steps are
      shown as they go now.</p><ul>{tour.notes.map(note => <li>{note}</li>)}</ul></div>}
    {trouble !== null && <p class="trouble" role="alert">{trouble}</p>}
    <article class="trace explore" ref={root} aria-label="the way">
      <Claims {...walking} />
      <Steering step={at} last={last} go={go} />
      <div class="stage long">
        <div class="next"><div class="stay">
          <Search {...walking} />
          <Choices choices={choices} lanes={trace.lanes} onTake={take} />
          <Save {...walking} />
        </div></div>
        {last === 0 ? <p class="empty">Choose what happens first. Each step that you take stands here.</p>
          : <Lanes trace={trace} step={at} onStep={go}>{narrow && <StepDetail trace={trace} step={at} />}</Lanes>}
        <aside class="beside" aria-live="polite"><div class="stay">
          {!narrow && <StepDetail trace={trace} step={at} />}
          <StateView trace={trace} step={at} />
        </div></aside>
      </div>
    </article>
  </>
}

/** The step that first violates something is the one that shows it. */
function shownTrace(empty: TraceData, steps: TraceData['steps']): TraceData {
  const first = steps.findIndex(({ violates }) => violates.length > 0)
  return { ...empty, steps, ...first < 0 ? {} : { at: first + 1, property: steps[first]!.violates[0]!.property } }
}

function Grounds({ tour, move }: Walking): JSX.Element {
  const { ground, designs, scopes, known } = tour, { design, bounds } = ground
  const own = scopes.every(scope => scope.bounds !== bounds)
  return (
    <form class="grounds">
      <label>design <select value={design} onChange={event => {
        const name = event.currentTarget.value
        move({ design: name, bounds: '' }, [])
      }}>{designs.map(({ name }) => <option value={name}>{name}</option>)}</select></label>
      <label>scope <select value={own ? '' : bounds} onChange={event => {
        move({ design, bounds: event.currentTarget.value }, [])
      }}>
        {own && <option value="">{bounds === '' ? 'standard' : bounds}</option>}
        {scopes.map(scope => <option value={scope.bounds}>{scope.name}</option>)}
      </select></label>
      {known.length > 0 && <label>jump to a known violation <select value="" onChange={event => {
        const one = known[Number(event.currentTarget.value)]
        if (one !== undefined) move({ design: one.design, bounds: one.bounds }, one.way)
      }}>
        <option value="">choose…</option>
        {known.map(({ name, says }, i) => <option value={i} title={says}>{name}, {says.split(':')[0]}</option>)}
      </select></label>}
    </form>
  )
}

function Claims({ tour: { claims }, steps, at, go }: Walking): JSX.Element {
  const broken = steps.slice(0, at).flatMap(({ violates }, i) => violates.map(one => ({ ...one, step: i + 1 })))
  const [first, ...later] = broken
  const others = [...new Set(later.map(({ property, step }) => `${property} (step ${step})`))]
  if (first === undefined) return (
    <header class="verdict good"><h2>claims</h2>
      <p class="because">{at === 0 ? 'Nothing has happened yet.' : 'So far every claim holds.'}</p>
      <details><summary>{claims.length} claims are judged at each step</summary>
        <dl>{claims.map(({ name, says }) => <div><dt><code>{name}</code></dt><dd><Words text={says} /></dd></div>)}</dl>
      </details>
    </header>
  )
  return (
    <header class="verdict bad"><h2>{first.property}</h2>
      <p class="because"><Words text={sentence(first.because)} /></p>
      <p>violated at <button type="button" class="quiet kept" onClick={() => { go(first.step) }}>step{' '}
        {first.step}</button>{others.length > 0 && <> · also {others.join(', ')}</>}</p>
    </header>
  )
}

function Save({ tour: { ground }, way, at }: Walking): JSX.Element {
  const [saved, setSaved] = useState<Saved | string | null>(null)
  useEffect(() => { setSaved(null) }, [ground, way, at])
  const save = (): void => {
    ask<'save'>({ ask: 'save', ground, way: way.slice(0, at) })
      .then(setSaved, cause => { setSaved((cause as Error).message) })
  }
  return (
    <div class="save">
      <button type="button" class="big plain" disabled={at === 0} onClick={save}>Save this way as a trace</button>
      <div role="status">{typeof saved === 'string' ? <p class="trouble">{saved}</p>
        : saved !== null && <p>saved: <Copied text={saved.command} /></p>}</div>
    </div>
  )
}
