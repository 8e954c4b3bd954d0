/** The event log of the unit: a ring in memory that stops when it is full (AMD 48882 rev 3.05, 2.5). */
import { events, loggingClause, loggingOf } from '../../faults.ts'
import { decode, encode, registers } from '../../layout/index.ts'
import type { Layout } from '../../layout/index.ts'
import { pointerOf, reservedRules, ringOf, rule, send } from './state.ts'
import type { Work } from './state.ts'

const entry_bytes = 16
/** The place behind an offset, in a ring of so many bytes. */
export const after = (offset: number, bytes: number): number => (offset + entry_bytes) % bytes

/** Events that tell of an access that failed: DEV_TAB_, PAGE_TAB_ and COMMAND_HARDWARE_ERROR. */
const ofHardware: ReadonlySet<number> = new Set([events.DEV_TAB_HARDWARE_ERROR, events.PAGE_TAB_HARDWARE_ERROR,
  events.COMMAND_HARDWARE_ERROR])
/** The registers that keep an event whatever becomes of the log: the newest, and whether one before it was not read. */
function keepHardwareEvent(work: Work, words: readonly number[]): void {
  if (!ofHardware.has(words[1]! >>> 28) || !reservedRules(work.before).has('EFR.HESup')) return
  const { stored } = work.unit, { layout } = registers.HwEventStatus
  const { HEV, HEO } = decode(layout, stored.HwEventStatus)
  rule(work, 'AMD:3/hardware-event')
  stored.HwEventHi = words.slice(0, 2)
  stored.HwEventLo = words.slice(2, 4)
  stored.HwEventStatus = [...encode(layout, { HEV: 1, HEO: Number(HEV === 1 || HEO === 1) })]
}

/** @param suppressed by the device table entry or the interrupt entry. */
export function log(work: Work, words: readonly number[], suppressed = false): void {
  const { unit, effects } = work
  keepHardwareEvent(work, words)
  const { bytes, address } = ringOf(unit, 'EventLogBase')
  const next = after(unit.log.tail, bytes)
  const isOff = !unit.log.running && !unit.log.overflow
  const logging = loggingOf({ suppressed, overflow: unit.log.overflow, isFull: next === pointerOf(unit, 'EventHead') })
  if (isOff && !suppressed) { effects.push({ kind: 'event', outcome: 'off', words }); return }
  rule(work, loggingClause[logging])
  effects.push({ kind: 'event', outcome: logging, words })
  if (logging === 'overflowed') {
    unit.log.overflow = true
    unit.log.running = false
    send(work, 'event')
  }
  if (logging !== 'logged') return
  effects.push({ kind: 'write', address: address + unit.log.tail, dwords: words })
  unit.log.tail = next
  unit.status.event = true
  send(work, 'event')
}

/** The words of an event by its layout. */
export const eventWords = <N extends string>(of: Layout<N>, code: number,
  values: Readonly<Partial<Record<N, number>>>): readonly number[] =>
  [...encode(of, { ...values, CODE: code } as Partial<Record<N, number>>)]

/** Software wrote control: the log starts where EventLogEn is set, unless it has to be started again. An overflow that
 *  was cleared leaves it stopped until then. */
export function enableLog(work: Work, was: number, is: number): void {
  const { unit } = work
  if (is === 0) { unit.log.running = false; return }
  if (unit.log.overflow || unit.log.running) return
  if (was === 1 && unit.config.disputes.logRestart === 'off-and-on') return
  unit.log.running = true
}

/** RW1C bits of status that software wrote as 1. */
export function clearStatus(work: Work, cleared: { readonly EventOverflow: number; readonly EventLogInt: number
  readonly ComWaitInt: number }): void {
  const { unit } = work
  if (cleared.EventOverflow === 1) unit.log.overflow = false
  if (cleared.EventLogInt === 1) unit.status.event = false
  if (cleared.ComWaitInt === 1) unit.status.wait = false
}
