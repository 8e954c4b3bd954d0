/** `check --deep`: raises the bounds of each scope, one after the other, for as long as there is time, and keeps what
 *  was proved last. */
import type { Climb, DesignReport, ScopeReport } from '../report/check.ts'
import { ladder, raised, showBounds } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { scopesOn } from '../../spec/scopes.ts'
import type { Scope } from '../../spec/scopes.ts'
import { positionText } from './progress.ts'
import { aboutOf, exploreOne, nameIn, surprisesIn } from './run-scopes.ts'
import type { Found, Plan, Watch } from './run-scopes.ts'
import type { Subject } from './subject.ts'

/** Where --time is not given. */
export const deepSeconds = 300

/** A scope on its way up. */
class Ascent {
  readonly subject: Subject
  readonly scope: Scope
  /** The rung above the largest bounds proved; null at the top, or when it was not finished. */
  next: Bounds | null
  /** The largest bounds proved; before that, whatever was found. */
  report: ScopeReport | null = null
  proved: Climb['proved'] = null
  rungs = 0
  unfinished: Climb['unfinished'] = null
  /** Which bound is raised next, as a place on the ladder. */
  private turn = 0
  isViolated = false

  constructor(subject: Subject, scope: Scope) { this.subject = subject; this.scope = scope; this.next = scope.bounds }

  took(bounds: Bounds, found: Found): void {
    const { scope: { name, says } } = this
    const shown = showBounds(bounds)
    const { exploration, exploration: { states, seconds, stopped } } = found
    const isDecided = stopped === null, surprises = surprisesIn(this.subject.design, exploration)
    this.isViolated = surprises.length > 0
    if (isDecided || this.isViolated || this.report === null)
      this.report = { scope: name, says, bounds: shown, ...found }
    // What was proved stands, and so does what failed above it.
    else if (found.failure !== undefined) this.report = { ...this.report, failure: found.failure }
    this.next = null
    if (isDecided) {
      this.rungs++
      this.proved = { bounds: shown, states, seconds }
    }
    if (isDecided && !this.isViolated) this.next = this.above(bounds)
    if (!isDecided && !this.isViolated) this.unfinished = { bounds: shown, states, stopped }
  }

  /** The bounds take turns. */
  private above(bounds: Bounds): Bounds | null {
    for (let i = 0; i < ladder.length; i++) {
      const found = raised(bounds, ladder[(this.turn + i) % ladder.length]!)
      if (found === null) continue
      this.turn = (this.turn + i + 1) % ladder.length
      return found
    }
    return null
  }
}

/** Scopes climb in turns; a rung may take an equal share of the time that is left, so that none starves the others, the
 *  bounds of the scope itself half of it. A scope ends where a rung is not finished, where something is violated that
 *  should hold, or at the top.
 *  @throws as `explore`. */
export async function climb(plan: Plan,
  watch: Watch): Promise<{ readonly designs: DesignReport[]; readonly climbs: Climb[] }> {
  const ascents = plan.subjects.flatMap(subject =>
    scopesOn(subject.design, plan.scopes).map(scope => new Ascent(subject, scope)))
  const end = performance.now() + (plan.maxSeconds ?? deepSeconds) * 1000
  for (let climbing = ascents; climbing.length > 0
    && !watch.signal.aborted; climbing = climbing.filter(({ next }) => next !== null))
    for (const [i, ascent] of climbing.entries()) {
      const { subject, scope, next } = ascent
      if (next === null || watch.signal.aborted) continue
      const share = Math.max(0, end - performance.now()) / (ascent.rungs === 0 && climbing.length > 1 ? 2
        : climbing.length - i)
      const position = { design: nameIn(plan, subject), designs: plan.subjects.length, scope: scope.name, number: 1,
        of: 1, violated: [] }
      const told = { violated: new Set<string>(), failed: new Set<string>() }
      ascent.took(next, await exploreOne(plan, subject, { ...scope, bounds: next }, share,
        { ...watch, told, say: text => { watch.say(`${positionText(position)}${text}`) } }))
    }
  return { designs: plan.subjects.map(subject => reportOf(plan, subject, ascents, watch)),
    climbs: ascents.map(climbOf) }
}

function reportOf(plan: Plan, subject: Subject, ascents: readonly Ascent[], { signal }: Watch): DesignReport {
  const scopes = ascents.flatMap(({ subject: of, report }) => of === subject && report !== null ? [report] : [])
  // What was not reached stands in the climb; the verdicts are those of the bounds beside them.
  const cutShort = signal.aborted && ascents.some(({ subject: of, report }) => of === subject && report === null)
  return { ...aboutOf(subject), full: plan.full && !cutShort, cutShort, scopes, saved: {} }
}
function climbOf(ascent: Ascent): Climb {
  const { subject: { design }, scope, proved, rungs, unfinished } = ascent
  return { design: design.name, scope: scope.name, from: showBounds(scope.bounds), proved, rungs, unfinished,
    ended: endOf(ascent) }
}
function endOf({ unfinished, next, isViolated }: Ascent): Climb['ended'] {
  if (isViolated) return 'violated'
  if (unfinished !== null) return 'unfinished'
  return next === null ? 'top' : 'interrupted'
}
