/** How far a run has come, in one line. */
import type { Progress } from '../explore/pace.ts'
import { counted, thousands } from '../text/count.ts'
import { clip } from '../text/layout.ts'

/** Which search of how many it is. */
export interface Position {
  readonly design: string
  /** Designs asked; where it is one, its name says nothing. */
  readonly designs: number
  readonly scope: string
  readonly number: number
  readonly of: number
  /** Claims found violated that should hold. */
  readonly violated: readonly string[]
}

/** Longer names are cut: what is behind them is worth more. */
const longestName = 20

/** `driver-server, scope 3 of 12 tables, ✗ no-dma-escape` */
export function positionText({ design, designs, scope, number, of, violated }: Position): string {
  const [first] = violated
  return [
    ...designs === 1 ? [] : [clip(design, longestName)],
    of === 1 ? `scope ${scope}` : `scope ${number} of ${of} ${scope}`,
    ...first === undefined ? [] : [violated.length === 1 ? `✗ ${first}` : `✗ ${violated.length} claims`],
  ].join(', ')
}

/** States and time first: what does not fit into the line is cut from its end. */
export function progressLine({ states, rate, depth, queue, bytes, remaining, deciding }: Progress): string {
  if (deciding !== undefined) return `${counted(states, 'state')}, deciding ${deciding}`
  return [
    counted(states, 'state'), ...remaining === null ? [] : [`about ${duration(remaining)} left`],
    `${counted(rate, 'step')}/s`, `depth ${depth}`,
    ...queue === 0 ? [] : [`queue ${thousands(queue)}`],
    ...bytes === 0 ? [] : [`${thousands(Math.ceil(bytes / 1e6))} MB`],
  ].join(', ')
}
const duration = (seconds: number): string =>
  seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`
