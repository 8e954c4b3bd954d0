/** What only an AMD unit gives rise to (AMD 48882 rev 3.05: 2.2, 2.2.5). */
import { exclusionFor, hasSegments, perSegment, rootsOf, translationUnitOf } from '../../../spec/amdvi/index.ts'
import type { DeviceEntry, UnitRegisters } from '../../../spec/amdvi/index.ts'
import { bdf } from '../devices.ts'
import { hex, several } from '../format.ts'
import type { InterruptTable } from '../interrupts.ts'
import { alarm } from '../alarms.ts'
import type { Raised } from '../alarms.ts'
import type { AmdviFound } from './devices.ts'

export function* ownAlarms({ zeros, entries, notFollowed, loops }: AmdviFound,
  registers: UnitRegisters, { remapping }: InterruptTable): Generator<Raised> {
  const unit = translationUnitOf(registers)
  if (unit.enabled) yield* segments(registers)
  if (zeros.count > 0)
    yield alarm('entry-zero', [], `${several(zeros.count, 'DeviceID')}, the first ${bdf(zeros.first)}`)
  const those = (test: (entry: DeviceEntry) => boolean): readonly number[] =>
    [...entries].filter(([, entry]) => test(entry)).map(([device]) => device)
  const translates = ({ valid, translates, reserved }: DeviceEntry): boolean => valid && translates && !reserved
  const excluded = those(entry => translates(entry) && exclusionFor(unit, entry) !== null)
  if (excluded.length > 0) {
    const { base, limit } = unit.exclusion!
    yield alarm('exclusion-range', excluded, `0x${base.toString(16)} to 0x${limit.toString(16)}`)
  }
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
  const illegal = those(({ interrupts: { valid, control, reserved } }) => valid && (reserved || control === 3))
  if (illegal.length > 0)
    yield alarm('entry-unusable', illegal, 'a reserved bit of the upper half is set, or IntCtl is 3')
  yield* shared(entries)
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

/** A device raises what its table holds, whoever shares it. Devices of one set of page tables are one to the kernel. */
function* shared(entries: AmdviFound['entries']): Generator<Raised> {
  const users = new Map<number, number[]>()
  for (const [device, { interrupts: { valid, control, table } }] of entries)
    if (valid && control === 2) users.set(table, [...users.get(table) ?? [], device])
  for (const [table, devices] of users) {
    const roots = new Set(devices.map(device => entries.get(device)!.root))
    if (roots.size > 1) yield alarm('interrupt-table-shared', devices, `the table at 0x${table.toString(16)}`)
  }
}
