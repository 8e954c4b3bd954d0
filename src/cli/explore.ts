/** Runs designs through scopes: the loop behind `check` and `start`. */
import { basename } from 'node:path'
import { UserError } from '../errors.ts'
import { exploreExhaustively } from '../explore/exhaustive.ts'
import { exploreRandomly } from '../explore/random.ts'
import type { Exploration } from '../explore/result.ts'
import { ModelError, showOp } from '../model/index.ts'
import type { DesignReport, ScopeReport } from '../report/check.ts'
import { claims, propertiesFor } from '../../properties/index.ts'
import { showBounds } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { remapMachine } from '../../spec/machine.ts'
import type { RemapMachine } from '../../spec/machine.ts'
import type { Scope } from '../../spec/scopes.ts'
import type { Subject } from './designs.ts'

export interface Plan {
  readonly subjects: readonly Subject[]
  readonly scopes: readonly Scope[]
  /** Every standard scope and property is asked. */
  readonly full: boolean
  /** Names of the claims to judge, witnesses included; null for all. */
  readonly properties: ReadonlySet<string> | null
  readonly driver: 'exhaustive' | 'random'
  readonly seed: number
  readonly runs: number | undefined
  readonly length: number | undefined
  readonly maxStates: number | undefined
  /** For everything together. */
  readonly maxSeconds: number | undefined
}
export interface Watch {
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

/** The whole machine: what saved traces are replayed on, whatever was asked of it. */
export const machineOf = ({ design, path }: Subject, b: Bounds): RemapMachine =>
  blamed({ design, path }, () => remapMachine(design, b, propertiesFor(design, b)))

/** Names of a claim's property and of its witnesses. */
export function withWitnesses(names: readonly string[]): ReadonlySet<string> {
  const chosen = claims.filter(({ property, witnesses }) =>
    names.includes(property.name) || witnesses.some(witness => names.includes(witness.property.name)))
  return new Set(chosen.flatMap(({ property, witnesses }) => [property, ...witnesses.map(witness => witness.property)]).map(({ name }) => name))
}

/** Each design with its scopes, in order; ends early when the signal is aborted, with what it has.
 *  @throws UserError E-DESIGN-STEP when a step of a user's design fails. @throws ModelError when one of ours does. */
export async function explore(plan: Plan, watch: Watch): Promise<DesignReport[]> {
  const end = plan.maxSeconds === undefined ? Infinity : performance.now() + plan.maxSeconds * 1000
  const reports: DesignReport[] = []
  for (const subject of plan.subjects) {
    if (watch.signal.aborted) break
    const { name, says, givesUp } = subject.design
    const scopes: ScopeReport[] = []
    for (const scope of plan.scopes.filter(({ on }) => on(subject.design))) {
      if (watch.signal.aborted) break
      const exploration = await exploreOne(plan, subject, scope, end, watch)
      scopes.push({ scope: scope.name, says: scope.says, bounds: showBounds(scope.bounds), exploration })
    }
    reports.push({ design: name, says, givesUp, full: plan.full && !watch.signal.aborted, cutShort: watch.signal.aborted, scopes, saved: {} })
  }
  return reports
}

async function exploreOne(plan: Plan, subject: Subject, scope: Scope, end: number, watch: Watch): Promise<Exploration> {
  const { design } = subject
  const asked = propertiesFor(design, scope.bounds).filter(({ name }) => plan.properties?.has(name) ?? true)
  const limits = {
    signal: watch.signal, maxSeconds: end === Infinity ? undefined : Math.max(0, (end - performance.now()) / 1000),
    onProgress: ({ states, rate }: { readonly states: number; readonly rate: number }): void => {
      watch.say(`${design.name} ${scope.name}: ${states.toLocaleString('en-US')} states, ${rate.toLocaleString('en-US')} steps/s`)
    },
  }
  const machine = blamed(subject, () => remapMachine(design, scope.bounds, asked))
  watch.say(`${design.name} ${scope.name}`)
  try {
    return plan.driver === 'exhaustive' ? await exploreExhaustively(machine, { ...limits, maxStates: plan.maxStates })
      : await exploreRandomly(machine, { ...limits, seed: plan.seed, runs: plan.runs, length: plan.length })
  } catch (cause) { throw blame(subject, cause) }
}

function blamed<T>(subject: Subject, work: () => T): T {
  try { return work() } catch (cause) { throw blame(subject, cause) }
}

/** A mistake in a user's own design is theirs to mend; the message names the step, and the trace leads there. */
export function blame({ design, path }: Subject, cause: unknown): unknown {
  if (path === null || cause instanceof UserError) return cause
  const ops = cause instanceof ModelError ? cause.trace ?? [] : []
  const lines = ops.map((op, i) => `\n      ${i + 1}  ${showOp(op)}`).join('')
  return new UserError({
    code: 'E-DESIGN-STEP', subject: `${basename(path)}, design '${design.name}'`, problem: cause instanceof Error ? cause.message : String(cause),
    next: ops.length === 0 ? 'mend the step' : `mend the step; ${ops.length === 1 ? 'this op leads' : `these ${ops.length} ops lead`} there:${lines}`,
  })
}
