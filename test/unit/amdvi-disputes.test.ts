/** Disputed points of AMD-Vi: each answer of each switch makes the unit do something else, and nothing else does. */
import { describe, expect, it } from 'vitest'
import { disputes, usualAnswers } from '../../spec/amdvi/disputes.ts'
import type { DisputeName, Disputes } from '../../spec/amdvi/disputes.ts'
import { interruptUnitOf } from '../../spec/amdvi/capabilities.ts'
import { dwordsOf, encode, hostPage, registers } from '../../spec/amdvi/layout/index.ts'
import { message } from '../../spec/amdvi/unit/requests.ts'
import { progress } from '../../spec/amdvi/unit/unit.ts'
import { control, efr, Machine, on, set } from './amdvi-unit-support.ts'

type Answers = Partial<Disputes>
const root = 0x500
const ready = { V: 1, TV: 1, IR: 1, IW: 1 }, remapping = { IV: 1, INTCTL: 2, INTTABLEN: 5, INTROOT: 0x999 * 64 }

/** Page 1 of the device's table is mapped. */
function dma(disputes: Answers, fields: Parameters<Machine['device']>[1], address = 0x1000): unknown {
  const machine = new Machine({ disputes })
  machine.memory.cover(root)
  machine.memory.write(root * 4096 + 8, encode(hostPage, { PR: 1, IR: 1, ADDR: 9 }))
  machine.device(1, fields)
  const result = machine.request(1, address)
  return result.kind === 'fault' ? machine.logged() : result.kind
}
/** The codes of events, or what becomes of the message. */
function interrupt(disputes: Answers, fields: Parameters<Machine['device']>[1], data: number,
  machine = new Machine({ disputes })): unknown {
  machine.device(1, fields)
  const { result, effects } = message(machine.state, machine.memory, { device: 1, address: 0xfee00000, data })
  return result.kind === 'fault' ? effects.flatMap(effect => effect.kind === 'event' ? effect.words[1]! >>> 28 : [])
    : result.kind
}

