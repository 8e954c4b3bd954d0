/** Whether ids are interchangeable in deed: each way that a recipe or property was seen to go must be gone alike under
 *  all other names. */
import { isReached, judge, keyOf, ModelError, observationsIn, showOp } from '../model/index.ts'
import type { Instance, Machine, Observation, Op, Property, Shape, World } from '../model/index.ts'
import { after, endsAlike, Known, movesAlike, sourcesOf } from './alike.ts'
import type { Sources } from './alike.ts'
import type { ReadLog } from '../model/run.ts'
import type { Effect } from '../model/effect.ts'
import { namings, ordersOf, trade } from './namings.ts'
import type { Classed, Naming } from './namings.ts'
import type { Recorder } from '../model/record.ts'
import { Renamer, renamedValue } from './renaming.ts'
import type { Names } from './renaming.ts'
import { kindsOf } from './retrace.ts'
import type { Standings } from './standings.ts'
import { groupOf, NotInterchangeable, setsOf } from './symmetry.ts'
import type { Group } from './symmetry.ts'

/** More namings of one state are not tested. */
const mostNamings = 5040

/** What was done under some names: all that must be the same under others, and what follows for the state. */
interface Answer { readonly says: string; readonly effect: Effect | null; readonly log: ReadLog }
/** What is asked under names: `ask` of the state that bears them, null where there is none to ask. `isSame`: whether
 *  that is the very same question. */
interface Question {
  readonly who: () => string
  ask(names: Names, words: Uint32Array): Answer | null
  isSame(names: Names): boolean
}

const ownNames: Names = new Map()

export class Equivariance<S, L, O extends Observation> {
  /** How many namings were asked. */
  asked = 0
  /** Called before each; it may throw to stop the search. */
  pause: () => void = () => {}
  private readonly machine: Machine<S, L, O>
  private readonly recorder: Recorder<S, L, O>
  private readonly standings: Standings<S, L, O>
  private readonly groups: readonly Group[]
  private readonly words: number
  private readonly renamer: Renamer
  /** The group of each scalarset that is renamed. */
  private readonly groupsOfSets: ReadonlyMap<string, Group>
  /** All scalarsets of the state. */
  private readonly sets: ReadonlySet<string>
  private readonly byOp: ReadonlyMap<string, Instance<S, O>>

  constructor(machine: Machine<S, L, O>, recorder: Recorder<S, L, O>, standings: Standings<S, L, O>, shape: Shape,
    words: number, groups: readonly Group[]) {
    this.machine = machine
    this.recorder = recorder
    this.standings = standings
    this.groups = groups
    this.words = words
    this.renamer = new Renamer(shape, words, new Set(groups.map(({ name }) => name)))
    this.sets = new Set(setsOf(shape).map(({ name }) => name))
    this.groupsOfSets = new Map(setsOf(shape)
      .flatMap(set => groups.filter(({ name }) => name === groupOf(set)).map(group => [set.name, group])))
    this.byOp = new Map(machine.instances.map(instance => [keyOf(instance.op), instance]))
  }

  /** Adds to `log` what the instance reads under other names, under the names of this state: then all states that look
   *  alike to the tree were asked under all of them. Books each witness that only other names reach.
   *  @throws NotInterchangeable when it does something else there, or that is more than is tested. */
  checkStep(instance: Instance<S, O>, words: Uint32Array, offset: number, log: ReadLog): void {
    const named = (names: Names): Op => ({ action: instance.op.action,
      args: renamedValue({ kind: 'struct', fields: instance.action.params }, instance.op.args, names) as Op['args'] })
    const own = keyOf(instance.op)
    this.check(words.slice(offset, offset + this.words), log, {
      who: () => `${showOp(instance.op)} of machine '${this.machine.name}'`,
      isSame: names => keyOf(named(names)) === own,
      ask: (names, at) => {
        const other = this.byOp.get(keyOf(named(names)))
        return other === undefined ? null : this.outcome(other, at)
      },
    })
  }

  /** As `checkStep`, of a claim. Parts that are numbered by ids are renamed with them; of others the first answers for
   *  the whole claim. */
  checkProperty(property: Property<S, L, O>, part: number, words: Uint32Array, offset: number, log: ReadLog): void {
    const parts = property.kind === 'always' ? property.parts?.(this.machine.initialWorld) ?? null : null
    const numbers = property.kind === 'always' && property.partsBy !== undefined ? this.numbers(property.partsBy, parts)
      : null
    if (parts !== null && numbers === null && part > 0) return
    const named = (names: Names): number | null => numbers === null ? null : numbers(part, names)
    this.check(words.slice(offset, offset + this.words), log, {
      who: () => `property '${property.name}'`,
      isSame: names => named(names) === named(ownNames),
      ask: (names, at) => {
        let holds = true
        const read = this.recorder.look(at, 0,
          world => { holds = judge(property, world, [], () => world, named(names)) === true })
        return { says: String(holds), effect: null, log: read }
      },
    })
  }
  /** How parts are renamed that are numbered by the ids of a scalarset; null where they are not as many, or the state
   *  has none of them: then nothing tells with what they are renamed. */
  private numbers(scalarset: string, parts: number | null): ((part: number, names: Names) => number) | null {
    const group = this.groupsOfSets.get(scalarset)
    if (group === undefined) return this.sets.has(scalarset) ? part => part : null
    return group.size === parts ? (part, names) => names.get(group.name)?.[part] ?? part : null
  }

