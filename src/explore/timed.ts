/** Timed runs: each agent has a clock, each bit of the state the time of its last write. A step begins at the latest of
 *  its agent's clock and the times of what it reads, so waiting, contention and overlap come out of what steps read and
 *  write. A guard that looks at a field waits for its last write, whatever was written: waits are upper bounds. */
import { apply } from '../model/effect.ts'
import type { Instance, Machine, ModelEvent, Observation, World } from '../model/index.ts'
import { layoutOf } from '../model/layout.ts'
import type { Place } from '../model/layout.ts'
import { Recorder } from '../model/record.ts'
import { Seeded } from '../seeded.ts'
import { Choices } from './choices.ts'
import type { Outcome } from './choices.ts'

export interface TimedStep<S, L, O extends Observation> {
  readonly instance: Instance<S, O>
  readonly events: readonly ModelEvent<O>[]
  /** Asked for only where it matters: a world is made of bits when it is looked at. */
  before(): World<S, L>
  /** Whether an optional part of the state is null: of `kernel.calls[0]` the path is `kernel`, `calls`, 0. An array
   *  that was seen before is not read again. */
  isNull(when: 'before' | 'after', path: readonly (string | number)[]): boolean
}
/** A span begins or ends at a step; of one key there is one under way at a time, and a further beginning changes
 *  nothing. */
export interface Mark { readonly span: string; readonly key: string; readonly is: 'begin' | 'end' }

export interface TimedSpec<S, L, O extends Observation> {
  readonly seed: number
  /** So many are taken; fewer where nothing is left to take. */
  readonly steps: number
  /** An agent begins something of its own choice (an action that is not fair) so long after it began the last, on
   *  average. */
  readonly gap: number
  /** Whether the workload has it; fair actions always run. */
  readonly chosen: (instance: Instance<S, O>) => boolean
  /** Asked once for each step of the run, in order: it may remember what is owed. */
  readonly duration: (events: readonly ModelEvent<O>[]) => number
  readonly marks: (step: TimedStep<S, L, O>) => readonly Mark[]
}
export interface Timed {
  readonly steps: number
  /** From the first begin to the last end. */
  readonly lasted: number
  /** Time of each span that ended, in order of ends. */
  readonly spans: ReadonlyMap<string, readonly number[]>
  /** Spans under way at the end. */
  readonly unfinished: ReadonlyMap<string, number>
  /** Time that each agent works, and waits for what others write. */
  readonly agents: ReadonlyMap<string, { readonly busy: number; readonly waited: number }>
}

interface Choice<O> extends Outcome<O> {
  /** Its place in what the workload has. */
  readonly place: number
  readonly agent: number
  readonly isChosen: boolean
}

/** Same seed, same result. @throws ModelError as any step. */
export function timedRun<S, L, O extends Observation>(machine: Machine<S, L, O>, spec: TimedSpec<S, L, O>): Timed {
  return new Run(machine, spec).go()
}

class Run<S, L, O extends Observation> {
  private readonly machine: Machine<S, L, O>
  private readonly spec: TimedSpec<S, L, O>
  /** What the workload has of the machine's instances. */
  private readonly own: readonly { readonly number: number; readonly isChosen: boolean; readonly agent: string }[]
  private readonly random: Seeded
  private readonly recorder: Recorder<S, L, O>
  /** The state, and the one before it. */
  private words: Uint32Array
  private wordsBefore: Uint32Array
  private readonly state: Place
  private readonly places = new Map<readonly (string | number)[], number>()
  /** Bits of the state proper: what the judge writes down takes no time. */
  private readonly first: number
  private readonly bits: number
  private readonly names: string[] = []
  private readonly clocks: number[] = []
  private readonly due: number[] = []
  private readonly busy: number[] = []
  private readonly waited: number[] = []
  private readonly written: Float64Array
  private readonly open = new Map<string, { readonly span: string; readonly at: number }>()
  private readonly spans = new Map<string, number[]>()

  constructor(machine: Machine<S, L, O>, spec: TimedSpec<S, L, O>) {
    this.machine = machine
    this.spec = spec
    this.recorder = new Recorder(machine)
    this.words = new Uint32Array(this.recorder.words)
    this.wordsBefore = new Uint32Array(this.recorder.words)
    this.recorder.packed.pack(machine.initialWorld, this.words, 0)
    this.own = machine.instances.flatMap((instance, number) => {
      const { fair, agent } = instance.action, isChosen = fair === false
      if (isChosen && !spec.chosen(instance)) return []
      return [{ number, isChosen, agent: typeof agent === 'string' ? agent : agent(instance.op.args) }]
    })
    this.random = new Seeded(spec.seed)
    const world = layoutOf(machine.worldDomain, 'world')
    if (world.kind !== 'struct') throw new TypeError('a world is a struct')
    this.state = world.fields.find(({ name }) => name === 'state')!
    this.first = this.state.at
    this.bits = this.first + this.state.shape.bits
    this.written = new Float64Array(this.bits)
  }

