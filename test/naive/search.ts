/** The naive search: every state as text in a map, the nearest first. */
import { Mistake } from './values.ts'
import { between, stands, take } from './step.ts'
import type { AnyMachine, Claim, World } from './step.ts'
import { orbitLevels } from './orbits.ts'
import type { Group } from './orbits.ts'
import { decide } from './endless.ts'
import type { Endless } from './endless.ts'

export interface Edge { readonly instance: number; readonly to: number }
export interface Node {
  readonly world: World
  readonly depth: number
  readonly edges: Edge[]
  /** Instances whose guard says yes. */
  readonly enabled: Set<number>
}

export interface Known {
  readonly states: number
  readonly transitions: number
  readonly depth: number
  /** States by their distance from the first one; and orbits, when ids of the groups may be renamed. */
  readonly levels: readonly number[]
  orbits(groups: readonly Group[]): number[]
  /** How often each action was taken, and each clause rested on. */
  readonly fired: Readonly<Record<string, number>>
  readonly clauses: Readonly<Record<string, number>>
  /** Ops to where each claim about states and steps is first false, or a `sometimes` first reached; null where that is
   *  nowhere. */
  readonly lengths: ReadonlyMap<string, number | null>
  readonly endless: ReadonlyMap<string, Endless>
  /** Ops up to and with the first step, or to the first state, that breaks a rule; then all else is what was known by
   *  then. */
  readonly mistake: { readonly length: number; readonly why: string } | null
}

class Search {
  readonly nodes: Node[] = []
  readonly lengths = new Map<string, number | null>()
  readonly fired: Record<string, number> = {}
  readonly clauses: Record<string, number> = {}
  transitions = 0
  mistake: Known['mistake'] = null
  private readonly numbers = new Map<string, number>()
  private readonly machine: AnyMachine
  private readonly most: number

  constructor(machine: AnyMachine, most: number) {
    this.machine = machine
    this.most = most
    for (const { name } of machine.actions) this.fired[name] = 0
    for (const { name } of machine.properties) this.lengths.set(name, null)
  }

  /** False where there are too many states. */
  run(): boolean {
    const first = between(this.machine, this.machine.initialWorld)
    this.add(first, 0)
    this.attempt(0, () => { this.judge({ world: first, seen: [] }, first, 0, () => true) })
    for (let i = 0; i < this.nodes.length && this.mistake === null; i++) {
      if (this.nodes.length > this.most) return false
      this.expand(this.nodes[i]!)
    }
    return this.nodes.length <= this.most
  }

  private expand({ world, depth, edges, enabled }: Node): void {
    this.machine.instances.forEach(({ action, op }, instance) => this.attempt(depth + 1, () => {
      const taken = take(this.machine, world, action, op.args)
      if (taken === null) return
      const before = this.nodes.length
      const to = this.add(taken.world, depth + 1)
      this.judge(taken, world, depth + 1, claim => to === before || claim.kind === 'step' || claim.kind === 'sometimes')
      edges.push({ instance, to })
      enabled.add(instance)
      this.transitions++
      this.fired[action.name]!++
      for (const id of taken.clauses) this.clauses[id] = (this.clauses[id] ?? 0) + 1
    }))
  }

  private add(world: World, depth: number): number {
    const key = JSON.stringify(world)
    let number = this.numbers.get(key)
    if (number === undefined) {
      number = this.nodes.push({ world, depth, edges: [], enabled: new Set() }) - 1
      this.numbers.set(key, number)
    }
    return number
  }

  private judge(taken: Parameters<typeof stands>[2], before: World, length: number,
    isAsked: (claim: Claim) => boolean): void {
    for (const claim of this.machine.properties)
      if (this.lengths.get(claim.name) === null && isAsked(claim) && !stands(this.machine, claim, taken, before))
        this.lengths.set(claim.name, length)
  }

  private attempt(length: number, work: () => void): void {
    if (this.mistake !== null) return
    try { work() } catch (error) {
      if (!(error instanceof Mistake)) throw error
      this.mistake = { length, why: error.message }
    }
  }
}

/** All that is to be known of a machine; null where it has more than `most` states. */
export function naive(machine: AnyMachine, most: number): Known | null {
  const search = new Search(machine, most)
  if (!search.run()) return null
  const { nodes, transitions, lengths, fired, clauses, mistake } = search
  const depth = nodes.at(-1)!.depth
  const levels = Array.from({ length: depth + 1 }, (_, at) => nodes.filter(node => node.depth === at).length)
  const endless = mistake === null ? decide(machine, nodes) : new Map<string, Endless>()
  const orbits = (groups: readonly Group[]): number[] => orbitLevels(machine, nodes, groups)
  return { states: nodes.length, transitions, depth, levels, orbits, lengths, fired, clauses, endless, mistake }
}
