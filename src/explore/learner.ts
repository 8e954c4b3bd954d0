/** Learns what a machine does: runs what the trees do not know yet, once, and books what it shows. A root is a
 *  judgement of states or an instance of an action; a label is an instance with the events of one of its ways to go. */
import { layoutOf, ModelError, observationsIn, showOp } from '../model/index.ts'
import type { Instance, Machine, ModelEvent, Observation, Op, Packing, Property, Shape, World } from '../model/index.ts'
import type { Standings } from './standings.ts'
import type { Effect } from '../model/effect.ts'
import type { Equivariance } from './equivariance.ts'
import { Independence } from './independence.ts'
import { Recorder } from '../model/record.ts'
import type { ReadLog } from '../model/run.ts'
import { leafOf, Trees, unknown } from './trees.ts'
import type { Leaf } from './trees.ts'
import type { StateStore } from './store.ts'
import { maxLabels } from './wasm/memory.ts'

export interface Label<S, O> {
  readonly instance: Instance<S, O>
  readonly number: number
  readonly events: readonly ModelEvent<O>[]
}
interface Judgement<S, L, O> { readonly property: Property<S, L, O>; readonly part: number }

/** The step that was first in a place: label 0. It is judged as if everything had changed. */
export const initialLabel = 0
const nothing: Leaf = { label: null, effect: null }

/** A tree is given up when it keeps growing: so many runs, and more than this share of the states. */
const patientRuns = 10_000
const patientShare = 0.05
export interface Patience { readonly patientRuns?: number | undefined; readonly patientShare?: number | undefined }

export class Learner<S, L, O extends Observation> {
  readonly trees: Trees
  readonly shape: Shape
  readonly packed: Packing<World<S, L>>
  readonly words: number
  /** Roots below this number are judgements, the others instances in order. */
  readonly judgements: readonly Judgement<S, L, O>[]
  readonly labels: (Label<S, O> | null)[] = [null]
  /** Instances that are run anew each time: their trees grew too large. */
  readonly direct = new Set<number>()
  /** Bits of each word that a label changes, and that a judgement reads. */
  private readonly changes: Uint32Array[]
  private readonly reads: Uint32Array[]
  private readonly machine: Machine<S, L, O>
  private readonly standings: Standings<S, L, O>
  readonly recorder: Recorder<S, L, O>
  private readonly independence: Independence
  private readonly labelNumbers = new Map<string, number>()
  private readonly runsOf: Uint32Array
  /** Where names are interchangeable, that they are is checked of all that is learnt. */
  symmetric: Equivariance<S, L, O> | null = null
  private readonly store: StateStore

  private readonly patience: Required<{ [K in keyof Patience]: number }>

  constructor(machine: Machine<S, L, O>, standings: Standings<S, L, O>, patience: Patience, store: StateStore) {
    this.patience = { patientRuns: patience.patientRuns ?? patientRuns,
      patientShare: patience.patientShare ?? patientShare }
    this.machine = machine
    this.standings = standings
    this.store = store
    this.recorder = new Recorder(machine)
    this.packed = this.recorder.packed
    this.words = this.recorder.words
    this.shape = layoutOf(machine.worldDomain, 'world')
    this.judgements = judgementsOf(machine)
    const roots = this.judgements.length + machine.instances.length
    this.trees = new Trees(roots, root => this.nameOf(root), store.trees)
    this.runsOf = new Uint32Array(roots)
    this.changes = [new Uint32Array(this.words).fill(0xffffffff)]
    this.reads = this.judgements.map(() => new Uint32Array(this.words))
    this.independence = new Independence(this.words, store.rows)
    store.touch(initialLabel, -1)
  }

  get runs(): number { return this.recorder.runs }
  instanceOf(root: number): number { return root - this.judgements.length }
  private nameOf(root: number): string {
    const judgement = this.judgements[root]
    const what = judgement === undefined ? showOp(this.machine.instances[this.instanceOf(root)]!.op)
      : `property '${judgement.property.name}'`
    return `${what} of machine '${this.machine.name}'`
  }

