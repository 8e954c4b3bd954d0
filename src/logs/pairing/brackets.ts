/** Where in QEMU's log a kernel event happened: after one line and before another. In a log without stamps the order of
 *  fills, invalidations and the kernel's own order say it; stamps narrow it. */
import type { At, KernelEvent } from '../event.ts'
import { firstAtLeast } from '../numbers.ts'
import type { Trail } from '../replay/trail.ts'
import type { Alignment } from './clock.ts'

/** The event happened after line `after` and before line `before` of QEMU's log; 0 and Infinity where nothing is
 *  known. */
export interface Bracket { after: number; before: number }

export const openBrackets = (events: readonly KernelEvent[]): Bracket[] =>
  events.map(() => ({ after: 0, before: Infinity }))

/** The kernel's events are in order, so what is known of one bounds the others. */
export function close(brackets: Bracket[]): void {
  let after = 0, before = Infinity
  for (const bracket of brackets) bracket.after = after = Math.max(after, bracket.after)
  for (let i = brackets.length - 1; i >= 0; i--) brackets[i]!.before = before = Math.min(before, brackets[i]!.before)
}

/** The first line of a log with stamps, and the last. */
export type Ends = readonly [first: At, last: At]

/** Each line of the unit's log that is kept. */
export const momentsOf = ({ stays, commands }: Trail): At[] =>
  [...stays.flatMap(({ from, hits }) => [from, ...hits]), ...commands]

/** Stamps are whole microseconds: one is left open on each side. */
export function narrowByClock(brackets: Bracket[], events: readonly KernelEvent[], known: readonly At[],
  clock: Alignment): void {
  const moments = [...known].sort((a, b) => a.line - b.line)
  const time = (i: number): number => moments[i]!.time_us
  events.forEach(({ time_us }, i) => {
    const bracket = brackets[i]!
    const last = firstAtLeast(moments.length, time, clock.earliest(time_us) - 1) - 1
    const first = firstAtLeast(moments.length, time, clock.latest(time_us) + 2)
    if (last >= 0) bracket.after = Math.max(bracket.after, moments[last]!.line)
    if (first < moments.length) bracket.before = Math.min(bracket.before, moments[first]!.line)
  })
}
