/** The document of `check`. */
import * as v from 'valibot'
import { standings } from '../check.ts'
import { by, count, document, integer, list, ops, stopped, text, texts, witness } from './parts.ts'

const kind = v.picklist(['always', 'step', 'monitor', 'sometimes', 'eventually', 'leadsTo', 'recovers'])
const outcome = v.picklist(['holds', 'passed', 'violated', 'incomplete', 'reached', 'unreached', 'unchecked'])
const standing = v.picklist(standings)

const violation = v.strictObject({
  property: text, because: text, witness, ops, shortest: v.boolean(), unrepeated: v.exactOptional(v.literal(true)),
  loop: v.pipe(v.nullable(count),
    v.description('of an endless run: how many ops come before those that repeat for ever')),
})
const result = v.strictObject({
  property: text, kind, outcome, violation: v.nullable(violation), reachedBy: v.nullable(ops), standing,
  vacuous: v.pipe(v.boolean(),
    v.description('it means nothing: nothing came that it judges, or a witness was not reached')),
})
const engine = v.strictObject({
  bits: count, bytes: count, recordings: count, nodes: count, direct: texts, workers: count, levels: list(count),
  symmetry: list(v.strictObject({ scalarset: text, size: count })),
  refused: list(v.strictObject({ scalarset: text, because: text })),
})
const random = v.strictObject({ seed: integer, runs: count, ops: count, refused: count, meanLength: v.number(),
  distinctStates: count })
const exploration = v.strictObject({
  driver: v.picklist(['exhaustive', 'random']), machine: text, complete: v.boolean(), stopped, results: list(result),
  states: count, transitions: count, depth: count, seconds: v.number(), random: v.nullable(random),
  engine: v.nullable(engine),
  coverage: v.strictObject({ observations: texts, actions: by(v.strictObject({ fired: count })), clauses: by(count) }),
})

const failure = v.strictObject({ code: text, subject: text, problem: text, next: text, below: texts,
  exit: v.picklist(['usage', 'internal']) })
const design = v.strictObject({
  design: text, path: v.exactOptional(v.pipe(text, v.description('the module of the design, unless it is built in'))),
  iommu: v.exactOptional(v.pipe(text, v.description('the IOMMU that the design is on, unless it uses none'))),
  says: text,
  givesUp: v.pipe(by(text), v.description('properties that the design does not keep, and why its authors accept that')),
  full: v.boolean(), cutShort: v.exactOptional(v.boolean()),
  saved: v.pipe(by(text), v.description('trace files of violations, by property')),
  neverFired: texts, neverExercised: texts,
  verdicts: list(v.strictObject({ property: text, kind, standing, proved: v.boolean(), scope: v.nullable(text),
    ops: v.nullable(count) })),
  scopes: list(v.strictObject({
    scope: text, says: text, bounds: text, exploration,
    failure: v.exactOptional(v.pipe(failure,
      v.description('a step or a claim that failed: it ended its scope, what was found by then stands'))),
  })),
})

const climb = v.strictObject({
  design: text, scope: text, from: text, rungs: count,
  ended: v.picklist(['unfinished', 'top', 'violated', 'interrupted']),
  proved: v.nullable(v.strictObject({ bounds: text, states: count, seconds: v.number() })),
  unfinished: v.nullable(v.strictObject({ bounds: text, states: count, stopped: text })),
})

export const check = document('check', {
  seed: v.pipe(v.nullable(integer), v.description('of the random runs')),
  regressions: list(v.strictObject({ path: text, design: text, property: text, because: v.nullable(text),
    known: v.boolean() })),
  claims: texts,
  questions: v.pipe(list(v.strictObject({ asks: text, claims: texts })),
    v.description('the claims by the question that they answer')),
  witnesses: v.pipe(by(texts),
    v.description('what must be reached before a claim means anything, by claim')),
  designs: list(design), named: v.boolean(), interrupted: v.boolean(), notBegun: texts,
  left: v.pipe(texts, v.description('built-in designs that are left to `check --all`')),
  leftOut: v.pipe(list(v.strictObject({ design: text, iommu: text, title: text, because: text })),
    v.description('IOMMUs on which a named design is not taken, for what they lack')),
  notAsked: v.pipe(list(v.strictObject({ kind: v.picklist(['scope', 'property']), name: text, because: text })),
    v.description('names of --scope and --property, patterns left out, of which the run shows nothing')),
  repeat: v.pipe(text, v.description('the command that repeats the run')),
  goOn: v.pipe(v.nullable(text), v.description('the command that goes on with a search that was kept')),
  climbs: list(climb),
})
