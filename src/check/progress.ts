/** How far a search has come, in one line. */
import type { Progress } from '../explore/pace.ts'

/** States first: what does not fit into the line is cut from its end. */
export function progressLine({ states, rate, depth, queue, bytes, remaining, deciding }: Progress): string {
  const n = (value: number): string => value.toLocaleString('en-US')
  if (deciding !== undefined) return `${n(states)} states, deciding ${deciding}`
  return [
    `${n(states)} states`, `${n(rate)} steps/s`, ...remaining === null ? [] : [`${duration(remaining)} or more left`],
    `depth ${depth}`,
    ...queue === 0 ? [] : [`queue ${n(queue)}`], ...bytes === 0 ? [] : [`${n(Math.ceil(bytes / 1e6))} MB`],
  ].join(', ')
}
const duration = (seconds: number): string =>
  seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`
