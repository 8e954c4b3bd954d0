/** The side of `validate` that knows VT-d units: their log and a dump of their tables. */
import { anything, decode, registers, rulesOf } from '../../../spec/vtd/index.ts'
import type { Dump } from '../../dump/dump.ts'
import type { Format } from '../formats/format.ts'
import { EntryLedger } from '../replay/entries.ts'
import { newTableTrail } from '../replay/trail.ts'
import type { Trail } from '../replay/trail.ts'
import { listen } from '../side.ts'
import type { Side } from '../side.ts'
import { Placing } from './placing.ts'
import { Replay } from './replay.ts'
import { checkTables } from './tables.ts'

/** @param trail filled for what is to be held against the log afterwards; needed with a dump. */
export function vtdSide(format: Format, dump: Dump | null, trail: Trail | null): Side {
  const tableTrail = dump === null ? null : newTableTrail()
  const scalable = dump === null ? null : decode(registers.RTADDR.layout, dump.registers.rtaddr).TTM === 1
  const placing = dump === null ? null : new Placing(dump.memory, dump.iqa, scalable === true)
  const entries = dump === null ? new EntryLedger(anything, 'none known')
    : new EntryLedger(rulesOf(dump.registers, dump.haw), 'capabilities')
  const replay = new Replay(format.iotlbEntries, { entries, trail, tableTrail, scalable, placing })
  let cachingMode: boolean | null = null
  return {
    get cachingMode() { return cachingMode },
    doubts: replay.doubts,
    listen: path => listen(format, path, event => { replay.take(event) }),
    claims: all => all,
    soFar: () => [replay.iotlb, replay.queue, replay.unremapped, replay.faults].flatMap(part => part.soFar()),
    facts: lines => {
      replay.doubts.settle()
      // The last leaf is judged when the IOTLB is asked for its report.
      const iotlb = replay.iotlb.report(), queue = replay.queue.report(lines), accesses = replay.registers.report()
      const tables = dump === null || trail === null || tableTrail === null || placing === null ? null
        : checkTables(dump, { trail, tableTrail, accesses, interval: placing.interval(lines), doubts: replay.doubts })
      // A dump of another boot says nothing of this unit.
      if (dump !== null && tables?.refused === null)
        cachingMode = decode(registers.CAP.layout, dump.registers.cap).CM === 1
      return {
        entries: entries.report(), iotlb, contexts: replay.contexts.report(), irtes: replay.irtes.report(),
        queue, registers: accesses, faults: replay.faults.report(), unremapped: replay.unremapped.report(), tables,
      }
    },
  }
}
