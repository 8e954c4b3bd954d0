/** Which ids are interchangeable, and where they stand in a packed state: from the declared scalarsets alone. */
import { ModelError } from '../model/index.ts'
import type { Scalarset, Shape } from '../model/index.ts'

/** A group cannot be renamed: its ids are ordered or computed with, or that they are not is more than is tested. */
export class NotInterchangeable extends ModelError {
  readonly group: string
  constructor(group: string, who: string,
    does = `tells the ids of scalarset '${group}' apart: it may compare them for equality and index tables with them, `
      + 'nothing else') {
    super(`${who} ${does}`)
    this.group = group
    this.trace = []
  }
}

/** Ids that are renamed together. */
export interface Group { readonly name: string; readonly size: number }

/** The part of the state exists only where these bits have that value, or more. */
export interface Test { readonly at: number; readonly bits: number; readonly is: number; readonly orMore: boolean }
/** A place that holds an id of a group. */
export interface ValueSlot {
  readonly group: string
  readonly at: number
  readonly bits: number
  readonly nullable: boolean
  readonly tests: readonly Test[]
}
/** The elements of one table that a group is the key of. */
export interface RowSet {
  readonly group: string
  readonly at: readonly number[]
  readonly bits: number
  readonly tests: readonly Test[]
}

export interface Symmetry {
  /** Renamed by trying all permutations. */
  readonly tried: readonly Group[]
  /** Renamed in the order in which a state mentions them: no need to try. */
  readonly relabelled: readonly Group[]
  /** How many. */
  readonly orders: number
  readonly values: readonly ValueSlot[]
  readonly rows: readonly RowSet[]
}

export const groupOf = ({ name, moves }: Scalarset): string => moves ?? name

/** The groups of a shape that can be renamed: of more than one id, and of one size wherever they occur. */
export function groupsOf(shape: Shape): Group[] {
  const sizes = new Map<string, Set<number>>()
  for (const set of setsOf(shape)) sizes.set(groupOf(set), (sizes.get(groupOf(set)) ?? new Set()).add(set.size))
  return [...sizes].flatMap(([name, of]) => of.size === 1 && [...of][0]! > 1 ? [{ name, size: [...of][0]! }] : [])
}

/** The scalarsets of a shape, as often as they stand there. */
export function setsOf(shape: Shape): Scalarset[] {
  if (shape.kind === 'scalar') return shape.scalarset === null ? [] : [shape.scalarset]
  const parts = partsOf(shape).flatMap(part => setsOf(part.shape))
  return shape.kind === 'table' && shape.key.kind === 'scalarset' ? [shape.key, ...parts] : parts
}

export const partsOf = (of: Exclude<Shape, { kind: 'scalar' }>): readonly {
  readonly at: number
  readonly shape: Shape
}[] => {
  switch (of.kind) {
    case 'optional': return [of.of]
    case 'struct': return of.fields
    case 'table': case 'list': return of.elements
    case 'variant': return of.cases.flatMap(({ fields }) => fields)
  }
}

export const factorial = (n: number): number => n < 2 ? 1 : n * factorial(n - 1)
const numeral = (n: number): string => n.toLocaleString('en-US')

interface Under { readonly tests: readonly Test[]; readonly keys: readonly string[] }
/** Where a group's ids stand as values, and what its tables hold: decides how it can be renamed. */
interface Found {
  readonly values: (ValueSlot & { readonly keys: readonly string[] })[]
  readonly rows: (RowSet & { readonly keys: readonly string[] })[]
}

/** Each state is brought to all orders of the ids that have to be tried: to more of them is dearer than what it
 *  saves. */
const mostOrders = 5040

/** @param groups the ones to rename. @throws NotInterchangeable for the largest of those that have to be tried, when
 *  that is too dear. */
