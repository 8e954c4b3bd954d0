/** Where each part of a value stands in its packed form. Offsets are relative, so an element of a list looks the same
 *  at every place and can be moved as bits, unread: what fits in 32 bits never straddles a word, what does not begins
 *  at a word. */
import { keyCount } from './domain.ts'
import type { Domain, Fields, OneOf, Range, Scalarset } from './domain.ts'
import { ModelError } from './mistake.ts'

/** One value of a few: raw 0..count-1. `scalarset` names the ids it holds, whose raw value is the id, or the id + 1
 *  where null is 0. */
export interface ScalarShape {
  readonly kind: 'scalar'; readonly bits: number; readonly count: number; readonly domain: Domain
  readonly nullable: boolean; readonly scalarset: Scalarset | null
}
export interface Place { readonly at: number; readonly shape: Shape }
export interface NamedPlace extends Place { readonly name: string }
export interface OptionalShape { readonly kind: 'optional'; readonly bits: number; readonly of: Place }
export interface StructShape { readonly kind: 'struct'; readonly bits: number; readonly fields: readonly NamedPlace[] }
export interface TableShape {
  readonly kind: 'table'
  readonly bits: number
  readonly key: Scalarset | Range
  readonly elements: readonly Place[]
}
export interface ListShape {
  readonly kind: 'list'
  readonly bits: number
  readonly length: ScalarShape
  readonly elements: readonly Place[]
}
export interface VariantShape {
  readonly kind: 'variant'; readonly bits: number; readonly tag: string; readonly which: ScalarShape
  /** The cases share their bits: the tag says whose they are. */
  readonly cases: readonly { readonly name: string; readonly fields: readonly NamedPlace[] }[]
}
export type Shape = ScalarShape | OptionalShape | StructShape | TableShape | ListShape | VariantShape

const wordBits = 32

/** Places things one behind the other. */
class Cursor {
  bits: number
  constructor(bits = 0) { this.bits = bits }
  take(shape: Shape): number {
    const left = wordBits - this.bits % wordBits
    if (shape.bits > left && left < wordBits) this.bits += left
    const at = this.bits
    this.bits += shape.bits
    return at
  }
}

const bitsFor = (count: number): number => count <= 1 ? 0 : Math.ceil(Math.log2(count))

function scalar(domain: Domain, count: number, nullable: boolean, scalarset: Scalarset | null,
  path: string): ScalarShape {
  const bits = bitsFor(count)
  if (bits > 31)
    throw new ModelError(`${path}: ${count.toLocaleString('en-US')} values cannot be packed; a field has at most 2^31`)
  return { kind: 'scalar', bits, count, domain, nullable, scalarset }
}
const sizeOf = (of: Range | Scalarset): number => of.kind === 'range' ? Math.max(1, of.high - of.low + 1) : of.size

const known = new WeakMap<Domain, Shape>()

/** One shape for a domain, wherever it is used; `path` is how errors name it. @throws ModelError naming the field that
 *  is too wide. */
export function layoutOf(domain: Domain, path = 'state'): Shape {
  let shape = known.get(domain)
  if (shape === undefined) known.set(domain, shape = layOut(domain, path))
  return shape
}

function layOut(domain: Domain, path: string): Shape {
  switch (domain.kind) {
    case 'bool': return scalar(domain, 2, false, null, path)
    case 'range': return scalar(domain, sizeOf(domain), false, null, path)
    case 'scalarset': return scalar(domain, Math.max(1, domain.size), false, domain, path)
    case 'oneOf': return scalar(domain, domain.values.length, false, null, path)
    case 'optional': {
      const { of } = domain
      if (of.kind === 'range' || of.kind === 'scalarset')
        return scalar(of, rangeOf(of) + 1, true, of.kind === 'scalarset' ? of : null, path)
      const cursor = new Cursor(1), shape = layoutOf(of, path)
      // Presence and content move together.
      const at = shape.bits >= wordBits ? wordBits : cursor.take(shape)
      return { kind: 'optional', bits: at + shape.bits, of: { at, shape } }
    }
    case 'struct': return structLayout(domain.fields, path)
    case 'table': {
      const cursor = new Cursor(), shape = layoutOf(domain.of, `${path}[]`)
      const elements = Array.from({ length: keyCount(domain.key) }, () => ({ at: cursor.take(shape), shape }))
      return { kind: 'table', bits: cursor.bits, key: domain.key, elements }
    }
    case 'list': {
      const length = scalar({ kind: 'range', low: 0, high: domain.max }, domain.max + 1, false, null, `${path}.length`)
      const cursor = new Cursor(length.bits), shape = layoutOf(domain.of, `${path}[]`)
      const elements = Array.from({ length: domain.max }, () => ({ at: cursor.take(shape), shape }))
      return { kind: 'list', bits: cursor.bits, length, elements }
    }
    case 'variant': return variantLayout(domain.tag, domain.cases, path)
  }
}
/** An empty range has no values: only null remains. */
function rangeOf(of: OneOf | Range | Scalarset): number {
  switch (of.kind) {
    case 'range': return of.high - of.low + 1
    case 'scalarset': return of.size
    case 'oneOf': return of.values.length
  }
}

function placed(fields: Fields, cursor: Cursor, path: string): NamedPlace[] {
  return Object.entries(fields).map(([name, of]) => {
    const shape = layoutOf(of, `${path}.${name}`)
    return { name, at: cursor.take(shape), shape }
  })
}
function structLayout(fields: Fields, path: string): StructShape {
  const cursor = new Cursor()
  const places = placed(fields, cursor, path)
  return { kind: 'struct', bits: cursor.bits, fields: places }
}
function variantLayout(tag: string, of: Readonly<Record<string, Fields>>, path: string): VariantShape {
  const names = Object.keys(of)
  const which = scalar({ kind: 'oneOf', values: names }, names.length, false, null, `${path}.${tag}`)
  let bits = which.bits
  const cases = names.map(name => {
    const cursor = new Cursor(which.bits)
    const fields = placed(of[name]!, cursor, path)
    bits = Math.max(bits, cursor.bits)
    return { name, fields }
  })
  return { kind: 'variant', bits, tag, which, cases }
}

/** The value that a raw number stands for. */
export function decodeScalar({ domain, nullable }: ScalarShape, raw: number): number | string | boolean | null {
  if (nullable) {
    if (raw === 0) return null
    return raw - 1 + (domain.kind === 'range' ? domain.low : 0)
  }
  switch (domain.kind) {
    case 'bool': return raw === 1
    case 'range': return raw + domain.low
    case 'oneOf': return domain.values[raw]!
    default: return raw
  }
}

/** The raw number of a value, or -1 when it is outside the domain. */
export function encodeScalar({ domain, nullable, count }: ScalarShape, value: unknown): number {
  if (nullable && value === null) return 0
  if (domain.kind === 'bool') return typeof value === 'boolean' ? Number(value) : -1
  if (domain.kind === 'oneOf') return domain.values.indexOf(value as string)
  if (!Number.isInteger(value)) return -1
  const raw = (value as number) - (domain.kind === 'range' ? domain.low : 0) + (nullable ? 1 : 0)
  return raw >= (nullable ? 1 : 0) && raw < count ? raw : -1
}
