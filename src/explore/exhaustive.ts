/** Exhaustive search: every state within the bounds, breadth first, exact; so counterexamples are shortest and `holds` is a proof. */
import { advance, enabled, tracing } from '../model/index.ts'
import type { Action, Machine, ModelEvent, Observation, Op, World } from '../model/index.ts'
import { checkGuards, store } from './blame.ts'
import { Book } from './book.ts'
import { Pace } from './pace.ts'
import type { Limits } from './pace.ts'
import type { Exploration, StopReason } from './result.ts'
import { PackedStates, StatesFull } from './states.ts'

export interface ExhaustiveOptions extends Limits {
  /** The search stops before it stores more. */
  readonly maxStates?: number | undefined
}

/** Visits every reachable state and judges every step, until the space is done or every safety property is violated. Cut short by
 *  a limit, it gives what it had, with `incomplete` for what it cannot say. Same machine, same counts, same traces.
 *  @throws ModelError when a guard, recipe or property fails or leaves its domain; its `trace` leads there. */
export async function exploreExhaustively<S, L, O extends Observation>(
  machine: Machine<S, L, O>, options: ExhaustiveOptions = {}): Promise<Exploration> {
  const pace = new Pace(options)
  const search = new Search(machine, options.maxStates ?? Infinity)
  const stopped = await search.run(pace)
  const complete = stopped === null && search.done
  const { states, transitions, depth } = search.counts()
  return {
    driver: 'exhaustive', machine: machine.name, complete, stopped, results: search.book.results(complete ? 'holds' : 'incomplete'),
    states, transitions, depth, seconds: pace.seconds, coverage: search.book.coverage(), random: null,
  }
}

/** Parents between two looks at the clock. */
const stride = 32
/** No instance is being taken. */
const none = -1

class Search<S, L, O extends Observation> {
  readonly book: Book<S, L, O>
  private readonly machine: Machine<S, L, O>
  private readonly states: PackedStates<World<S, L>>
  /** How each state was first reached: from which state, by which instance. */
  private readonly cameFrom = new Links()
  private transitions = 0
  /** The state whose successors come next; those before it are expanded. */
  private parent = 0
  private world: World<S, L>
  private depth = 0
  /** Number of states up to and with the current depth. */
  private levelEnd = 1
  private instance = 0
  /** Instances that are enabled in the current parent. */
  private readonly fireable: number[] = []
  private readonly events: ModelEvent<O>[] = []

  constructor(machine: Machine<S, L, O>, maxStates: number) {
    this.machine = machine
    this.world = machine.initialWorld
    this.book = new Book(machine, true)
    this.states = new PackedStates<World<S, L>>(machine.worldDomain, Math.max(1, maxStates))
  }

  get done(): boolean { return this.parent === this.states.count }

  counts() {
    return { states: this.states.count, transitions: this.transitions, depth: this.depth, queue: this.states.count - this.parent }
  }

  async run(pace: Pace): Promise<StopReason | null> {
    try {
      this.states.insert(this.machine.initialWorld)
      this.cameFrom.push(0, 0)
      const initial = (): World<S, L> => this.states.unpack(0)
      tracing(() => this.book.judge([], { world: initial(), fresh: true, before: initial, trace: () => [] }), () => [])
      while (this.parent < this.states.count && !this.book.decided) {
        if (this.parent % stride === 0 && pace.due()) {
          const stop = await pace.breathe(this.counts())
          if (stop !== null) return stop
        }
        if (this.parent === this.levelEnd) {
          this.levelEnd = this.states.count
          this.depth++
        }
        tracing(() => this.expand(), this.trace)
        this.parent++
      }
      return null
    } catch (error) {
      if (error instanceof StatesFull) return error.reason
      throw error
    }
  }

  private expand(): void {
    const { machine, states, fireable } = this
    const { instances } = machine
    fireable.length = 0
    const world = this.world = states.unpack(this.parent)
    for (this.instance = 0; this.instance < instances.length; this.instance++) {
      const { action, op } = instances[this.instance]!
      if (enabled(machine, action, world.state, op.args)) fireable.push(this.instance)
    }
    this.instance = none
    checkGuards(machine, states, this.parent, world)
    for (const instance of fireable) {
      this.instance = instance
      this.take(instances[instance]!, states.unpack(this.parent))
    }
  }

  /** Takes one step on a world that nobody else holds, stores where it leads, and judges it. */
  private take({ action, op }: { action: Action<S, O>; op: Op }, world: World<S, L>): void {
    const { events, states } = this
    events.length = 0
    advance(this.machine, world, action, op.args, events)
    const number = store(this.machine, states, world, op)
    if (number >= 0) this.cameFrom.push(this.parent, this.instance)
    this.transitions++
    this.book.record(action, events, { world, fresh: number >= 0, before: this.before, trace: this.trace })
  }

  private readonly before = (): World<S, L> => this.world

  /** The ops to the current parent, and that of the current instance. */
  private readonly trace = (): Op[] => {
    const { instances } = this.machine
    const ops = this.instance === none ? [] : [instances[this.instance]!.op]
    for (let state = this.parent; state !== 0; state = this.cameFrom.parent(state)) ops.push(instances[this.cameFrom.instance(state)]!.op)
    return ops.reverse()
  }
}

/** Parent and instance of each state: 8 bytes. */
class Links {
  private count = 0
  private links = new Uint32Array(1 << 11)
  push(parent: number, instance: number): void {
    if (this.count * 2 === this.links.length) this.grow()
    this.links[this.count * 2] = parent
    this.links[this.count * 2 + 1] = instance
    this.count++
  }
  parent(state: number): number { return this.links[state * 2]! }
  instance(state: number): number { return this.links[state * 2 + 1]! }
  private grow(): void {
    let links: Uint32Array<ArrayBuffer>
    try { links = new Uint32Array(this.links.length * 2) } catch { throw new StatesFull('memory') }
    links.set(this.links)
    this.links = links
  }
}
