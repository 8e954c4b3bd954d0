/** When a search makes code of its trees: walking them takes no time to begin, code takes less for each step. */
import type { Observation } from '../model/index.ts'
import type { Backend } from './exhaustive.ts'
import type { Learner } from './learner.ts'
import type { Steps } from './steps.ts'
import type { Successors } from './successors.ts'

/** Roots that may be walked for each node before the first code is made, and before the next, which V8 has yet to
 *  optimise while the last one runs well; and for how many one counts that threads cannot walk. */
const walksPerNode = 1000, walksPerNodeAgain = 4000, walksPerMiss = 16

export class Compilation<S, L, O extends Observation> {
  /** Whether code was made of the trees. */
  done = false
  /** Roots that had been walked by then, and nodes that there were. */
  private walked = 0
  private nodes = 0
  private readonly backend: Backend | null
  private readonly learner: Learner<S, L, O>
  private readonly steps: Steps<S, L, O>
  private readonly successors: Successors<S, L, O>
  constructor(backend: Backend | null, learner: Learner<S, L, O>, steps: Steps<S, L, O>,
    successors: Successors<S, L, O>) {
    this.backend = backend
    this.learner = learner
    this.steps = steps
    this.successors = successors
  }

  /** Makes code of what was learnt since the last, where that pays: says whether it did. */
  ifDue(): boolean {
    const { steps, successors } = this
    if (successors.walked - this.walked + walksPerMiss * steps.misses <= this.patience) return false
    this.compile()
    return true
  }

  /** Code did not know on at this root. */
  missed(root: number): void { this.steps.missed(root) }

  private compile(): void {
    this.steps.misses = 0
    this.done = true
    this.walked = this.successors.walked
    this.nodes = this.learner.trees.nodeCount
    this.successors.compile(this.backend === 'javascript')
  }

  /** The space is done: from now on every step from its states, of which there are so many, is handed over. What was
   *  learnt since the last code is walked, unless there is much to come. */
  handOver(take: (from: number, end: number) => void, states: number): void {
    const { roots: { length }, nodeCount } = this.learner.trees
    if (this.done && this.nodes < nodeCount && states * length > nodeCount * walksPerNodeAgain) this.compile()
    this.walked = this.successors.walked
    this.successors.handOver(take)
  }

  /** Roots that may be walked until new code pays: by then they have taken about as long as it takes to make it. */
  private get patience(): number {
    const { nodeCount } = this.learner.trees
    if (this.backend === 'walk') return Infinity
    if (this.done) return nodeCount * walksPerNodeAgain
    return this.backend !== null ? 0 : nodeCount * walksPerNode
  }
}
