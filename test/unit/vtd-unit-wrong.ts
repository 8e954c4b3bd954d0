/** Register-level units that are wrong, each by the invariant that must notice it. */
import { record } from '../../spec/vtd/unit/requests.ts'
import { advance, offsetOf, progress, read, write } from '../../spec/vtd/unit/unit.ts'
import type { Outcome, Outstanding, UnitState } from '../../spec/vtd/unit/unit.ts'

/** The unit under test: the right one, or one with a function replaced. */
export interface Hardware {
  readonly read: typeof read; readonly write: typeof write; readonly progress: typeof progress
  readonly advance: typeof advance; readonly record: typeof record
}

const changing = (outcome: Outcome, edit: (state: UnitState) => UnitState): Outcome => ({ ...outcome,
  state: edit(outcome.state) })
const faultsOf = (state: UnitState, faults: Partial<UnitState['faults']>): UnitState => ({ ...state,
  faults: { ...state.faults, ...faults } })
const unfenced = (one: Outstanding): Outstanding =>
  one.descriptor.type === 'wait' ? { ...one, descriptor: { ...one.descriptor, fence: false } } : one
export const mutants: Readonly<Record<string, readonly Partial<Hardware>[]>> = {
  'GSTS agrees with the last GCMD when hardware rests': [
    { advance: (state, memory, step) => changing(advance(state, memory, step), after =>
      step.kind === 'command' ? { ...after, status: { ...after.status, IRES: state.status.IRES } } : after) },
    {
      advance: (state, memory, step) => changing(advance(state, memory, step),
        after => ({ ...after, status: { ...after.status, WBFS: state.status.WBFS } })),
    },
  ],
  'IQH reaches IQT, or the queue has stopped or is off': [{
    progress: state => progress(state).filter(({ kind }) => kind !== 'fetch' || state.queue.head !== 255),
  }],
  'the head stays on a bad descriptor, and nothing is fetched while IQE or ITE is set': [
    { advance: (state, memory, step) => changing(advance(state, memory, step), after =>
      step.kind === 'fetch' ? { ...after, queue: { ...after.queue, head: (state.queue.head + 1) % 256 } } : after) },
    { progress: state => progress(faultsOf(state, { iqe: false })) },
  ],
  'no wait completes before what stands between it and the wait before it': [
    {
      progress: state => [...progress(state),
        ...state.queue.outstanding.map((_, index) => ({ kind: 'complete', index }) as const)],
    },
  ],
  'nothing completes before a wait with FN that stands before it': [
    {
      progress: state => progress({ ...state,
        queue: { ...state.queue, outstanding: state.queue.outstanding.map(unfenced) } }),
    },
  ],
  'PPF is the OR of all F': [{
    read: (state, offset, width) => {
      const outcome = read(state, offset, width)
      return offset === offsetOf(state.config, 'FSTS') && state.faults.records[0] === null
        ? { ...outcome, value: outcome.value & ~2n } : outcome
    },
  }],
  'no fault event is raised while a status bit stands': [
    { record: (state, what, suppressed) => changing(record(state, what, suppressed), after =>
      ({ ...after, messages: [...state.messages, { of: 'fault', address: 0, upperAddress: 0, data: 0 }] })) },
  ],
  'from quiet to a status bit a fault event is raised': [
    { record: (state, what, suppressed) => changing(record(state, what, suppressed), after =>
      ({ ...faultsOf(after, { ip: state.faults.ip }), messages: state.messages })) },
  ],
  'IP stands only under IM, with a status bit': [
    {
      write: (state, offset, width, value) =>
        changing(write(state, offset, width, value), after => faultsOf(after, { ip: state.faults.ip })),
    },
  ],
  'a record is not overwritten while F is 1': [
    { record: (state, what, suppressed) =>
      record(faultsOf(state, { records: state.faults.records.map((one, n) => n === state.faults.index ? null : one) }),
        what, suppressed) },
  ],
  'latched pointers change only when a command ends': [
    {
      write: (state, offset, width, value) => changing(write(state, offset, width, value),
        after => ({ ...after, latched: { ...after.latched, rtaddr: after.stored.RTADDR } })),
    },
  ],
  'a read changes nothing but messages on their way': [{
    read: (state, offset, width) => {
      const outcome = read(state, offset, width)
      return offset === offsetOf(state.config, 'ICS')
        ? { ...outcome, state: { ...outcome.state, completion: { ...outcome.state.completion, iwc: false } } } : outcome
    },
  }],
}
