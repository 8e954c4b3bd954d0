/** What the page of the explorer and its server say to each other, as JSON. */
import type { StepData, TraceData } from './data.ts'

export interface Op {
  readonly action: string
  readonly args: Readonly<Record<string, number | string | boolean | null>>
}
/** The machine that is walked: a design, within bounds as the command line writes them; none for its first scope. */
export interface Ground { readonly design: string; readonly bounds: string }

export interface Named { readonly name: string; readonly says: string }
/** What the explorer shows of a machine before the first step. */
export interface ExploreStart {
  readonly ground: Ground
  readonly says: string
  readonly designs: readonly Named[]
  readonly scopes: readonly (Named & { readonly bounds: string })[]
  readonly claims: readonly Named[]
  /** Without a step. */
  readonly trace: TraceData
  /** Saved violations of the design. */
  readonly known: readonly (Named & Ground & { readonly way: readonly Op[] })[]
  /** Steps to begin with. */
  readonly way: readonly Op[]
  /** What no longer fits of them. */
  readonly notes: readonly string[]
}

/** Something that can happen next. */
export interface Choice {
  readonly op: Op
  readonly action: string
  readonly args: string
  readonly says: string | null
  /** Index of the lane of who takes it. */
  readonly lane: number
  /** Claims that it violates. */
  readonly breaks: readonly string[]
}

/** `way`: all steps from the first state on. */
export type Question =
  | { readonly ask: 'start'; readonly ground: Ground }
  /** What the steps from number `from` on do, and what can come next. */
  | { readonly ask: 'walk'; readonly ground: Ground; readonly way: readonly Op[]; readonly from: number }
  /** Whether a claim can be violated from there, by a search of so many states. */
  | { readonly ask: 'search'; readonly ground: Ground; readonly way: readonly Op[]; readonly states: number }
  | { readonly ask: 'save'; readonly ground: Ground; readonly way: readonly Op[] }

export interface Walked { readonly steps: readonly StepData[]; readonly choices: readonly Choice[] }
export interface Searched {
  readonly states: number
  /** Every state that can be reached from there was visited. */
  readonly complete: boolean
  /** The shortest way to each violation, from there. */
  readonly found: readonly { readonly property: string; readonly because: string; readonly way: readonly Op[] }[]
}
export interface Saved { readonly path: string; readonly command: string }
export interface Refused { readonly error: string }
