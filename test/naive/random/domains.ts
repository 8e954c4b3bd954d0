/** Random shapes of states, of all that a domain can be, and random values of them. */
import { bitsOf, bool, list, oneOf, optional, range, scalarset, struct, table, variant } from '../../../src/index.ts'
import type { Domain, Fields, Index, Scalarset } from '../../../src/index.ts'
import type { Dice } from './dice.ts'

export const tag = 'is'

/** Makes domains; those it has made come again, so that a part can be put in another's place. */
export class Shapes {
  readonly ids: readonly Scalarset[]
  readonly made: Domain[] = []
  private readonly dice: Dice
  private names = 0
  constructor(dice: Dice, ids: readonly Scalarset[]) { this.dice = dice; this.ids = ids }

  /** @param depth how many composites may stand in each other. */
  domain(depth: number): Domain {
    const { dice } = this
    if (depth === 0) return this.leaf()
    if (this.made.length > 0 && dice.chance(0.25)) return dice.pick(this.made)
    const domain = dice.weigh<() => Domain>(
      [3, () => this.leaf()], [3, () => optional(this.domain(depth - 1))],
      [3, () => struct(this.fields(depth, dice.between(1, 3)))],
      [3, () => table([this.key()], this.domain(depth - 1))],
      [2, () => list(this.domain(depth - 1), dice.between(1, 3))],
      [3, () => this.variant(depth)],
    )()
    if (domain.kind !== 'bool' && domain.kind !== 'range') this.made.push(domain)
    return domain
  }

  leaf(): Domain {
    const { dice, ids } = this
    const of = dice.weigh<() => Domain>(
      [3, () => bool], [3,
        () => { const low = dice.pick([0, 0, -1, -3, 1]); return range(low, low + dice.between(0, 3)) }],
      [1, () => oneOf(...dice.pick([['x'], ['x', 'y'], ['free', 'held', 'gone']]))],
      [ids.length > 0 ? 3 : 0, () => dice.pick(ids)],
    )()
    return dice.chance(0.2) ? optional(of) : of
  }

  fields(depth: number, count: number): Fields {
    return Object.fromEntries(Array.from({ length: count }, () => [this.name(), this.domain(depth - 1)]))
  }
  private name(): string { return `f${this.names++}` }
  private key(): Index {
    const { dice, ids } = this
    return ids.length > 0 && dice.chance(0.6) ? dice.pick(ids) : range(0, dice.between(0, 2))
  }
  /** Cases share fields now and then, as they stand over each other in a packed state. */
  private variant(depth: number): Domain {
    const { dice } = this
    const shared: Fields = dice.chance(0.5) ? this.fields(depth, 1) : {}
    const cases = Array.from({ length: dice.between(1, 3) }, (_, i): [string, Fields] =>
      [`c${i}`, { ...dice.chance(0.6) ? shared : {}, ...this.fields(depth, dice.between(0, 2)) }])
    return variant(tag, Object.fromEntries(cases))
  }
}

/** A state's fields: of few bits, so that a machine has few states; or also of parts that are wide and hardly ever
 *  change. */
export function stateOf(shapes: Shapes, dice: Dice, wide: boolean): Fields {
  const fields: Record<string, Domain> = dice.chance(0.7) ? { n: range(0, dice.between(2, 4)) } : {}
  const wanted = dice.between(2, 5)
  for (let bits = 0, tries = 0; Object.keys(fields).length < wanted && tries < 40; tries++) {
    const domain = shapes.domain(dice.between(0, 3)), more = bitsOf(domain)
    if (bits + more > 26) continue
    bits += more
    fields[`s${tries}`] = domain
  }
  if (wide) {
    const pad = range(0, 2 ** dice.between(8, 30) - 1)
    fields['wide'] = table([range(0, dice.between(1, 8))], dice.chance(0.5) ? pad : optional(pad))
  }
  return Object.fromEntries(dice.shuffle(Object.entries(fields)))
}

export const idsOf = (dice: Dice): Scalarset[] => {
  const size = dice.pick([2, 2, 3, 3, 4]), own = scalarset('id', size)
  return dice.weigh<() => Scalarset[]>(
    [4, () => [own]], [2, () => [own, scalarset('other', dice.pick([1, 2, 2, 3]))]],
    [2, () => [own, scalarset('home', size, 'id')]],
  )()
}

/** A random value: small lists, wide numbers mostly at their ends. */
export function valueOf(dice: Dice, domain: Domain): unknown {
  switch (domain.kind) {
    case 'bool': return dice.chance(0.3)
    case 'range':
      return dice.pick([domain.low, domain.low, domain.high,
        dice.between(domain.low, Math.min(domain.high, domain.low + 3))])
    case 'oneOf': return dice.pick(domain.values)
    case 'scalarset': return dice.below(domain.size)
    case 'optional': return dice.chance(0.4) ? null : valueOf(dice, domain.of)
    case 'struct': return valuesOf(dice, domain.fields)
    case 'table':
      return Array.from({ length: domain.key.kind === 'range' ? domain.key.high + 1 : domain.key.size },
        () => valueOf(dice, domain.of))
    case 'list': return Array.from({ length: dice.below(domain.max + 1) }, () => valueOf(dice, domain.of))
    case 'variant': {
      const [name, fields] = dice.pick(Object.entries(domain.cases))
      return { [domain.tag]: name, ...valuesOf(dice, fields) }
    }
  }
}
const valuesOf = (dice: Dice, fields: Fields): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, valueOf(dice, of)]))
