/** Requests at the register-level unit: walks and remapping by the latched registers, fault records and fault
 *  events. */
import { describe, expect, it } from 'vitest'
import {
  contextEntry, dwordsOf, encode, remappedIrte, rootEntry, secondStageLeaf,
} from '../../spec/vtd/layout/index.ts'
import { message, record, recordOfInterrupt, request } from '../../spec/vtd/unit/requests.ts'
import type { DmaRequest } from '../../spec/vtd/walk/walk.ts'
import { Driver, IRE, SIRTP, SRTP, TE, rulesOf, told } from './unit-support.ts'

const dma = (more: Partial<DmaRequest> = {}): DmaRequest => ({ sid: 0x18, type: 'untranslated', access: 'write',
  address: 0x10000, dword: false, pasid: null, privileged: false, execute: false, ...more })
function ask(unit: Driver, more: Partial<DmaRequest> = {}) {
  const outcome = request(unit.state, unit.memory, dma(more))
  unit.take(outcome)
  return outcome.result
}
/** Root at 1000h, context of device 3, three levels; page 10h is writable, page 11h is not. */
function translating(made: ConstructorParameters<typeof Driver>[0] = {}): Driver {
  const unit = new Driver(made)
  const leaf = (address: number, W: number) => encode(secondStageLeaf[1], { R: 1, W, ADDR: address / 4096 })
  unit.memory.write(0x1000, encode(rootEntry, { P: 1, CTP: 2 }))
  unit.memory.write(0x2180, encode(contextEntry, { P: 1, SSPTPTR: 3, AW: 1, DID: 5 }))
  unit.memory.write(0x3000, dwordsOf(0x4003n))
  unit.memory.write(0x4000, dwordsOf(0x5003n))
  unit.memory.write(0x5080, leaf(0x9000, 1))
  unit.memory.write(0x5088, leaf(0xa000, 0))
  unit.memory.write(0x6010, encode(remappedIrte, { P: 1, V: 0x55, DST: 7, SVT: 1, SID: 0x18 }))
  unit.write('RTADDR', 0x1000n)
  unit.write('IRTA', 0x6803n)
  for (const command of [SRTP, TE, TE | SIRTP, TE | IRE]) unit.command(command)
  unit.effects()
  return unit
}
const events = (unit: Driver): void => {
  unit.write('FEDATA', 0x31)
  unit.write('FEADDR', 0xfee00000)
  unit.write('FECTL', 0)
}

describe('a DMA', () => {
  it('goes by the latched root table once TES is set', () => {
    const unit = translating()
    expect([ask(unit), ask(unit, { address: 0x11abc, access: 'read' })])
      .toMatchObject([{ kind: 'translated', page: 0x9000 }, { kind: 'translated', page: 0xa000 }])
    unit.write('RTADDR', 0x7000n)
    expect(ask(unit)).toMatchObject({ kind: 'translated' })
    unit.command(IRE | TE | SRTP)
    expect(ask(unit)).toMatchObject({ kind: 'fault', reason: 8 })
    unit.command(IRE)
    expect(ask(unit)).toMatchObject({ kind: 'bypass' })
  })
  it('that is blocked is recorded with its page, source and kind', () => {
    const unit = translating()
    ask(unit, { address: 0x11abc })
    expect(unit.read('FRCD'))
      .toEqual(expect.objectContaining({ F: 1, FR: 5, SID: 0x18, FI: 0x11, T1: 0, T2: 0, AT: 0, PP: 0 }))
    expect(unit.read('FSTS')).toMatchObject({ PPF: 1, FRI: 0, PFO: 0 })
    unit.write('FRCD', 0x8000_0000, 3)
    expect([unit.read('FRCD')['F'], unit.read('FSTS')['PPF']]).toEqual([0, 0])
    ask(unit, { address: 0x12000, access: 'read', type: 'translated' })
    expect(unit.read('FRCD')).toMatchObject({ F: 1, FR: 0xd, T1: 1, AT: 2 })
    expect(unit.illegal()).toEqual([])
  })
  it('tells an AtomicOp by T2 only where the unit has it', () => {
    const seconds = [false, true].map(secondTypeBit => {
      const unit = translating({ config: { secondTypeBit } })
      ask(unit, { address: 0x11000, access: 'atomic' })
      return unit.read('FRCD')
    })
    expect(seconds).toMatchObject([{ T1: 1, T2: 0 }, { T1: 1, T2: 1 }])
  })
  it('with a PASID is told by its record', () => {
    const unit = translating()
    expect(ask(unit, { pasid: 0x12345, privileged: true })).toMatchObject({ kind: 'fault', reason: 0x31 })
    expect(unit.read('FRCD')).toMatchObject({ F: 1, FR: 0x31, PP: 1, PV: 0x12345, PRIV: 1, EXE: 0 })
  })
  it('into protected memory is blocked and not recorded, translated or not', () => {
    const unit = translating({ cap: 0x20n, config: { protectedAlignment: 12 } })
    unit.write('PLMBASE', 0x9000)
    unit.write('PLMLIMIT', 0x9000)
    unit.write('PMEN', TE)
    unit.settle()
    expect([ask(unit), ask(unit, { access: 'read', address: 0x11000 })])
      .toMatchObject([{ kind: 'protected' }, { kind: 'translated' }])
    unit.command(IRE)
    expect([ask(unit, { address: 0x9fff }), ask(unit, { address: 0xa000 })])
      .toMatchObject([{ kind: 'protected' }, { kind: 'bypass' }])
    expect(unit.read('FSTS')['PPF']).toBe(0)
  })
})