  go(): Timed {
    const all = new Choices(this.machine, this.recorder, this.own.map(({ number }) => number),
      (place, outcome) => this.choice(place, outcome))
    let choices = all.in(this.words), steps = 0, lasted = 0
    for (; steps < this.spec.steps; steps++) {
      const choice = this.earliest(choices)
      if (choice === null) break
      lasted = Math.max(lasted, this.take(choice))
      choices = all.after(choices, this.wordsBefore, this.words)
    }
    const unfinished = new Map<string, number>()
    for (const { span } of this.open.values()) unfinished.set(span, (unfinished.get(span) ?? 0) + 1)
    return { steps, lasted, spans: this.spans, unfinished,
      agents: new Map(this.names.map((name, i) => [name, { busy: this.busy[i]!, waited: this.waited[i]! }])) }
  }

  /** The step that can begin first; of several one at random. */
  private earliest(choices: readonly Choice<O>[]): Choice<O> | null {
    let best: Choice<O> | null = null, bestAt = Infinity, ties = 0
    for (const choice of choices) {
      const at = this.beginOf(choice, bestAt)
      if (at > bestAt) continue
      ties = at === bestAt ? ties + 1 : 1
      if (ties > 1 && this.random.below(ties) > 0) continue
      best = choice
      bestAt = at
    }
    return best
  }
  /** Where that is later than `limit`, perhaps too early. */
  private beginOf({ agent, isChosen, reads }: Choice<O>, limit: number): number {
    let at = this.readyOf(agent, isChosen)
    const { written } = this
    for (let i = 0; i < reads.length && at <= limit; i++) {
      const time = written[reads[i]!]!
      if (time > at) at = time
    }
    return at
  }
  private readyOf(agent: number, isChosen: boolean): number {
    const clock = this.clocks[agent]!
    return isChosen && this.due[agent]! > clock ? this.due[agent]! : clock
  }

  /** When it ends. */
  private take(choice: Choice<O>): number {
    const { place, agent, isChosen, effect, events, writes } = choice, at = this.beginOf(choice, Infinity)
    const { words: before, wordsBefore: after } = this
    apply(effect, before, 0, after, 0)
    this.words = after
    this.wordsBefore = before
    const duration = this.spec.duration(events), end = at + duration
    this.waited[agent]! += at - this.readyOf(agent, isChosen)
    this.busy[agent]! += duration
    this.clocks[agent] = end
    if (isChosen) this.due[agent] = end + this.random.below(2 * this.spec.gap + 1)
    for (const bit of writes) this.written[bit] = end
    const instance = this.machine.instances[this.own[place]!.number]!
    for (const { span, key, is } of this.spec.marks(new Taken(instance, events, before, after, this))) {
      const under = this.open.get(key)
      if (is === 'begin' && under === undefined) this.open.set(key, { span, at })
      if (is !== 'end' || under === undefined) continue
      const times = this.spans.get(under.span) ?? []
      this.spans.set(under.span, times)
      times.push(end - under.at)
      this.open.delete(key)
    }
    return end
  }

  private choice(place: number, { effect, events, reads, writes }: Outcome<O>): Choice<O> {
    const { agent, isChosen } = this.own[place]!
    return { place, agent: this.agent(agent), isChosen, effect, events, reads: this.ofState(reads),
      writes: this.ofState(writes) }
  }
  /** Of the state proper: what the judge writes down takes no time. */
  private ofState(bits: readonly number[]): readonly number[] {
    return bits.filter(bit => bit >= this.first && bit < this.bits)
  }
  world(words: Uint32Array): World<S, L> { return this.recorder.packed.unpack(words, 0) }
  placeOf(path: readonly (string | number)[]): number {
    let at = this.places.get(path)
    if (at === undefined) this.places.set(path, at = placeIn(this.state, path))
    return at
  }
  private agent(name: string): number {
    const known = this.names.indexOf(name)
    if (known >= 0) return known
    for (const of of [this.clocks, this.busy, this.waited]) of.push(0)
    this.due.push(this.random.below(2 * this.spec.gap + 1))
    return this.names.push(name) - 1
  }
}

/** A class, not arrows in a literal: those would be named each time. */
class Taken<S, L, O extends Observation> implements TimedStep<S, L, O> {
  readonly instance: Instance<S, O>
  readonly events: readonly ModelEvent<O>[]
  private readonly words: Uint32Array
  private readonly wordsAfter: Uint32Array
  private readonly run: Run<S, L, O>
  constructor(instance: Instance<S, O>, events: readonly ModelEvent<O>[], words: Uint32Array, after: Uint32Array,
    run: Run<S, L, O>) {
    this.instance = instance
    this.events = events
    this.words = words
    this.wordsAfter = after
    this.run = run
  }
  before(): World<S, L> { return this.run.world(this.words) }
  isNull(when: 'before' | 'after', path: readonly (string | number)[]): boolean {
    return isNullIn(when === 'before' ? this.words : this.wordsAfter, this.run.placeOf(path))
  }
}

/** The bit that says whether an optional part is there. @throws TypeError where the path leads to none. */
function placeIn(root: Place, path: readonly (string | number)[]): number {
  let { at, shape } = root
  for (const part of path) {
    const element = shape.kind === 'table' ? shape.elements[part as number] : undefined
    const next = shape.kind === 'struct' ? shape.fields.find(({ name }) => name === part) : element
    if (next === undefined) throw new TypeError(`the state has no part '${path.join('.')}'`)
    at += next.at
    shape = next.shape
  }
  if (shape.kind !== 'optional') throw new TypeError(`'${path.join('.')}' is never null`)
  return at
}
const isNullIn = (words: Uint32Array, at: number): boolean => (words[at >>> 5]! >>> (at & 31) & 1) === 0
