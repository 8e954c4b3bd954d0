/** A whole trace below what it shows. */
import { renderTrace } from '../../trace/render.ts'
import type { Evidence } from '../replay.ts'
import type { View } from '../view.ts'

/** Null where there is none. `saved`: its file. */
export function wholeTrace(evidence: Evidence | null, { theme, traces }: View, full: boolean,
  saved?: string): string | null {
  if (evidence === null) return null
  const { replayed, trace, replayFlags } = evidence
  return renderTrace(replayed, trace, {
    ...traces, theme, full, ...saved === undefined ? {} : { saved },
    ...replayFlags === undefined ? {} : { replayFlags },
  })
}
