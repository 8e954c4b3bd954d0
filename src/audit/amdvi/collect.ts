/** All that an audit looks at of an AMD unit: device table, host tables, the interrupt table of each device (AMD 48882
 *  rev 3.05, 2.2). */
import {
  entryReader, faultReason, gcr3IsGuestPhysical, hasWideEntries, interruptUnitOf, rawTables, ringsOf, rootsOf,
  rulesOf, translationUnitOf, usualAnswers,
} from '../../../spec/amdvi/index.ts'
import type { UnitRegisters } from '../../../spec/amdvi/index.ts'
import type { AmdviDump } from '../../dump/dump.ts'
import { sharingOf, usersOf } from '../collect.ts'
import type { Collected, Tag } from '../collect.ts'
import type { RequestClass } from '../devices.ts'
import { unknownTable } from '../interrupts.ts'
import { protectedOf } from '../protect.ts'
import type { Protected } from '../protect.ts'
import { nameOf, standardBudget } from '../spaces.ts'
import type { Budget, Space } from '../spaces.ts'
import { amdviAlarms } from './alarms.ts'
import { blocks, devicesOf } from './devices.ts'
import type { AmdviFound } from './devices.ts'
import { interruptsOf, passesSmi } from './interrupts.ts'
import { ownAlarms } from './judge.ts'
import { commandsOf, registerRows } from './queue.ts'
import { Spaces } from './spaces.ts'

export function* collectAmdvi(dump: AmdviDump, budget: Budget = standardBudget()): Generator<number, Collected> {
  const { registers, memory, haw } = dump
  // Sources disagree whether IoCtl=3 keeps DMA out; what may get through counts.
  const unit = translationUnitOf(registers, { ...usualAnswers, ioCtl: 'port-io' }), roots = rootsOf(registers)
  const reader = entryReader(rulesOf(registers, haw), hasWideEntries(registers))
  const spaces = new Spaces({ memory, reader, unit, budget }, haw)
  const atFirst = budget.tables
  const tables = rawTables(memory, roots, reader)
  const { shows } = dump, inUse = shows.translation ? 'device table' : 'unknown'
  const table = devicesOf({ memory, tables, unit: { ...unit, enabled: unit.enabled && shows.translation }, roots,
    spaces, budget, followsGuests: !gcr3IsGuestPhysical(registers) })
  let step = table.next()
  for (; step.done !== true; step = table.next()) yield atFirst - budget.tables
  const found = step.value
  const interrupts = shows.interrupts || !unit.enabled
    ? interruptsOf(memory, tables, reader, interruptUnitOf(registers), found) : unknownTable
  yield atFirst - budget.tables
  const users = usersOf(spaces.all, found.devices)
  const translated = spaces.all.filter(({ kind }) => kind !== 'pass-through')
  const sharing = yield* sharingOf(translated, users, atFirst - budget.tables)
  return {
    dump, assumed: smis(found, registers), mode: { kind: unit.enabled ? inUse : 'bypass' },
    rootKind: 'device table',
    rootTable: roots.segments[0]!.address,
    unit: { hostAddressWidth: haw, maxGuestAddressWidth: Math.min(64, 12 + 9 * unit.levels),
      levels: Array.from({ length: unit.levels }, (_, i) => i + 1) },
    cachingMode: false, found, spaces: spaces.all, users, interrupts, sharing,
    // Of a text the place of the device table is not known.
    guarded: protectedOf([...found.structures.values()].filter(({ kind }) => shows.root || kind !== 'device table'),
      spaces.all, ringsIn(dump)),
    because: { translation: 'IommuEn=0', interrupts: 'IommuEn=0', name: causeOf, meaning, says }, blocks, tagsOf,
    told: { registers: registerRows(dump), queue: commandsOf(dump) },
    words: amdviAlarms.words, own: ownAlarms(found, registers, interrupts),
  }
}

/** Sources disagree on SMI, and no driver can change it. */
function smis({ entries }: AmdviFound, registers: UnitRegisters): readonly string[] {
  const unit = interruptUnitOf(registers)
  if (!unit.enabled || ![...entries.values()].some(({ interrupts }) => passesSmi(unit, interrupts))) return []
  return ['an SMI of a device with IV=1 passes unmapped, whatever IntCtl is (sources disagree); the SMI filter is not '
    + 'judged']
}

const causeOf = (code: number): string => faultReason(code)?.cause ?? `refusal ${code.toString(16)}h`
const says = (code: number): string => faultReason(code)?.says ?? ''
function meaning(code: number): string {
  const reason = faultReason(code)
  return reason === undefined ? causeOf(code) : `${reason.cause}: ${reason.says}`
}

/** Entries of host tables are cached by DomainID, of guest tables by DomainID and PASID. */
function tagsOf({ tag }: RequestClass, space: Space): readonly Tag[] {
  const host = space.kind === 'host' ? space : space.second
  const below = host === null ? null : nameOf({ ...host, kind: 'host' })
  const guest = nameOf({ ...space, kind: 'guest' })
  return [
    ...below === null ? [] : [{ tag: 'host', means: below }],
    ...tag === null || space.kind === 'pass-through' ? []
      : [{ tag: `guest ${tag}`, means: below === null ? guest : `${guest} through ${below}` }],
  ]
}

function ringsIn({ registers }: AmdviDump): readonly Omit<Protected, 'guestOf'>[] {
  const { commands, events } = ringsOf(registers)
  return ([['command buffer', commands], ['event log', events]] as const).flatMap(([kind, ring]) =>
    ring === null ? [] : [{ kind, start: ring.address, end: ring.address + ring.bytes }])
}
