/** States that differ in the names of interchangeable ids only, counted by trying all names. */
import type { Domain, Fields } from '../../src/index.ts'
import type { Node } from './search.ts'
import type { AnyMachine } from './step.ts'

export interface Group { readonly scalarset: string; readonly size: number }
type Names = ReadonlyMap<string, readonly number[]>

/** The value with the ids of each group under other names. */
function renamed(domain: Domain, value: unknown, names: Names): unknown {
  switch (domain.kind) {
    case 'scalarset': return names.get(domain.moves ?? domain.name)?.[value as number] ?? value
    case 'optional': return value === null ? null : renamed(domain.of, value, names)
    case 'struct': return renamedFields(domain.fields, value, names)
    case 'list': return (value as unknown[]).map(one => renamed(domain.of, one, names))
    case 'table': {
      const of = domain.key.kind === 'scalarset' ? names.get(domain.key.moves ?? domain.key.name) : undefined
      const rows: unknown[] = []
      for (const [at, row] of (value as unknown[]).entries()) rows[of?.[at] ?? at] = renamed(domain.of, row, names)
      return rows
    }
    case 'variant': {
      const tag = (value as Record<string, string>)[domain.tag]!
      return { [domain.tag]: tag, ...renamedFields(domain.cases[tag]!, value, names) }
    }
    default: return value
  }
}
const renamedFields = (fields: Fields, value: unknown, names: Names): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields)
    .map(([name, of]) => [name, renamed(of, (value as Record<string, unknown>)[name], names)]))

const orders = (size: number): number[][] =>
  size === 0 ? [[]] : orders(size - 1)
    .flatMap(order => Array.from({ length: size }, (_, at) => order.toSpliced(at, 0, size - 1)))
const allNames = (groups: readonly Group[]): Names[] =>
  groups.reduce<Names[]>((all, { scalarset, size }) =>
    all.flatMap(names => orders(size).map(order => new Map([...names, [scalarset, order]]))), [new Map()])

/** How many orbits there are at each distance from the first state. */
export function orbitLevels(machine: AnyMachine, nodes: readonly Node[], groups: readonly Group[]): number[] {
  const all = allNames(groups), known = new Set<string>(), levels: number[] = []
  for (const { world, depth } of nodes) {
    if (known.has(JSON.stringify(world))) continue
    for (const names of all) known.add(JSON.stringify(renamed(machine.worldDomain, world, names)))
    levels[depth] = (levels[depth] ?? 0) + 1
  }
  return Array.from(levels, count => count ?? 0)
}
