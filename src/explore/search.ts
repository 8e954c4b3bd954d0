/** The search itself: states in the order of their distance from the initial one, by trees that are learnt on the
 *  way. */
import { layoutOf, tracing } from '../model/index.ts'
import type { Machine, Observation } from '../model/index.ts'
import { Standings } from './standings.ts'
import { snapshotOf } from './checkpoint.ts'
import type { SavedSearch, ResumePoint } from './checkpoint.ts'
import { Compilation } from './compilation.ts'
import { Equivariance } from './equivariance.ts'
import { chosen, scalarsetsOf } from './groups.ts'
import type { Refused } from './groups.ts'
import type { Backend, Enough, ExhaustiveOptions } from './exhaustive.ts'
import { Frontier } from './frontier.ts'
import { Keeper } from './keeper.ts'
import { keysOf } from './keys.ts'
import { initialLabel, judgementsOf, Learner } from './learner.ts'
import { Stopped } from './pace.ts'
import type { Pace, Counts } from './pace.ts'
import type { Exploration, StopReason } from './result.ts'
import { Retracer } from './retrace.ts'
import { repeated } from './shrink.ts'
import { StatesFull } from './states.ts'
import { StateStore } from './store.ts'
import { chunk, mostShared, Threads } from './threads.ts'
import { Successors } from './successors.ts'
import { NotInterchangeable, symmetryOf } from './symmetry.ts'
import type { Group } from './symmetry.ts'
import { Steps } from './steps.ts'

/** Parents between two looks at the clock, until there is code of the trees. */
const stride = 32
/** States from which threads help: with fewer there is nothing to share. */
const firstShared = 5_000
/** Steps that are taken again at the end, or one for each eight that were learnt. */
const leastAudited = 32

export class Search<S, L, O extends Observation> {
  readonly standings: Standings<S, L, O>
  readonly store: StateStore
  readonly machine: Machine<S, L, O>
  readonly learner: Learner<S, L, O>
  readonly successors: Successors<S, L, O>
  readonly compilation: Compilation<S, L, O>
  private readonly steps: Steps<S, L, O>
  private readonly frontier = new Frontier()
  private readonly keeper: Keeper
  private readonly resumed: SavedSearch | null
  private wasAmbiguous = false
  private readonly workers: number
  private threads: Threads | null = null
  /** What was decided before threads had a part; null as long as they had none. */
  private decidedAlone: number | null = null
  private readonly groups: readonly Group[]
  /** To how many orders of its ids each new state is brought. */
  private readonly orders: number
  private readonly refused: Refused
  readonly backend: Backend | null
  private readonly firstShared: number
  private readonly waits: boolean
  private readonly enough: Enough | null
  constructor(machine: Machine<S, L, O>, options: ExhaustiveOptions, refused: Refused) {
    const { maxStates = Infinity, maxMemory = Infinity, workers = 1, symmetry = false } = options
    this.refused = refused
    this.resumed = options.checkpoints?.resume ?? null
    this.keeper = new Keeper(options.checkpoints, () => this.place(),
      place => snapshotOf(this, place, { refused, ambiguous: this.isAmbiguous }))
    this.machine = machine
    this.workers = workers
    this.backend = options.backend ?? null
    this.firstShared = options.firstShared ?? firstShared
    this.waits = options.firstShared !== undefined
    this.standings = new Standings(machine, true)
    if (options.onViolation !== undefined) this.standings.onViolation = options.onViolation
    this.enough = options.enough ?? null
    const shape = layoutOf(machine.worldDomain, 'world')
    const groups = this.groups = chosen(scalarsetsOf(machine), symmetry, refused)
    const names = groups.length === 0 ? null : symmetryOf(shape, groups, `a state of machine '${machine.name}'`)
    this.orders = names?.orders ?? 1
    this.store = new StateStore({
      symmetry: names, keys: keysOf(shape), fanout: machine.instances.length + 1,
      roots: judgementsOf(machine).length + machine.instances.length,
      threads: workers, maxMemory, maxStates: Math.max(1, maxStates),
    })
    this.learner = new Learner(machine, this.standings, options, this.store)
    this.successors = new Successors(this.store, this.learner)
    this.steps = new Steps(machine, this.store, this.learner, this.standings, this.successors, () => this.decided)
    this.compilation = new Compilation(this.backend, this.learner, this.steps, this.successors)
    if (names === null) return
    this.learner.symmetric = new Equivariance(machine, this.learner.recorder, this.standings, shape,
      this.store.plan.words, groups)
    this.steps.retracer = new Retracer(machine, this.store, this.learner.packed, groups)
  }

