/** Holds what a log shows of the tables against a dump of them: what was cached, and not invalidated since, must stand
 *  there still. The vendors' folders say what was seen, and find it in the dump. */
import { noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import type { Doubts } from '../replay/doubts.ts'
import { overflowed } from '../replay/trail.ts'
import type { Kept } from '../replay/trail.ts'

/** The dump shows memory as it was after line `from` and before line `until`. `ends`: the log has no submission after
 *  them. */
export interface Interval { readonly from: number; readonly until: number; readonly ends: boolean }

/** What stands in the dump, in the words that the log's side is put in too. */
export interface Found {
  readonly says: string
  readonly isPresent: boolean
  /** A page that was asked for is not in the dump. */
  readonly isMissing: boolean
}

export interface Sighting {
  readonly line: number
  /** What it is, and what the log says it held, in the words of the dump's side. */
  readonly what: string
  readonly log: string
  /** No invalidation covers it from `line` up to the end of the interval. */
  readonly isKnown: boolean
  readonly find: () => Found
  /** Whether an invalidation after the interval covers it. */
  readonly isInvalidatedLater: () => boolean
}

/** Why nothing can be said of one that differs, or is no longer known. */
export const reasons = {
  invalidated: 'invalidated before the dump, so that the tables may say anything since',
  pending: 'not as in the log, and an invalidation that covers it came after the dump',
  later: 'not there, but fetched about when the dump was made: it may have been mapped after it',
  missing: 'its table is not in the dump',
  ending: 'not as in the log, which ends before an invalidation could have come',
  lost: 'not as in the log, which lacks lines that may be its invalidation',
} as const

export type Reason = keyof typeof reasons

export interface Difference {
  /** Of the log: where it was fetched. */
  readonly line: number
  readonly what: string
  readonly log: string
  readonly dump: string
}

export interface Agreement {
  readonly agreeing: number
  readonly differing: Places
  /** The first few. */
  readonly differences: readonly Difference[]
  readonly open: readonly { readonly reason: Reason; readonly means: string; readonly places: Places }[]
}

export const agreements = ['translations', 'contexts', 'irtes'] as const

export interface TablesReport extends Readonly<Record<(typeof agreements)[number], Agreement>> {
  readonly path: string
  /** Lines of the log between which the dump was made. Null where that is not known. */
  readonly between: { readonly after: number; readonly before: number } | null
  /** What the reader of the dump assumed. */
  readonly assumed: readonly string[]
  /** Why nothing was compared; null where it was. */
  readonly refused: string | null
}

const shown = 5
export const nothing: Agreement = { agreeing: 0, differing: noPlaces(), differences: [], open: [] }

/** Why a log and a dump cannot be compared; null where they can.
 *  @param ring what places the dump in the log.
 *  @param needs what a dump must have for that. */
export function notComparable(trails: readonly Kept[], interval: Interval | null, ring: string,
  needs: string): string | null {
  if (trails.some(overflowed)) return 'the log is too long to keep all its fills, reads and invalidations'
  return interval !== null ? null : `at no line was the ${ring} as it is in the dump: it is of another boot, `
    + `lacks ${needs}, or was made before or after this log`
}

export function agreementOf(sightings: readonly Sighting[], interval: Interval, doubts: Doubts): Agreement {
  const open = new Map<Reason, Places>()
  const differing = noPlaces()
  const differences: Difference[] = []
  let agreeing = 0
  for (const sighting of sightings) {
    const found = sighting.isKnown ? sighting.find() : 'unknown'
    const outcome = found === 'unknown' ? 'invalidated' : outcomeOf(sighting, found, interval, doubts)
    const { line, what, log } = sighting
    if (outcome === 'agrees') agreeing++
    else if (outcome === 'differs') {
      note(differing, line)
      if (differences.length < shown && found !== 'unknown') differences.push({ line, what, log, dump: found.says })
    } else {
      const places = open.get(outcome) ?? noPlaces()
      open.set(outcome, places)
      note(places, line)
    }
  }
  const rows = (Object.keys(reasons) as Reason[]).filter(reason => open.has(reason))
  return { agreeing, differing, differences,
    open: rows.map(reason => ({ reason, means: reasons[reason], places: open.get(reason)! })) }
}

/** A change of what is present must be invalidated: until that has been done the log may show the old content and the
 *  dump the new. */
function outcomeOf(sighting: Sighting, found: Found, { from, ends }: Interval,
  doubts: Doubts): 'agrees' | 'differs' | Reason {
  if (found.says === sighting.log) return 'agrees'
  if (found.isMissing) return 'missing'
  if (!found.isPresent && sighting.line > from) return 'later'
  if (sighting.isInvalidatedLater()) return 'pending'
  if (doubts.between(sighting.line, Infinity)) return 'lost'
  return ends ? 'ending' : 'differs'
}