/** What the unit does, by the answers that it goes by. */
const asked: Readonly<Record<DisputeName, (answers: Answers) => unknown>> = {
  ioCtl: answers => dma(answers, { ...ready, MODE: 0, IOCTL: 3 }),
  noTranslation: answers => dma(answers, { V: 1 }),
  outsideTable: answers => {
    const machine = new Machine({ disputes: answers })
    machine.request(0x1000, 0)
    return machine.logged()
  },
  blockedExclusion: answers => {
    const machine = new Machine({ disputes: answers }, { ...on, IommuEn: 0 })
    machine.does(set('ExclBase', 0x1001), set('ExclLimit', 0x1000), control(on))
    machine.device(1, { V: 1, EX: 1 })
    return machine.request(1, 0x1000).kind
  },
  reservedMode: answers => dma(answers, { ...ready, MODE: 7 }),
  aboveMode: answers => dma(answers, { ...ready, MODE: 1, ROOT: root }, 2 ** 40 + 0x1000),
  pasidWhileOff: answers => {
    const machine = new Machine({ disputes: answers })
    machine.device(1, { ...ready, MODE: 0 })
    const { kind } = machine.request(1, 0x1000, 'read', { pasid: 5 })
    return kind === 'fault' ? machine.logged() : kind
  },
  firstFault: answers => {
    const machine = new Machine({ disputes: answers })
    machine.device(1, { V: 1, SE: 1 })
    machine.request(1, 0)
    machine.put(2, { DEVICE: 1 })
    machine.go()
    machine.request(1, 0)
    return machine.logged()
  },
  smi: answers => interrupt(answers, remapping, 2 << 8),
  abortedInterrupt: answers => interrupt(answers, { ...remapping, INTCTL: 0 }, 3),
  unreadableInterruptEntry: answers => interrupt(answers, remapping, 3),
  longIndex: answers => interrupt(answers, { ...remapping, INTTABLEN: 11 }, 0x205,
    new Machine({ disputes: answers, efr2: 1n << 8n }, { ...on, NumIntRemapMode: 1 })),
  logRestart: answers => {
    const machine = new Machine({ disputes: answers })
    for (let i = 0; i < 256; i++) machine.request(0x1000, 0)
    machine.does(set('IommuStatus', 1), control(on))
    return machine.status().EventLogRun
  },
  commandOrder: answers => {
    const machine = new Machine({ disputes: answers })
    for (const code of [2, 2] as const) machine.put(code)
    machine.does(set('CmdTail', 32), { do: 'advance', choice: 0 }, { do: 'advance', choice: 1 })
    return progress(machine.state).length
  },
  commandsWhileOff: answers => {
    const machine = new Machine({ disputes: answers }, { ...on, IommuEn: 0 })
    machine.put(2)
    machine.go()
    return Number(machine.value('CmdHead'))
  },
  illegalCommand: answers => {
    const machine = new Machine({ disputes: answers })
    machine.put(2, {}, [0, 1])
    machine.go()
    return Number(machine.value('CmdHead'))
  },
  iotlbPasid: answers => {
    const machine = new Machine({ disputes: answers })
    machine.put(4, { GN: 1 }, [0x00ab_0000, 0x0123_0000])
    return machine.go().flatMap(effect => effect.kind === 'invalidate-device-tlb' ? [effect.pasid!.toString(16)] : [])
  },
  pprTag: answers => {
    const machine = new Machine({ disputes: answers, efr: efr({ PPRSup: 1 }) })
    machine.put(7, {}, [0, 0, 0, 0x200])
    machine.go()
    return machine.logged()
  },
}
const expected: { readonly [N in DisputeName]: Readonly<Record<Disputes[N], unknown>> } = {
  ioCtl: { all: [1], 'port-io': 'untranslated' },
  noTranslation: { 'page-fault': [2], none: [] },
  outsideTable: { 'page-fault': [2], none: [] },
  blockedExclusion: { closed: 'fault', open: 'untranslated' },
  reservedMode: { 'illegal-entry': [1], 'page-fault': [2] },
  aboveMode: { refused: [2], ignored: 'translated' },
  pasidWhileOff: { host: 'untranslated', refused: [8] },
  firstFault: { 'until-invalidated': [2, 2], 'for-ever': [2] },
  smi: { refused: [], passes: 'interrupt' },
  abortedInterrupt: { none: [], 'page-fault': [2] },
  unreadableInterruptEntry: { 'device-table': [3], 'page-table': [4], none: [] },
  longIndex: { index: [3], 'delivery-mode': 'interrupt' },
  logRestart: { 'off-and-on': 0, on: 1 },
  commandOrder: { 'one-by-one': 1, any: 2 },
  commandsWhileOff: { executed: 16, held: 0 },
  illegalCommand: { behind: 16, at: 0 },
  iotlbPasid: { 'low-first': ['123ab'], 'high-first': ['1ab23'] },
  pprTag: { tag: [], 'tag-and-status': [5] },
}

describe.each(Object.keys(disputes) as readonly DisputeName[])('%s', name => {
  const choices = Object.keys(disputes[name].choices)
  it.each(choices)('%s', choice => {
    expect(asked[name]({ [name]: choice } as Answers)).toEqual(expected[name][choice as never])
  })
  it('each answer makes a difference, and one is the usual', () => {
    const all = Object.values(expected[name]).map(outcome => JSON.stringify(outcome))
    expect(new Set(all).size).toBe(choices.length)
    expect(asked[name]({})).toEqual(expected[name][usualAnswers[name] as never])
  })
})

it('another answer counts from the next request on', () => {
  const machine = new Machine()
  machine.device(1, remapping)
  const at = { device: 1, address: 0xfee00000, data: 2 << 8 }, { state } = machine
  const other = { ...state, config: { ...state.config, disputes: { ...usualAnswers, smi: 'refused' } as const } }
  expect([state, other, state].map(one => message(one, machine.memory, at).result.kind))
    .toEqual(['interrupt', 'fault', 'interrupt'])
})

it('Control 44:43 count unless EFR2 says that tables have 512 entries at most', () => {
  const most = (supported: number | null) => interruptUnitOf({
    IommuControl: encode(registers.IommuControl.layout, { NumIntRemapMode: 1 }), ExtFeature: dwordsOf(0n),
    ...supported === null ? {}
      : { ExtFeature2: encode(registers.ExtFeature2.layout, { NumIntRemapSup: supported }) } }).mostLength
  expect([most(0), most(1), most(null)]).toEqual([9, 11, 11])
})
