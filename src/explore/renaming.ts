/** Arguments and packed states under other names, straight from what is declared of them. */
import type { Domain, Scalarset, Shape } from '../model/index.ts'
import { groupOf, partsOf } from './symmetry.ts'

/** What each id of a group is called; a group that is missing keeps its names. */
export type Names = ReadonlyMap<string, readonly number[]>

/** A packed state under other names, and where each of its bits stands there. */
export interface Renamed { readonly words: Uint32Array; readonly to: Int32Array }

/** A value of a domain under other names. Of a struct whose fields are an action's parameters: its arguments. */
export function renamedValue(domain: Domain, value: unknown, names: Names): unknown {
  if (value === null) return null
  switch (domain.kind) {
    case 'scalarset': return names.get(groupOf(domain))?.[value as number] ?? value
    case 'optional': return renamedValue(domain.of, value, names)
    case 'struct': return renamedFields(domain.fields, value, names)
    case 'variant':
      return renamedFields(domain.cases[(value as Readonly<Record<string, string>>)[domain.tag]!]!, value, names)
    default: return value // tables and lists are no parameters
  }
}
function renamedFields(fields: Readonly<Record<string, Domain>>, value: unknown,
  names: Names): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value as object)
    .map(([name, of]) => [name, Object.hasOwn(fields, name) ? renamedValue(fields[name]!, of, names) : of]))
}

/** The scalarset that the shape holds an id of, or has its rows by. */
function namingSet(of: Shape): Scalarset | null {
  if (of.kind === 'scalar') return of.scalarset
  return of.kind === 'table' && of.key.kind === 'scalarset' ? of.key : null
}

/** Renames packed states of one shape. */
export class Renamer {
  private readonly shape: Shape
  /** Shapes that hold an id, or rows, of a group. */
  private readonly named = new Set<Shape>()
  private readonly still: Int32Array
  /** Of the state at hand. */
  private from: Uint32Array = new Uint32Array()
  private to: Int32Array = new Int32Array()
  private names: Names = new Map()
  private ids: { readonly at: number; readonly bits: number; readonly raw: number }[] = []

  constructor(shape: Shape, words: number, groups: ReadonlySet<string>) {
    this.shape = shape
    this.still = Int32Array.from({ length: words * 32 }, (_, bit) => bit)
    const mark = (of: Shape): boolean => {
      const parts = of.kind === 'scalar' ? [] : partsOf(of).map(part => mark(part.shape))
      const set = namingSet(of)
      if (!(set !== null && groups.has(groupOf(set)) || parts.includes(true))) return false
      this.named.add(of)
      return true
    }
    mark(shape)
  }

  rename(words: Uint32Array, names: Names): Renamed {
    this.from = words
    const to = this.to = this.still.slice()
    this.names = names
    this.ids = []
    this.visit(this.shape, 0, 0)
    const renamed = new Uint32Array(words.length)
    for (let bit = 0; bit < to.length; bit++) {
      if ((words[bit >>> 5]! >>> (bit & 31) & 1) === 0) continue
      const at = to[bit]!
      renamed[at >>> 5]! |= 1 << (at & 31)
    }
    for (const { at, bits, raw } of this.ids) {
      const mask = 2 ** bits - 1 << (at & 31)
      renamed[at >>> 5] = renamed[at >>> 5]! & ~mask | raw << (at & 31)
    }
    return { words: renamed, to }
  }

  private raw(at: number, bits: number): number {
    return bits === 0 ? 0 : this.from[at >>> 5]! >>> (at & 31) & 2 ** bits - 1
  }

  /** What stands at `from` goes to `to`. Bits that are none of the state's own, in another case than it is of, move
   *  with what is around them. */
  private visit(shape: Shape, from: number, to: number): void {
    if (!this.named.has(shape)) return
    switch (shape.kind) {
      case 'scalar': {
        const names = this.names.get(groupOf(shape.scalarset!)), nulls = shape.nullable ? 1 : 0
        const raw = this.raw(from, shape.bits)
        if (names !== undefined && raw >= nulls)
          this.ids.push({ at: to, bits: shape.bits, raw: names[raw - nulls]! + nulls })
        return
      }
      case 'optional':
        if (this.raw(from, 1) === 1) this.visit(shape.of.shape, from + shape.of.at, to + shape.of.at)
        return
      case 'struct': for (const field of shape.fields) this.visit(field.shape, from + field.at, to + field.at); return
      case 'table': {
        const names = shape.key.kind === 'scalarset' ? this.names.get(groupOf(shape.key)) : undefined
        shape.elements.forEach((element, i) => {
          const start = from + element.at, end = to + shape.elements[names?.[i] ?? i]!.at
          if (names !== undefined && names[i] !== i)
            for (let bit = 0; bit < element.shape.bits; bit++) this.to[start + bit] = end + bit
          this.visit(element.shape, start, end)
        })
        return
      }
      case 'list':
        for (const element of shape.elements.slice(0, this.raw(from, shape.length.bits)))
          this.visit(element.shape, from + element.at, to + element.at)
        return
      case 'variant':
        for (const field of shape.cases[this.raw(from, shape.which.bits)]!.fields)
          this.visit(field.shape, from + field.at, to + field.at)
    }
  }
}
