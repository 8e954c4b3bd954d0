/** Interrupt remapping of AMD-Vi: which map and entry let which message through; the event log; layouts. */
import { describe, expect, it } from 'vitest'
import { logEvent } from '../../spec/amdvi/faults.ts'
import type { EventLog } from '../../spec/amdvi/faults.ts'
import { commandLayouts, decode, deviceTableEntry, encode, eventLayouts, irte128, layouts } from
  '../../spec/amdvi/layout/index.ts'
import { remap } from '../../spec/amdvi/remap/remap.ts'
import type { InterruptUnit } from '../../spec/amdvi/remap/remap.ts'
import type { Fetched, InterruptEntry, InterruptMap } from '../../spec/amdvi/walk/tables.ts'

const unit: InterruptUnit = { enabled: true, xt: true, guestMode: false, mostLength: 9, passesSmi: false,
  tellsAborts: false, indexFirst: true }
const map: InterruptMap = { valid: true, control: 2, table: 0x4000, length: 3, ignored: false, reserved: false,
  passes: { init: false, extInt: false, nmi: false } }
const entry: InterruptEntry = { enabled: true, suppressed: false, type: 0, logical: false, guestMode: false,
  guest: null, destination: 0x102, vector: 0x55, reserved: false }
const message = { vector: 4, type: 0, destination: 7, logical: false }

function remapped(at: { readonly unit?: Partial<InterruptUnit>; readonly map?: Partial<InterruptMap>
  readonly entry?: Partial<InterruptEntry> | 'unreadable'; readonly message?: Partial<typeof message>
  readonly index?: number } = {}) {
  const of: Fetched<InterruptEntry> = at.entry === 'unreadable' ? 'unreadable' : { ...entry, ...at.entry }
  const found = remap({ ...unit, ...at.unit }, { ...map, ...at.map },
    { unmapped: { ...message, ...at.message }, index: at.index ?? 4 }, () => of)
  if (found.kind === 'fault') return `${found.reason.cause}${found.suppressed ? ', not logged' : ''}`
  if (found.kind === 'guest') return `guest ${found.vector}`
  return found.interrupt.vector === message.vector ? 'as it is' : found.interrupt.destination
}

const long = { unit: { mostLength: 11, passesSmi: true }, map: { length: 10 } }

describe('a message', () => {
  it.each([
    ['is remapped', {}, 0x102], ['has eight bits of a destination without XT', { unit: { xt: false } }, 2],
    ['passes a unit that is off', { unit: { enabled: false }, map: { reserved: true } }, 'as it is'],
    ['passes where IV=0', { map: { valid: false, reserved: true } }, 'as it is'],
    ['meets a reserved bit', { map: { reserved: true, control: 1 } }, 'interrupt-reserved'],
    ['is forwarded by IntCtl=1', { map: { control: 1 } }, 'as it is'],
    ['is aborted by IntCtl=0', { map: { control: 0 } }, 'intctl-abort'],
    ['meets IntCtl=3', { map: { control: 3 } }, 'intctl-reserved'],
    ['meets IntCtl=3 with IG', { map: { control: 3, ignored: true } }, 'intctl-reserved'],
    ['meets a table that is too long', { map: { length: 10 } }, 'inttablen-reserved'],
    ['meets a table that is too long with IG', { map: { length: 10, ignored: true } }, 'inttablen-reserved'],
    ['is beyond the table', { index: 8 }, 'index-range'],
    ['is beyond the table with IG', { index: 8, map: { ignored: true } }, 'index-range, not logged'],
    ['meets an unreadable entry', { entry: 'unreadable' }, 'irte-unreadable'],
    ['meets an unreadable entry with IG', { entry: 'unreadable', map: { ignored: true } }, 'irte-unreadable'],
    ['meets RemapEn=0', { entry: { enabled: false, reserved: true } }, 'not-enabled'],
    ['meets RemapEn=0 with SupIOPF', { entry: { enabled: false, suppressed: true } }, 'not-enabled, not logged'],
    ['meets RemapEn=0 with IG', { entry: { enabled: false }, map: { ignored: true } }, 'not-enabled, not logged'],
    ['meets IntType 2', { entry: { type: 2 } }, 'irte-reserved'],
    ['meets guest mode, which is off', { entry: { guestMode: true } }, 'irte-reserved'],
    ['is an NMI without NMIPass', { message: { type: 4 } }, 'delivery-mode'],
    ['is an NMI with NMIPass', { message: { type: 4 }, map: { passes: { ...map.passes, nmi: true } } }, 'as it is'],
    ['is a logical NMI', { message: { type: 4, logical: true }, map: { passes: { ...map.passes, nmi: true } } },
      'delivery-mode'],
    ['has an index from 512 up', { ...long, index: 0x258, message: { type: 2 } }, 0x102],
    ['has one, and the delivery mode comes first', { ...long, index: 0x258, message: { type: 2 },
      unit: { ...long.unit, indexFirst: false } }, 'as it is'],
    ['has a delivery mode where 1024 entries are too many', { ...long, message: { type: 4 },
      unit: { mostLength: 9 } }, 'delivery-mode'],
    ['has a delivery mode where the table has 512 entries', { ...long, message: { type: 4 }, map: { length: 9 } },
      'delivery-mode'],
    // The two implementations differ.
    ['is an SMI', { message: { type: 2 } }, 'delivery-mode'],
    ['is an SMI that passes', { message: { type: 2 }, unit: { passesSmi: true }, map: { control: 0 } }, 'as it is'],
  ] as const)('%s', (_, at, expected) => { expect(remapped(at)).toBe(expected) })
})

it('a full event log drops what comes until it is restarted', () => {
  const log: EventLog = { entries: [], overflow: false }
  const event = { reason: 0x204, device: 0, address: 0, write: false }
  expect([logEvent(log, event, 1, true), logEvent(log, event, 1), logEvent(log, event, 1), logEvent(log, event, 1)])
    .toEqual(['suppressed', 'logged', 'overflowed', 'dropped'])
  expect(log).toEqual({ entries: [event], overflow: true })
})

describe('layouts', () => {
  it('have each name once', () => { expect(new Set(layouts.map(({ name }) => name)).size).toBe(layouts.length) })
  it('put the opcode and the event code into the last four bits of the second dword', () => {
    for (const [code, of] of Object.entries(commandLayouts))
      expect(encode(of, { OP: Number(code) } as never)[1]! >>> 28).toBe(Number(code))
    for (const [code, of] of Object.entries(eventLayouts))
      expect(encode(of, { CODE: Number(code) } as never)[1]! >>> 28).toBe(Number(code))
  })
  it('know a device table entry and an interrupt entry of a running Linux', () => {
    // V, TV, Mode 3, IR and IW over tables at 1000h; DomainID 5; IV, 512 entries at 2000h, remapped
    expect(decode(deviceTableEntry, [0x1603, 0x6000_0000, 5, 0, 0x2013, 0x2000_0000, 0, 0])).toMatchObject({
      V: 1, TV: 1, MODE: 3, ROOT: 1, IR: 1, IW: 1, DOMAIN: 5, IV: 1, INTTABLEN: 9, INTROOT: 0x80, INTCTL: 2 })
    expect(decode(irte128, [0x201, 0, 0x31, 0x0100_0000])).toMatchObject(
      { REMAPEN: 1, DESTL: 2, VECTOR: 0x31, DESTH: 1 })
  })
})
