/** Makes a counterexample smaller after fast-check is done with it: on concrete ops, where deleting one leaves the
 *  others as they are. */
import { judge, keyOf, ModelError, observationsIn } from '../model/index.ts'
import type { Machine, Observation, Op, Property, Verdict } from '../model/index.ts'
import type { Violation } from './result.ts'
import { Stepper } from './stepper.ts'
import type { Place, Taken } from './stepper.ts'

/** A local minimum: no run of ops can be deleted, no id be renamed to a smaller one throughout, no op be replaced by an
 *  earlier instance of its action. The result violates the same property by its last op, and none of its ops is
 *  refused. `[]` when the initial state violates.
 *  @throws RangeError when the machine has no such property or `ops` do not violate it. */
export function shrinkOps<S, L, O extends Observation>(machine: Machine<S, L, O>, property: string,
  ops: readonly Op[]): Op[] {
  const found = shrink(machine, judgeOps(machine, property), ops)
  if (found === null) throw new RangeError(`these ops do not violate '${property}' of machine '${machine.name}'`)
  return found
}

/** As `shrinkOps`, by what judges ops; null when these do not violate. */
export function shrink<S, L, O extends Observation>(
  machine: Machine<S, L, O>, judged: (ops: readonly Op[]) => Found | null, ops: readonly Op[]): Op[] | null {
  const attempt: Attempt = candidate => judged(candidate)?.ops ?? null
  const start = attempt(ops)
  if (start === null) return null
  let best = deleteChunks(start, attempt)
  for (;;) {
    const other = firstOf(renamed(machine, best), attempt) ?? firstOf(replaced(machine, best), attempt)
    if (other === null) return best
    best = deleteChunks(other, attempt)
  }
}

export interface Found { readonly ops: Op[]; readonly verdict: Exclude<Verdict, true> }

/** Judges lists of ops by one property, many times and fast: the ops up to its first violation without those refused,
 *  or null when there is none. @throws RangeError when the machine has no such property. */
export function judgeOps<S, L, O extends Observation>(
  machine: Machine<S, L, O>, property: string,
  stepper: Stepper<S, L, O> = new Stepper(machine)): (ops: readonly Op[]) => Found | null {
  const claim = machine.properties.find(p => p.name === property)
  if (claim === undefined) throw new RangeError(`machine '${machine.name}' has no property '${property}'`)
  const same = new Map(machine.instances.map(({ op }, number) => [op, number]))
  const alike = new Map(machine.instances.map(({ op }, number) => [keyOf(op), number]))
  const after = verdictsOf(claim, stepper)
  return candidate => {
    let at = stepper.initial()
    const ops: Op[] = []
    try {
      let verdict = after({ to: at, events: [] }, at)
      for (const op of candidate) {
        if (verdict !== true) break
        const number = same.get(op) ?? alike.get(keyOf(op))
        const taken = number === undefined ? null : stepper.take(number, at)
        if (taken === null) continue
        ops.push(machine.instances[number!]!.op)
        verdict = after(taken, at)
        at = taken.to
      }
      return verdict === true ? null : { ops, verdict }
    } catch (error) {
      if (error instanceof ModelError) return null // another mistake than the one looked for
      throw error
    }
  }
}

/** Judges a step from one state to another. A claim about states, once true of a state, is not asked of it again; nor
 *  is one about steps of the same step. */
function verdictsOf<S, L, O extends Observation>(claim: Property<S, L, O>, stepper: Stepper<S, L, O>) {
  const sound = new WeakSet<Place<S, L, O> | Taken<S, L, O>>()
  return (taken: Taken<S, L, O>, from: Place<S, L, O>): Verdict => {
    const judged = claim.kind === 'step' ? taken : taken.to
    if (sound.has(judged)) return true
    const seen = observationsIn(taken.events)
    const verdict = claim.kind === 'step' && seen.length === 0 ? true
      : stepper.asked(from, taken.to, (world, before) => judge(claim, world, seen, before))
    if (verdict === true) sound.add(judged)
    return verdict
  }
}

/** The violation as it is when its ops are taken again, without what was learnt: a step that depends on something else
 *  than the state may not violate then, and that is told. */
export function repeated<S, L, O extends Observation>(machine: Machine<S, L, O>, violation: Violation): Violation {
  const found = judgeOps(machine, violation.property)(violation.ops)
  if (found !== null) return { ...violation, ops: found.ops, because: found.verdict.because,
    witness: found.verdict.witness ?? {} }
  const because = `${violation.because} (taken again, these ops do not violate: some step depends on something else `
    + 'than the state)'
  return { ...violation, because, unrepeated: true }
}

/** The ops up to the first violation, or null. */
type Attempt = (ops: readonly Op[]) => Op[] | null

/** Deletes ever smaller runs of ops, then single ops until none can go. */
function deleteChunks(ops: Op[], attempt: Attempt): Op[] {
  let best = ops
  for (let size = best.length >> 1; size >= 1;) {
    const before = best.length
    for (let at = 0; at < best.length;) {
      const shorter = attempt([...best.slice(0, at), ...best.slice(at + size)])
      if (shorter === null) at += size
      else best = shorter
    }
    if (size > 1) size >>= 1
    else if (best.length === before) break
  }
  return best
}

/** The first candidate that still violates. Each is of smaller arguments than its origin, so a chain of them ends. */
function firstOf(candidates: Iterable<Op[]>, attempt: Attempt): Op[] | null {
  for (const candidate of candidates) {
    const found = attempt(candidate)
    if (found !== null) return found
  }
  return null
}

/** One number of one parameter set to a smaller one in all ops at once: an id mostly stands in several ops. */
function* renamed<S, L, O extends Observation>(machine: Machine<S, L, O>, ops: readonly Op[]): Generator<Op[]> {
  const known = new Set(machine.instances.map(({ op }) => keyOf(op)))
  const used = new Map(ops.flatMap(({ args }) => Object.entries(args))
    .map(([name, value]) => [`${name}=${String(value)}`, { name, value }]))
  for (const { name, value: from } of used.values())
    for (let to = 0; typeof from === 'number' && to < from; to++) {
      const candidate = ops.map(op =>
        op.args[name] === from ? { action: op.action, args: { ...op.args, [name]: to } } : op)
      if (candidate.every(op => known.has(keyOf(op)))) yield candidate
    }
}

/** One op replaced by an earlier instance of its action. */
function* replaced<S, L, O extends Observation>(machine: Machine<S, L, O>, ops: readonly Op[]): Generator<Op[]> {
  for (const [at, op] of ops.entries()) {
    const own = keyOf(op)
    for (const instance of machine.instances) {
      if (instance.op.action !== op.action) continue
      if (keyOf(instance.op) === own) break
      yield ops.with(at, instance.op)
    }
  }
}
