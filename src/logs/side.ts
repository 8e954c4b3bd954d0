/** What `validate` asks of the part that knows one vendor's unit: to listen to its log, and to say what it heard. */
import type { UserError } from '../errors.ts'
import type { KernelEvent } from './event.ts'
import type { Stamps } from './formats/clock.ts'
import type { Format, Reading } from './formats/format.ts'
import type { Places } from './numbers.ts'
import type { Doubts } from './replay/doubts.ts'
import type { Facts } from './report.ts'
import type { Claim } from './verdicts/judging.ts'

/** Facts that come of the log of the unit, and of a dump beside it. */
export type UnitFacts =
  Pick<Facts, 'entries' | 'iotlb' | 'contexts' | 'irtes' | 'queue' | 'registers' | 'faults'
    | 'unremapped' | 'tables'>

/** What is wrong already, while more is to come: how often, and the first lines. */
export interface SoFar { readonly claim: string; readonly places: Places }

export interface Side {
  readonly soFar?: () => readonly SoFar[]
  /** Told of lines that could not be read. */
  readonly doubts: Doubts
  /** @param path for what it has to say of the file. */
  listen(path: string): Listener
  /** After the last line. */
  facts(lines: number): UnitFacts
  /** Whether the unit may cache that nothing is mapped; null where nothing says it. After `facts`. */
  readonly cachingMode?: boolean | null
  /** Makes of what the log says of frames what the kernel says of them too, where the log leaves it open. */
  fitFrames?(events: readonly KernelEvent[]): void
  /** Why a log of this unit never shows what pages an invalidation names; without, it does. */
  readonly rangesUnknown?: string
  /** The claims on logs of this unit: those of all units, and in place of some its own. */
  claims(all: readonly Claim[]): readonly Claim[]
}

/** Reads a log line by line, and replays what it tells. What a line was, it says. */
export interface Listener {
  readonly again: string
  /** @throws UserError where the line shows that the log is of something else. */
  line(text: string, line: number): Heard
  readonly isSure: boolean
  readonly stamps: Stamps
  foreign(lines: number, isBinary: boolean, again: string): UserError
}
export type Heard = Reading<unknown>

export function listen<E>(format: Format<E>, path: string, take: (event: E) => void): Listener {
  const reader = format.open(path)
  return {
    again: format.again,
    line: (text, line) => {
      const reading = reader.read(text, line)
      if (reading.is === 'event' || reading.is === 'message')
        for (const event of reading.events) take(event)
      return reading
    },
    get isSure() { return reader.isSure },
    get stamps() { return reader.stamps },
    foreign: (lines, isBinary, again) => reader.foreign(lines, isBinary, again),
  }
}
