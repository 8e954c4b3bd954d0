/** How a report is shown: by whom, how wide, in which colours, and how much of it. */
import type { Theme } from '../text/theme.ts'

export interface View {
  /** Who made it. */
  readonly program: { readonly tool: string; readonly version: string }
  readonly theme: Theme
  /** All of each list, whole traces, and whole states. */
  readonly full: boolean
  /** What each search did. */
  readonly stats: boolean
  /** Traces as a column for each agent. */
  readonly lanes: boolean
  /** How traces are shown: what a clause says, parts of the state whose changes only repeat the op, and where a claim
   *  stands. */
  readonly traces: {
    readonly clause: (id: string) => string | null
    readonly hides: readonly string[]
    readonly place?: (at: string) => string
  }
}
