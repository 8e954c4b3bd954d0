/** Requests at the register-level unit of AMD-Vi: exclusion range, guest translation, and interrupts in guest mode. */
import { describe, expect, it } from 'vitest'
import {
  encode, gcr3Entry, guestPageEntry, hostPage, hostTable, irteGuest,
} from '../../spec/amdvi/layout/index.ts'
import { post } from '../../spec/amdvi/remap/post.ts'
import { message, request } from '../../spec/amdvi/unit/requests.ts'
import { offsetOf } from '../../spec/amdvi/unit/unit.ts'
import type { Made } from '../../spec/amdvi/unit/unit.ts'
import { control, deviceTable, everything, Machine, on, set } from './amdvi-unit-support.ts'
import type { Values } from './amdvi-unit-support.ts'

describe('the exclusion range', () => {
  const at = (all: number, ex: number, address: number) => {
    const machine = new Machine({}, {})
    machine.does(set('ExclBase', 0x5000 | all << 1 | 1), set('ExclLimit', 0x6000), control(on))
    machine.device(1, { V: 1, TV: 1, IV: 1, EX: ex })
    return machine.request(1, address).kind
  }
  it('lets devices with EX, or all devices, through untranslated; both ends belong to it', () => {
    expect([at(0, 1, 0x5000), at(0, 1, 0x6fff), at(1, 0, 0x5800)])
      .toEqual(['untranslated', 'untranslated', 'untranslated'])
    expect([at(0, 0, 0x5000), at(0, 1, 0x7000), at(0, 1, 0x4fff)]).toEqual(['fault', 'fault', 'fault'])
  })
})

describe('guest translation', () => {
  /** PASID 3 of device 1 in tables at 0x600 and up; with `mode` through host tables that add 0x100000. */
  const guest = (fields: Readonly<Record<string, number>> = {}, mode = 0, config: Partial<Made> = {}) => {
    const machine = new Machine(config, { ...on, GTEn: 1 })
    machine.device(1, { V: 1, TV: 1, IR: 1, IW: 1, MODE: mode, ROOT: mode === 0 ? 0 : 0x700, DOMAIN: 4, GV: 1,
      GCR3L: 0x601 % 8, GCR3M: 0x601 >> 3, ...fields })
    const shift = mode === 0 ? 0 : 0x100
    const put = (page: number, index: number, values: Values<typeof guestPageEntry>): void =>
      machine.memory.write((page + shift) * 4096 + 8 * index, encode(guestPageEntry, { P: 1, RW: 1, US: 1, ...values }))
    for (let page = 0x601; page < 0x700; page++) machine.memory.cover(page)
    machine.memory.cover(0x702, 0x100)
    machine.memory.write(0x601 * 4096 + 8 * 3, encode(gcr3Entry, { V: 1, ADDR: 0x602 }))
    put(0x602, 0, { ADDR: 0x603 })
    put(0x603, 0, { ADDR: 0x604 })
    put(0x604, 0, { ADDR: 0x605 })
    put(0x604, 1, { PS: 1, ADDR: 0x40000 })
    put(0x604, 2, { PS: 1, ADDR: 0x40002 })
    put(0x604, 3, { PS: 1, ADDR: 0x40201 })
    for (const table of [0x602, 0x603, 0x604]) put(table, 511, { ADDR: table + 1 })
    put(0x605, 511, { ADDR: 0x683 })
    put(0x605, 5, { ADDR: 0x680, RW: 0 })
    put(0x605, 6, { ADDR: 0x681, US: 0 })
    put(0x605, 7, { ADDR: 0x682, NX: 1 })
    if (mode > 0) {
      machine.memory.write(0x700 * 4096, encode(hostTable, { PR: 1, IR: 1, IW: 1, NEXT: 1, ADDR: 0x701 }))
      for (let page = 0x600; page < 0x800; page++)
        machine.memory.write(0x701 * 4096 + 8 * (page % 512),
          encode(hostPage, { PR: 1, IR: 1, IW: page === 0x682 ? 0 : 1, ADDR: page + shift }))
      machine.memory.write(0x700 * 4096 + 8 * 3, encode(hostTable, { PR: 1, IR: 1, IW: 1, NEXT: 1, ADDR: 0x701 }))
    }
    type More = { pasid?: number; user?: boolean; execute?: boolean }
    return (address: number | bigint, access: 'read' | 'write' = 'read', more: More = { pasid: 3 }) => {
      const result = machine.request(1, address, access, more)
      if (result.kind === 'fault') return `${result.reason.cause} ${machine.logged().join()}`
      return result.kind === 'translated' ? result.address : result.kind
    }
  }
  it('walks the GCR3 table and the guest\'s own, by PASID', () => {
    const of = guest()
    expect([of(0x5010), of(0x20_0008), of(0x60_1008), of(0x5000, 'write'), of(0x9000)])
      .toEqual([0x680010, 0x4000_0008, 0x4020_1008, 'guest-permission 2', 'guest-not-present 2,2'])
  })
  it('takes every address of 64 bits as a bigint, and no number that may be rounded', () => {
    const of = guest()
    expect([of(0xffff_ffff_ffff_f234n), of(0xffff_ffff_ffff_fe00n), of(0x5010n)])
      .toEqual([0x683234, 0x683e00, 0x680010])
    for (const wrong of [Number(0xffff_ffff_ffff_f234n), 2 ** 53, 0.5, -1, 2n ** 64n, -1n])
      expect(() => of(wrong)).toThrow(RangeError)
    const machine = new Machine()
    machine.device(1, { V: 1 })
    const { effects } = request(machine.state, machine.memory,
      { device: 1, address: 0xffff_ffff_ffff_e234n, access: 'read' })
    expect(effects.flatMap(effect => effect.kind === 'event' ? effect.words.slice(2) : []))
      .toEqual([0xffff_e234, 0xffff_ffff])
  })
  it.each<[string, ReturnType<ReturnType<typeof guest>>, string]>([
    ['another PASID', guest()(0x5000, 'read', { pasid: 4 }), 'gcr3-not-valid 2'],
    ['a PASID beyond GLX', guest()(0x5000, 'read', { pasid: 512 }), 'pasid-range 2'],
    ['a user without U/S', guest()(0x6000, 'read', { pasid: 3, user: true }), 'guest-user 2'],
    ['an execution with NX', guest()(0x7000, 'read', { pasid: 3, execute: true }), 'guest-permission 2'],
    ['NX where the unit lacks it', guest({}, 0, { efr: everything & ~8n })(0x7000), 'guest-reserved 2'],
    ['an address that is not canonical', guest()(2 ** 50), 'guest-not-present 2'],
    ['a large page that is not aligned', guest()(0x40_0000), 'guest-reserved 2'],
    ['a PASID where GV is 0', guest({ GV: 0 })(0x5000), 'pasid-unexpected 8'],
    ['GLX=3', guest({ GLX: 3 })(0x5000), 'dte-reserved 1'],
    ['GuestPagingMode=2', guest({ GPM: 2 })(0x5000), 'dte-reserved 1'],
  ])('%s is refused', (_, found, expected) => { expect(found).toBe(expected) })
  it('without PASID goes through the host tables alone, or with GIoV as PASID 0', () => {
    expect(guest()(0x5000, 'read', {})).toBe('untranslated')
    expect(guest({ GIOV: 1 })(0x5000, 'read', {})).toBe('gcr3-not-valid 2')
  })
  it('is off with GTEn=0', () => {
    const machine = new Machine()
    machine.device(1, { V: 1, TV: 1, IR: 1, GV: 1, GCR3M: 0xff })
    expect(machine.request(1, 0x5000, 'read', { pasid: 3 }).kind).toBe('untranslated')
  })
  it('goes through the host tables where Mode is not 0: tables, pages and rights', () => {
    const of = guest({}, 2)
    expect([of(0x5010), of(0x7000, 'write')]).toEqual([0x780010, 'permission 2'])
  })
})

