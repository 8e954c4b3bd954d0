/** Random search (fast-check): long seeded runs, half of them with a random subset of the actions; what is found is
 *  shrunk. */
import fc from 'fast-check'
import { ModelError, tracing } from '../model/index.ts'
import type { Machine, Observation, Op } from '../model/index.ts'
import { Standings } from './standings.ts'
import { Pace } from './pace.ts'
import type { Limits } from './pace.ts'
import type { Exploration, StopReason, Violation } from './result.ts'
import { judgeOps, repeated, shrink } from './shrink.ts'
import { PackedStates, StatesFull } from './states.ts'
import { plansOf, Walker } from './walk.ts'
import type { Plan } from './walk.ts'

export interface RandomOptions extends Limits {
  /** Any 32-bit integer. */
  readonly seed: number
  /** 1000 where not given. */
  readonly runs?: number | undefined
  /** The most ops of one run; 100 where not given. */
  readonly length?: number | undefined
  /** Share of ops that are taken without looking at the guard, 0..1; 1/16 where not given. */
  readonly blind?: number | undefined
  /** A larger share of refused ops ends in `incomplete`, stopped by 'refused'; 0.5 where not given. */
  readonly refusedLimit?: number | undefined
}

/** Cases that fast-check may try to shrink one violation. A count, not a time: same seed, same result. */
const maxAttempts = 500

/** Judges every step of random runs. Each property gets a verdict; a violated one is shrunk and no longer judged. Same
 *  seed, same result, unless a clock or a signal ends it. @throws ModelError as `exploreExhaustively`. */
export async function exploreRandomly<S, L, O extends Observation>(
  machine: Machine<S, L, O>, options: RandomOptions): Promise<Exploration> {
  const { seed, runs = 1000, length = 100, blind = 1 / 16, refusedLimit = 0.5 } = options
  const pace = new Pace(options)
  const walk = new Walk(machine, blind)
  if (options.onViolation !== undefined) walk.standings.onViolation = options.onViolation
  const plans = plansOf(walk.walker.actions.length, length)
  const ended: { by: StopReason | null; mistake: unknown } = { by: null, mistake: null }
  await fc.check(fc.asyncProperty(plans, async plan => {
    if (pace.due()) ended.by = await pace.breathe(walk.counts())
    try { if (ended.by === null && !walk.standings.finished) return walk.run(plan) } catch (error) {
      if (error instanceof StatesFull) ended.by = error.reason
      else ended.mistake = error
    }
    throw new fc.PreconditionFailure(true) // ends the runs; any other throw would be a case to shrink
  }), { seed, numRuns: runs })
  if (ended.mistake !== null) {
    if (!pace.bears(ended.mistake)) throw ended.mistake
    ended.by = 'mistake'
  }
  for (const [name, run] of walk.foundIn)
    walk.standings.violations.set(name,
      await shrunk(walk, walk.standings.violations.get(name)!, plans, { seed, path: String(run), numRuns: 1 }, pace))
  if (walk.refused > refusedLimit * walk.ops) ended.by ??= 'refused'
  const { states, transitions, depth } = walk.counts()
  return {
    driver: 'random', machine: machine.name, complete: false, stopped: ended.by,
    results: walk.standings.results(ended.by === null ? 'passed' : 'incomplete'),
    states, transitions, depth, seconds: pace.seconds, coverage: walk.standings.coverage(),
    random: {
      seed, runs: walk.runs, ops: walk.ops, refused: walk.refused, meanLength: walk.ops / Math.max(1, walk.runs),
      distinctStates: states,
    },
    engine: null,
  }
}

/** fast-check makes the run smaller that showed the violation, then its ops are made fewer. An interruption ends it
 *  early. What does not violate when it is taken again stays as it was found, and is told to be so. */
async function shrunk<S, L, O extends Observation>(
  walk: Walk<S, L, O>, violation: Violation, plans: fc.Arbitrary<Plan>, run: fc.Parameters<[Plan]>,
  pace: Pace): Promise<Violation> {
  const { machine, walker } = walk
  const judged = judgeOps(machine, violation.property, walker.stepper)
  let best = violation.ops
  let attempts = 0
  let interrupted = false
  await fc.check(fc.asyncProperty(plans, async plan => {
    if (pace.due()) interrupted = await pace.breathe(walk.counts()) === 'interrupted'
    if (interrupted || attempts++ === maxAttempts) throw new fc.PreconditionFailure(true)
    const found = judged(opsOf(walker, plan))
    if (found !== null) best = found.ops
    return found === null
  }), run)
  const ops = interrupted ? best : shrink(machine, judged, best) ?? best
  return repeated(machine, { ...violation, ops })
}

/** The ops that a plan comes to, up to a mistake of the machine. */
function opsOf<S, L, O extends Observation>(walker: Walker<S, L, O>, plan: Plan): Op[] {
  const ops: Op[] = []
  try {
    walker.follow(plan, { refused: () => {}, took: ({ op }) => { ops.push(op) } })
  } catch (error) {
    if (!(error instanceof ModelError)) throw error
  }
  return ops
}

/** Takes runs and judges them. */
class Walk<S, L, O extends Observation> {
  readonly machine: Machine<S, L, O>
  readonly standings: Standings<S, L, O>
  readonly walker: Walker<S, L, O>
  /** In which run each property was violated. */
  readonly foundIn = new Map<string, number>()
  runs = 0
  ops = 0
  refused = 0
  private transitions = 0
  private longest = 0
  private readonly states: PackedStates

  constructor(machine: Machine<S, L, O>, blind: number) {
    this.machine = machine
    this.standings = new Standings(machine, false)
    this.walker = new Walker(machine, blind)
    const { stepper } = this.walker, at = stepper.initial()
    this.states = new PackedStates(at.words.length)
    this.states.insert(at.words)
    tracing(() => stepper.asked(at, at, (world, before) => {
      this.standings.judge([], { world, fresh: true, before, trace: () => [] })
    }), () => [])
  }

  counts() {
    return { states: this.states.count, transitions: this.transitions, depth: this.longest, queue: 0, bytes: 0,
      growth: 1 }
  }

  run(plan: Plan): void {
    const { states, standings, walker } = this, { stepper } = walker
    const ops: Op[] = []
    let at = stepper.initial()
    tracing(() => walker.follow(plan, {
      refused: () => { this.ops++; this.refused++ },
      took: ({ action, op }, { to, events }) => {
        const from = at
        at = to
        ops.push(op)
        this.ops++
        this.transitions++
        const fresh = states.insert(to.words), trace = (): readonly Op[] => [...ops]
        stepper.asked(from, to, (world, before) => {
          standings.record(action, events, { world, fresh, before, trace })
        })
      },
    }), () => walker.current === null ? ops : [...ops, walker.current])
    for (const name of standings.violations.keys()) if (!this.foundIn.has(name)) this.foundIn.set(name, this.runs)
    this.longest = Math.max(this.longest, ops.length)
    this.runs++
  }
}
