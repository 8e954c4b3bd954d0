/** How a report is shown: by whom, how wide, in which colours, and how much of it. */
import type { Theme } from '../text/theme.ts'
import type { RenderOptions } from '../trace/render.ts'

/** How traces are shown: what clauses and refusals say, names of numbers, and changes that only repeat the op. */
export type TraceStyle = Pick<RenderOptions, 'clause' | 'refusal' | 'names' | 'hides' | 'place'>

/** A trace step by step, as a column for each agent, or as the source of a diagram. */
export type TraceForm = 'steps' | 'lanes' | 'mermaid' | 'dot'

export interface View {
  /** Who made it. */
  readonly program: { readonly tool: string; readonly version: string }
  readonly theme: Theme
  /** All of each list, whole traces, and whole states. */
  readonly full: boolean
  /** What each search did. */
  readonly stats: boolean
  /** Of `replay` as text. */
  readonly form: TraceForm
  readonly traces: TraceStyle
}
