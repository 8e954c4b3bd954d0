/** Traces that were taken again. */
import type { JSX } from 'preact'
import type { TraceData } from './data.ts'
import { Traces } from './trace/traces.tsx'

export function ReplayView({ traces }: { readonly traces: readonly TraceData[] }): JSX.Element {
  const shown = traces.filter(({ reproduced }) => reproduced).length
  return <>
    <p class="lead">{shown} of {traces.length} {traces.length === 1 ? 'trace does' : 'traces do'} again what was
      recorded.</p>
    <Traces traces={traces} />
  </>
}
