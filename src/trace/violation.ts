/** What a search found, as text: the counterexample taken again and shown step by step. */
import type { Machine, Observation, Op } from '../model/index.ts'
import { theme } from '../text/theme.ts'
import { makeTrace } from './format.ts'
import type { Trace } from './format.ts'
import { renderTrace } from './render.ts'
import type { RenderOptions } from './render.ts'
import { replay } from './replay.ts'

/** As drivers report it (`Exploration.results`). */
interface Found {
  readonly property: string
  readonly because: string
  readonly ops: readonly Op[]
  readonly loop: number | null
  readonly shortest: boolean
}
export interface ViolationText extends Omit<RenderOptions, 'theme' | 'saved' | 'replayFlags'> {
  /** Columns; 80 at least (100). */
  readonly width?: number
  readonly color?: boolean
  /** What the trace is of (the machine's name), and its bounds. */
  readonly design?: string
  readonly bounds?: Trace['bounds']
  /** How it was found (by an exhaustive search). */
  readonly driver?: Trace['found']['driver']
}

/** The counterexample of a result of `checkMachine`, ready to print.
 *  @throws UserError E-TRACE-PROPERTY where it is not of this machine. */
export function renderViolation<S, L, O extends Observation>(machine: Machine<S, L, O>, violation: Found,
  options: ViolationText = {}): string {
  const { width = 100, color = false, design = machine.name, bounds = {}, driver = 'exhaustive', ...style } = options
  const { property, because, ops, loop, shortest } = violation
  const trace = makeTrace(machine, { design, bounds, property, because, ops, ...loop === null ? {} : { loop },
    found: { driver, shortest } })
  return renderTrace(replay(machine, trace), trace, { ...style, theme: theme(color, width) })
}
