/** Any register program on the register-level unit: what holds after every step, and a wrong unit that each of these
 *  invariants notices. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeDescriptor } from '../../spec/vtd/layout/read-descriptors.ts'
import { anything, registers } from '../../spec/vtd/layout/index.ts'
import type { RegisterName } from '../../spec/vtd/layout/index.ts'
import { record, recordOfInterrupt } from '../../spec/vtd/unit/requests.ts'
import { advance, offsetOf, progress, read, write } from '../../spec/vtd/unit/unit.ts'
import type { Outcome, Progress, UnitState } from '../../spec/vtd/unit/unit.ts'
import {
  CFI, contextGlobal, deviceTlb, Driver, iecGlobal, IRE, iotlbGlobal, iotlbPage, QIE, queueAt, SIRTP, SRTP, TE,
  wait, WBF,
} from './unit-support.ts'
import type { Words } from './unit-support.ts'
import { mutants } from './vtd-unit-wrong.ts'
import type { Hardware } from './vtd-unit-wrong.ts'

const right: Hardware = { read, write, progress, advance, record }

/** What is done: a write, descriptors at the tail, a fault of a source, a step of hardware. */
type Deed =
  | {
    readonly do: 'write'
    readonly name: RegisterName
    readonly dword: number
    readonly value: number
    readonly record: number
  }
  | { readonly do: 'submit'; readonly descriptors: readonly Words[] }
  | { readonly do: 'fault'; readonly sid: number }
  | { readonly do: 'advance'; readonly choice: number }

/** One change, as the invariants see it. `step`: hardware's own. */
interface Seen {
  readonly deed: Deed | 'settling'
  readonly step: Progress | null
  readonly before: UnitState
  readonly after: UnitState
  readonly effects: Outcome['effects']
}
/** Judges each change, and the state in which hardware rests at the end; what is wrong, or null. Made anew for each
 *  program, so it may remember. */
interface Invariant {
  readonly after?: (seen: Seen, hardware: Hardware) => string | null
  readonly atRest?: (state: UnitState) => string | null
}

/** A ring of 256 entries that is nearly through, four fault records, everything there is to switch. */
const start = new Driver({ at: { rwbf: 1 }, shape: { faultRecords: 3 }, ecap: 1n << 2n })
start.enableQueue()
for (let i = 0; i < 63; i++) { start.submit(iotlbGlobal, contextGlobal, iecGlobal, wait()); start.settle() }

function play(hardware: Hardware, deeds: readonly Deed[], invariant: Invariant): string | null {
  const { memory } = start
  let state = start.state
  const change = (deed: Seen['deed'], step: Progress | null, { state: after, effects }: Outcome): string | null => {
    const complaint = invariant.after?.({ deed, step, before: state, after, effects }, hardware) ?? null
    state = after
    return complaint
  }
  const doing = (deed: Deed): string | null => {
    const { config } = state
    switch (deed.do) {
      case 'write':
        return change(deed, null,
          hardware.write(state, offsetOf(config, deed.name, deed.record) + 4 * deed.dword, 4, deed.value))
      case 'fault': return change(deed, null, hardware.record(state, recordOfInterrupt(deed.sid, 0, 0x26), false))
      case 'submit': {
        const tail = state.stored.IQT[0]! >>> 4
        deed.descriptors.forEach((words, i) => {
          memory.write(queueAt + (tail + i) % 256 * 16,
            words.flatMap(word => [Number(word & 0xffffffffn), Number(word >> 32n)]))
        })
        return change(deed, null,
          hardware.write(state, offsetOf(config, 'IQT'), 4, (tail + deed.descriptors.length) % 256 * 16))
      }
      case 'advance': {
        const steps = hardware.progress(state)
        const step = steps[deed.choice % steps.length]
        return step === undefined ? null : change(deed, step, hardware.advance(state, memory, step))
      }
    }
  }
  for (const deed of deeds) {
    const complaint = doing(deed)
    if (complaint !== null) return complaint
  }
  for (;;) {
    const step = hardware.progress(state).find(({ kind }) => !kind.startsWith('device'))
    if (step === undefined) return invariant.atRest?.(state) ?? null
    const complaint = change('settling', step, hardware.advance(state, memory, step))
    if (complaint !== null) return complaint
  }
}