  private check(own: Uint32Array, log: ReadLog, question: Question): void {
    const known = new Known(log, own)
    const here = question.ask(ownNames, own)!
    const sources = here.effect === null ? null : sourcesOf(here.effect)
    here.log.at.forEach((at, i) => { known.add(at, here.log.bits[i]!) })
    const tested = new Set<string>()
    // What is read under new names can tell more ids from each other, so that there are more namings.
    for (let before = -1; before < known.count;) {
      before = known.count
      for (const { names, changed } of this.namings(question, here, sources, known)) {
        const key = [...names.values()].join(' ')
        if (changed === null || tested.has(key)) continue
        tested.add(key)
        this.test(question, here, sources, known, names, changed)
      }
    }
  }

  private test(question: Question, here: Answer, sources: Sources | null, known: Known, names: Names,
    changed: string): void {
    this.pause()
    this.asked++
    const before = this.renamer.rename(known.own, names)
    const there = this.answer(question, names, before.words)
    if (there === null || there.says !== here.says) throw new NotInterchangeable(changed, question.who())
    if (there.log.at.length > 0) {
      const back = new Int32Array(before.to.length)
      before.to.forEach((to, bit) => { back[to] = bit })
      there.log.at.forEach((at, i) => { known.add(back[at]!, there.log.bits[i]!) })
    }
    if (here.effect === null || there.effect === null || sources === null) return
    const end = this.renamer.rename(after(here.effect, known.own), names)
    if (!endsAlike(end, there.effect, before)) throw new NotInterchangeable(changed, question.who())
    // Alike by chance: the next state may show the difference.
    if (!movesAlike(sources, end, sourcesOf(there.effect), before, known)) known.addAll()
  }

  /** A step that fails under some names only tells them apart. */
  private answer(question: Question, names: Names, words: Uint32Array): Answer | null {
    try { return question.ask(names, words) } catch (cause) {
      if (cause instanceof ModelError) return null
      throw cause
    }
  }

  private namings(question: Question, here: Answer, sources: Sources | null, known: Known): Iterable<Naming> {
    const classed = this.groups.map((group): Classed => {
      const classes: number[] = []
      for (let id = 0; id < group.size; id++)
        classes.push(classes.find((least, one) =>
          least === one && this.isUnnoticed(trade(group, one, id), question, here, sources, known)) ?? id)
      return { ...group, classes }
    })
    const count = classed.reduce((product, one) => product * ordersOf(one), 1)
    if (count <= mostNamings) return namings(classed)
    const worst = classed.reduce((most, one) => ordersOf(one) > ordersOf(most) ? one : most)
    throw new NotInterchangeable(worst.name, question.who(),
      `uses so many ids at once that ${count.toLocaleString('en-US')} namings of them would have to be tested, and `
        + `${mostNamings.toLocaleString('en-US')} are at most; scalarset '${worst.name}' has the most of them`)
  }

  /** Whether nothing is asked, read and done otherwise under the names: that is known without asking. */
  private isUnnoticed(names: Names, question: Question, { effect }: Answer, sources: Sources | null,
    known: Known): boolean {
    if (!question.isSame(names)) return false
    const before = this.renamer.rename(known.own, names)
    if (!known.looksSame(before)) return false
    if (effect === null || sources === null) return true
    const end = this.renamer.rename(after(effect, known.own), names)
    return endsAlike(end, effect, before) && movesAlike(sources, end, sources, before, known)
  }

  private outcome(instance: Instance<S, O>, words: Uint32Array): Answer {
    const verdicts: boolean[] = []
    const { step, log } = this.recorder.record(instance, words, 0, (events, world: World<S, L>, before) => {
      const seen = observationsIn(events)
      for (const property of this.machine.properties)
        if (property.kind === 'step') verdicts.push(judge(property, world, seen, before) === true)
      // Those that the step reaches under its own names are open no more.
      for (const witness of this.standings.witnesses)
        if (isReached(witness, world, seen)) this.standings.apart.add(witness.name)
    })
    return step === null ? { says: 'no', effect: null, log }
      : { says: `${kindsOf(step.events)} ${verdicts.join()}`, effect: step.effect, log }
  }
}
