/** Traces of a page, one of them shown: the address of the page says which, and which step (`#ID/5`). */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { many } from '../count.ts'
import type { TraceData } from '../data.ts'
import { Sign } from '../findings.tsx'
import { standingOf } from './standing.ts'
import { TraceView } from './view.tsx'

interface Place { readonly id: string; readonly step: number | null }
function placeIn(hash: string): Place {
  const [, id = '', step] = /^#(.*?)(?:\/(\d+))?$/.exec(hash) ?? []
  return { id: decodeURIComponent(id), step: step === undefined ? null : Number(step) }
}
/** For links of other parts of the page. */
export function showTrace(id: string): void { document.getElementById(`tab-${id}`)?.click() }

export function Traces({ traces }: { readonly traces: readonly TraceData[] }): JSX.Element | null {
  const [place, setPlace] = useState(() => placeIn(location.hash))
  useEffect(() => {
    const onHash = (): void => { setPlace(placeIn(location.hash)) }
    window.addEventListener('hashchange', onHash)
    return () => { window.removeEventListener('hashchange', onHash) }
  }, [])
  const trace = traces.find(({ id }) => id === place.id) ?? traces[0]
  if (trace === undefined) return null
  const start = place.id === trace.id && place.step !== null ? place.step : trace.at ?? trace.steps.length
  return (
    <section class="traces" id="traces">
      {traces.length > 1 && <Tabs traces={traces} shown={trace} onShow={id => { setPlace({ id, step: null }) }} />}
      <TraceView key={trace.id} trace={trace} start={start} />
    </section>
  )
}

function Tabs({ traces, shown, onShow }: { readonly traces: readonly TraceData[]; readonly shown: TraceData
  readonly onShow: (id: string) => void }): JSX.Element {
  const several = new Set(traces.map(({ design }) => design)).size > 1
  return (
    <nav class="tabs" aria-label="counterexamples">
      {traces.map(trace => (
        <button type="button" id={`tab-${trace.id}`} aria-current={trace === shown ? 'true' : undefined}
          onClick={() => { onShow(trace.id) }}>
          <Sign standing={standingOf(trace)} />
          <span><b>{trace.property}</b>{several && <> <small>{trace.design}</small></>} <small>{
            many(trace.steps.length + trace.skipped, 'step')}</small></span>
        </button>
      ))}
    </nav>
  )
}
