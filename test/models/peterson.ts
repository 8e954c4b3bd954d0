/** Mutual exclusion of two processes (Peterson, Myths about the Mutual Exclusion Problem, 1981), one shared access a
 *  step. */
import { actionsOf, bool, list, machine, oneOf, propertiesOf, range, struct, table } from '../../src/index.ts'
import type { Machine, Value } from '../../src/index.ts'

const process = range(0, 1)
const domain = struct({
  /** Where each process stands: what it does next. */
  at: table([process], oneOf('idle', 'setTurn', 'wait', 'critical')),
  wants: table([process], bool),
  turn: process,
})
type State = Value<typeof domain>
type Ledger = Record<never, never>
/** A process went into, or out of, its critical section. */
interface Seen { readonly what: 'entered' | 'left'; readonly process: number }

const action = actionsOf<State, Seen>()
const { step, sometimes, monitor, leadsTo } = propertiesOf<State, Ledger, Seen>()
const params = { process }

/** `gentle: false`: each gives the turn to itself instead of to the other, which lets both in. `fair`: a process that
 *  has begun goes on. */
export function peterson({ gentle = true, fair = true } = {}): Machine<State, Ledger, Seen> {
  return machine<State, Ledger, Seen>({
    name: gentle ? 'peterson' : 'peterson-broken', domain,
    initial: { at: ['idle', 'idle'], wants: [false, false], turn: 0 },
    actions: [
      action('want', { agent: 'process', params, when: (s, p) => s.at[p.process] === 'idle',
        then: (d, p) => { d.wants[p.process] = true; d.at[p.process] = 'setTurn' } }),
      action('setTurn', { agent: 'process', fair, params, when: (s, p) => s.at[p.process] === 'setTurn',
        then: (d, p) => { d.turn = gentle ? 1 - p.process : p.process; d.at[p.process] = 'wait' } }),
      action('enter', { agent: 'process', fair, params,
        when: (s, p) => s.at[p.process] === 'wait' && (!s.wants[1 - p.process] || s.turn === p.process),
        then: (d, p, emit) => {
          d.at[p.process] = 'critical'; emit.clause('PETERSON:enter'); emit.observe({ what: 'entered',
            process: p.process }) } }),
      action('leave', { agent: 'process', fair, params, when: (s, p) => s.at[p.process] === 'critical',
        then: (d, p, emit) => {
          d.wants[p.process] = false
          d.at[p.process] = 'idle'
          emit.observe({ what: 'left', process: p.process })
        } }),
    ],
    properties: [
      step('mutual exclusion', { claim: 'No process enters while the other is inside.',
        on: 'entered' }, (seen, { state }) =>
        state.at[1 - seen.process] !== 'critical'
          || { because: `process ${seen.process} entered beside ${1 - seen.process}`, witness: { ...seen } }),
      monitor('one at a time', { claim: 'Entries and exits alternate.', domain: struct({ inside: list(process, 2) }) },
        (draft, seen) => {
          if (seen.what === 'entered') draft.inside.push(seen.process)
          else draft.inside.splice(draft.inside.indexOf(seen.process), 1)
        },
        ({ inside }) => inside.length < 2 || { because: `inside: ${inside.join(' and ')}`, witness: { inside } }),
      sometimes('second enters', { claim: 'Process 1 can enter too.' },
        (_, seen) => seen.some(s => s.what === 'entered' && s.process === 1)),
      leadsTo('each gets in',
        { claim: 'A process that wants to enter does.',
          each: () => ['the wait of process 0', 'the wait of process 1'] },
        ({ state }, i) => state.wants[i]!, ({ state }, i) => state.at[i] === 'critical'),
    ],
  })
}
