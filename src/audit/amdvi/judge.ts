/** What only an AMD unit gives rise to (AMD 48882 rev 3.05: 2.2, 2.2.5). */
import {
  exclusionFor, hasSegments, hasWideEntries, interruptUnitOf, perSegment, rootsOf, translationUnitOf,
} from '../../../spec/amdvi/index.ts'
import type { DeviceEntry, TranslationUnit, UnitRegisters } from '../../../spec/amdvi/index.ts'
import { bdf } from '../devices.ts'
import { hex, several } from '../format.ts'
import type { InterruptTable } from '../interrupts.ts'
import { alarm } from '../alarms.ts'
import type { Raised } from '../alarms.ts'
import { tablesOf } from '../spaces.ts'
import type { AmdviFound } from './devices.ts'
import { illegalIn, overlapping, usedIn } from './interrupts.ts'

export function* ownAlarms(found: AmdviFound, registers: UnitRegisters,
  { remapping }: InterruptTable): Generator<Raised> {
  const { zeros, entries, notFollowed, loops } = found
  const unit = translationUnitOf(registers)
  if (unit.enabled) yield* segments(registers)
  if (zeros.count > 0)
    yield alarm('entry-zero', [], `${several(zeros.count, 'DeviceID')}, the first ${bdf(zeros.first)}`)
  const those: Those = test =>
    [...entries].filter(([, entry]) => test(entry)).map(([device]) => device)
  yield* exclusion(unit, those)
  if (notFollowed.length > 0)
    yield alarm('guest-tables', notFollowed, 'GCR3TRPMode=1: the GCR3 tables are guest-physical')
  if (loops.length > 0) {
    const { table, index } = loops[0]!
    yield alarm('table-cyclic', [...new Set(loops.map(({ sid }) => sid))],
      `${several(loops.length, 'pointer')}, the first entry ${index} of the GCR3 table at ${hex(table)}`)
  }
  if (!remapping) return
  const unmapped = those(({ interrupts: { valid, control } }) => !valid || control === 1)
  if (unmapped.length > 0) yield alarm('interrupts-unmapped', unmapped, several(unmapped.length, 'device'))
  const passing = those(({ interrupts: { valid, passes } }) => valid && Object.values(passes).some(Boolean))
  if (passing.length > 0) yield alarm('interrupt-pass-bits', passing, several(passing.length, 'device'))
  yield* illegal(found, registers)
  yield* shared(found, registers)
}

/** Device table entries of which something is so, by DeviceID. */
type Those = (test: (entry: DeviceEntry) => boolean) => readonly number[]

/** Whether TV=0 keeps a device from the range, sources disagree: that is told beside what all say. */
function* exclusion(unit: TranslationUnit, those: Those): Generator<Raised> {
  if (unit.exclusion === null) return
  const { base, limit, forAll } = unit.exclusion, range = `${hex(base)} to ${hex(limit)}`
  const uses = (entry: DeviceEntry): boolean => entry.valid && !entry.reserved && exclusionFor(unit, entry) !== null
  const through = those(entry => uses(entry) && entry.translates)
  const blocked = those(entry => uses(entry) && !entry.translates)
  if (through.length > 0) yield alarm('exclusion-range', through, range)
  if (blocked.length > 0) yield alarm('exclusion-range-blocked', forAll ? [] : blocked,
    `${forAll ? 'all devices with TV=0: ' : ''}${range}`)
}

/** Entries that refuse every interrupt, by the reason. */
function* illegal({ entries }: AmdviFound, registers: UnitRegisters): Generator<Raised> {
  const unit = interruptUnitOf(registers), refused = new Map<string, number[]>()
  for (const [device, { interrupts }] of entries) {
    const reason = illegalIn(unit, interrupts)
    if (reason === null) continue
    const because = `${reason.cause}: ${reason.says}`, devices = refused.get(because)
    if (devices === undefined) refused.set(because, [device])
    else devices.push(device)
  }
  for (const [because, devices] of refused) yield alarm('entry-unusable', devices, because)
}

/** Segments of the device table that are not looked at. */
function* segments(registers: UnitRegisters): Generator<Raised> {
  const roots = rootsOf(registers), count = roots.segments.length
  const unknown = roots.segments.flatMap((table, segment) => table === null ? [segment] : [])
  if (unknown.length > 0)
    yield alarm('device-table-segments', [],
      `${several(unknown.length, 'segment')} of ${count}, the first from ${bdf(unknown[0]! * perSegment(roots))} on`)
  if (!hasSegments(registers))
    yield alarm('device-table-segments', [],
      `DevTblSegEn is reserved, or asks for more than the unit has: ${count} are looked at`)
}

/** A device raises what its table holds, whoever shares it. Devices of one set of page tables are one to the kernel; a
 *  device that reaches no memory, or whose tables are not known, is one by itself. */
function* shared(found: AmdviFound, registers: UnitRegisters): Generator<Raised> {
  const ways = new Map(found.devices.map(device => [device.sid, device.ways]))
  const kernelsOf = (device: number): string => {
    const spaces = (ways.get(device) ?? []).flatMap(({ space }) => space === null ? [] : [tablesOf(space)])
    return spaces.length === 0 || found.notFollowed.includes(device) ? bdf(device)
      : [...new Set(spaces)].sort().join()
  }
  for (const tables of overlapping(usedIn(found, interruptUnitOf(registers), hasWideEntries(registers) ? 4 : 1))) {
    const devices = [...new Set(tables.flatMap(table => table.devices))].sort((a, b) => a - b)
    if (devices.length < 2 || new Set(devices.map(kernelsOf)).size === 1) continue
    const { address } = tables[0]!, end = Math.max(...tables.map(table => table.address + table.bytes))
    yield alarm('interrupt-table-shared', devices, tables.every(table => table.address === address)
      ? `the table at ${hex(address)}`
      : `${several(tables.length, 'table')} that overlap, ${hex(address)} to ${hex(end)}`)
  }
}
