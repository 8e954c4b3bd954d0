/** Holds what a log shows of the tables against a dump of them: what was cached, and not invalidated since, must stand
 *  there still (VT-d rev 5.10, ch. 6 and table 28). The walk is that of spec/vtd. */
import { decode, registers } from '../../../spec/vtd/index.ts'
import type { Dump } from '../../dump/dump.ts'
import type { Doubts } from '../replay/doubts.ts'
import type { PointerSet, RegisterReport } from '../replay/reports.ts'
import type { TableTrail, Trail } from '../replay/trail.ts'
import { agreementOf, nothing, notComparable } from '../tables/agreement.ts'
import type { Agreement, Interval, Sighting, TablesReport } from '../tables/agreement.ts'
import { tablesOf } from './dumped.ts'
import { contextsOf, irtesOf, passesOf, translationsOf } from './sightings.ts'

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
  const why = notComparable([trail, tableTrail], interval, 'invalidation queue', 'the queue')
  if (why !== null || interval === null) return why
  for (const pointer of ['root table', 'interrupt table'] as const) {
    const set = pointers.findLast(({ pointer: which, line }) => which === pointer && line < interval.until)
    if (set !== undefined && set.address !== roots[pointer])
      return `the ${pointer} is at 0x${set.address.toString(16)} in the log (line ${set.line}) and at `
        + `0x${roots[pointer].toString(16)} in the dump`
  }
  return null
}
