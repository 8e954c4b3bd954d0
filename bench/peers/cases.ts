/** The models that are compared: each as our machine and as Promela. */
import { exploreExhaustively, machine } from '../../src/index.ts'
import type { ExhaustiveOptions, Exploration, Machine, Observation } from '../../src/index.ts'
import { dieHard } from '../../test/models/die-hard.ts'
import { peterson } from '../../test/models/peterson.ts'
import { reference, referenceProtocol } from '../../test/models/reference.ts'
import { twoPhaseCommit } from '../../test/models/two-phase-commit.ts'
import { dieHardPromela, petersonPromela, twoPhaseCommitPromela } from './classic.ts'
import { referencePromela } from './promela.ts'

export type Search = (options: ExhaustiveOptions) => Promise<Exploration>
export interface Case {
  readonly title: string
  readonly states: number
  readonly promela: () => string
  /** Visits the whole space. */
  readonly search: Search
  /** Judges, where judging ends the search before the whole space is seen: all safety properties are violated. */
  readonly judge?: Search
}

const searchOf = <S, L, O extends Observation>(model: Machine<S, L, O>): Search =>
  options => exploreExhaustively(model, options)
const protocol = (name: keyof typeof reference): Case => {
  const { sizes, states } = reference[name]
  return { title: `reference protocol, ${name}`, states, promela: () => referencePromela(sizes),
    search: searchOf(referenceProtocol(sizes)) }
}
const commit = (managers: number, states: number): Case => ({
  title: `two-phase commit, ${managers} managers`, states,
  promela: () => twoPhaseCommitPromela(managers), search: searchOf(twoPhaseCommit(managers)),
})

export const cases: Readonly<Record<string, Case>> = {
  s: protocol('s'), m: protocol('m'), l: protocol('l'),
  '2pc-3': commit(3, 288), '2pc-5': commit(5, 8_832),
  peterson: { title: 'Peterson', states: 20, promela: petersonPromela, search: searchOf(peterson()) },
  'die-hard': { title: 'Die Hard', states: 16, promela: dieHardPromela,
    search: searchOf(machine({ ...dieHard(), properties: [] })), judge: searchOf(dieHard()) },
}