it('an interrupt of a device whose entry is nowhere is refused and logged: it does not pass', () => {
  /** The table holds 128 devices a page; only the first page is memory. */
  const of = (pages: number, fields = on) => {
    const machine = new Machine({}, fields)
    machine.does(set('DevTabBase', deviceTable | pages - 1))
    const { result, effects } = message(machine.state, machine.memory, { device: 128, address: 0xfee00000, data: 0 })
    const logged = effects.flatMap(effect => effect.kind === 'event' ? [effect.words[1]! >>> 16] : [])
    return [result.kind === 'fault' ? result.reason.cause : result.kind, ...logged]
  }
  // Code and flags: I is bit 3.
  expect(of(1)).toEqual(['interrupt-device-outside', 0x2008])
  expect(of(2)).toEqual(['interrupt-dte-unreadable', 0x3008])
  expect(of(1, { ...on, IommuEn: 0 })).toEqual(['interrupt'])
})

it('a device of a further segment of the device table has its entry there', () => {
  const of = (segment: number) => {
    const machine = new Machine({}, { ...on, DevTblSegEn: 1 })
    machine.does({ do: 'write', offset: offsetOf('DevTabSegment'), width: 8, value: segment })
    const { result } = message(machine.state, machine.memory, { device: 0x8001, address: 0xfee00000, data: 0 })
    return result.kind === 'fault' ? result.reason.cause : result.kind
  }
  expect([of(deviceTable), of(0x7000_0000)]).toEqual(['interrupt', 'interrupt-dte-unreadable'])
})

describe('guest mode of interrupts', () => {
  const posted = (fields: Values<typeof irteGuest>, GAMEn = 1) => {
    const machine = new Machine({}, { ...on, GAMEn })
    machine.device(1, { V: 1, IV: 1, INTCTL: 2, INTTABLEN: 1, INTROOT: 0x50_0000 / 64 })
    machine.memory.write(0x50_0000,
      encode(irteGuest, { REMAPEN: 1, GUESTMODE: 1, VECTOR: 0x63, BACKING: 0x800, GATAG: 0xbeef, ...fields }))
    return message(machine.state, machine.memory, { device: 1, address: 0xfee00000, data: 0 }).result
  }
  it('sets the vector in the backing page, and rings the core that runs the guest, or writes the GA log', () => {
    const result = posted({ ISRUN: 1, DESTL: 9 })
    expect(result).toMatchObject(
      { kind: 'guest', vector: 0x63, target: { running: true, core: 9, backing: 0x80_0000 } })
    const way = (fields: Parameters<typeof posted>[0]) => {
      const found = posted(fields)
      return found.kind === 'guest' ? post(1, found.vector, found.target) : null
    }
    expect(way({ ISRUN: 1, DESTL: 9 })).toMatchObject(
      { address: 0x80_0000 + 0x200 + 3 * 16, bit: 3, notifies: { kind: 'doorbell', core: 9 } })
    expect(way({ GALOGINTR: 1 })).toMatchObject({ notifies: { kind: 'ga-log', words: [0xbeef, 0x10000001] } })
    expect(way({})).toMatchObject({ notifies: { kind: 'nobody' } })
  })
  it('is refused where GAMEn is 0, or a reserved bit is set', () => {
    expect(posted({}, 0)).toMatchObject({ kind: 'fault', reason: { cause: 'irte-reserved' } })
    expect(posted({ GAPPIDIS: 1 })).toMatchObject({ kind: 'fault', reason: { cause: 'irte-reserved' } })
  })
})
