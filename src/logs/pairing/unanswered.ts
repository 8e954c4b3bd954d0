/** Unmaps that nothing in the log of the unit covers. A log that begins late, or ends early, says nothing of an unmap
 *  outside of it. */
import { noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import type { PairingReport } from './index.ts'
import type { Known, Logs } from './rounds.ts'
import type { Window } from './windows.ts'

type Unanswered = Pick<PairingReport, 'unanswered' | 'ending' | 'outside' | 'unansweredSure'>

/** @param windows one for each unmap; null where no answer is known.
 *  @param limits of each the line before which it must have been answered: a page that is mapped again had its time. */
export function unansweredOf({ ends }: Pick<Logs, 'ends'>, { unmaps, brackets, alignment }: Known,
  windows: readonly (Window | null)[], limits: readonly number[]): Unanswered {
  const answered = windows.filter(window => window !== null)
  const longest = answered.reduce((most, { laterUnmaps }) => Math.max(most, laterUnmaps[1]), 0)
  const longest_us = answered.reduce((most, { wait_us, basis }) =>
    wait_us === null || basis === 'inferred' ? most : Math.max(most, wait_us[1]), 0)
  const last = brackets.findLastIndex(({ before }) => before < Infinity)
  const left_us = (i: number): number => alignment === null || ends === null ? Infinity
    : ends[1].time_us - alignment.latest(unmaps[i]!.event.time_us)
  const isOutside = (i: number): boolean => brackets[i]!.after === 0 || brackets[i]!.before === Infinity
  const isOpen = (i: number): boolean => unmaps[i]!.did !== null && windows[i] === null
  const isEnding = (i: number): boolean =>
    limits[i] === Infinity && (last - i <= longest || left_us(i) <= longest_us)
  const places = (which: (i: number) => boolean): Places => {
    const found = noPlaces()
    unmaps.forEach(({ event }, i) => { if (which(i)) note(found, event.line) })
    return found
  }
  return {
    unanswered: places(isOpen), outside: places(isOutside),
    ending: places(i => isOpen(i) && isEnding(i)),
    unansweredSure: places(i => isOpen(i) && !isOutside(i) && !isEnding(i) && unmaps[i]!.basis !== 'inferred'),
  }
}
