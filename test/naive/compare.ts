/** What a search says of a machine, beside what the naive checker knows of it. */
import { isProgressKind, ModelError, shrinkOps } from '../../src/index.ts'
import type { Exploration, Op, PropertyResult } from '../../src/index.ts'
import { specHash } from '../../src/trace/format.ts'
import { replay } from '../../src/trace/replay.ts'
import { faultOf, faultOfLasso, faultOfStuck } from './judge.ts'
import type { Made } from './random/machines.ts'
import type { Known } from './search.ts'
import type { Claim } from './step.ts'
import type { Way } from './ways.ts'

/** Results that searches of one sort have told, by property: all of them tell the same. */
export type Told = Map<string, string>

/** Lines that say what differs; none where all is as it should be. */
export async function differences(made: Made, known: Known, way: Way, told: Told): Promise<string[]> {
  const { machine } = made
  let said: Exploration[]
  try { said = await way.search(machine, known.states) } catch (error) {
    if (!(error instanceof ModelError))
      return [`throws ${error instanceof Error ? error.stack ?? error.message : String(error)}`]
    if (known.mistake !== null) return mistaken(known, way, error)
    // By name, ids that the state does not have, or that something tells apart, are refused aloud.
    const isRefusal = /no scalarset/.test(error.message) || made.kind !== 'symmetric' && /apart/.test(error.message)
    return way.is === 'named' && isRefusal ? [] : [`throws ModelError ${error.message}`]
  }
  const comparison = new Comparison(made, known, way)
  if (known.mistake !== null) {
    // Whoever ends before all is seen may end before the mistake.
    const mayMiss = way.is === 'random' || way.is === 'stopped' || comparison.isDecided
      || comparison.lastLevel !== null
    return mayMiss ? [] : [`says nothing of: ${known.mistake.why}`]
  }
  said.forEach((one, i) => { comparison.exploration(one, i === said.length - 1) })
  if (way.is !== 'random' && way.is !== 'stopped') comparison.retold(said.at(-1)!, told)
  return comparison.found
}

function mistaken({ mistake, lengths }: Known, way: Way, { trace, message }: ModelError): string[] {
  // A way to a mistake is shortest where one thread takes all steps in order, and something is left to look for.
  const isShortest = (way.name === 'default' || way.name === 'walk') && [...lengths.values()].includes(null)
  const isTold = !isShortest || trace !== null && trace.length <= mistake!.length
  return isTold ? [] : [`a mistake is told after ${trace?.length} ops, not ${mistake!.length}: ${message}`]
}

class Comparison {
  readonly found: string[] = []
  private readonly made: Made
  private readonly known: Known
  private readonly way: Way
  constructor(made: Made, known: Known, way: Way) { this.made = made; this.known = known; this.way = way }

  private same(what: string, is: unknown, should: unknown): void {
    if (JSON.stringify(is) !== JSON.stringify(should))
      this.found.push(`${what}: ${JSON.stringify(is)}, naive: ${JSON.stringify(should)}`)
  }
  private atLeast(what: string, is: number, least: number): void {
    if (is < least) this.found.push(`${what}: ${is}, naive: ${least}`)
  }
  private claim(name: string): Claim { return this.made.machine.properties.find(one => one.name === name)! }
  /** Every claim about states and steps is violated: the search may end before it has seen all. */
  get isDecided(): boolean {
    const safety = this.made.machine.properties.filter(({ kind }) =>
      kind === 'always' || kind === 'monitor' || kind === 'step')
    return safety.length > 0 && safety.every(({ name }) => this.known.lengths.get(name) !== null)
  }

  /** Of which level the states are judged where a claim about them or about steps fails; a step is judged with the
   *  state before it. */
  private levelOf({ kind, name }: Claim): number | null {
    const length = this.known.lengths.get(name) ?? null
    return length === null || isProgressKind(kind) ? null
      : Math.max(0, length - (kind === 'always' || kind === 'monitor' ? 0 : 1))
  }
  /** The last level that is expanded where the first violation ends the search; null where all are. */
  get lastLevel(): number | null {
    if (this.way.is !== 'enough') return null
    const levels = this.made.machine.properties.filter(({ kind }) => kind !== 'sometimes')
      .flatMap(claim => this.levelOf(claim) ?? [])
    return this.isDecided || Math.min(...levels) < this.known.depth ? Math.min(...levels) : null
  }

