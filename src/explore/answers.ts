/** Yes-or-no questions about all states of a search, answered in one pass. */
import type { Observation, World } from '../model/index.ts'
import type { Slices } from './pace.ts'
import type { Search } from './search.ts'
import { leafOf, Trees, unknown } from './trees.ts'

const [no, yes] = [0, 1]

/** A bit for each question and state. */
export class Answers {
  /** Words of a state. */
  private readonly width: number
  private readonly bits: Uint32Array
  constructor(states: number, questions: number) {
    this.width = Math.ceil(questions / 32)
    this.bits = new Uint32Array(states * this.width)
  }

  copy(from: number, to: number): void {
    for (let w = 0; w < this.width; w++) this.bits[to * this.width + w] = this.bits[from * this.width + w]!
  }
  set(state: number, question: number, answer: boolean): void {
    const at = state * this.width + (question >>> 5), bit = 1 << (question & 31)
    this.bits[at] = answer ? this.bits[at]! | bit : this.bits[at]! & ~bit
  }

  /** 1 for each state where the answer to the question is yes. */
  async of(question: number, slices: Slices): Promise<Uint8Array> {
    const { width, bits } = this, word = question >>> 5, shift = question & 31
    const marks = new Uint8Array(bits.length / width)
    await slices.over(marks.length, (from, to) => {
      for (let state = from; state < to; state++) marks[state] = bits[state * width + word]! >>> shift & 1
    })
    return marks
  }
}

/** A question is asked once for all states that look alike to it; and of a state only where the step to it has changed
 *  what the question ever reads: else the answer is that of the state before. */
export async function answersOf<S, L, O extends Observation>(search: Search<S, L, O>,
  asks: readonly ((world: World<S, L>) => boolean)[], slices: Slices): Promise<Answers> {
  const { store, learner, machine } = search
  const { words32 } = store
  const trees = new Trees(asks.length, () => `a question about states of machine '${machine.name}'`)
  const reads = asks.map(() => new Uint32Array(learner.words))
  const touched = learner.labels.map((_, label) => asks.flatMap((_, ask) => label === 0 ? [ask] : []))
  const answers = new Answers(store.count, asks.length)

  const learn = (ask: number, at: number): number => {
    let answer = false
    const log = learner.recorder.look(words32, at, world => { answer = asks[ask]!(world) })
    trees.extend(ask, log, words32, at, answer ? yes : no, false)
    if (learner.addReads(reads[ask]!, log))
      touched.forEach((those, label) => {
        if (!those.includes(ask) && learner.canChange(label, reads[ask]!)) those.push(ask)
      })
    return trees.walk(ask, words32, at)
  }
  await slices.over(store.count, (from, to) => {
    for (let state = from; state < to; state++) {
      const those = touched[store.label(state)]!
      if (state > 0) answers.copy(store.parent(state), state)
      if (those.length === 0) continue
      const at = store.unpack(state)
      // What is asked may come to more on the way: what the parent's answer rests on was among it before.
      for (const ask of those) {
        const ref = trees.walk(ask, words32, at)
        answers.set(state, ask, leafOf(ref === unknown ? learn(ask, at) : ref) === yes)
      }
    }
  })
  return answers
}
