/** What `check` found, as plain data: each design in each scope, against what is known of the design. */
import type { ExitName } from '../exit.ts'
import type { Exploration, PropertyResult, Violation } from '../explore/result.ts'

export type Bounds = Readonly<Record<string, number | boolean | string>>

/** One exploration: a design within the bounds of a scope. */
export interface ScopeReport {
  readonly scope: string
  /** What the scope is about, in one line. */
  readonly says: string
  /** The bounds as the command line takes them: `cpus=2,frames=2`. */
  readonly bounds: string
  readonly exploration: Exploration
  /** What failed there, or with `--deep` at the bounds above; absent where nothing did. It ends its scope alone: what
   *  was found by then stands. */
  readonly failure?: Failure
}
/** A step or a claim that throws, or bounds that the design makes no machine of. */
export interface Failure {
  readonly code: string
  readonly subject: string
  readonly problem: string
  readonly next: string
  /** The steps that lead there. */
  readonly below: readonly string[]
  /** Whose mistake it is: of the design's author, or ours. */
  readonly exit: 'usage' | 'internal'
}

export interface DesignReport {
  readonly design: string
  /** The user's module, for people; absent of a built-in design. */
  readonly path?: string
  /** The IOMMU that it is on, as `--iommu` names it; absent where it uses none. */
  readonly iommu?: string
  readonly says: string
  /** Properties that the design does not keep, and why its authors accept that. */
  readonly givesUp: Readonly<Record<string, string>>
  /** Every scope that applies was run, with every property: only then can a known violation be missed. */
  readonly full: boolean
  /** Ctrl-C, or --bail, came before the last scope was done: what the others would have said is not known. */
  readonly cutShort?: boolean
  readonly scopes: readonly ScopeReport[]
  /** Trace files of violations, by property. */
  readonly saved: Readonly<Record<string, string>>
}

/** A saved counterexample of an earlier run, replayed before anything else. */
export interface Regression {
  readonly path: string; readonly design: string; readonly property: string
  /** Why it is violated still; null when it is not. */
  readonly because: string | null
  readonly known: boolean
}

/** An IOMMU on which a named design is not taken. */
export interface LeftOut {
  readonly design: string
  /** As `--iommu` names it, and as people do. */
  readonly iommu: string; readonly title: string
  readonly because: string
}

/** What the command line names one by one. */
export interface Named { readonly scopes: readonly string[]; readonly properties: readonly string[] }
/** A name of which the run shows nothing. */
export interface NotAsked {
  readonly kind: 'scope' | 'property'
  readonly name: string
  readonly because: string
}

/** How far a scope came up from its bounds. */
export interface Climb {
  readonly design: string; readonly scope: string; readonly from: string
  /** The largest bounds whose search was finished; and how many were. */
  readonly proved: { readonly bounds: string; readonly states: number; readonly seconds: number } | null
  readonly rungs: number
  /** The first bounds that were not finished. */
  readonly unfinished: { readonly bounds: string; readonly states: number; readonly stopped: string } | null
  /** At the first bounds not finished, where nothing is left to raise, at an unexpected violation, by
   *  Ctrl-C. */
  readonly ended: 'unfinished' | 'top' | 'violated' | 'interrupted'
}

export interface CheckReport {
  /** Null where nothing is random. */
  readonly seed: number | null
  readonly regressions: readonly Regression[]
  /** Properties in the order of columns; witnesses are none of them. */
  readonly claims: readonly string[]
  /** The claims by the question that they answer; in none of them are those of a design's own. */
  readonly questions: readonly { readonly asks: string; readonly claims: readonly string[] }[]
  /** What must be reached before a claim means anything. */
  readonly witnesses: Readonly<Record<string, readonly string[]>>
  /** Ids of all clauses that are known. */
  readonly clauses: readonly string[]
  readonly designs: readonly DesignReport[]
  /** The user named them. */
  readonly named: boolean
  /** Ctrl-C ended the run: designs and scopes may be missing. */
  readonly interrupted: boolean
  /** Designs that were asked for and not come to. */
  readonly notBegun: readonly string[]
  /** Built-in designs that are left to `--all`. */
  readonly left: readonly string[]
  readonly leftOut: readonly LeftOut[]
  readonly notAsked: readonly NotAsked[]
  /** The command that repeats the run. */
  readonly repeat: string
  /** The command that goes on with a search that was kept; null where none was. */
  readonly goOn: string | null
  /** Of `--deep`; else empty. */
  readonly climbs: readonly Climb[]
}

/** An outcome, seen from what was expected; the gravest first. */
export const standings = [
  /** Violated, but expected to hold. */
  'unexpected',
  /** Holds in every scope, and known to be violated: the model has lost a bug. */
  'lost',
  /** A `sometimes` that was not reached, or a claim that nothing came to be judged by. */
  'vacuous',
  /** Violated, and the design gives it up. */
  'known',
  /** The run ended before it could say, or a random run did not find what is known to be there, or came to nothing
   *  that the claim judges. */
  'open',
  /** As it should be. */
  'fine',
  /** Not asked: a kind that this driver does not judge, or left over when all safety properties were violated; or a
   *  `sometimes` that tells ids apart which the search takes for one. */
  'unchecked',
] as const
export type Standing = (typeof standings)[number]