  /** What labels change and judgements read, as bytes. */
  parts(): Uint8Array[] {
    return [this.changes, this.reads].map(masks => {
      const all = new Uint32Array(masks.length * this.words)
      masks.forEach((mask, i) => { all.set(mask, i * this.words) })
      return new Uint8Array(all.buffer)
    })
  }
  /** Labels of another search of the same machine, under the numbers they had there. */
  restore(labels: readonly { readonly instance: number; readonly events: readonly ModelEvent<Observation>[] }[],
    fill: (part: number, into: Uint8Array) => void): void {
    for (const { instance: number, events } of labels) {
      this.changes.push(new Uint32Array(this.words))
      this.independence.restore(this.labels.length, number)
      const label: Label<S, O> = { instance: this.machine.instances[number]!, number,
        events: events as readonly ModelEvent<O>[] }
      this.labelNumbers.set(keyOf(number, events), this.labels.push(label) - 1)
    }
    this.parts().forEach((bytes, part) => {
      fill(part, bytes)
      const masks = new Uint32Array(bytes.buffer), own = [this.changes, this.reads][part]!
      own.forEach((mask, i) => { mask.set(masks.subarray(i * this.words, (i + 1) * this.words)) })
    })
    for (let label = 1; label < this.labels.length; label++) this.touch(label)
  }

  /** What a root does in the state at `offset`, learnt now where it is new. `trace` gives the ops to the state, and
   *  with the instance's.
   *  `states` is how many were looked at. */
  follow(root: number, words: Uint32Array, offset: number, states: number,
    trace: (op: Op | null) => readonly Op[]): Leaf {
    const ref = this.trees.walk(root, words, offset)
    if (ref !== unknown) return this.trees.leaves[leafOf(ref)]!
    this.runsOf[root]!++
    return root < this.judgements.length ? this.look(root, words, offset, trace)
      : this.run(root, words, offset, states, trace)
  }

  /** What an instance does in the state at `offset`, where that is learnt; else null. */
  known(instance: number, words: Uint32Array, offset: number): Leaf | null {
    const ref = this.trees.walk(this.judgements.length + instance, words, offset)
    return ref === unknown ? null : this.trees.leaves[leafOf(ref)]!
  }
  isLabel(label: number, events: readonly ModelEvent<O>[]): boolean {
    const { number } = this.labels[label]!
    return this.labelNumbers.get(keyOf(number, events)) === label
  }

  private look(root: number, words: Uint32Array, offset: number, trace: (op: Op | null) => readonly Op[]): Leaf {
    const { property, part } = this.judgements[root]!
    if (!this.standings.isOpen(property)) {
      this.trees.settle(root)
      return nothing
    }
    const log = this.recorder.look(words, offset, world =>
    { this.standings.ask(property, [], { world, fresh: true, before: () => world, trace: () => trace(null) }, part) })
    this.symmetric?.checkProperty(property, part, words, offset, log)
    this.trees.extend(root, log, words, offset, this.trees.leaf(null, null), false)
    if (this.addReads(this.reads[root]!, log)) {
      const bit = bitOf(root)
      for (let label = 1; label < this.labels.length; label++)
        if (this.canChange(label, this.reads[root]!)) this.store.touch(label, this.store.touchOf(label) | bit)
    }
    return nothing
  }

  /** Adds the bits that a run read to those that others did. Whether some are new. */
  addReads(reads: Uint32Array, { at, bits }: ReadLog): boolean {
    let isNew = false
    for (let i = 0; i < at.length; i++) {
      const word = at[i]! >>> 5, mask = (bits[i] === 32 ? -1 : (1 << bits[i]!) - 1) << (at[i]! & 31)
      if ((reads[word]! & mask) === mask) continue
      reads[word]! |= mask
      isNew = true
    }
    return isNew
  }
  /** Whether a step with this label can change any of these bits. */
  canChange(label: number, reads: Uint32Array): boolean {
    const changes = this.changes[label]!
    for (let w = 0; w < reads.length; w++) if ((reads[w]! & changes[w]!) !== 0) return true
    return false
  }