  /** What is farther away than the first violation is not expanded, and nothing is said of it. */
  private cut(said: Exploration, last: number): void {
    const { known: { levels }, isDecided } = this
    // Where all claims are violated it may end before the level does, and be done with it.
    if (!isDecided) {
      this.same('complete', said.complete, false)
      this.same('stopped', said.stopped, 'violation')
      this.same('states', said.states, levels.slice(0, last + 2).reduce((sum, one) => sum + one, 0))
    }
    for (const { property, kind, outcome } of said.results) {
      const level = this.levelOf(this.claim(property)), isMet = level !== null && level <= last
      if (isDecided && (kind === 'sometimes' || !isMet)) continue
      const should = isMet ? kind === 'sometimes' ? 'reached' : 'violated' : 'incomplete'
      this.same(`outcome of ${property}`, outcome, should)
    }
  }

  exploration(said: Exploration, isLast: boolean): void {
    const { way, known, lastLevel } = this
    if (isLast && lastLevel !== null) this.cut(said, lastLevel)
    const isWhole = isLast && way.is !== 'random' && way.is !== 'stopped' && lastLevel === null
    if (isWhole) {
      this.same('stopped', said.stopped, null)
      // What a search of endless runs asks, it asks of all states.
      const mayEnd = this.isDecided
        && !(way.is === 'endless' && this.made.machine.properties.some(({ kind }) => isProgressKind(kind)))
      if (mayEnd) this.least(said)
      else this.counts(said)
    } else this.least(said)
    for (const result of said.results) this.result(result, said, isWhole)
    if (known.states < said.states) this.found.push(`${said.states} states, naive: ${known.states}`)
  }

  /** However it was searched, the same traces are told. */
  retold({ results }: Exploration, told: Told): void {
    for (const result of results) {
      // Other groups renamed, other ways found first.
      const name = `${this.way.is} ${result.property}`, text = JSON.stringify(result)
      const before = told.get(name)
      if (before === undefined) told.set(name, text)
      else if (before !== text) this.found.push(`tells ${text}, another way: ${before}`)
    }
  }

  private counts(said: Exploration): void {
    const { known, known: { states, transitions, fired, clauses, levels }, made: { kind } } = this
    const { symmetry, refused } = said.engine!
    this.same('complete', said.complete, true)
    const expected = symmetry.length === 0 ? levels : known.orbits(symmetry)
    this.same('levels', said.engine!.levels, expected)
    this.same('depth', said.depth, expected.length - 1)
    this.same('states', said.states, symmetry.length === 0 ? states : expected.reduce((sum, one) => sum + one, 0))
    if (kind === 'symmetric')
      this.same('left out', refused.map(({ scalarset, because }) => `${scalarset}: ${because}`), [])
    if (symmetry.length > 0) return
    this.same('transitions', said.transitions, transitions)
    this.same('fired', Object.entries(said.coverage.actions).map(([name, one]) => [name, one.fired]),
      Object.entries(fired))
    this.same('clauses', said.coverage.clauses, Object.fromEntries(Object.entries(clauses).sort()))
  }
  /** Of what was cut short: no more than there is. */
  private least(said: Exploration): void {
    if (said.driver === 'exhaustive' && said.transitions > this.known.transitions && said.engine!.symmetry.length === 0)
      this.found.push(`${said.transitions} transitions, naive: ${this.known.transitions}`)
    if (said.complete && this.way.is === 'random') this.found.push('a random run calls itself complete')
  }

  /** Where a witness tells ids apart, states that are stored under other names may show it later. */
  private get isShortestWitness(): boolean {
    return this.way.is !== 'random'
      && !(this.made.kind === 'asymmetric' && (this.way.is === 'symmetric' || this.way.is === 'named'))
  }