/** How one result of one scope stands. A known violation has to show in one scope of a full run, not in each. */
export function standingOf(result: PropertyResult, exploration: Exploration, design: DesignReport): Standing {
  const missed = Object.hasOwn(design.givesUp, result.property) && !isShown(result.property, design)
  switch (result.outcome) {
    case 'violated': return Object.hasOwn(design.givesUp, result.property) ? 'known' : 'unexpected'
    case 'holds':
      if (result.vacuous) return 'vacuous'
      return missed && design.full && holdsThroughout(result.property, design) ? 'lost' : 'fine'
    // longer runs may come to what it judges
    case 'passed': return result.vacuous || missed && design.full ? 'open' : 'fine'
    case 'reached': return 'fine'
    case 'unreached': return 'vacuous'
    case 'incomplete': return exploration.stopped === null ? 'unchecked' : 'open'
    case 'unchecked': return 'unchecked'
  }
}
const resultsOf = (property: string, { scopes }: DesignReport): PropertyResult[] =>
  scopes.flatMap(({ exploration }) => exploration.results.filter(result => result.property === property))
const isShown = (property: string, design: DesignReport): boolean =>
  resultsOf(property, design).some(({ outcome }) => outcome === 'violated')
const holdsThroughout = (property: string, design: DesignReport): boolean =>
  resultsOf(property, design).every(({ outcome }) => outcome === 'holds')

/** A property of a design over all its scopes. */
export interface Overall {
  readonly property: string
  readonly kind: PropertyResult['kind']
  readonly standing: Standing
  /** Every scope that asked proved it, rather than failing to refute it. */
  readonly proved: boolean
  /** The shortest violation, and the scope that showed it. */
  readonly violation: Violation | null
  readonly in: ScopeReport
}

/** In the order in which the scopes ask for the properties. */
export function overallOf(design: DesignReport): readonly Overall[] {
  const byProperty = new Map<string, Overall>()
  for (const scope of design.scopes)
    for (const result of scope.exploration.results) {
      const { property, kind, outcome, violation } = result
      const proves = outcome === 'holds' || outcome === 'reached'
      const one: Overall = { property, kind, standing: standingOf(result, scope.exploration, design), proved: proves,
        violation, in: scope }
      byProperty.set(property, merged(byProperty.get(property), one))
    }
  if (design.cutShort !== true && !design.scopes.some(isBlank)) return [...byProperty.values()]
  return [...byProperty.values()].map(one =>
    one.standing === 'fine' && one.kind !== 'sometimes' ? { ...one, standing: 'open', proved: false } : one)
}
/** It failed before it was known what to ask there. */
export const isBlank = ({ failure, exploration }: ScopeReport): boolean =>
  failure !== undefined && exploration.results.length === 0
function merged(before: Overall | undefined, now: Overall): Overall {
  if (before === undefined) return now
  const graver = standings.indexOf(now.standing) < standings.indexOf(before.standing)
  const shorter = now.violation !== null
    && (before.violation === null || now.violation.ops.length < before.violation.ops.length)
  const { violation, in: shown } = shorter || (graver && before.violation === null) ? now : before
  return { ...now, standing: graver ? now.standing : before.standing, proved: before.proved && now.proved, violation,
    in: shown }
}

/** Designs of which no claim was asked: the run has shown nothing of them. Of all built-in ones together, only where
 *  that is so of each. */
export function unjudgedOf({ designs, named }: Pick<CheckReport, 'designs' | 'named'>): readonly DesignReport[] {
  const unjudged = designs.filter(design =>
    !design.scopes.some(isBlank)
      && !overallOf(design).some(({ kind, standing }) => kind !== 'sometimes' && standing !== 'unchecked'))
  return named || unjudged.length === designs.length ? unjudged : []
}

/** The names of which nothing was asked of any of these designs. A run that ended before it knew what to ask names
 *  none. */
export function notAskedOf({ scopes, properties }: Named, designs: readonly DesignReport[]): readonly NotAsked[] {
  const all = designs.flatMap(design => design.scopes)
  if (designs.some(({ cutShort }) => cutShort) || all.some(isBlank)) return []
  const results = all.flatMap(({ exploration }) => exploration.results)
  const ofScope = (name: string): string | null => {
    const here = all.filter(({ scope }) => scope === name)
    if (here.length === 0) return 'none of these designs has what it is about'
    return here.some(({ exploration }) => exploration.results.length > 0) ? null : 'none of these claims is about it'
  }
  const ofProperty = (name: string): string | null => {
    const here = results.filter(({ property }) => property === name)
    if (here.length === 0) return 'no scope of these is about it'
    return here.some(({ outcome }) => outcome !== 'unchecked') ? null : 'this search does not judge it'
  }
  const missing = (kind: NotAsked['kind'], names: readonly string[],
    why: (name: string) => string | null): readonly NotAsked[] => names.flatMap(name => {
    const because = why(name)
    return because === null ? [] : [{ kind, name, because }]
  })
  return [...missing('scope', scopes, ofScope), ...missing('property', properties, ofProperty)]
}
export const notAskedText = ({ kind, name, because }: NotAsked): string => `${kind} ${name} was not asked: ${because}`

/** The class of the whole run: the gravest thing found decides. */
export function exitOf(
  report: Pick<CheckReport, 'designs' | 'named' | 'notAsked' | 'regressions' | 'interrupted'>): ExitName {
  const { designs, regressions, interrupted } = report
  const found = new Set(designs.flatMap(design => overallOf(design).map(({ standing }) => standing)))
  if (interrupted) return 'interrupted'
  if (found.has('unexpected') || regressions.some(({ because, known }) => because !== null && !known)) return 'violated'
  const failed = new Set(designs.flatMap(({ scopes }) => scopes.flatMap(({ failure }) => failure?.exit ?? [])))
  if (failed.has('internal')) return 'internal'
  if (failed.has('usage')) return 'usage'
  if (found.has('lost') || found.has('vacuous') || unjudgedOf(report).length + report.notAsked.length > 0)
    return 'vacuous'
  return found.has('open') ? 'incomplete' : 'holds'
}