const writeTo = (name: RegisterName, value: fc.Arbitrary<number>, dword = 0, records = 1): fc.Arbitrary<Deed> =>
  fc.record({ do: fc.constant('write' as const), name: fc.constant(name), dword: fc.constant(dword), value,
    record: fc.nat({ max: records - 1 }) })
const either = (...values: readonly number[]): fc.Arbitrary<number> => fc.constantFrom(...values)
const bad: Words = [0n, 0n]
const descriptor = fc.constantFrom<Words>(
  contextGlobal, iotlbGlobal, iotlbPage(1n, 2n), iecGlobal, deviceTlb(0x18n), wait(), wait({ fence: true }),
  wait({ interrupt: true, sw: false }), bad)
/** Up to two bits, and the queue mostly on. */
const command = fc.tuple(fc.subarray([TE, SRTP, WBF, IRE, SIRTP, CFI]), fc.nat({ max: 4 }))
  .map(([bits, off]) => bits.slice(0, 2).reduce((sum, bit) => sum + bit, off === 0 ? 0 : QIE))
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 4, arbitrary: writeTo('GCMD', command) },
  {
    weight: 6, arbitrary: fc.record({ do: fc.constant('submit' as const),
      descriptors: fc.array(descriptor, { minLength: 1, maxLength: 3 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('fault' as const), sid: fc.nat({ max: 3 }) }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('advance' as const), choice: fc.nat({ max: 7 }) }) },
  { weight: 5, arbitrary: writeTo('FRCD', either(0x8000_0000, 0), 3, 3) },
  { weight: 4, arbitrary: writeTo('FSTS', either(1, 0x10, 0x71)) },
  { weight: 3, arbitrary: writeTo('FECTL', either(0, 0x8000_0000)) }, writeTo('IECTL', either(0, 0x8000_0000)),
  writeTo('ICS', either(0, 1)),
  writeTo('RTADDR', either(0x1000, 0x400)), writeTo('IRTA', either(0x1003, 0x800)),
  writeTo('CCMD', either(0xa000_0000, 0x8000_0000), 1), writeTo('IOTLB', either(0x9000_0000), 1),
  writeTo('IQT', either(0, 0x10, 0xff0)))
const program = fc.array(deed, { maxLength: 60, size: 'max' })

const standing = ({ faults }: UnitState): boolean =>
  faults.pfo || faults.iqe || faults.ice || faults.ite || faults.records.some(one => one !== null)
const faultMessages = ({ messages }: UnitState): number => messages.filter(one => one.of === 'fault').length
/** Whether a fault event was raised: its message sent, or held back. */
const raised = ({ before, after }: Seen): boolean =>
  faultMessages(after) > faultMessages(before) || after.faults.ip && !before.faults.ip
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
const wasWritten = ({ deed: done }: Seen, name: RegisterName, n = 0): boolean =>
  typeof done === 'object' && done.do === 'write' && done.name === name && done.record === n

