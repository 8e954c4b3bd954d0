/** Holds what a log shows of the tables against a dump of them: what was cached, and not invalidated since, must stand
 *  there still (VT-d rev 5.10, ch. 6 and table 28). The walk is that of spec/vtd. */
import type { Dump } from '../../dump/dump.ts'
import { decode, registers } from '../../../spec/vtd/index.ts'
import { noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import type { Doubts } from '../replay/doubts.ts'
import type { PointerSet, RegisterReport } from '../replay/registers.ts'
import { overflowed } from '../replay/trail.ts'
import type { TableTrail, Trail } from '../replay/trail.ts'
import { contextsOf, irtesOf, passesOf, translationsOf } from './sightings.ts'
import type { Sighting } from './sightings.ts'
import { tablesOf } from './dumped.ts'
import type { Found } from './dumped.ts'
import type { Interval } from './placing.ts'

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

/** What the log says besides the trail. */
export interface LogSide {
  readonly trail: Trail
  readonly tableTrail: TableTrail
  readonly interval: Interval | null
  readonly accesses: Pick<RegisterReport, 'pointers' | 'remapping'>
  readonly doubts: Doubts
}

export function checkTables(dump: Dump, side: LogSide): TablesReport {
  const { trail, tableTrail, accesses, doubts } = side
  const interval = side.interval && whileOn(side.interval, accesses, dump)
  const log = { ...side, interval }
  const base = { path: dump.path, assumed: dump.assumed,
    between: interval && { after: interval.from, before: interval.until } }
  const tables = tablesOf(dump)
  const refused = refusalOf(log, tables.roots)
  if (refused !== null || interval === null)
    return { ...base, translations: nothing, contexts: nothing, irtes: nothing, refused }
  const judge = (sightings: readonly Sighting[]): Agreement => agreementOf(sightings, interval, doubts)
  return {
    ...base, refused,
    translations: judge([...translationsOf(trail, tableTrail, interval, tables),
      ...passesOf(tableTrail, interval, tables)]), contexts: judge(contextsOf(tableTrail, interval, tables)),
    irtes: judge(irtesOf(tableTrail, interval, tables)),
  }
}
export const nothing: Agreement = { agreeing: 0, differing: noPlaces(), differences: [], open: [] }

/** GSTS of the dump says whether translation and remapping were on: it was made before the log shows otherwise. */
function whileOn(interval: Interval, { remapping }: LogSide['accesses'], { registers: { gsts } }: Dump): Interval {
  const { TES, IRES } = decode(registers.GSTS.layout, [gsts])
  const other = remapping.find(({ line, what, on }) => line >= interval.from && line < interval.until
    && on !== ((what === 'DMA' ? TES : IRES) === 1))
  return other === undefined ? interval : { ...interval, until: other.line }
}

/** Whether the dump is of this boot, and can be placed in it; null if so. */
function refusalOf({ trail, tableTrail, interval, accesses: { pointers } }: LogSide,
  roots: Readonly<Record<PointerSet['pointer'], number>>): string | null {
  if (overflowed(trail) || overflowed(tableTrail))
    return 'the log is too long to keep all its fills, reads and invalidations'
  if (interval === null)
    return 'at no line was the invalidation queue as it is in the dump: it is of another boot, lacks the queue, or '
      + 'was made before or after this log'
  for (const pointer of ['root table', 'interrupt table'] as const) {
    const set = pointers.findLast(({ pointer: which, line }) => which === pointer && line < interval.until)
    if (set !== undefined && set.address !== roots[pointer])
      return `the ${pointer} is at 0x${set.address.toString(16)} in the log (line ${set.line}) and at `
        + `0x${roots[pointer].toString(16)} in the dump`
  }
  return null
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
