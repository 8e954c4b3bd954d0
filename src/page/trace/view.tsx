/** A trace: what it shows, its steps as lanes, and beside them what the current step does and the state after it. */
import type { JSX } from 'preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { TraceData } from '../data.ts'
import { ClauseText, sentence, Words } from '../words.tsx'
import { StepDetail } from './detail.tsx'
import { Lanes } from './lanes.tsx'
import { StateView } from './state.tsx'
import { Steering, useNarrow, useStepKeys } from './steering.tsx'
import { standingOf } from './standing.ts'

/** Of a longer trace, what stands beside the steps stays in sight while they scroll. */
const most_short = 12

/** `start`: the step that is shown first; 0 is the initial state. */
export function TraceView({ trace, start }: { readonly trace: TraceData; readonly start: number }): JSX.Element {
  const { steps: { length: last }, id } = trace
  const [step, setStep] = useState(Math.min(start, last))
  // Keys may come faster than the page is drawn.
  const asked = useRef(step)
  const narrow = useNarrow(), root = useRef<HTMLElement>(null)
  const go = useCallback((to: number): void => {
    asked.current = to
    setStep(to)
    try { history.replaceState(null, '', `#${encodeURIComponent(id)}/${to}`) } catch { /* not of every file system */ }
  }, [id])
  useStepKeys(asked, last, go)
  const first = useRef(step)
  useEffect(() => {
    if (step === first.current) return // as the page opens, its head is what to read
    first.current = -1
    root.current?.querySelector('[aria-current="step"]')?.scrollIntoView({ block: 'nearest' })
  }, [step])
  return (
    <article class="trace" ref={root} aria-label={`${trace.property} of ${trace.design}`}>
      <Head trace={trace} />
      <Steering step={step} last={last} go={go} />
      <div class={`stage ${last > most_short ? 'long' : ''}`}>
        <Lanes trace={trace} step={step} onStep={go}>
          {narrow && <StepDetail trace={trace} step={step} />}
        </Lanes>
        <aside class="beside" aria-live="polite"><div class="stay">
          {!narrow && <StepDetail trace={trace} step={step} />}
          <StateView trace={trace} step={step} />
        </div></aside>
      </div>
    </article>
  )
}

function Head({ trace }: { readonly trace: TraceData }): JSX.Element {
  const { because, claim, clause, property, design, bounds, found, facts, place, notes, file, accepted } = trace
  const standing = standingOf(trace)
  return (
    <header class={`verdict ${standing}`}>
      <h2>{property}</h2>
      <p class="because"><Words text={because === '' ? 'the steps end as recorded' : sentence(because)} /></p>
      <dl>
        <div><dt>claim</dt><dd><Words text={claim} /></dd></div>
        {accepted !== null && <div><dt>accepted</dt><dd><Words text={accepted} /></dd></div>}
        {clause !== null && <div><dt>rule</dt><dd><ClauseText id={clause} /></dd></div>}
        <div class="fine"><dt>found by</dt><dd>{found}</dd></div>
        <div class="fine"><dt>design</dt><dd><code>{design}</code>{bounds !== '' && <> within {bounds}</>}</dd></div>
        {facts.length > 0 && <div class="fine"><dt>facts</dt><dd class="facts">{facts.map(fact =>
          <code>{fact}</code>)}</dd></div>}
        {place !== 'unknown' && <div class="fine"><dt>source</dt><dd><code>{place}</code></dd></div>}
        {file !== null && <div class="fine"><dt>file</dt><dd><code>{file}</code></dd></div>}
        {notes.map(note => <div><dt>note</dt><dd>{note}</dd></div>)}
      </dl>
    </header>
  )
}
