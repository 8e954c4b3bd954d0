/** Steps of one machine over packed states, one by one. What a run read and did is kept in trees, so that a step is run
 *  anew only where it may do something else. */
import { apply } from '../model/effect.ts'
import type { Machine, ModelEvent, Observation, World } from '../model/index.ts'
import { showOp } from '../model/index.ts'
import { Recorder } from '../model/record.ts'
import { leafOf, Trees, unknown } from './trees.ts'
import type { Leaf } from './trees.ts'

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
  /** By the way that a state goes in the tree of a step. */
  private readonly footprints = new Map<number, Footprint>()

  constructor(machine: Machine<S, L, O>) {
    this.machine = machine
    this.recorder = new Recorder(machine)
    const name = (instance: number): string => `${showOp(machine.instances[instance]!.op)} of machine '${machine.name}'`
    this.guards = new Memo(machine.instances.length, name)
    this.steps = new Memo(machine.instances.length, name)
  }

  initial(): Uint32Array { return this.pack(this.machine.initialWorld) }
  private pack(world: World<S, L>): Uint32Array {
    const words = new Uint32Array(this.recorder.words)
    this.recorder.packed.pack(world, words, 0)
    return words
  }
  /** A fresh mutable value. */
  world(words: Uint32Array): World<S, L> { return this.recorder.packed.unpack(words, 0) }

  /** Whether the machine's instance of this number may be taken. @throws ModelError. */
  isEnabled(instance: number, words: Uint32Array): boolean {
    const leaf = this.guards.known(instance, words) ?? this.guards.learn(instance, words, trees => {
      const { answer, log } = this.recorder.isEnabled(this.machine.instances[instance]!, words, 0)
      return { log, leaf: answer ? trees.leaf(0, noEffect) : 0 }
    })
    return leaf.label !== null
  }

  /** The state after the instance, and what happened; null where it may not be taken. @throws ModelError. */
  take(instance: number,
    words: Uint32Array): { readonly words: Uint32Array; readonly events: readonly ModelEvent<O>[] } | null {
    const { label, effect } = this.leaf(instance, words)
    if (label === null || effect === null) return null
    const after = new Uint32Array(words.length)
    apply(effect, words, 0, after, 0)
    return { words: after, events: this.events[label]! }
  }

  /** The bits that a step reads and writes, which may be taken. */
  footprint(instance: number, words: Uint32Array): Footprint {
    const { effect } = this.leaf(instance, words)
    const way = this.steps.wayOf(instance, words)
    const known = this.footprints.get(way)
    if (known !== undefined) return known
    const reads = this.steps.tested(instance, words), writes = new Uint32Array(words.length)
    for (let w = 0; w < words.length; w++) writes[w] = effect === null ? 0 : ~effect.keep[w]! | effect.set[w]!
    for (const { from, bits } of effect?.moves ?? [])
      reads[from >>> 5]! |= (bits === 32 ? -1 : 2 ** bits - 1) << (from & 31)
    const found = { reads: bitsIn(reads), writes: bitsIn(writes) }
    this.footprints.set(way, found)
    return found
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

/** Numbers of bits of the packed state, lowest first. */
export interface Footprint { readonly reads: readonly number[]; readonly writes: readonly number[] }
function bitsIn(masks: Uint32Array): readonly number[] {
  const found: number[] = []
  masks.forEach((mask, w) => {
    for (let left = mask; left !== 0; left &= left - 1) found.push(32 * w + 31 - Math.clz32(left & -left))
  })
  return found
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

  wayOf(root: number, words: Uint32Array): number { return this.trees.wayOf(root, words) }
  tested(root: number, words: Uint32Array): Uint32Array { return this.trees.tested(root, words) }

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