describe('an interrupt', () => {
  const send = (unit: Driver, sid: number, address: number, data = 0) => {
    const outcome = message(unit.state, unit.memory, { sid, address, data })
    unit.take(outcome)
    return outcome.result
  }
  it('goes by the latched table; one that is blocked is recorded with its index', () => {
    const unit = translating({ shape: { faultRecords: 4 } })
    expect(send(unit, 0x18, 0xfee00030)).toMatchObject({ kind: 'interrupt', interrupt: { vector: 0x55, dst: 7 } })
    expect(send(unit, 0x19, 0xfee00030)).toMatchObject({ kind: 'fault', reason: 0x26 })
    expect(unit.read('FRCD')).toMatchObject({ F: 1, FR: 0x26, SID: 0x19, FI: 1 * 2 ** 36 })
    expect(send(unit, 0x18, 0xfee00018, 0x10000)).toMatchObject({ kind: 'fault', reason: 0x20 })
    expect(unit.read('FRCD', 1)).toMatchObject({ F: 1, FR: 0x20, FI: 0 })
    expect(() => send(unit, 0x18, 0xfed00000)).toThrow('no address of an interrupt')
    unit.command(TE)
    expect(send(unit, 0x18, 0xfee00030)).toMatchObject({ kind: 'interrupt', interrupt: { vector: 0 } })
  })
})

describe('fault records', () => {
  it('go round, overflow, and start at 0 when TES and IRES are 0', () => {
    const unit = translating({ shape: { faultRecords: 2 } })
    for (let sid = 1; sid <= 3; sid++) ask(unit, { sid })
    expect(unit.read('FSTS')).toMatchObject({ PPF: 1, FRI: 0, PFO: 1 })
    unit.write('FRCD', 0x8000_0000, 3, 0)
    unit.write('FSTS', 1)
    ask(unit, { sid: 4 })
    expect([0, 1].map(n => unit.read('FRCD', n)['SID'])).toEqual([4, 2])
    for (const n of [0, 1]) unit.write('FRCD', 0x8000_0000, 3, n)
    for (const command of [IRE, 0]) unit.command(command)
    expect(rulesOf(unit.effects())).toContain('VTD:7.2/index-reset')
    unit.take(record(unit.state, recordOfInterrupt(9, 0, 0x2b), false))
    expect(unit.read('FRCD', 0)).toMatchObject({ F: 1, SID: 9 })
  })
  it('are compressed where the unit does', () => {
    const unit = translating({ shape: { faultRecords: 2 }, config: { compress: true } })
    for (let i = 0; i < 2; i++) ask(unit, { sid: 1 })
    expect(told(unit.effects())).toEqual(['fault recorded', 'fault compressed'])
  })
  it('are only cleared through their highest dword', () => {
    const unit = translating()
    ask(unit, { sid: 1 })
    for (const dword of [0, 1, 2]) unit.write('FRCD', 0, dword)
    unit.write('FRCD', 0x4000_0000, 3)
    expect([unit.read('FRCD')['F'], unit.illegal()]).toEqual([1, []])
  })
})

describe('the fault event', () => {
  it('comes with the first pending fault, to where its registers point', () => {
    const unit = translating({ shape: { faultRecords: 4 } })
    events(unit)
    unit.write('FEUADDR', 0x100)
    for (const sid of [1, 2]) ask(unit, { sid })
    expect(unit.steps).toEqual([{ kind: 'message', index: 0 }])
    unit.settle()
    expect(unit.effects().filter(({ kind }) => kind === 'message'))
      .toEqual([{ kind: 'message', message: { of: 'fault', data: 0x31, address: 0xfee00000, upperAddress: 0x100 } }])
  })
  it('is held back by IM after reset, sent when IM is cleared', () => {
    const unit = translating()
    ask(unit, { sid: 1 })
    expect([unit.read('FECTL'), unit.steps, rulesOf(unit.effects())])
      .toEqual([expect.objectContaining({ IM: 1, IP: 1 }), [], expect.arrayContaining(['VTD:7.3/event-mask'])])
    events(unit)
    unit.settle()
    expect([unit.read('FECTL')['IP'], told(unit.effects())]).toEqual([0, ['fault message 0x31 to 0xfee00000']])
  })
  it('held back is forgotten with the last status bit', () => {
    const unit = translating()
    ask(unit, { sid: 1 })
    unit.effects()
    unit.write('FRCD', 0x8000_0000, 3)
    expect(rulesOf(unit.effects())).toEqual(['VTD:7.3/event-mask'])
    events(unit)
    expect(unit.steps).toEqual([])
  })
  it('does not come again while any status bit stands', () => {
    const unit = translating()
    events(unit)
    for (const sid of [1, 2]) ask(unit, { sid })
    unit.write('FRCD', 0x8000_0000, 3)
    unit.settle()
    unit.effects()
    ask(unit, { sid: 3 })
    expect([unit.read('FSTS')['PFO'], unit.steps]).toEqual([1, []])
    unit.write('FSTS', 1)
    ask(unit, { sid: 4 })
    unit.settle()
    expect(told(unit.effects())).toEqual(['fault dropped', 'fault recorded', 'fault message 0x31 to 0xfee00000'])
  })
  it('on its way arrives before a read of FSTS or FECTL is answered', () => {
    for (const name of ['FSTS', 'FECTL', 'GSTS'] as const) {
      const unit = translating()
      events(unit)
      ask(unit, { sid: 1 })
      unit.effects()
      unit.read(name)
      expect(told(unit.effects())).toEqual(name === 'GSTS' ? [] : ['fault message 0x31 to 0xfee00000'])
      expect(unit.steps.length).toBe(name === 'GSTS' ? 1 : 0)
    }
  })
})
