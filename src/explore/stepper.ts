/** Steps of one machine over packed states, one by one. What a run read and did is kept in trees, so that a step is run
 *  anew only where it may do something else; and what was asked of a state is kept with it, since runs of one machine
 *  meet the same states again and again, above all while one is shrunk. */
import { apply } from '../model/effect.ts'
import type { Machine, ModelEvent, Observation, World } from '../model/index.ts'
import { showOp } from '../model/index.ts'
import { Recorder } from '../model/record.ts'
import { leafOf, Trees, unknown } from './trees.ts'
import type { Leaf } from './trees.ts'

/** A state, and what was asked of it. */
export interface Place<S, L, O extends Observation> {
  readonly words: Uint32Array
  /** By the number of the instance; null where it may not be taken. */
  readonly steps: Map<number, Taken<S, L, O> | null>
}
/** A step from one state to another; the same object wherever it is taken again. */
export interface Taken<S, L, O extends Observation> {
  readonly to: Place<S, L, O>
  readonly events: readonly ModelEvent<O>[]
}

/** States that are remembered; then all are forgotten. */
const mostPlaces = 10_000

/** A tree that has grown so often is given up: its step runs anew each time. */
const patientRuns = 10_000

export class Stepper<S, L, O extends Observation> {
  private readonly machine: Machine<S, L, O>
  private readonly recorder: Recorder<S, L, O>
  private readonly guards: Memo
  private readonly steps: Memo
  /** Events of each label. */
  private readonly events: (readonly ModelEvent<O>[])[] = []
  private readonly labels = new Map<string, number>()
  private readonly places = new Map<string, Place<S, L, O>>()
  private readonly start: Uint32Array

  constructor(machine: Machine<S, L, O>) {
    this.machine = machine
    this.recorder = new Recorder(machine)
    const name = (instance: number): string => `${showOp(machine.instances[instance]!.op)} of machine '${machine.name}'`
    this.guards = new Memo(machine.instances.length, name)
    this.steps = new Memo(machine.instances.length, name)
    this.start = new Uint32Array(this.recorder.words)
    this.recorder.packed.pack(machine.initialWorld, this.start, 0)
  }

  initial(): Place<S, L, O> { return this.place(this.start) }
  private place(words: Uint32Array): Place<S, L, O> {
    const key = words.join()
    let place = this.places.get(key)
    if (place !== undefined) return place
    if (this.places.size >= mostPlaces) this.places.clear()
    this.places.set(key, place = { words, steps: new Map() })
    return place
  }
  /** What `ask` says of a step between two states. @throws ModelError. */
  asked<T>(from: Place<S, L, O>, to: Place<S, L, O>,
    ask: (world: World<S, L>, before: () => World<S, L>) => T): T {
    return this.recorder.asked(to.words, from.words, ask)
  }

  /** Whether the machine's instance of this number may be taken. @throws ModelError. */
  isEnabled(instance: number, { words }: Place<S, L, O>): boolean {
    const leaf = this.guards.known(instance, words) ?? this.guards.learn(instance, words, trees => {
      const { answer, log } = this.recorder.isEnabled(this.machine.instances[instance]!, words, 0)
      return { log, leaf: answer ? trees.leaf(0, noEffect) : 0 }
    })
    return leaf.label !== null
  }

  /** The step that the instance takes; null where it may not be taken. @throws ModelError. */
  take(instance: number, place: Place<S, L, O>): Taken<S, L, O> | null {
    let taken = place.steps.get(instance)
    if (taken === undefined) place.steps.set(instance, taken = this.run(instance, place.words))
    return taken
  }
  private run(instance: number, words: Uint32Array): Taken<S, L, O> | null {
    const { label, effect } = this.leaf(instance, words)
    if (label === null || effect === null) return null
    const after = new Uint32Array(words.length)
    apply(effect, words, 0, after, 0)
    return { to: this.place(after), events: this.events[label]! }
  }

  private leaf(instance: number, words: Uint32Array): Leaf {
    return this.steps.known(instance, words) ?? this.steps.learn(instance, words, trees => {
      const { log, step } = this.recorder.record(this.machine.instances[instance]!, words, 0, null)
      return { log, leaf: step === null ? 0 : trees.leaf(this.label(step.events), step.effect) }
    })
  }

  private label(events: readonly ModelEvent<O>[]): number {
    const key = JSON.stringify(events)
    let label = this.labels.get(key)
    if (label === undefined) this.labels.set(key, label = this.events.push(events) - 1)
    return label
  }
}

const noEffect = { keep: new Uint32Array(), set: new Uint32Array(), moves: [] }

/** Trees that grow where they are asked what they do not know. */
class Memo {
  private readonly trees: Trees
  private readonly runs: Uint32Array
  constructor(roots: number, nameOf: (root: number) => string) {
    this.trees = new Trees(roots, nameOf)
    this.runs = new Uint32Array(roots)
  }

  /** Null where it has to be learnt. Apart from that, so that what is known makes no function. */
  known(root: number, words: Uint32Array): Leaf | null {
    const ref = this.trees.walk(root, words, 0)
    return ref === unknown ? null : this.trees.leaves[leafOf(ref)]!
  }
  learn(root: number, words: Uint32Array,
    run: (trees: Trees) => { readonly log: Parameters<Trees['extend']>[1]; readonly leaf: number }): Leaf {
    const { trees, runs } = this
    const { log, leaf } = run(trees)
    if (++runs[root]! < patientRuns) trees.extend(root, log, words, 0, leaf, false)
    else trees.drop(root)
    return trees.leaves[leaf]!
  }
}
