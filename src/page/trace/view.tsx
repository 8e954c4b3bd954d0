/** A trace: what it shows, its steps as lanes, and beside them what the current step does and the state after it. */
import type { JSX } from 'preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { TraceData } from '../data.ts'
import { ClauseText, sentence, Words } from '../words.tsx'
import { StepDetail } from './detail.tsx'
import { Lanes } from './lanes.tsx'
import { StateView } from './state.tsx'
import { standingOf } from './standing.ts'

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
      <div class="stage">
        <Lanes trace={trace} step={step} onStep={go}>
          {narrow && <StepDetail trace={trace} step={step} />}
        </Lanes>
        <aside class="beside" aria-live="polite">
          {!narrow && <StepDetail trace={trace} step={step} />}
          <StateView trace={trace} step={step} />
        </aside>
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
function Steering({ step, last, go }: { readonly step: number; readonly last: number
  readonly go: (to: number) => void }): JSX.Element {
  const button = (label: string, sign: string, to: number): JSX.Element =>
    <button type="button" aria-label={label} title={label} disabled={to < 0 || to > last || to === step}
      onClick={() => { go(to) }}>{sign}</button>
  return (
    <div class="steering" role="group" aria-label="steps">
      {button('first state', '⇤', 0)}{button('back', '←', step - 1)}
      {button('on', '→', step + 1)}{button('last step', '⇥', last)}
      <input type="range" min={0} max={last} value={step} aria-label="step"
        onInput={event => { go(Number(event.currentTarget.value)) }} />
      <output>{step === 0 ? 'start' : `step ${step}`} <small>of {last}</small></output>
      <p class="keys"><kbd>←</kbd> <kbd>→</kbd> step</p>
    </div>
  )
}

/** Arrow keys, but where they belong to a field. */
function useStepKeys(asked: { readonly current: number }, last: number, go: (to: number) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
      if (event.target instanceof HTMLElement && event.target.closest('input, select, textarea, pre, .scroll')) return
      const to = { ArrowLeft: asked.current - 1, ArrowRight: asked.current + 1, Home: 0, End: last }[event.key]
      if (to === undefined) return
      event.preventDefault()
      if (to >= 0 && to <= last) go(to)
    }
    document.addEventListener('keydown', onKey)
    return () => { document.removeEventListener('keydown', onKey) }
  }, [asked, last, go])
}

/** There is no room for two columns. */
export function useNarrow(): boolean {
  const [query] = useState(() => matchMedia('(max-width: 62rem)'))
  const [narrow, setNarrow] = useState(query.matches)
  useEffect(() => {
    const onChange = (): void => { setNarrow(query.matches) }
    query.addEventListener('change', onChange)
    return () => { query.removeEventListener('change', onChange) }
  }, [query])
  return narrow
}
