/** Walking a machine by hand: what can happen next, what it does, and whether it can go wrong from there. */
import { UserError, usage } from '../errors.ts'
import { exploreExhaustively } from '../explore/exhaustive.ts'
import { isEnabled, isProgress } from '../model/index.ts'
import type { Args } from '../model/index.ts'
import type { Lane, TraceData } from '../page/data.ts'
import type { Choice, Op, Searched, Walked } from '../page/live.ts'
import { lanesOf, placeOf } from '../report/page/lanes.ts'
import { showerOf, stateData, stepData, toldStep } from '../report/page/trace.ts'
import type { Shower } from '../report/page/trace.ts'
import type { RemapReplayed } from '../report/replay.ts'
import type { TraceStyle } from '../report/view.ts'
import { showBounds } from '../text/layout.ts'
import { makeTrace } from '../trace/format.ts'
import type { Trace } from '../trace/format.ts'
import { takeStep } from '../trace/replay.ts'
import { argTexts } from '../trace/words.ts'
import type { Bounds } from '../../spec/bounds.ts'
import type { Ledger } from '../../spec/ledger.ts'
import type { MachineObservation } from '../../spec/observations.ts'
import type { RemapMachine } from '../../spec/machine.ts'
import type { State } from '../../spec/state.ts'
import { changesOf } from './bounds-text.ts'
import { asDesignError, withDesignErrors } from './design-errors.ts'
import { machineOf } from './subject.ts'
import type { Subject } from './subject.ts'

/** What a saved way says that violates nothing. */
export const walkedByHand = 'nothing is violated: a way that was walked by hand'

type Taken = RemapReplayed['steps'][number]
type World = RemapMachine['initialWorld']

/** Longer ways are for `replay`. */
export const longestWay = 5000
/** That the states of one question may take. */
const most_bytes = 2 ** 31
/** States that one question may visit. */
export const mostStates = 10_000_000

/** One machine. It keeps the way that it was asked about last: the next question mostly goes on from there. */
export class Walk {
  readonly machine: RemapMachine
  readonly lanes: readonly Lane[]
  private readonly shower: Shower<State, Ledger, MachineObservation>
  private taken: readonly Taken[] = []

  constructor(private readonly subject: Subject, private readonly bounds: Bounds, style: TraceStyle) {
    this.machine = machineOf(subject, bounds)
    this.shower = showerOf(this.machine, style)
    const agents = this.machine.instances.map(({ op, action }) => agentOf(action.agent, op.args))
    this.lanes = lanesOf(agents, this.shower.tables.map(({ path }) => placeOf(path)))
  }

  /** As a trace without steps. */
  start(): TraceData {
    const { subject: { design }, lanes } = this
    return { id: 'way', design: design.name, property: '', claim: '', place: 'unknown', clause: null, reproduced: true,
      wanted: false, accepted: null, because: '', facts: [], bounds: showBounds(changesOf(this.bounds)), found: '',
      notes: [], file: null, loop: null, at: null, lanes, steps: [], skipped: 0, ...stateData(this.shower, lanes) }
  }

  /** @throws UserError where a step of the user's design fails, or the way is too long. */
  walk(way: readonly Op[], from: number): Walked {
    const steps = this.take(way)
    return {
      steps: steps.slice(from).map(step => stepData(this.shower, toldStep(this.shower, step), this.lanes)),
      choices: this.choices(steps.at(-1)?.after ?? this.machine.initialWorld),
    }
  }

  /** Safety claims alone: how a run goes on for ever is no question about one state.
   *  @throws UserError where a step of the user's design fails. */
  async search(way: readonly Op[], states: number, signal: AbortSignal): Promise<Searched> {
    const from = this.world(way)
    const properties = this.machine.properties.filter(one => !isProgress(one) && one.kind !== 'sometimes')
    try {
      const { results, states: visited, complete, stopped } = await exploreExhaustively(
        { ...this.machine, properties, initial: from.state, initialWorld: from },
        { maxStates: states, maxMemory: most_bytes, signal })
      const found = results.flatMap(({ violation }) => violation === null ? []
        : [{ property: violation.property, because: violation.because, way: violation.ops }])
      return { states: visited, complete: complete || stopped === null,
        found: found.toSorted((a, b) => a.way.length - b.way.length) }
    } catch (cause) { throw asDesignError(this.subject, cause) }
  }

  /** The way as a trace: of the first claim that its last step violates, or of the first one that there is. */
  trace(way: readonly Op[]): Trace {
    const last = this.take(way).at(-1)
    if (last === undefined) throw usage('save', 'there is no step to save', 'take a step first')
    const [broken] = last.violated
    return makeTrace(this.machine, { design: this.subject.design.name, bounds: changesOf(this.bounds), ops: way,
      property: broken?.property ?? this.machine.properties[0]!.name,
      because: broken?.because ?? walkedByHand,
      found: { driver: 'hand', shortest: false } })
  }

  private world(way: readonly Op[]): World { return this.take(way).at(-1)?.after ?? this.machine.initialWorld }

  private take(way: readonly Op[]): readonly Taken[] {
    if (way.length > longestWay)
      throw usage('the way', `has ${way.length} steps, at most ${longestWay}`, 'save it, and go back')
    const same = way.findIndex((op, i) => JSON.stringify(this.taken[i]?.op) !== JSON.stringify(op))
    const steps = this.taken.slice(0, same < 0 ? way.length : same)
    return this.taken = withDesignErrors(this.subject, () => {
      for (const op of way.slice(steps.length))
        steps.push(takeStep(this.machine, steps.at(-1)?.after ?? this.machine.initialWorld, op))
      return steps
    })
  }

  private choices(world: World): readonly Choice[] {
    const { machine, lanes, shower: { naming } } = this
    return withDesignErrors(this.subject, () =>
      machine.instances.filter(instance => isEnabled(machine, world, instance)).map(({ op, action }): Choice => ({
        op, action: op.action, args: argTexts({ machine }, op, naming).join(' '), says: action.says,
        lane: lanes.findIndex(({ id }) => id === agentOf(action.agent, op.args)),
        breaks: takeStep(machine, world, op).violated.map(({ property }) => property),
      })))
  }
}
const agentOf = (agent: string | ((args: Args) => string), args: Args): string =>
  typeof agent === 'string' ? agent : agent(args)

export const errorText = (cause: unknown): string => cause instanceof UserError
  ? `${cause.subject}: ${cause.message} → ${cause.next}` : `a bug: ${String(cause)}`
