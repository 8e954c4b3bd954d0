/** Two-phase commit (Gray and Lamport, Consensus on Transaction Commit, 2006, section 4; published as TLA+ module
 *  TwoPhase). */
import { actionsOf, bool, machine, oneOf, propertiesOf, scalarset, struct, table } from '../../src/index.ts'
import type { Machine, Observation, Value } from '../../src/index.ts'

/** Messages are never removed, so the channel is one bit for each message that can be sent. */
const domainOf = (managers: number) => {
  const rm = scalarset('rm', managers)
  return struct({
    rm: table([rm], oneOf('working', 'prepared', 'committed', 'aborted')),
    tm: oneOf('init', 'committed', 'aborted'),
    tmPrepared: table([rm], bool),
    sent: struct({ prepared: table([rm], bool), commit: bool, abort: bool }),
  })
}
type State = Value<ReturnType<typeof domainOf>>
type Ledger = Record<never, never>

const action = actionsOf<State, Observation>()
const { always, sometimes } = propertiesOf<State, Ledger, Observation>()

/** `careless`: the transaction manager commits without waiting for all. */
export function twoPhaseCommit(managers: number, { careless = false } = {}): Machine<State, Ledger> {
  const params = { rm: scalarset('rm', managers) }
  const falses = () => Array.from({ length: managers }, () => false)
  return machine<State, Ledger>({
    name: `two-phase-commit-${managers}`, domain: domainOf(managers),
    initial: {
      rm: Array.from({ length: managers }, () => 'working' as const), tm: 'init', tmPrepared: falses(),
      sent: { prepared: falses(), commit: false, abort: false },
    },
    actions: [
      action('tm.receivePrepared', { agent: 'tm', params, when: (s, { rm }) => s.tm === 'init' && s.sent.prepared[rm]!,
        then: (d, { rm }) => { d.tmPrepared[rm] = true } }),
      action('tm.commit', { agent: 'tm', when: s => s.tm === 'init' && (careless || s.tmPrepared.every(Boolean)),
        then: d => { d.tm = 'committed'; d.sent.commit = true } }),
      action('tm.abort', { agent: 'tm', when: s => s.tm === 'init',
        then: d => { d.tm = 'aborted'; d.sent.abort = true } }),
      action('rm.prepare', { agent: 'rm', params, when: (s, { rm }) => s.rm[rm] === 'working',
        then: (d, { rm }) => { d.rm[rm] = 'prepared'; d.sent.prepared[rm] = true } }),
      action('rm.chooseToAbort', { agent: 'rm', params, when: (s, { rm }) => s.rm[rm] === 'working',
        then: (d, { rm }) => { d.rm[rm] = 'aborted' } }),
      action('rm.receiveCommit',
        { agent: 'rm', params, when: s => s.sent.commit, then: (d, { rm }) => { d.rm[rm] = 'committed' } }),
      action('rm.receiveAbort',
        { agent: 'rm', params, when: s => s.sent.abort, then: (d, { rm }) => { d.rm[rm] = 'aborted' } }),
    ],
    properties: [
      always('consistent', { claim: 'No manager has aborted while another has committed.' }, ({ state }) => {
        const aborted = state.rm.indexOf('aborted')
        const committed = state.rm.indexOf('committed')
        return aborted < 0 || committed < 0
          || { because: `manager ${aborted} has aborted, ${committed} has committed`, witness: { aborted, committed } }
      }),
      sometimes('all commit', { claim: 'Every manager can commit.' },
        ({ state }) => state.rm.every(s => s === 'committed')),
      sometimes('all abort', { claim: 'Every manager can abort.' },
        ({ state }) => state.rm.every(s => s === 'aborted')),
    ],
  })
}