  private whole = false
  private get decided(): boolean { return this.standings.decided && (!this.whole || this.brokenAt < Infinity) }
  /** The level of the nearest states at which a claim fails that ends the search; Infinity where none does. */
  private get brokenAt(): number { return this.enough === null ? Infinity : this.standings.failsAt(this.enough.known) }
  /** Whether what is farther away than the violation comes next, and there are states enough. */
  private get hasEnough(): boolean {
    const { frontier, store } = this
    return frontier.isAtEnd && this.brokenAt <= frontier.depth && store.count >= this.enough!.states
  }
  get done(): boolean { return this.frontier.next === this.store.count }
  counts(): Counts {
    const { frontier: { next, depth, growth }, store: { count, bytes }, successors } = this
    return { states: count, transitions: successors.fired(), depth, queue: count - next, bytes, growth }
  }
  engine(): Exploration['engine'] {
    const { learner, store } = this
    return {
      bits: learner.packed.bits, bytes: store.bytes, recordings: learner.runs, nodes: learner.trees.nodeCount - 1,
      symmetry: this.groups.map(({ name, size }) => ({ scalarset: name, size })), refused: this.refused,
      direct: [...learner.direct].map(root => this.machine.instances[learner.instanceOf(root)]!.action.name),
      workers: this.threads === null ? 1 : this.workers, levels: this.frontier.levels(store.count),
    }
  }

  /** Whether threads had a part in which way to something was found first. */
  get isAmbiguous(): boolean {
    return this.wasAmbiguous || this.decidedAlone !== null && this.standings.decisions > this.decidedAlone
  }

  exploration(stopped: StopReason | null, pace: Pace): Exploration {
    const complete = stopped === null && this.done && !this.steps.leftSome
    if (this.steps.retracer === null)
      this.standings.rewriteTraces(violation => repeated(this.machine, violation), (_, ops) => ops)
    else this.steps.retracer.rewriteTraces(this.standings)
    this.tally()
    const { states, transitions, depth } = this.counts()
    return {
      driver: 'exhaustive', machine: this.machine.name, complete, stopped,
      results: this.standings.results(complete ? 'holds' : 'incomplete'),
      states, transitions, depth, seconds: pace.seconds, coverage: this.standings.coverage(),
      random: null, engine: this.engine(),
    }
  }

  /** Its memory stays as it is. */
  async endThreads(): Promise<void> { await this.threads?.end() }
  async end(): Promise<void> {
    await this.endThreads()
    this.store.free()
  }

  /** Until the space is done, or all is decided: every safety property, or what another search has decided. `whole`:
   *  the space in any case. */
  async run(pace: Pace, { like = null, whole = false }:
    { readonly like?: Standings<S, L, O> | null; readonly whole?: boolean } = {}): Promise<StopReason | null> {
    this.whole = whole
    this.heed(pace)
    try {
      this.prepare()
      while (!this.done && !this.decided && !(like !== null && this.standings.decisions >= like.decisions)) {
        if (pace.due()) {
          const stop = await pace.breathe(this.counts())
          if (stop !== null) return stop
          this.keeper.keepNowAndThen(pace.seconds)
        }
        if (this.hasEnough) return 'violation'
        const room = this.store.room()
        if (room === 0) return 'memory'
        this.advance(room)
      }
      if (this.done) this.steps.audit(Math.max(leastAudited, this.learner.runs >>> 3))
      return whole && this.left ? 'violation' : null
    } catch (error) {
      if (error instanceof StatesFull || error instanceof Stopped) return error.reason
      if (error instanceof NotInterchangeable || !pace.bears(error)) throw error
      this.keeper.isPlaced = false
      return 'mistake'
    }
  }

  /** The steps of the last state may be left too: what had been decided was enough. */
  private get left(): boolean { return !this.done || this.steps.leftSome }