  private run(root: number, words: Uint32Array, offset: number, states: number,
    trace: (op: Op | null) => readonly Op[]): Leaf {
    const number = this.instanceOf(root)
    const instance = this.machine.instances[number]!
    const { log, step } = this.recorder.record(instance, words, offset, (events, world, before) => {
      const taken = { world, fresh: false, before, trace: () => trace(instance.op) }
      this.standings.judge(observationsIn(events), taken)
    })
    this.symmetric?.checkStep(instance, words, offset, log)
    const label = step === null ? null : this.label(instance, number, step.events, step.effect)
    const effect = step?.effect ?? null
    const isDirect = this.direct.has(root), leaf = isDirect ? null : this.trees.leaf(label, effect)
    // Under symmetry a state is stored under other names than it was found with: which steps it shares with its parent
    // is not known.
    if (label !== null && effect !== null && this.symmetric === null)
      this.independence.learn(label, leaf, number, log, effect)
    if (leaf === null) return { label, effect }
    this.trees.extend(root, log, words, offset, leaf, this.standings.decisions > 0)
    const runs = this.runsOf[root]!
    if (runs > this.patience.patientRuns && runs > this.patience.patientShare * states) {
      this.trees.drop(root)
      this.direct.add(root)
    }
    return { label, effect }
  }

  private label(instance: Instance<S, O>, number: number, events: readonly ModelEvent<O>[],
    { keep, set }: Effect): number {
    const key = keyOf(number, events)
    let label = this.labelNumbers.get(key)
    if (label === undefined) {
      if (this.labels.length === maxLabels)
        throw new ModelError(`${showOp(instance.op)} in machine '${this.machine.name}': steps and their events differ `
          + `in more than ${(maxLabels - 1).toLocaleString('en-US')} ways`)
      label = this.labels.push({ instance, number, events }) - 1
      this.labelNumbers.set(key, label)
      this.changes.push(new Uint32Array(this.words))
      this.touch(label)
    }
    const changes = this.changes[label]!
    let isNew = false
    for (let w = 0; w < this.words; w++) {
      const bits = (~keep[w]! | set[w]!) >>> 0
      if ((changes[w]! | bits) >>> 0 === changes[w]) continue
      changes[w]! |= bits
      isNew = true
    }
    if (isNew) this.touch(label)
    return label
  }

  /** Which judgements a step with this label can change: the others hold as they did before it. */
  private touch(label: number): void {
    // Under symmetry a step is stored under other names than it was taken with: what it touched there may be anything.
    let touch = this.symmetric === null ? 0 : -1
    this.reads.forEach((reads, i) => { if (this.canChange(label, reads)) touch |= bitOf(i) })
    this.store.touch(label, touch)
  }
}

/** What is judged of each state: conjunct by conjunct. */
export function judgementsOf<S, L, O extends Observation>(machine: Machine<S, L, O>): Judgement<S, L, O>[] {
  return machine.properties.flatMap((property): Judgement<S, L, O>[] => {
    if (property.kind === 'monitor') return [{ property, part: 0 }]
    if (property.kind !== 'always') return []
    return Array.from({ length: property.parts?.(machine.initialWorld) ?? 1 }, (_, part) => ({ property, part }))
  })
}

/** Of a judgement, in a touch mask. Those from the 32nd on share one. */
const bitOf = (judgement: number): number => 1 << Math.min(judgement, 31)

/** Most steps tell nothing. */
const keyOf = (number: number, events: readonly unknown[]): string =>
  events.length === 0 ? `${number} []` : `${number} ${JSON.stringify(events)}`
