/** Holds what a log shows of the tables of an AMD unit against a dump of them (AMD 48882 rev 3.05: 2.2, 2.4). The walk
 *  is that of spec/amdvi. */
import {
  entryReader, hasWideEntries, interruptUnitOf, irte128, irte32, irteGuest, rawTables, rootsOf, rulesOf, translate,
  translationUnitOf,
} from '../../../spec/amdvi/index.ts'
import { show } from '../../../spec/iommu/layout.ts'
import type { AmdviDump } from '../../dump/dump.ts'
import { bdf } from '../numbers.ts'
import type { Doubts } from '../replay/doubts.ts'
import type { IrteSpan, Stay, TableTrail, Trail } from '../replay/trail.ts'
import { agreementOf, nothing, notComparable } from '../tables/agreement.ts'
import type { Found, Interval, Sighting, TablesReport } from '../tables/agreement.ts'
import { WatchedMemory } from '../tables/watched.ts'
import type { Forgotten } from './replay.ts'

export interface LogSide {
  readonly trail: Trail
  readonly tableTrail: TableTrail
  readonly interval: Interval | null
  readonly forgotten: Forgotten
  readonly doubts: Doubts
}

export function checkTables(dump: AmdviDump, { trail, tableTrail, interval, forgotten,
  doubts }: LogSide): TablesReport {
  const base = { path: dump.path, assumed: dump.assumed,
    between: interval && { after: interval.from, before: interval.until }, contexts: nothing }
  const refused = notComparable([trail, tableTrail], interval, 'command buffer', 'the buffer or CmdHead')
  if (refused !== null || interval === null) return { ...base, translations: nothing, irtes: nothing, refused }
  return {
    ...base, refused,
    translations: agreementOf(translationsOf(trail, interval, forgotten.devices, dump), interval, doubts),
    irtes: agreementOf(interruptsOf(tableTrail, interval, forgotten.interrupts, dump), interval, doubts),
  }
}

const hex = (value: number): string => `0x${value.toString(16)}`
/** QEMU prints of a page larger than 4 KiB where it begins, and not how large it is. */
const pageText = (domain: number, from: number, begin: number): string =>
  `domain ${domain}: ${hex(from)} in the page at ${hex(begin)}`

/** Every fill before the end of the interval. */
function translationsOf({ stays, commands }: Trail, { until }: Interval, moved: Forgotten['devices'],
  dump: AmdviDump): Sighting[] {
  const watched = new WatchedMemory(dump.memory)
  const reader = entryReader(rulesOf(dump.registers, dump.haw), hasWideEntries(dump.registers))
  const tables = rawTables(watched, rootsOf(dump.registers), reader), unit = translationUnitOf(dump.registers)
  const find = (device: number, address: number): Found => {
    watched.isMissing = false
    const result = (['read', 'write'] as const).map(access => translate(tables, unit, { device, address, access }))
      .find(({ kind }) => kind !== 'fault')
    const isMissing = watched.isMissing
    if (result === undefined || result.kind === 'fault') return { says: 'no translation', isPresent: false, isMissing }
    return { isMissing, isPresent: true, says: result.kind === 'translated'
      ? pageText(result.mapping.domain, address, result.mapping.output) : `passes through: ${hex(address)}` }
  }
  // A device whose entry was invalidated may be in another domain since.
  const mayHaveMoved = ({ sid, from }: Stay): boolean =>
    moved.some(({ line, device }) => device === sid && line > from.line && line < until)
  return stays.filter(({ from }) => from.line < until).map((stay): Sighting => ({
    line: stay.from.line, what: `${bdf(stay.sid)} page ${hex(stay.page * 4096)}`,
    log: pageText(stay.did, stay.page * 4096, stay.frame * 4096),
    isKnown: (stay.until === null || stay.until >= until) && !mayHaveMoved(stay),
    find: () => find(stay.sid, stay.page * 4096),
    isInvalidatedLater: () => commands.some(({ line, descriptor: { granularity, did } }) =>
      line >= until && (granularity === 'global' || did === stay.did)),
  }))
}

/** Of each entry the last read before the end of the interval. */
function interruptsOf({ irtes }: TableTrail, { until }: Interval, forgotten: readonly number[],
  dump: AmdviDump): Sighting[] {
  const latest = new Map<number, IrteSpan>()
  for (const span of irtes) if (span.reads[0]! < until) latest.set(span.index, span)
  const isGuestMode = interruptUnitOf(dump.registers).guestMode
  const textOf = (words: Uint32Array): string => {
    const wide = isGuestMode && (words[0]! & 0x80) !== 0 ? irteGuest : irte128
    return show(words.length === 1 ? irte32 : wide, words)
  }
  return [...latest.values()].map(({ index: address, words, reads }): Sighting => {
    const last = reads.findLast(line => line < until)!
    const covered = (after: number, before: number): boolean => forgotten.some(line => line > after && line < before)
    return {
      line: last, what: `interrupt entry at ${hex(address)}`, log: textOf(words), isKnown: !covered(last, until),
      isInvalidatedLater: () => covered(until - 1, Infinity),
      find: () => {
        const at = address % 4096 / 4
        const found = dump.memory.page(Math.floor(address / 4096))?.slice(at, at + words.length)
        return found === undefined ? { says: 'no interrupt table', isPresent: false, isMissing: true }
          : { says: textOf(found), isPresent: (found[0]! & 1) !== 0, isMissing: false }
      },
    }
  })
}
