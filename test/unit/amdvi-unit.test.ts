/** The register-level unit of AMD-Vi: command buffer, event log and registers, each rule by what it does. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, eventLayouts } from '../../spec/amdvi/layout/index.ts'
import type { CommandCode } from '../../spec/amdvi/layout/index.ts'
import { illegal } from '../../spec/amdvi/unit/program.ts'
import type { Op } from '../../spec/amdvi/unit/program.ts'
import { message } from '../../spec/amdvi/unit/requests.ts'
import { offsetOf, progress, quiesce, read, write } from '../../spec/amdvi/unit/unit.ts'
import type { Effect } from '../../spec/amdvi/unit/unit.ts'
import { commands, control, efr, events, everything, Machine, on, ring_bytes, set } from './amdvi-unit-support.ts'

const kinds = (effects: readonly Effect[]): string[] => effects.map(({ kind }) => kind).filter(kind => kind !== 'rule')

describe('commands', () => {
  it('are fetched from head to tail, round the ring, and each says what it removes', () => {
    const machine = new Machine()
    machine.put(2, { DEVICE: 0x18 })
    machine.put(3, { DOMAIN: 5, S: 1, PDE: 1, ADDR: 0x7_ffff_ffff_ffff })
    machine.put(3, { DOMAIN: 5, S: 1, ADDR: 0x1003 })
    machine.put(3, { DOMAIN: 5, GN: 1, PASID: 0x12345, ADDR: 7 })
    machine.put(5, { DEVICE: 0x20 })
    machine.put(8)
    expect(machine.go().flatMap(effect => effect.kind === 'invalidate' ? [effect.command] : [])).toEqual([
      { type: 'devtab', device: 0x18 }, { type: 'pages', domain: 5, page: 0, pages: Infinity, directories: true },
      { type: 'pages', domain: 5, page: 0x1000, pages: 8, directories: false },
      { type: 'pages', domain: 5, page: 7, pages: 1, directories: false, pasid: 0x12345 },
      { type: 'interrupts', device: 0x20 },
      { type: 'all' },
    ])
    for (let i = 0; i < 300; i++) { machine.put(2, { DEVICE: i % 9 }); if (i % 100 === 99) machine.go() }
    machine.go()
    expect(Number(machine.value('CmdHead'))).toBe((6 + 300) * 16 % ring_bytes)
    expect(machine.effects.filter(({ kind }) => kind === 'invalidate')).toHaveLength(306)
  })
  it('COMPLETION_WAIT stores its data, then sets ComWaitInt and interrupts, each if asked', () => {
    const machine = new Machine()
    machine.put(1, { S: 1, I: 1, STOREL: 0x5008 / 8, STOREH: 1, DATAL: 7, DATAH: 9 })
    expect(kinds(machine.go())).toEqual(['write', 'wait-completed', 'message'])
    expect(machine.effects.find(({ kind }) => kind === 'write'))
      .toEqual({ kind: 'write', address: 0x1_0000_5008, dwords: [7, 9] })
    expect(machine.status().ComWaitInt).toBe(1)
    machine.does(set('IommuStatus', 4))
    expect(machine.status().ComWaitInt).toBe(0)
    machine.put(1, { S: 1, DATAL: 8 })
    expect([kinds(machine.go()), machine.status().ComWaitInt]).toEqual([['write', 'wait-completed'], 0])
    const quiet = new Machine({}, { ...on, ComWaitIntEn: 0 })
    quiet.put(1, { I: 1 })
    expect([kinds(quiet.go()), quiet.status().ComWaitInt]).toEqual([['wait-completed'], 1])
  })
  it.each<[string, (machine: Machine) => void]>([
    ['a code that is none', m => m.put(1, {}, [0, 0xb0000000])],
    ['a reserved bit, as one that is left over', m => m.put(5, {}, [0x10000])],
    ['INVALIDATE_IOMMU_ALL without IASup', m => m.put(8)],
    ['PREFETCH_IOMMU_PAGES without PrefSup', m => m.put(6)],
  ])('%s stops the unit with an event, until CmdBufEn is off and on', (_, put) => {
    const machine = new Machine({ efr: 0n })
    put(machine)
    machine.put(2, { DEVICE: 1 })
    machine.go()
    expect([machine.logged(), machine.status().CmdBufRun, machine.value('CmdHead')]).toEqual([[5], 0, 16n])
    machine.does(control(on), { do: 'settle' })
    expect(machine.status().CmdBufRun).toBe(0)
    machine.does(control({ ...on, CmdBufEn: 0 }), set('CmdHead', 16), control(on), { do: 'settle' })
    expect([machine.value('CmdHead'), machine.status().CmdBufRun]).toEqual([32n, 1])
  })
  it('a buffer that cannot be read stops it too; the address is in the event', () => {
    const machine = new Machine()
    machine.memory.drop(commands / 4096)
    machine.does(set('CmdTail', 16), { do: 'settle' })
    expect([machine.logged(), machine.status().CmdBufRun]).toEqual([[6], 0])
    expect(machine.memory.dword(events + 8)).toBe(commands)
  })
  it('a device TLB is told, or runs into the time-out that control allows', () => {
    const machine = new Machine({}, { ...on, InvTimeOut: 4 })
    machine.put(4, { DEVICE: 0x33 })
    machine.put(1)
    machine.does(set('CmdTail', 32), { do: 'advance', choice: 0 })
    expect(progress(machine.state).map(({ kind }) => kind)).toEqual(['complete', 'fetch', 'device-time-out'])
    machine.does({ do: 'advance', choice: 2 }, { do: 'settle' })
    expect([machine.logged(), machine.memory.dword(events)! & 0xffff]).toEqual([[7], 0x33])
    machine.put(4, { DEVICE: 0x33 })
    expect(machine.go()).toContainEqual(
      { kind: 'invalidate-device-tlb', device: 0x33, page: 0, pages: 1, pasid: null })
    expect(progress(new Machine().state)).toEqual([])
  })
  it('before IommuEn is set, as a unit is set up; QEMU does not', () => {
    for (const [commandsWhileOff, head] of [['executed', 16n], ['held', 0n]] as const) {
      const machine = new Machine({ disputes: { commandsWhileOff } }, { ...on, IommuEn: 0 })
      machine.put(8)
      machine.go()
      expect(machine.value('CmdHead')).toBe(head)
    }
  })
  it('end in any order on a unit that is not ordered, but a wait ends last and a fence holds back what follows', () => {
    const step = fc.constantFrom<readonly [CommandCode, Readonly<Record<string, number>>]>(
      [2, { DEVICE: 1 }], [3, { DOMAIN: 2 }], [1, { S: 1 }], [1, { F: 1 }], [5, { DEVICE: 3 }])
    const some = fc.array(step, { minLength: 1, maxLength: 8 })
    fc.assert(fc.property(some, fc.array(fc.nat(), { maxLength: 60 }), fc.boolean(),
      (put, choices, ordered) => {
        const machine = new Machine({ disputes: { commandOrder: ordered ? 'one-by-one' : 'any' } })
        for (const [code, fields] of put) machine.put(code, fields)
        machine.does(set('CmdTail', put.length * 16))
        const ended: number[] = []
        for (const choice of [...choices, ...Array(40).fill(0) as number[]]) {
          const before = machine.state.commands.outstanding.map(({ offset }) => offset)
          machine.does({ do: 'advance', choice })
          const left = machine.state.commands.outstanding.map(({ offset }) => offset)
          ended.push(...before.filter(offset => !left.includes(offset)))
        }
        expect(ended.toSorted((a, b) => a - b)).toEqual(put.map((_, i) => i * 16))
        if (ordered) expect(ended).toEqual(ended.toSorted((a, b) => a - b))
        put.forEach(([code, fields], i) => {
          const at = ended.indexOf(i * 16)
          if (code === 1) expect(ended.slice(0, at).filter(offset => offset < i * 16)).toHaveLength(i)
          if (fields.F === 1) expect(ended.slice(0, at).filter(offset => offset > i * 16)).toEqual([])
        })
      }), { seed: 3, numRuns: 60 })
  })
})

describe('the event log', () => {
  const blocked = { V: 1, IV: 1 }
  it('holds an entry less than its ring, then stops: EventOverflow, and an interrupt', () => {
    const machine = new Machine()
    machine.device(1, blocked)
    for (let i = 0; i < 254; i++) machine.request(1, 0x1000)
    expect([machine.status().EventOverflow, machine.logged().length]).toEqual([0, 254])
    for (let i = 0; i < 3; i++) machine.request(1, 0x1000)
    expect([machine.status().EventOverflow, machine.status().EventLogRun, machine.logged().length]).toEqual([1, 0, 255])
    expect(machine.effects.flatMap(effect => effect.kind === 'event' ? [effect.outcome] : []).slice(-3))
      .toEqual(['logged', 'overflowed', 'dropped'])
  })
  it('starts again where the overflow is cleared and EventLogEn is written off and on; or on alone', () => {
    for (const logRestart of ['off-and-on', 'on'] as const) {
      const machine = new Machine({ disputes: { logRestart } })
      machine.device(1, blocked)
      for (let i = 0; i < 256; i++) machine.request(1, 0x1000)
      machine.does(set('EventHead', machine.value('EventTail')), control(on))
      expect(machine.status().EventLogRun).toBe(0)
      machine.does(set('IommuStatus', 1), control(on))
      expect(machine.status().EventLogRun).toBe(logRestart === 'on' ? 1 : 0)
      machine.does(control({ ...on, EventLogEn: 0 }), control(on))
      machine.request(1, 0x1000)
      expect([machine.status().EventLogRun, machine.logged()]).toEqual([1, [2]])
    }
  })
  it('wraps, and never reaches its head', () => {
    const machine = new Machine()
    machine.device(1, blocked)
    for (let i = 0; i < 600; i++) {
      machine.request(1, 0x1000)
      if (i % 3 === 0) machine.does(set('EventHead', machine.value('EventTail')))
    }
    expect([machine.status().EventOverflow, machine.value('EventTail')]).toEqual([0, BigInt(600 * 16 % ring_bytes)])
  })
  it('tells a refusal by its layout', () => {
    const machine = new Machine()
    machine.device(1, { V: 1, TV: 1, IR: 1, MODE: 1, ROOT: 0x500, DOMAIN: 0x77 })
    machine.memory.cover(0x500)
    machine.request(1, 0x1_2345)
    machine.request(1, 0x3000, 'write')
    const words = (at: number) => [0, 4, 8, 12].map(i => machine.memory.dword(events + at + i)!)
    expect(decode(eventLayouts[2], words(0))).toMatchObject(
      { CODE: 2, DEVICE: 1, DOMAIN: 0x77, PR: 0, RW: 0, PE: 0, RZ: 0, I: 0, ADDRL: 0x1_2345 })
    expect(decode(eventLayouts[2], words(16))).toMatchObject({ PR: 1, PE: 1, RW: 1, ADDRL: 0x3000 })
  })
  it('SA and SE of the device suppress it: all, or all but the first until the entry is invalidated', () => {
    const machine = new Machine()
    machine.device(1, { ...blocked, SA: 1 })
    machine.device(2, { ...blocked, SE: 1 })
    for (const device of [1, 2, 2, 2]) machine.request(device, 0x1000)
    expect(machine.logged()).toEqual([2])
    machine.put(2, { DEVICE: 2 })
    machine.go()
    machine.request(2, 0x1000)
    expect(machine.logged()).toEqual([2, 2])
  })
  it('is off with EventLogEn=0, and refusals without an event leave none', () => {
    const off = new Machine({}, { ...on, EventLogEn: 0 })
    off.device(1, blocked)
    off.request(1, 0)
    const machine = new Machine()
    machine.device(1, { V: 1, IV: 1, INTCTL: 0 })
    const { result } = message(machine.state, machine.memory, { device: 1, address: 0xfee00000, data: 3 })
    expect([off.logged(), result.kind, machine.logged()]).toEqual([[], 'fault', []])
  })
})

describe('registers', () => {
  it('what software must not do is told, each with what the unit makes of it', () => {
    const { state, memory } = new Machine()
    const told = (...ops: readonly Op[]) => illegal(state, memory, ops).map(({ what }) => what)
    expect(told({ do: 'read', offset: 2, width: 4 })).toEqual(['misaligned-access'])
    expect(told({ do: 'write', offset: 0x3000, width: 4, value: 1 })).toEqual(['no-register'])
    expect(told(set('ExtFeature', 1))).toEqual(['read-only-register', 'read-only-register'])
    expect(told(set('DevTabBase', 0x200n))).toEqual(['reserved-bit', 'table-moved', 'table-moved'])
    expect(told(set('CmdTail', 0x1000))).toEqual(['pointer-outside'])
    expect(told(set('CmdHead', 0x10))).toEqual(['pointer-of-hardware', 'pointer-of-hardware'])
    expect(told(set('EventLogBase', 0x40_0000n))).toEqual(['base-moved', 'base-moved'])
    expect(told(control({ ...on, IommuEn: 0 }), set('ExclBase', 1), control(on))).toEqual([])
  })
  it('the range with all bits set is undefined: it is told, and nothing is removed', () => {
    const machine = new Machine(), all = { S: 1, ADDR: 2 ** 52 - 1 }
    machine.put(3, all)
    machine.put(4, all)
    machine.put(3, { ...all, ADDR: 0x7_ffff_ffff_ffff })
    expect(machine.go().filter(({ kind }) => kind !== 'rule')).toMatchObject([
      { kind: 'illegal', what: 'undefined-range', because: 'the command at 0x0' },
      { kind: 'illegal', what: 'undefined-range', because: 'the command at 0x10' },
      { kind: 'invalidate', command: { pages: Infinity } }])
  })
  it('read as what was written, halves alone too', () => {
    const machine = new Machine()
    machine.does({ do: 'write', offset: offsetOf('ExclLimit') + 4, width: 4, value: 0xfffff })
    expect(machine.value('ExclLimit')).toBe(0xfffff_0000_0000n)
    expect(machine.value('ExtFeature')).toBe(everything)
    const { value } = read(write(machine.state, offsetOf('ExclBase'), 8, 0x5003n).state, offsetOf('ExclBase'), 8)
    expect(value).toBe(0x5003n)
  })
  it('without a function here hold what is written, and say that nothing comes of it', () => {
    const machine = new Machine()
    const left = (...ops: readonly Op[]) => machine.does(...ops)
      .flatMap(effect => effect.kind === 'unmodelled' ? [effect.what] : [])
    const filter = { do: 'write', offset: offsetOf('SmiFilter', 9), width: 8, value: 0x1_0018 } as const
    expect(left(filter, { ...filter, offset: offsetOf('MsiAddrLow'), width: 4, value: 0xfee00000 }))
      .toEqual(['SmiFilter', 'SmiFilter', 'MsiAddrLow'])
    expect([8, 9].map(i => read(machine.state, offsetOf('SmiFilter', i), 8).value)).toEqual([0n, 0x1_0018n])
    expect(read(machine.state, offsetOf('MsiCapHeader'), 8).value).toBe(0xfee00000n << 32n)
    expect(left(control({ ...on, PprLogEn: 1, PrivAbrtEn: 1 }))).toEqual(['IommuControl.PprLogEn',
      'IommuControl.PrivAbrtEn'])
    expect(left(control({ ...on, PprLogEn: 1 }))).toEqual([])
    expect(illegal(machine.state, machine.memory, [set('vIommuStatus', 1)]).map(({ what }) => what))
      .toEqual(['read-only-register', 'read-only-register'])
  })
  it('of hardware errors keep the newest, and tell that one was lost, where the unit has them', () => {
    const broken = (config: { efr?: bigint }) => {
      const machine = new Machine(config)
      machine.device(1, { V: 1, TV: 1, IR: 1, MODE: 1, ROOT: 0x999 })
      machine.request(1, 0)
      return machine
    }
    const machine = broken({ efr: efr({ HESup: 1 }) })
    expect(machine.value('HwEventStatus')).toBe(1n)
    machine.memory.drop(commands / 4096)
    machine.does(set('CmdTail', 16), { do: 'settle' })
    expect([machine.value('HwEventStatus'), machine.value('HwEventHi') >> 60n, machine.value('HwEventLo')])
      .toEqual([3n, 6n, BigInt(commands)])
    machine.does(set('HwEventStatus', 2))
    expect(machine.value('HwEventStatus')).toBe(1n)
    machine.does(set('HwEventStatus', 1))
    expect([machine.value('HwEventStatus'), broken({}).value('HwEventStatus')]).toEqual([0n, 0n])
  })
  it('a quiet unit does nothing', () => {
    const { state, memory } = new Machine()
    expect(quiesce(state, memory)).toEqual({ state, effects: [] })
  })
})
