/** What may be taken in a state, from what may be taken in the one before it: only what asks for a bit that changed is
 *  asked again. Answers are kept in trees, as those of a search are. */
import type { Effect } from '../model/effect.ts'
import type { Machine, ModelEvent, Observation } from '../model/index.ts'
import { showOp } from '../model/index.ts'
import type { Recorder } from '../model/record.ts'
import { leafOf, Trees, unknown } from './trees.ts'

/** What a step does in all states that look alike to it. */
export interface Outcome<O> {
  readonly effect: Effect
  readonly events: readonly ModelEvent<O>[]
  /** Numbers of bits of the packed state, lowest first. */
  readonly reads: readonly number[]
  readonly writes: readonly number[]
}

/** `C` is made of each outcome once. A place is that among the instances that are asked for. */
export class Choices<S, L, O extends Observation, C extends { readonly place: number }> {
  private readonly machine: Machine<S, L, O>
  private readonly recorder: Recorder<S, L, O>
  private readonly numbers: readonly number[]
  private readonly make: (place: number, outcome: Outcome<O>) => C
  private readonly trees: Trees
  /** Of each leaf; null where the step may not be taken. */
  private readonly known: (C | null)[] = []
  /** Words of a set of places. */
  private readonly width: number
  /** For each bit of a state, the set of places that ask for it. */
  private readonly readers: Uint32Array
  private readonly asked: Uint32Array
  /** Room for the choices of a state. */
  private readonly found: C[]

  /** `numbers`: those of the machine's instances that are asked for. */
  constructor(machine: Machine<S, L, O>, recorder: Recorder<S, L, O>, numbers: readonly number[],
    make: (place: number, outcome: Outcome<O>) => C) {
    this.machine = machine
    this.recorder = recorder
    this.numbers = numbers
    this.make = make
    this.trees = new Trees(numbers.length, place => `${this.nameOf(place)} of machine '${machine.name}'`)
    this.width = Math.ceil(numbers.length / 32)
    this.readers = new Uint32Array(32 * recorder.words * this.width)
    this.asked = new Uint32Array(this.width)
    this.found = Array<C>(numbers.length)
  }
  private nameOf(place: number): string { return showOp(this.machine.instances[this.numbers[place]!]!.op) }

  /** By their places. @throws ModelError. */
  in(words: Uint32Array): readonly C[] {
    return this.numbers.flatMap((_, place) => this.ask(place, words) ?? [])
  }

  /** The same of `after`, where `choices` are those of `before`. @throws ModelError. */
  after(choices: readonly C[], before: Uint32Array, after: Uint32Array): readonly C[] {
    this.findAsked(before, after)
    const { found } = this
    let next = 0, count = 0
    for (let w = 0; w < this.width; w++)
      for (let left = this.asked[w]!; left !== 0; left &= left - 1) {
        const place = 32 * w + lowest(left)
        while (next < choices.length && choices[next]!.place < place) found[count++] = choices[next++]!
        if (next < choices.length && choices[next]!.place === place) next++
        const choice = this.ask(place, after)
        if (choice !== null) found[count++] = choice
      }
    while (next < choices.length) found[count++] = choices[next++]!
    return found.slice(0, count)
  }
  private findAsked(before: Uint32Array, after: Uint32Array): void {
    const { asked, readers, width } = this
    asked.fill(0)
    for (let w = 0; w < before.length; w++)
      for (let left = before[w]! ^ after[w]!; left !== 0; left &= left - 1) {
        const at = (32 * w + lowest(left)) * width
        for (let i = 0; i < width; i++) asked[i]! |= readers[at + i]!
      }
  }

  private ask(place: number, words: Uint32Array): C | null {
    const ref = this.trees.walk(place, words, 0)
    return ref === unknown ? this.learn(place, words) : this.known[leafOf(ref)]!
  }
  private learn(place: number, words: Uint32Array): C | null {
    const { machine, recorder, trees, known } = this
    const { log, step } = recorder.record(machine.instances[this.numbers[place]!]!, words, 0, null)
    trees.extend(place, log, words, 0, known.length, false)
    const reads = trees.tested(place, words)
    for (const bit of bitsIn(reads)) this.readers[bit * this.width + (place >>> 5)]! |= 1 << (place & 31)
    if (step === null) {
      known.push(null)
      return null
    }
    const { effect, events } = step
    for (const { from, bits } of effect.moves) reads[from >>> 5]! |= (bits === 32 ? -1 : 2 ** bits - 1) << (from & 31)
    const writes = effect.keep.map((kept, w) => ~kept | effect.set[w]!)
    const choice = this.make(place, { effect, events, reads: bitsIn(reads), writes: bitsIn(writes) })
    known.push(choice)
    return choice
  }
}

const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits)
function bitsIn(masks: Uint32Array): readonly number[] {
  const found: number[] = []
  masks.forEach((mask, w) => {
    for (let left = mask; left !== 0; left &= left - 1) found.push(32 * w + lowest(left))
  })
  return found
}
