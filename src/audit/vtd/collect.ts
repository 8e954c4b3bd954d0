/** All that an audit looks at of a VT-d unit: root, context and PASID tables, paging tables, the interrupt table (VT-d
 *  rev 5.10, ch. 9 and 11.4). */
import {
  checkBeforeTables, decode, entryReader, faultReason, hasScalableMode, interruptUnitOf, rawTables, registers, rootsOf,
  rulesOf, translationUnitOf,
} from '../../../spec/vtd/index.ts'
import type { TranslationUnit } from '../../../spec/vtd/index.ts'
import type { Dump } from '../../dump/dump.ts'
import { sharingOf, usersOf } from '../collect.ts'
import type { Collected, Tag, UnitMode } from '../collect.ts'
import { nothingFound } from '../devices.ts'
import type { RequestClass } from '../devices.ts'
import { unknownTable } from '../interrupts.ts'
import type { InterruptTable } from '../interrupts.ts'
import { protectedOf } from '../protect.ts'
import type { Protected } from '../protect.ts'
import { nameOf, standardBudget } from '../spaces.ts'
import type { Budget, Space } from '../spaces.ts'
import { vtdAlarms } from './alarms.ts'
import { legacyDevices, scalableDevices } from './devices.ts'
import { faultName, interruptTableOf } from './interrupts.ts'
import { ownAlarms } from './judge.ts'
import { descriptorsOf, registerRows } from './queue.ts'
import { Spaces } from './spaces.ts'

/** Yields how many tables were read, now and then. */
export function* collectVtd(dump: Dump, budget: Budget = standardBudget()): Generator<number, Collected> {
  const { registers: values, memory, haw } = dump
  const unit = translationUnitOf(values, haw)
  const reader = entryReader(rulesOf(values, haw))
  const roots = rootsOf(values)
  const tables = rawTables(memory, roots, reader)
  const source = { memory, reader, unit, budget }
  const spaces = new Spaces(source)
  const found = nothingFound()
  const mode: UnitMode = dump.shows.translation ? modeOf(unit) : { kind: 'unknown' }
  const atFirst = budget.tables
  if (mode.kind === 'legacy')
    for (const _ of legacyDevices(tables, unit, roots.rootTable, spaces, found)) yield atFirst - budget.tables
  if (mode.kind === 'scalable' && hasScalableMode(unit))
    for (const _ of scalableDevices(tables, unit, roots.rootTable, spaces, budget, found)) yield atFirst - budget.tables
  const interrupts = dump.shows.interrupts
    ? interruptTableOf(memory, reader, interruptUnitOf(values, haw), roots.interruptTable) : unknownTable
  yield atFirst - budget.tables
  const translated = spaces.all.filter(({ kind }) => kind !== 'pass-through')
  const users = usersOf(spaces.all, found.devices)
  const sharing = yield* sharingOf(translated, users, atFirst - budget.tables)
  return {
    dump, assumed: [], unit, cachingMode: decode(registers.CAP.layout, values.cap).CM === 1, mode,
    rootKind: 'root table', rootTable: roots.rootTable, found,
    spaces: spaces.all,
    users, interrupts, sharing,
    guarded: protectedOf(found.structures.values(), spaces.all, [...inInterrupts(interrupts), ...queueOf(dump)]),
    because: { translation: 'GSTS.TES=0', interrupts: 'GSTS.IRES=0', name: faultName, meaning,
      says: fault => faultReason(fault)?.says ?? '' },
    tagsOf, told: { registers: dump.format === 'text' ? registerRows(dump) : [], queue: descriptorsOf(dump) }, blocks,
    words: vtdAlarms.words, own: ownAlarms(interrupts),
  }
}

function modeOf(unit: TranslationUnit): UnitMode {
  const first = checkBeforeTables(unit, {
    sid: 0, type: 'untranslated', access: 'read', address: 0, dword: false, pasid: null, privileged: false,
    execute: false,
  })
  if (first.kind === 'fault') return { kind: 'blocked', fault: first.reason }
  if (first.kind === 'bypass') return { kind: 'bypass' }
  return { kind: unit.ttm === 1 ? 'scalable' : 'legacy' }
}

function meaning(fault: number): string {
  const reason = faultReason(fault)
  return reason === undefined ? faultName(fault) : `${faultName(fault)} (${reason.condition}): ${reason.says}`
}
/** The PASID of requests without one leads nowhere: the device has only requests with PASID. */
const blocks = [0x51, 0x59]

/** Entries of second-stage tables are cached by domain, of first-stage tables by domain and PASID. In scalable mode no
 *  domain may serve PGTT 001 or 100 and also 010 or 011. */
function tagsOf({ tag }: RequestClass, space: Space): readonly Tag[] {
  const second = space.kind === 'second-stage' ? space : space.second
  return [
    ...second === null ? [] : [{ tag: 'second', means: nameOf({ ...second, kind: 'second-stage' }) }],
    ...space.kind === 'first-stage' || space.kind === 'nested' ? [{ tag: `first ${tag}`, means: nameOf(space) }] : [],
    ...tag === null ? [] : [{
      tag: 'PGTT', means: second === null ? 'no second stage (PGTT 001 or 100)' : 'a second stage (PGTT 010 or 011)',
    }],
  ]
}

type Other = Omit<Protected, 'guestOf'>
/** Nothing where the queue is off or its place not told. */
function queueOf({ iqa, registers: { gsts } }: Dump): readonly Other[] {
  if (iqa === null || decode(registers.GSTS.layout, [gsts]).QIES === 0) return []
  const { IQA, QS } = decode(registers.IQA.layout, iqa)
  return [{ kind: 'invalidation queue', start: IQA * 4096, end: IQA * 4096 + 4096 * 2 ** QS }]
}
/** What no request can use is not posted either. */
function inInterrupts({ remapping, address, size, entries }: InterruptTable): readonly Other[] {
  return [
    ...remapping && address !== null
      ? [{ kind: 'interrupt table', start: address, end: address + size * 16 } as const] : [],
    ...entries.flatMap(({ descriptor, fault }) => descriptor === null || fault !== null ? []
      : [{ kind: 'posted-interrupt descriptor', start: descriptor, end: descriptor + 64 } as const]),
  ]
}