export function symmetryOf(shape: Shape, groups: readonly Group[], who: string): Symmetry {
  const names = new Set(groups.map(({ name }) => name))
  const found: Found = { values: [], rows: [] }
  collect(shape, 0, { tests: [], keys: [] }, names, found)
  const relabelled: Group[] = []
  // The largest first: they cost most to try.
  for (const group of [...groups].sort((a, b) => b.size - a.size))
    if ([...relabelled, group].every(one => isApart(one.name, [...relabelled, group].map(({ name }) => name), found)))
      relabelled.push(group)
  const tried = groups.filter(group => !relabelled.includes(group))
  const orders = tried.reduce((product, { size }) => product * factorial(size), 1)
  if (orders > mostOrders) {
    const largest = tried.reduce((most, one) => one.size > most.size ? one : most)
    throw new NotInterchangeable(largest.name, who,
      `would have to be brought to ${numeral(orders)} orders of ids each, and ${numeral(mostOrders)} are at most; `
        + `scalarset '${largest.name}' has the most ids`)
  }
  return { tried, relabelled, orders, values: found.values, rows: found.rows }
}

/** The order in which a state mentions the group's ids must not depend on how it, or others that are relabelled too,
 *  are named. */
function isApart(name: string, relabelled: readonly string[], { values, rows }: Found): boolean {
  if (values.some(value => value.group === name && value.keys.some(key => relabelled.includes(key)))) return false
  // Rows within rows that move too: how one of them is ordered depends on how the other is.
  if (rows.some(row => row.group === name && row.keys.some(key => relabelled.includes(key)))) return false
  const spans = rows.filter(row => row.group === name)
  return !values.some(value => relabelled.includes(value.group)
    && spans.some(({ at, bits }) => at.some(from => from <= value.at && value.at < from + bits)))
}

function collect(shape: Shape, at: number, under: Under, names: ReadonlySet<string>, found: Found): void {
  switch (shape.kind) {
    case 'scalar': {
      if (shape.scalarset === null || !names.has(groupOf(shape.scalarset))) return
      found.values.push({ group: groupOf(shape.scalarset), at, bits: shape.bits, nullable: shape.nullable, ...under })
      return
    }
    case 'optional': collect(shape.of.shape, at + shape.of.at, tested(under, at, 1, 1), names, found); return
    case 'struct': for (const field of shape.fields) collect(field.shape, at + field.at, under, names, found); return
    case 'table': {
      const key = shape.key.kind === 'scalarset' && names.has(groupOf(shape.key)) ? groupOf(shape.key) : null
      if (key !== null && shape.elements.length > 1 && shape.elements[0]!.shape.bits > 0)
        found.rows.push({ group: key, at: shape.elements.map(element => at + element.at),
          bits: shape.elements[0]!.shape.bits, ...under })
      for (const element of shape.elements)
        collect(element.shape, at + element.at, key === null ? under : { ...under, keys: [...under.keys, key] }, names,
          found)
      return
    }
    case 'list': {
      shape.elements.forEach((element, i) =>
      { collect(element.shape, at + element.at, tested(under, at, shape.length.bits, i + 1, true), names, found) })
      return
    }
    case 'variant': {
      shape.cases.forEach(({ fields }, i) => {
        for (const field of fields)
          collect(field.shape, at + field.at, tested(under, at, shape.which.bits, i), names, found)
      })
    }
  }
}
const tested = (under: Under, at: number, bits: number, is: number, orMore = false): Under =>
  bits === 0 ? under : ({ ...under, tests: [...under.tests, { at, bits, is, orMore }] })

/** Two neighbouring ids of a group in each other's place: all renamings are made of these. */
export interface Swap { readonly group: string; readonly low: number }
export const swapsOf = (groups: readonly Group[]): Swap[] =>
  groups.flatMap(({ name, size }) => Array.from({ length: size - 1 }, (_, low) => ({ group: name, low })))

/** Neighbours to swap, one after the other, to meet every order of `size` things (Steinhaus, Johnson, Trotter). */
export function permutations(size: number): number[] {
  if (size < 2) return []
  const inner = permutations(size - 1)
  const down = Array.from({ length: size - 1 }, (_, i) => size - 2 - i), up = [...down].reverse()
  return [down, ...inner.flatMap((low, i) => i % 2 === 0 ? [[low + 1], up] : [[low], down])].flat()
}
