/** The side of `validate` that knows AMD units: their log, a dump of their tables, and the claims on them. */
import { anything, rulesOf } from '../../../spec/amdvi/index.ts'
import type { AmdviDump } from '../../dump/dump.ts'
import { EntryLedger } from '../replay/entries.ts'
import { newTableTrail } from '../replay/trail.ts'
import type { Trail } from '../replay/trail.ts'
import { listen } from '../side.ts'
import type { Side } from '../side.ts'
import { amdviClaims, noRanges } from './claims.ts'
import { qemuAmdvi } from './format.ts'
import { fitFrames } from './frames.ts'
import { Placing } from './placing.ts'
import { AmdviReplay } from './replay.ts'
import { checkTables } from './tables.ts'

/** @param trail filled for what is to be held against the log afterwards; needed with a dump. */
export function amdviSide(dump: AmdviDump | null, trail: Trail | null): Side {
  const tableTrail = dump === null ? null : newTableTrail()
  const placing = dump === null ? null : new Placing(dump)
  const entries = dump === null ? new EntryLedger(anything, 'none known')
    : new EntryLedger(rulesOf(dump.registers, dump.haw), 'capabilities')
  const replay = new AmdviReplay(qemuAmdvi.iotlbEntries, { entries, trail, tableTrail, placing })
  return {
    doubts: replay.doubts,
    listen: path => listen(qemuAmdvi, path, event => { replay.take(event) }),
    // NpCache of QEMU's unit is 1, in 7.2 and 10.0 (bit 26 of its PCI capability header).
    claims: amdviClaims, rangesUnknown: noRanges, cachingMode: true,
    fitFrames: events => { if (trail !== null) fitFrames(trail.stays, events) },
    facts: lines => ({
      ...replay.facts(),
      tables: dump === null || trail === null || tableTrail === null || placing === null ? null
        : checkTables(dump, { trail, tableTrail, interval: placing.interval(lines), forgotten: replay.forgotten,
          doubts: replay.doubts }),
    }),
  }
}
