/** Finite domains: the declared shape of a state, from which its type, default, size, checks and packed form derive. */

/** Carries the value type of a domain; never present at run time. */
interface Of<T> { readonly value?: T }

export interface Bool extends Of<boolean> { readonly kind: 'bool' }
export interface Range extends Of<number> { readonly kind: 'range'; readonly low: number; readonly high: number }
export interface OneOf<V extends string = string> extends Of<V> {
  readonly kind: 'oneOf'
  readonly values: readonly V[]
}
/** Interchangeable ids `0..size-1`: a recipe may compare two of them for equality and index tables, nothing else. */
export interface Scalarset extends Of<number> {
  readonly kind: 'scalarset'; readonly name: string; readonly size: number
  /** The scalarset whose ids these belong to one by one: both are renamed together. */
  readonly moves?: string
}
export interface Optional<T = unknown> extends Of<T | null> { readonly kind: 'optional'; readonly of: Domain }
export interface Struct<T = unknown> extends Of<T> { readonly kind: 'struct'; readonly fields: Fields }
export interface Table<T = unknown> extends Of<T> { readonly kind: 'table'; readonly key: Index; readonly of: Domain }
export interface List<T = unknown> extends Of<T[]> { readonly kind: 'list'; readonly of: Domain; readonly max: number }
export interface Variant<T = unknown> extends Of<T> {
  readonly kind: 'variant'; readonly tag: string; readonly cases: Readonly<Record<string, Fields>>
}

export type Index = Scalarset | Range
export type Domain = Bool | Range | OneOf | Scalarset | Optional | Struct | Table | List | Variant
export type Fields = Readonly<Record<string, Domain>>

/** The mutable value a recipe sees. */
export type Value<D> = D extends Of<infer T> ? T : never
type ValueOf<F extends Fields> = { -readonly [K in keyof F]: Value<F[K]> }
/** The deeply read-only value that people and properties see. */
export type State<D> = DeepReadonly<Value<D>>
export type DeepReadonly<T> =
  T extends (infer E)[] ? readonly DeepReadonly<E>[]
    : T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

export const bool: Bool = { kind: 'bool' }

/** Integers `low..high`, both included. */
export function range(low: number, high: number): Range {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high < low - 1 || high - low >= 2 ** 31)
    throw new RangeError(`range(${low}, ${high}): needs integers with low <= high and fewer than 2^31 values`)
  return { kind: 'range', low, high }
}

/** @throws RangeError for a word that stands there twice: one value would be packed in two ways. */
export function oneOf<const V extends string>(...values: readonly V[]): OneOf<V> {
  const twice = values.find((value, i) => values.indexOf(value) !== i)
  if (twice !== undefined) throw new RangeError(`oneOf: '${twice}' stands there twice`)
  return { kind: 'oneOf', values }
}

/** A size of 0 is legal: it switches off every table indexed by it. `moves` names a scalarset of the same size whose
 *  i-th id owns the i-th of this: they are interchangeable only together. */
export function scalarset(name: string, size: number, moves?: string): Scalarset {
  if (!Number.isInteger(size) || size < 0)
    throw new RangeError(`scalarset '${name}': size ${size} is not a whole number`)
  return { kind: 'scalarset', name, size, ...moves === undefined ? {} : { moves } }
}

export function optional<D extends Domain>(of: D): Optional<Value<D>> { return { kind: 'optional', of } }
export function struct<F extends Fields>(fields: F): Struct<ValueOf<F>> {
  checkNames('struct', Object.keys(fields))
  return { kind: 'struct', fields }
}
/** @throws RangeError for the one name that is no part of an object. */
function checkNames(of: string, names: readonly string[]): void {
  if (names.includes('__proto__'))
    throw new RangeError(`${of}: no field can be named '__proto__', by which JavaScript means the prototype`)
}

