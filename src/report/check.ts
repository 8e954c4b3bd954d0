/** What `check` found, as plain data: each design's exploration against what is expected of it. */
import type { ExitName } from '../exit.ts'
import type { Exploration, PropertyResult } from '../explore/result.ts'

export type Bounds = Readonly<Record<string, number | boolean | string>>

export interface DesignReport {
  readonly design: string
  /** The part of the machine that was switched on, such as 'dma' or 'interrupts'. */
  readonly scope: string
  readonly bounds: Bounds
  readonly exploration: Exploration
  /** By property; one that is not named is expected to hold. */
  readonly expected: Readonly<Record<string, 'holds' | 'violated'>>
  /** Trace files of violations, by property. */
  readonly saved?: Readonly<Record<string, string>>
}

export interface CheckReport {
  readonly tool: string
  readonly version: string
  readonly seed: number
  readonly bounds: Bounds
  readonly designs: readonly DesignReport[]
}

/** An outcome, seen from what was expected. */
export type Standing =
  | 'fine'
  /** Violated, as the design is known to be. */
  | 'known'
  /** Violated, and expected to hold. */
  | 'unexpected'
  /** Holds, and known to be violated: the model has lost a bug. */
  | 'lost'
  /** A `sometimes` that was not reached. */
  | 'vacuous'
  /** The run ended before it could say, or a random run did not find what is known to be there. */
  | 'open'
  /** Not asked: a kind that this driver does not judge, or left over when all safety properties were violated. */
  | 'unchecked'

export function standingOf(result: PropertyResult, { expected, exploration }: DesignReport): Standing {
  const known = expected[result.property] === 'violated'
  switch (result.outcome) {
    case 'violated': return known ? 'known' : 'unexpected'
    case 'holds': return known ? 'lost' : 'fine'
    case 'passed': return known ? 'open' : 'fine'
    case 'reached': return 'fine'
    case 'unreached': return 'vacuous'
    case 'incomplete': return exploration.stopped === null ? 'unchecked' : 'open'
    case 'unchecked': return 'unchecked'
  }
}

/** The class of the whole run: the gravest thing found decides. */
export function exitOf({ designs }: CheckReport): ExitName {
  const standings = new Set(designs.flatMap(design => design.exploration.results.map(result => standingOf(result, design))))
  if (designs.some(({ exploration }) => exploration.stopped === 'interrupted')) return 'interrupted'
  if (standings.has('unexpected')) return 'violated'
  if (standings.has('lost') || standings.has('vacuous')) return 'vacuous'
  return standings.has('open') ? 'incomplete' : 'holds'
}
