/** The reachable states as an explicit graph: what claims about endless runs, and costs over all runs, are decided on. */
import { advance, enabled } from '../model/index.ts'
import type { Machine, ModelEvent, Observation, Op, World } from '../model/index.ts'
import { checkGuards, store, tracing } from './blame.ts'
import { Pace } from './pace.ts'
import type { Limits } from './pace.ts'
import type { StopReason } from './result.ts'
import { PackedStates, StatesFull } from './states.ts'

/** The reachable graph within the bounds: states numbered breadth first from 0; the edges of state s are first[s] .. first[s+1]-1,
 *  in the order of machine.instances. */
export interface StateGraph<S, L, O> {
  readonly states: number
  readonly first: Uint32Array
  readonly target: Uint32Array
  /** Index into `labels`. */
  readonly label: Uint32Array
  /** What happened on an edge: the instance (index into machine.instances) and its events; interned. */
  readonly labels: readonly Label<O>[]
  /** A fresh mutable value. */
  world(state: number): World<S, L>
}
export interface Label<O> { readonly instance: number; readonly events: readonly ModelEvent<O>[] }

export interface GraphOptions extends Limits {
  /** The search stops before it stores more. */
  readonly maxStates?: number | undefined
}
export interface BuiltGraph<S, L, O> {
  /** Null when a limit was met: a part of a graph says nothing about endless runs. */
  readonly graph: StateGraph<S, L, O> | null
  readonly states: number
  readonly edges: number
  readonly stopped: StopReason | null
  readonly seconds: number
}

/** Visits every reachable state and keeps every step.
 *  @throws ModelError when a guard or recipe fails or leaves its domain; its `trace` ends with the failing op. */
export async function buildGraph<S, L, O extends Observation>(
  machine: Machine<S, L, O>, limits: GraphOptions = {}): Promise<BuiltGraph<S, L, O>> {
  const pace = new Pace(limits)
  const builder = new Builder(machine, limits.maxStates ?? Infinity)
  let stopped: StopReason | null = null
  try {
    for (builder.start(); stopped === null && !builder.done; builder.expand())
      if (pace.due()) stopped = await pace.breathe(builder.counts())
  } catch (error) {
    if (!(error instanceof StatesFull)) throw error
    stopped = error.reason
  }
  const { states, transitions: edges } = builder.counts()
  return { graph: stopped === null ? builder.graph() : null, states, edges, stopped, seconds: pace.seconds }
}

class Builder<S, L, O extends Observation> {
  private readonly machine: Machine<S, L, O>
  private readonly states: PackedStates<World<S, L>>
  private readonly first = new Column()
  private readonly target = new Column()
  private readonly label = new Column()
  private readonly labels: Label<O>[] = []
  private readonly known: readonly Map<string, number>[]
  private parent = 0
  private current: Op | null = null

  constructor(machine: Machine<S, L, O>, maxStates: number) {
    this.machine = machine
    this.states = new PackedStates<World<S, L>>(machine.worldDomain, Math.max(1, maxStates))
    this.known = machine.instances.map(() => new Map<string, number>())
  }

  start(): void {
    this.states.insert(this.machine.initialWorld)
    this.first.push(0)
  }
  get done(): boolean { return this.parent === this.states.count }
  counts() {
    return { states: this.states.count, transitions: this.target.count, depth: 0, queue: this.states.count - this.parent }
  }

  expand(): void {
    const { machine, states } = this
    const world = states.unpack(this.parent)
    tracing(() => {
      const fireable = machine.instances.flatMap(({ action, op }, instance) => enabled(machine, action, world.state, op.args) ? [instance] : [])
      checkGuards(machine, states, this.parent, world)
      for (const instance of fireable) {
        const { action, op } = machine.instances[instance]!
        const events: ModelEvent<O>[] = []
        const next = states.unpack(this.parent)
        this.current = op
        advance(machine, next, action, op.args, events)
        const number = store(machine, states, next, op)
        this.target.push(number >= 0 ? number : ~number)
        this.label.push(this.intern(instance, events))
      }
    }, () => this.current === null ? [] : [this.current])
    this.parent++
    this.first.push(this.target.count)
  }

  private intern(instance: number, events: readonly ModelEvent<O>[]): number {
    const key = keyOf(events)
    const known = this.known[instance]!
    const found = known.get(key)
    if (found !== undefined) return found
    known.set(key, this.labels.length)
    // An observation may hold parts of a world that goes on changing.
    return this.labels.push({ instance, events: structuredClone(events) as ModelEvent<O>[] }) - 1
  }

  graph(): StateGraph<S, L, O> {
    const { states, labels } = this
    return {
      states: states.count, first: this.first.values(), target: this.target.values(), label: this.label.values(), labels,
      world: state => states.unpack(state),
    }
  }
}

function keyOf<O>(events: readonly ModelEvent<O>[]): string {
  let key = ''
  for (const event of events)
    key += event.kind === 'cost' ? `\n${event.path}\t${event.unit}\t${event.count}` : event.kind === 'clause' ? `\n${event.id}` : `\n${JSON.stringify(event)}`
  return key
}

/** Numbers one behind the other, in an array that grows. */
class Column {
  count = 0
  private room = new Uint32Array(1 << 10)
  push(value: number): void {
    if (this.count === this.room.length) this.grow()
    this.room[this.count++] = value
  }
  values(): Uint32Array { return this.room.subarray(0, this.count) }
  private grow(): void {
    let room: Uint32Array<ArrayBuffer>
    try { room = new Uint32Array(this.room.length * 2) } catch { throw new StatesFull('memory') }
    room.set(this.room)
    this.room = room
  }
}
