/** Taking ops that a search tells, once more, by the naive step: whether they show what they are said to show. */
import type { Eventually, LeadsTo, Op } from '../../src/index.ts'
import { between, stands, take, yes } from './step.ts'
import type { AnyMachine, Claim, Taken, World } from './step.ts'

interface Way { readonly worlds: readonly World[]; readonly taken: readonly Taken[] }

const keyOf = ({ action, args }: Op): string => JSON.stringify([action, args])

function walk(machine: AnyMachine, ops: readonly Op[]): Way | string {
  const worlds = [between(machine, machine.initialWorld)], taken: Taken[] = []
  for (const [i, op] of ops.entries()) {
    const instance = machine.instances.find(one => keyOf(one.op) === keyOf(op))
    const step = instance === undefined ? null : take(machine, worlds[i]!, instance.action, instance.op.args)
    if (step === null) return `op ${i + 1}, ${keyOf(op)}, is refused`
    taken.push(step)
    worlds.push(step.world)
  }
  return { worlds, taken }
}

/** What is wrong with ops that are said to violate a claim about states or steps, or to reach a `sometimes`, by the
 *  last of them and not before; or null. */
export function faultOf(machine: AnyMachine, claim: Claim, ops: readonly Op[]): string | null {
  const way = walk(machine, ops)
  if (typeof way === 'string') return way
  const { worlds, taken } = way
  const first = { world: worlds[0]!, seen: [] }
  const fails = [first, ...taken].findIndex((step, i) => !stands(machine, claim, step, worlds[Math.max(0, i - 1)]!))
  return fails === ops.length ? null : fails < 0 ? 'the ops do not show it' : `op ${fails} shows it already`
}

/** What is wrong with an endless run that is said to violate a claim; or null. Ops from `loop` on repeat for ever. */
export function faultOfLasso(
  machine: AnyMachine, claim: Eventually<unknown, unknown> | LeadsTo<unknown, unknown>, ops: readonly Op[],
  loop: number): string | null {
  const way = walk(machine, ops)
  if (typeof way === 'string') return way
  const { worlds } = way
  if (JSON.stringify(worlds[loop]) !== JSON.stringify(worlds.at(-1))) return 'the loop does not close'
  const round = new Set(ops.slice(loop).map(keyOf))
  const starved = machine.instances.find(({ action, op }) => {
    const isEnabled = (world: World): boolean => yes(show => action.when(show(world.state), op.args))
    const rounds = worlds.slice(loop)
    return !round.has(keyOf(op))
      && (action.fair === true ? rounds.every(isEnabled) : action.fair === 'strong' && rounds.some(isEnabled))
  })
  if (starved !== undefined) return `the loop starves ${keyOf(starved.op)}`
  const isSo = (question: (world: World) => unknown) => (world: World): boolean => yes(show => question(show(world)))
  if (claim.kind === 'eventually') return worlds.some(isSo(world => claim.goal(world))) ? 'the goal is met' : null
  const waits = [...claim.cases(machine.initialWorld).keys()].some(at => {
    const last = worlds.findLastIndex(isSo(world => claim.to(world, at)))
    return last < loop && worlds.slice(last + 1).some(isSo(world => claim.from(world, at)))
  })
  return waits ? null : 'what began ends'
}

/** The goal can still be reached from where the ops lead. */
export function faultOfStuck(machine: AnyMachine, goal: (world: World) => unknown, ops: readonly Op[]): string | null {
  const way = walk(machine, ops)
  if (typeof way === 'string') return way
  const seen = new Map([[JSON.stringify(way.worlds.at(-1)), way.worlds.at(-1)!]])
  for (const world of seen.values()) {
    if (yes(show => goal(show(world)))) return 'the goal can be reached'
    for (const { action, op } of machine.instances) {
      const next = take(machine, world, action, op.args)
      if (next !== null) seen.set(JSON.stringify(next.world), next.world)
    }
  }
  return null
}