  private prepare(): void {
    if (this.resumed === null) this.begin()
    else this.resume(this.resumed)
    this.keeper.isPlaced = true
    // Threads start while this one learns.
    if (this.workers > 1 && this.backend !== 'javascript') this.threads = new Threads(this.store)
    this.successors.begin()
    this.threads?.use(this.successors.module!)
  }
  private advance(room: number): void {
    const { learner, store } = this
    const most = Math.max(room, this.threads === null ? 0 : mostShared)
    this.keeper.stayIf(learner.symmetric !== null || store.mayFill(most))
    if (this.compilation.ifDue()) this.threads?.use(this.successors.module!)
    this.expand(Math.min(room, this.compilation.done ? this.between(room, stride) : stride))
    this.keeper.go()
  }

  /** Under symmetry, what is new of one state can take long: the limits hold in the midst of it, and after it signals
   *  are let through. */
  private heed(pace: Pace): void {
    const { symmetric } = this.learner
    if (symmetric === null) return
    symmetric.pause = () => {
      const reason = pace.stop()
      if (reason !== null) throw new Stopped(reason)
    }
    this.steps.isHeld = () => pace.due()
  }

  private place(): ResumePoint {
    const { frontier, store, learner, successors } = this
    return {
      next: frontier.next, levels: frontier.levels(), states: store.count, runs: store.componentRuns,
      fired: learner.labels.map((_, label) => successors.firedOf(label)),
    }
  }
  /** What is kept from now on is where the search stands now. */
  stay(): void { this.keeper.stay() }
  /** Keeps where the search stands, where that was asked for. */
  keep(): void { this.keeper.keep() }
  private resume({ facts, read }: SavedSearch): void {
    const { states, runs, next, levels, labels, ambiguous } = facts
    const { store, learner, successors, standings } = this
    const taken = store.restore(states, runs, read)
    learner.restore(labels, (part, into) => { read(taken + part, into) })
    labels.forEach(({ fired }, i) => { successors.restore(i + 1, fired) })
    standings.restore(facts)
    this.frontier.restore(next, levels)
    this.wasAmbiguous = ambiguous
  }

  private begin(): void {
    const { store, learner, machine, standings } = this
    learner.packed.pack(machine.initialWorld, store.words32, store.candidate)
    // Under its own names: under those that are stored a witness may not show itself.
    const start = store.words32.slice(store.candidate, store.candidate + learner.words)
    store.insert(0, initialLabel)
    tracing(() => learner.recorder.asked(start, start, (world, before) => {
      standings.judge([], { world, fresh: false, before, trace: () => [] })
    }), () => [])
  }

  /** Up to `room` parents of this level, by the compiled trees as far as they know on. */
  private expand(room: number): void {
    const { frontier, store, successors, threads } = this
    this.enter(frontier.next)
    const isShared = store.count >= this.firstShared && frontier.end - frontier.next > 2 * chunk
    if (isShared && this.waits) threads?.wait()
    if (threads?.isReady && isShared && store.setStops(chunk)) this.share(threads)
    else {
      const root = successors.expand(frontier.next, Math.min(frontier.next + room, frontier.end))
      frontier.next = successors.next
      if (root !== null) this.finish(frontier.next++, root)
    }
    if (store.isFull) throw new StatesFull(store.fullReason())
  }

  /** Parents between two looks at the clock: the fewer, the longer one takes. */
  private between(most: number, least: number): number { return Math.max(least, Math.floor(most / this.orders)) }

  /** A parent that is the first of the next distance begins it. */
  private enter(parent: number): void {
    if (parent === this.frontier.end) this.frontier.goFarther(this.store.count)
  }

  /** The steps of a parent from one that the compiled trees do not know. */
  private finish(parent: number, root: number): void {
    this.steps.missed(root)
    this.enter(parent)
    this.steps.finish(parent, root)
  }

  private share(threads: Threads): void {
    const { frontier, steps, successors } = this
    this.decidedAlone ??= this.standings.decisions
    const most = this.between(mostShared, 4 * chunk)
    frontier.next = threads.round(frontier.next, Math.min(frontier.end, frontier.next + most), (from, to) => {
      for (let at = from; at < to && !this.store.isFull;) {
        const root = successors.expand(at, to)
        at = successors.next
        if (root !== null) this.finish(at++, root)
      }
    }, (parent, root, isLast) => { steps.missed(root); steps.finish(parent, root, isLast ? root + 1 : Infinity) })
  }

  /** Books how often everything fired. */
  tally(): void {
    const { successors, standings } = this
    this.learner.labels.forEach((label, number) => {
      if (label !== null) standings.tally(label.instance.action, label.events, successors.firedOf(number))
    })
  }
}