/** One entry for each key: nested arrays, `value[key0][key1]`. */
export function table<D extends Domain>(keys: readonly [Index], of: D): Table<Value<D>[]>
export function table<D extends Domain>(keys: readonly [Index, Index], of: D): Table<Value<D>[][]>
export function table<D extends Domain>(keys: readonly [Index, Index, Index], of: D): Table<Value<D>[][][]>
export function table(keys: readonly Index[], of: Domain): Table {
  for (const key of keys)
    if (key.kind === 'range' && key.low !== 0)
      throw new RangeError(`table: a range used as key starts at 0, not ${key.low}`)
  return keys.reduceRight<Domain>((inner, key) => ({ kind: 'table', key, of: inner }), of) as Table
}

/** Up to `max` elements in order. */
export function list<D extends Domain>(of: D, max: number): List<Value<D>> { return { kind: 'list', of, max } }

/** A tagged union: `variant('type', { wait: { cpu }, iec: { index } })` has values `{ type: 'wait', cpu: 0 }`, ... */
export function variant<const T extends string, C extends Readonly<Record<string, Fields>>>(tag: T, cases: C):
  Variant<{ [K in keyof C]: { [t in T]: K } & ValueOf<C[K]> }[keyof C]> {
  const names = Object.values(cases).flatMap(fields => Object.keys(fields))
  checkNames('variant', [tag, ...names])
  if (names.includes(tag)) throw new RangeError(`variant: a case has a field named '${tag}', as the tag is`)
  return { kind: 'variant', tag, cases }
}

export const keyCount = (key: Index): number => key.kind === 'range' ? key.high + 1 : key.size

/** The value a fresh state has: false, low, first, 0, null, empty. */
export function initial<D extends Domain>(domain: D): Value<D> { return defaultOf(domain) as Value<D> }

function defaultOf(domain: Domain): unknown {
  switch (domain.kind) {
    case 'bool': return false
    case 'range': return domain.low
    case 'oneOf': return domain.values[0]
    case 'scalarset': return 0
    case 'optional': return null
    case 'struct': return defaultsOf(domain.fields)
    case 'table': return Array.from({ length: keyCount(domain.key) }, () => defaultOf(domain.of))
    case 'list': return []
    case 'variant': {
      const [name, fields] = Object.entries(domain.cases)[0]!
      return { [domain.tag]: name, ...defaultsOf(fields) }
    }
  }
}
function defaultsOf(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, defaultOf(of)]))
}

/** Every value of a small domain, in order; used for parameters of actions. Tables and lists have no enumeration. */
export function valuesOf(domain: Domain): readonly unknown[] {
  switch (domain.kind) {
    case 'bool': return [false, true]
    case 'range': return Array.from({ length: domain.high - domain.low + 1 }, (_, i) => domain.low + i)
    case 'oneOf': return domain.values
    case 'scalarset': return Array.from({ length: domain.size }, (_, i) => i)
    case 'optional': return [null, ...valuesOf(domain.of).filter(value => value !== null)]
    case 'struct': return productOf(domain.fields)
    case 'variant': return Object.entries(domain.cases).flatMap(([name, fields]) =>
      productOf(fields).map(value => ({ [domain.tag]: name, ...value })))
    case 'table': case 'list': throw new TypeError(`a ${domain.kind} cannot be a parameter of an action`)
  }
}

/** All records over the given fields, the last field varying fastest. */
export function productOf(fields: Fields): Record<string, unknown>[] {
  let rows: Record<string, unknown>[] = [{}]
  for (const [name, of] of Object.entries(fields)) {
    const values = valuesOf(of)
    rows = rows.flatMap(row => values.map(value => ({ ...row, [name]: value })))
  }
  return rows
}

/** Base-2 logarithm of the number of values: the information a state can hold, reachable or not. */
export function bitsOf(domain: Domain): number {
  switch (domain.kind) {
    case 'bool': return 1
    case 'range': return Math.log2(domain.high - domain.low + 1)
    case 'oneOf': return Math.log2(domain.values.length)
    case 'scalarset': return Math.log2(domain.size)
    case 'optional': return Math.log2(1 + 2 ** bitsOf(domain.of))
    case 'struct': return sum(Object.values(domain.fields).map(bitsOf))
    case 'table': return keyCount(domain.key) === 0 ? 0 : keyCount(domain.key) * bitsOf(domain.of)
    case 'list':
      return Math.log2(sum(Array.from({ length: domain.max + 1 },
        (_, n) => 2 ** (n === 0 ? 0 : n * bitsOf(domain.of)))))
    case 'variant':
      return Math.log2(sum(Object.values(domain.cases).map(fields => 2 ** sum(Object.values(fields).map(bitsOf)))))
  }
}
const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)