  private result(result: PropertyResult, said: Exploration, isWhole: boolean): void {
    const { property, kind, outcome, violation, reachedBy } = result
    const told = `${property} is ${outcome}`
    const endless = this.known.endless.get(property)
    if (endless !== undefined) {
      const isAsked = this.way.is === 'endless' || this.way.is === 'stopped' || this.way.is === 'enough'
      if (!isAsked || !isWhole) {
        if (outcome !== 'unchecked' && outcome !== 'incomplete' && isAsked === false)
          this.found.push(`${told}, unasked`)
        const isWrong = isAsked && outcome !== 'incomplete' && (outcome === 'holds') !== endless.holds
        if (isWrong) this.found.push(`${told}, naive: ${String(endless.holds)}`)
      } else this.same(told, outcome, endless.holds ? 'holds' : 'violated')
    } else this.safety(result, said, isWhole)
    if (violation !== null) this.trace(property, kind, violation.ops, violation.loop, violation.shortest)
    else if (reachedBy !== null) this.trace(property, kind, reachedBy, null, this.isShortestWitness)
    else if (outcome === 'violated' || outcome === 'reached') this.found.push(`${told} without a trace`)
  }

  private safety({ property, kind, outcome, violation, reachedBy }: PropertyResult, said: Exploration,
    isWhole: boolean): void {
    const length = this.known.lengths.get(property)!
    const told = `${property} is ${outcome}`
    const isSought = kind === 'sometimes'
    const isFound = violation !== null || reachedBy !== null
    if (isFound !== (outcome === (isSought ? 'reached' : 'violated')))
      this.found.push(`${told}, and its trace says otherwise`)
    if (isFound && length === null) this.found.push(`${told}, naive: nowhere`)
    // A witness that tells names apart may be reached under names that are not stored.
    const isTold = isSought && this.made.kind !== 'symmetric' && said.engine !== null && said.engine.symmetry.length > 0
    if (isFound || length === null && !isWhole) return
    if (length === null) {
      // A witness may be left open where all that a search had to look for was found.
      const open = isSought ? ['unreached', ...this.isDecided ? ['incomplete'] : [], ...isTold ? ['unchecked'] : []]
        : ['holds']
      if (!open.includes(outcome)) this.found.push(`${told}, naive: nowhere`)
      return
    }
    const isOpen = outcome === 'incomplete' || outcome === 'passed'
      || this.way.is === 'random' && outcome === 'unreached'
    const isFine = isWhole ? isSought && this.isDecided && outcome === 'incomplete'
      || isTold && outcome === 'unchecked' : isOpen || isTold && outcome === 'unchecked'
    if (!isFine) this.found.push(`${told}, naive: in ${length}`)
  }

  /** The ops show it, by the naive step and by replay; they are shortest where that is said; shrinking leaves ops that
   *  show it. */
  private trace(property: string, kind: PropertyResult['kind'], ops: readonly Op[], loop: number | null,
    shortest: boolean): void {
    const { made: { machine }, known: { lengths, endless } } = this
    const claim = this.claim(property)
    const fault = claim.kind === 'eventually' || claim.kind === 'leadsTo'
      ? faultOfLasso(machine, claim, ops, loop ?? -1)
      : claim.kind === 'recovers' ? faultOfStuck(machine, world => claim.goal(world as never), ops)
        : faultOf(machine, claim, ops)
    if (fault !== null) this.found.push(`${property}: ${fault}: ${JSON.stringify(ops)}`)
    const least = isProgressKind(kind) ? endless.get(property)!.stem : lengths.get(property)!
    if (shortest) this.same(`ops of ${property}`, loop ?? ops.length, least)
    else if (kind === 'sometimes') this.atLeast(`ops of ${property}`, ops.length, least ?? Infinity)
    else if (this.way.is !== 'random' && kind !== 'eventually' && kind !== 'leadsTo')
      this.found.push(`${property}: its trace is not said to be shortest`)
    const trace = {
      format: 'remapcheck-trace', version: 1, design: 'random', bounds: {}, specHash: specHash(machine), property,
      because: '', ops: ops.map(op => ({ ...op, args: { ...op.args } })),
      ...loop === null ? {} : { loop }, found: { driver: 'exhaustive', shortest },
    } as const
    const { reproduced, refusedCount } = replay(machine, trace as never)
    if (!reproduced || refusedCount > 0)
      this.found.push(`${property}: replay says ${String(reproduced)}, ${refusedCount} refused: ${JSON.stringify(ops)}`)
    if (fault !== null || kind === 'sometimes' || isProgressKind(kind)) return
    const shrunk = shrinkOps(machine, property, ops)
    const wrong = shrunk.length > ops.length ? 'longer than before' : faultOf(machine, claim, shrunk)
    if (wrong !== null) this.found.push(`${property}: shrunk ops: ${wrong}: ${JSON.stringify(shrunk)}`)
  }
}
