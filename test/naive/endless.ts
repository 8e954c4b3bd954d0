/** Claims about endless runs, decided on the graph of all states: for each choice of the strongly fair instances that
 *  are at some time never enabled again, the others must be taken again and again. */
import type { Eventually, LeadsTo } from '../../src/index.ts'
import { yes } from './step.ts'
import type { AnyMachine, World } from './step.ts'
import type { Node } from './search.ts'

/** `stem`: ops of the shortest way to where a run against the claim can stay; null where there is none. */
export interface Endless { readonly holds: boolean; readonly stem: number | null }

export function decide(machine: AnyMachine, nodes: readonly Node[]): Map<string, Endless> {
  const verdicts = new Map<string, Endless>()
  for (const claim of machine.properties) {
    if (claim.kind === 'eventually' || claim.kind === 'leadsTo')
      verdicts.set(claim.name, verdictOf(firstStem(machine, nodes, claim)))
    if (claim.kind === 'recovers') {
      const saved = savedBy(nodes, new Set(nodes.filter(({ world }) => yes(show => claim.goal(show(world))))))
      verdicts.set(claim.name, verdictOf(nodes.find(node => !saved.has(node))?.depth ?? null))
    }
  }
  return verdicts
}
const verdictOf = (stem: number | null): Endless => ({ holds: stem === null, stem })

function firstStem(machine: AnyMachine, nodes: readonly Node[],
  claim: Eventually<unknown, unknown> | LeadsTo<unknown, unknown>): number | null {
  const where = (question: (world: World) => unknown): Set<Node> =>
    new Set(nodes.filter(({ world }) => yes(show => question(show(world)))))
  if (claim.kind === 'eventually')
    return stemOf(machine, nodes, new Set([nodes[0]!]), where(world => claim.goal(world)))
  for (const at of claim.cases(machine.initialWorld).keys()) {
    const stem = stemOf(machine, nodes, where(world => claim.from(world, at)), where(world => claim.to(world, at)))
    if (stem !== null) return stem
  }
  return null
}

/** The shortest way to a state of `from`, and on without any of `to` to a state where a fair run can stay for ever
 *  without any of `to`. */
function stemOf(machine: AnyMachine, nodes: readonly Node[], from: ReadonlySet<Node>,
  to: ReadonlySet<Node>): number | null {
  const waits = (node: Node): boolean => !to.has(node)
  const stay = staysOf(machine, nodes, waits)
  const best = new Map<Node, number>()
  const queue = [...from].filter(waits).sort((a, b) => a.depth - b.depth)
  for (const node of queue) best.set(node, node.depth)
  // Each way out of a state is tried again when a shorter way to it is found.
  for (let node = queue.shift(); node !== undefined; node = queue.shift())
    for (const { to: next } of node.edges) {
      const length = best.get(node)! + 1, after = nodes[next]!
      if (!waits(after) || length >= (best.get(after) ?? Infinity)) continue
      best.set(after, length)
      queue.push(after)
    }
  const stems = [...best].filter(([node]) => stay.has(node)).map(([, length]) => length)
  return stems.length === 0 ? null : Math.min(...stems)
}

/** States in which a fair run can stay for ever among those that `may` be visited: resting there, or going round. */
function staysOf({ instances }: AnyMachine, nodes: readonly Node[], may: (node: Node) => boolean): Set<Node> {
  const fairness = instances.map(({ action }) => action.fair)
  const stay = new Set(nodes.filter(node =>
    may(node) && [...node.enabled].every(instance => fairness[instance] === false)))
  const strong = [...instances.keys()].filter(instance => fairness[instance] === 'strong')
  for (const never of subsets(strong)) {
    const inside = nodes.filter(node => may(node) && !never.some(instance => node.enabled.has(instance)))
    for (const component of components(nodes, inside)) {
      const edges = [...component].flatMap(node => node.edges.filter(({ to }) => component.has(nodes[to]!)))
      const isTaken = (instance: number): boolean => edges.some(edge => edge.instance === instance)
      const isFair = fairness.every((fair, instance) => fair === false || isTaken(instance)
        || (fair === 'strong' ? never.includes(instance) : [...component].some(node => !node.enabled.has(instance))))
      if (edges.length > 0 && isFair) for (const node of component) stay.add(node)
    }
  }
  return stay
}

const subsets = (of: readonly number[]): number[][] =>
  of.reduce<number[][]>((all, one) => [...all, ...all.map(some => [...some, one])], [[]])

/** The goals, and all states from which some path leads to one. */
function savedBy(nodes: readonly Node[], goals: ReadonlySet<Node>): Set<Node> {
  const saved = new Set(goals)
  for (let before = -1; before < saved.size;) {
    before = saved.size
    for (const node of nodes.toReversed()) if (node.edges.some(({ to }) => saved.has(nodes[to]!))) saved.add(node)
  }
  return saved
}

/** Strongly connected components (Kosaraju): the states that reach a root against the arrows, roots in the order in
 *  which they are left. */
function components(nodes: readonly Node[], inside: readonly Node[]): Set<Node>[] {
  const may = new Set(inside), back = new Map(inside.map(node => [node, [] as Node[]]))
  for (const node of inside) for (const { to } of node.edges) if (may.has(nodes[to]!)) back.get(nodes[to]!)!.push(node)
  const visited = new Set<Node>(), left: Node[] = []
  const visit = (node: Node): void => {
    if (visited.has(node)) return
    visited.add(node)
    for (const { to } of node.edges) if (may.has(nodes[to]!)) visit(nodes[to]!)
    left.push(node)
  }
  inside.forEach(visit)
  const placed = new Set<Node>()
  return left.reverse().flatMap(root => {
    if (placed.has(root)) return []
    const component = new Set([root])
    for (const node of component) for (const one of back.get(node)!) if (!placed.has(one)) component.add(one)
    for (const node of component) placed.add(node)
    return [component]
  })
}