/** Why `value` is not of `domain` ('iotlb[0][1].frame: 7 is outside 0..1'), or null when it is. */
export function misfit(domain: Domain, value: unknown, path = 'state'): string | null {
  switch (domain.kind) {
    case 'bool': return typeof value === 'boolean' ? null : `${path}: ${show(value)} is not a boolean`
    case 'range': return misfitInteger(value, domain.low, domain.high, path)
    case 'scalarset': return misfitInteger(value, 0, domain.size - 1, path, domain.name)
    case 'oneOf':
      return domain.values.includes(value as string) ? null
        : `${path}: ${show(value)} is none of ${domain.values.join(', ')}`
    case 'optional': return value === null ? null : misfit(domain.of, value, path)
    case 'struct': return misfitFields(domain.fields, value, path)
    case 'table': return misfitArray(domain.of, value, path, keyCount(domain.key), keyCount(domain.key))
    case 'list': return misfitArray(domain.of, value, path, 0, domain.max)
    case 'variant': {
      const name = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[domain.tag]
        : undefined
      const fields = typeof name === 'string' && Object.hasOwn(domain.cases, name) ? domain.cases[name]! : null
      if (fields === null)
        return `${path}.${domain.tag}: ${show(name)} is none of ${Object.keys(domain.cases).join(', ')}`
      return misfitFields({ [domain.tag]: oneOf(name as string), ...fields }, value, path)
    }
  }
}
function misfitInteger(value: unknown, low: number, high: number, path: string, of = ''): string | null {
  if (Number.isInteger(value) && (value as number) >= low && (value as number) <= high) return null
  return `${path}: ${show(value)} is outside ${low}..${high}${of && ` (${of})`}`
}
function misfitFields(fields: Fields, value: unknown, path: string): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return `${path}: ${show(value)} is not an object`
  const record = value as Record<string, unknown>
  for (const name of Object.keys(record)) if (!Object.hasOwn(fields, name)) return `${path}.${name}: no such field`
  for (const [name, of] of Object.entries(fields)) {
    const why = misfit(of, record[name], `${path}.${name}`)
    if (why !== null) return why
  }
  return null
}
function misfitArray(of: Domain, value: unknown, path: string, least: number, most: number): string | null {
  if (!Array.isArray(value)) return `${path}: ${show(value)} is not an array`
  if (value.length < least || value.length > most)
    return `${path}: holds ${value.length} elements, not ${least === most ? most : `at most ${most}`}`
  for (let i = 0; i < value.length; i++) {
    const why = misfit(of, value[i], `${path}[${i}]`)
    if (why !== null) return why
  }
  return null
}
function show(value: unknown): string {
  // JSON has no NaN and no Infinity.
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  try { return JSON.stringify(value) ?? String(value) } catch { return String(value) }
}

/** A value of the domain, made anew from what the domain declares: each part an object of its own, fields in declared
 *  order, -0 as 0. */
export function rebuilt(domain: Domain, value: unknown): unknown {
  const fieldsOf = (fields: Fields): [string, unknown][] =>
    Object.entries(fields).map(([name, of]) => [name, rebuilt(of, (value as Record<string, unknown>)[name])])
  switch (domain.kind) {
    case 'struct': return Object.fromEntries(fieldsOf(domain.fields))
    case 'table': case 'list': return (value as unknown[]).map(one => rebuilt(domain.of, one))
    case 'optional': return value === null ? null : rebuilt(domain.of, value)
    case 'variant': {
      const name = (value as Record<string, string>)[domain.tag]!
      return Object.fromEntries([[domain.tag, name], ...fieldsOf(domain.cases[name]!)])
    }
    default: return value === 0 ? 0 : value
  }
}

/** The value, which nobody can change from now on. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const part of Object.values(value)) frozen(part)
  return Object.freeze(value)
}
