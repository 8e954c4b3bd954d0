/** Judging a run that never ends: ops, the last of which repeat for ever. Nothing of a search is used, so it checks
 *  what one found. */
import type { Observation } from './event.ts'
import { answerOf } from './judge.ts'
import type { Machine, Op } from './machine.ts'
import { packing } from './pack.ts'
import type { Eventually, LeadsTo, ProgressProperty, Recovers, Verdict, World } from './property.ts'
import { keyOf } from './recipe.ts'
import { asked, isEnabled, step } from './step.ts'

/** `worlds[i]` is the world after i ops. The ops from `loop` on repeat for ever; none of them: the run rests in the
 *  last world. */
export interface Lasso<S, L> {
  readonly ops: readonly Op[]
  readonly worlds: readonly World<S, L>[]
  readonly loop: number
}

/** True when the property stands: the ops do not close a loop, the loop starves an action that is declared fair, or
 *  what has to come does come.
 *  @throws ModelError when a guard or the property fails. */
export function judgeLasso<S, L, O extends Observation>(
  machine: Machine<S, L, O>, property: Eventually<S, L> | LeadsTo<S, L>, lasso: Lasso<S, L>): Verdict {
  return closes(machine, lasso) && starved(machine, lasso) === null ? judgeEndless(machine, property, lasso) : true
}

function closes<S, L, O extends Observation>(machine: Machine<S, L, O>, { worlds, loop }: Lasso<S, L>): boolean {
  if (loop >= worlds.length) return false
  const { words, pack } = packing<World<S, L>>(machine.worldDomain)
  const [one, other] = [new Uint32Array(words), new Uint32Array(words)]
  pack(worlds[loop]!, one, 0)
  pack(worlds.at(-1)!, other, 0)
  return one.every((word, i) => word === other[i])
}

/** An op that fairness would make happen on the way round, and that does not; null when the loop is fair. */
function starved<S, L, O extends Observation>(machine: Machine<S, L, O>,
  { ops, worlds, loop }: Lasso<S, L>): Op | null {
  const round = new Set(ops.slice(loop).map(keyOf))
  const rounds = worlds.slice(loop)
  const found = machine.instances.find(instance => {
    const { action, op } = instance
    if (action.fair === false || round.has(keyOf(op))) return false
    const on = (world: World<S, L>): boolean => isEnabled(machine, world, instance)
    return action.fair === 'strong' ? rounds.some(on) : rounds.every(on)
  })
  return found?.op ?? null
}

const answered = <S, L, O extends Observation>(machine: Machine<S, L, O>, { name }: ProgressProperty<S, L>,
  at: World<S, L>, ask: (world: World<S, L>) => boolean): boolean =>
  asked(machine, at, at, world => answerOf(name, () => ask(world)))

function endlessPart(length: number, loop: number): string {
  if (length === loop) return loop === 0 ? 'nothing need ever happen' : `after op ${loop} nothing more need happen`
  return `${length === loop + 1 ? `op ${length}` : `ops ${loop + 1} to ${length}`} can repeat for ever`
}
function judgeEndless<S, L, O extends Observation>(
  machine: Machine<S, L, O>, property: Eventually<S, L> | LeadsTo<S, L>, { ops, worlds, loop }: Lasso<S, L>): Verdict {
  const rest = endlessPart(ops.length, loop)
  const is = (at: World<S, L>, ask: (world: World<S, L>) => boolean): boolean => answered(machine, property, at, ask)
  if (property.kind === 'eventually')
    return worlds.some(at => is(at, world => property.goal(world)))
      || { because: `the goal is never met: ${rest}` }
  for (const [at, what] of property.cases(machine.initialWorld).entries()) {
    const last = worlds.findLastIndex(one => is(one, world => property.to(world, at)))
    const begin = worlds.findIndex((one, i) => i > last && is(one, world => property.from(world, at)))
    if (last >= loop || begin < 0) continue
    return {
      because: `${what} ${begin === 0 ? 'is there from the start' : `begins with op ${begin}`} and never ends: ${rest}`,
      witness: { begins: begin },
    }
  }
  return true
}

/** Most worlds that are looked at when a trace is taken again: a second or two. */
const limit_worlds = 10_000

/** Whether nothing that can follow `world`, the nearest first, meets the goal. Beyond the limit the verdict says so.
 *  @throws ModelError when a recipe or the property fails. */
export function judgeStuck<S, L, O extends Observation>(machine: Machine<S, L, O>, property: Recovers<S, L>,
  world: World<S, L>): Verdict {
  const { words, pack, unpack } = packing<World<S, L>>(machine.worldDomain)
  const seen = new Set<string>()
  const queue: Uint32Array[] = []
  const add = (one: World<S, L>): void => {
    const packed = new Uint32Array(words)
    pack(one, packed, 0)
    const key = packed.join()
    if (!seen.has(key)) { seen.add(key); queue.push(packed) }
  }
  add(world)
  for (let i = 0; i < queue.length; i++) {
    if (i === limit_worlds) return stuckVerdict(i, true)
    const here = unpack(queue[i]!, 0)
    if (answered(machine, property, here, goal => property.goal(goal))) return true
    for (const { op } of machine.instances) {
      const { world: next, refused } = step(machine, here, op)
      if (!refused) add(next)
    }
  }
  return stuckVerdict(queue.length)
}

/** `states`: how many there are from the stuck one on, itself among them; or how many were looked at, where there are
 *  `more`. */
export const stuckVerdict = (states: number, more = false): Exclude<Verdict, true> => ({
  because: states === 1 ? 'nothing can happen here, and the goal is not met'
    : `none of the ${more ? 'nearest ' : ''}${states} states that can come from here on meets the goal`,
})