const invariants: Readonly<Record<string, () => Invariant>> = {
  'GSTS agrees with the last GCMD when hardware rests': () => {
    let last: number = QIE
    return {
      after: ({ deed: done }) => {
        if (typeof done === 'object' && done.do === 'write' && done.name === 'GCMD') last = done.value
        return null
      },
      atRest: state => {
        const gsts = Number(read(state, offsetOf(state.config, 'GSTS'), 4).value)
        const levels = TE | QIE | IRE | CFI
        return ((gsts ^ last) & levels) === 0 && (gsts & WBF) === 0 ? null
          : `GSTS ${gsts.toString(16)}, GCMD ${last.toString(16)}`
      },
    }
  },
  'IQH reaches IQT, or the queue has stopped or is off': () => ({
    atRest: ({ queue, stored, status, faults }) =>
      !status.QIES || faults.iqe || faults.ite || queue.head === stored.IQT[0]! >>> 4 ? null
        : `IQH ${queue.head}, IQT ${stored.IQT[0]! >>> 4}`,
  }),
  'the head stays on a bad descriptor, and nothing is fetched while IQE or ITE is set': () => ({
    after: ({ step, before, after }) => {
      if (step?.kind !== 'fetch') return null
      if (before.faults.iqe || before.faults.ite) return 'fetched in spite of IQE or ITE'
      const page = start.memory.page(queueAt / 4096)!
      const isBad = before.latched.rtaddr[0] === 0x400
        || decodeDescriptor(page,
          { bits: 128, scalable: false, rules: { ...anything, has: feature => feature === 'ECAP.DT' } },
          before.queue.head * 4).type === 'undecoded'
      return isBad === (after.queue.head === before.queue.head && after.faults.iqe) ? null
        : `IQH from ${before.queue.head} to ${after.queue.head}`
    },
  }),
  'no wait completes before what stands between it and the wait before it': () => {
    const fetched: string[] = []
    return {
      after: ({ step, before, after, effects }) => {
        if (step?.kind === 'fetch' && after.queue.head !== before.queue.head)
          fetched.push(after.queue.outstanding.at(-1)!.descriptor.type)
        if (after.queue.outstanding.length === 0) {
          const early = fetched.length > 1 && step?.kind === 'complete'
          fetched.length = 0
          return early ? 'lost descriptors' : null
        }
        if (step?.kind === 'device-time-out') {
          fetched.splice(0, fetched.length, ...after.queue.outstanding.map(one => one.descriptor.type))
          return null
        }
        if (step?.kind !== 'complete' && step?.kind !== 'device-error') return null
        const early = effects.some(({ kind }) => kind === 'wait-completed') && step.index > 0
          && fetched[step.index - 1] !== 'wait'
        fetched.splice(step.index, 1)
        return early ? `the wait at ${step.index} overtook` : null
      },
    }
  },
  'nothing completes before a wait with FN that stands before it': () => ({
    after: ({ step, before }) => step?.kind === 'complete'
      && before.queue.outstanding.slice(0, step.index).some(({ descriptor: one }) => one.type === 'wait' && one.fence)
      ? `${step.index} overtook a fence` : null,
  }),
  'PPF is the OR of all F': () => ({
    after: ({ after }, hardware) => {
      const { config } = after
      const ppf = (Number(hardware.read(after, offsetOf(config, 'FSTS'), 4).value) & 2) !== 0
      const any = [0, 1, 2].some(n =>
        Number(hardware.read(after, offsetOf(config, 'FRCD', n) + 12, 4).value) >>> 31 === 1)
      return ppf === any ? null : `PPF ${ppf}, F ${any}`
    },
  }),
  'no fault event is raised while a status bit stands': () => ({
    after: seen => raised(seen) && standing(seen.before) && !wasWritten(seen, 'FECTL') ? 'an event too many' : null,
  }),
  'from quiet to a status bit a fault event is raised': () => ({
    after: seen => !standing(seen.before) && standing(seen.after) && !raised(seen) ? 'an event is lost' : null,
  }),
  'IP stands only under IM, with a status bit': () => ({
    after: ({ after }) => after.faults.ip && !(after.faults.im && standing(after)) ? 'IP without reason' : null,
  }),
  'a record is not overwritten while F is 1': () => ({
    after: seen => seen.before.faults.records.every((one, n) =>
      one === null || same(one, seen.after.faults.records[n]) || wasWritten(seen, 'FRCD', n)) ? null
      : 'a record is gone',
  }),
  'latched pointers change only when a command ends': () => ({
    after: ({ step, before, after }) => step?.kind !== 'command'
      && !(same(before.latched.rtaddr, after.latched.rtaddr) && same(before.latched.irta, after.latched.irta))
      ? 'latched' : null,
  }),
  'a read changes nothing but messages on their way': () => ({
    after: ({ after }, hardware) => {
      for (const name of Object.keys(registers) as RegisterName[]) {
        const { state } = hardware.read(after, offsetOf(after.config, name), 4)
        if (Object.entries(state)
          .some(([part, value]) => part !== 'messages' && value !== after[part as keyof UnitState]))
          return `a read of ${name}`
      }
      return null
    },
  }),
}

describe.each(Object.entries(invariants))('%s', (name, make) => {
  const judge = (hardware: Hardware) => fc.property(program, deeds => play(hardware, deeds, make()) === null)
  it('on the right unit', () => { fc.assert(judge(right), { numRuns: 30, seed: 7 }) })
  it.each(mutants[name]!)('not on a wrong one %#', mutant => {
    expect(fc.check(judge({ ...right, ...mutant }), { numRuns: 400, seed: 7, endOnFailure: true }).failed).toBe(true)
  })
})
