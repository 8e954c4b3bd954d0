/** What a format of logs is: it says of each line what that tells of the unit. One file in this folder for each. */
import type { UserError } from '../../errors.ts'
import type { UnitEvent } from '../event.ts'
import type { Stamps } from './clock.ts'

/** `replayed`: goes through the model's caches or the queue check. `counted`: reported as a number. `ignored`: says
 *  nothing more. */
export type Use = 'replayed' | 'counted' | 'ignored'

/** What a line is. `events`: in the order in which they happened; none where it tells of nothing that is replayed. */
export type Reading<E = UnitEvent> =
  | { readonly is: 'event'; readonly name: string; readonly use: Use; readonly events: readonly E[] }
  /** What the program says beside its events. */
  | { readonly is: 'message'; readonly events: readonly E[] }
  | { readonly is: 'unknown event'; readonly name: string }
  | { readonly is: 'wrong fields' | 'no event' }

/** Reads one log, line by line. */
export interface LogReader<E = UnitEvent> {
  /** @throws UserError where the line shows that the log is of something else. */
  read(text: string, line: number): Reading<E>
  /** Whether a line was read that no other kind of log has. */
  readonly isSure: boolean
  readonly stamps: Stamps
  /** Why the file is none of these, by its first `lines` lines. `isBinary`: it has bytes that are no text, and no
   *  event. `again`: how to make one. */
  foreign(lines: number, isBinary: boolean, again: string): UserError
}

/** `E`: what its lines tell; of a unit that has more to tell than others, its own. */
export interface Format<E = UnitEvent> {
  /** How such a log is made, for those whose file is none. */
  readonly again: string
  /** How many translations the IOTLB holds of the unit that is logged. It is emptied instead of taking one more; also
   *  what bounds the memory of the replay. */
  readonly iotlbEntries: number
  open(path: string): LogReader<E>
}
