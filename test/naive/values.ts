/** Values as the naive checker has them: plain objects, made anew between two steps from what the domain declares. */
import type { Domain, Fields } from '../../src/index.ts'

/** The machine breaks a rule of the modelling language. */
export class Mistake extends Error {}

/** A fresh value with the declared fields in their declared order, and nothing else. @throws Mistake where `value` is
 *  not of the domain. */
export function rebuilt(domain: Domain, value: unknown, path: string): unknown {
  switch (domain.kind) {
    case 'bool': return typeof value === 'boolean' ? value : wrong(domain, path)
    case 'range': return whole(domain, domain.low, domain.high, value, path)
    case 'scalarset': return whole(domain, 0, domain.size - 1, value, path)
    case 'oneOf': return typeof value === 'string' && domain.values.includes(value) ? value : wrong(domain, path)
    case 'optional': return value === null ? null : rebuilt(domain.of, value, path)
    case 'struct': return rebuiltFields(domain.fields, value, path)
    case 'table': {
      const size = domain.key.kind === 'range' ? domain.key.high + 1 : domain.key.size
      return rebuiltElements(domain.of, value, path, size, size)
    }
    case 'list': return rebuiltElements(domain.of, value, path, 0, domain.max)
    case 'variant': {
      const tag = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[domain.tag] : null
      if (typeof tag !== 'string' || !Object.hasOwn(domain.cases, tag)) return wrong(domain, path)
      const tagged: Fields = { [domain.tag]: { kind: 'oneOf', values: [tag] }, ...domain.cases[tag]! }
      return rebuiltFields(tagged, value, path)
    }
  }
}

function wrong({ kind }: Domain, path: string): never { throw new Mistake(`${path}: is no ${kind} of the domain`) }
function whole(domain: Domain, low: number, high: number, value: unknown, path: string): number {
  const isOf = typeof value === 'number' && Number.isInteger(value) && low <= value && value <= high
  return isOf ? value + 0 : wrong(domain, path) // -0 + 0 is 0
}

function rebuiltFields(fields: Fields, value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Mistake(`${path}: is no object`)
  expectNames(value, Object.keys(fields), path)
  const made: Record<string, unknown> = {}
  for (const name of Object.keys(fields))
    made[name] = rebuilt(fields[name]!, (value as Record<string, unknown>)[name], `${path}.${name}`)
  return made
}

function rebuiltElements(of: Domain, value: unknown, path: string, least: number, most: number): unknown[] {
  if (!Array.isArray(value)) throw new Mistake(`${path}: is no array`)
  if (value.length < least || value.length > most) throw new Mistake(`${path}: has ${value.length} elements`)
  expectNames(value, [...value.keys()].map(String), path)
  return value.map((element, i) => rebuilt(of, element, `${path}[${i}]`))
}

/** Each name is there, as plain data that shows when one looks through the names, and no other is. */
function expectNames(value: object, names: readonly string[], path: string): void {
  for (const name of names) {
    const found = Object.getOwnPropertyDescriptor(value, name)
    if (found?.enumerable !== true || !('value' in found)) throw new Mistake(`${path}.${name}: is not there as data`)
  }
  const all = Reflect.ownKeys(value).filter(name => name !== 'length' || !Array.isArray(value))
  if (all.length === names.length) return
  throw new Mistake(`${path}: has a name that is no field: ${all.map(String).join(', ')}`)
}

/** Shows values that refuse to be written, and remembers that somebody tried, whoever catches what is thrown. */
export class Shown implements ProxyHandler<object> {
  private tried: string | null = null
  private readonly views = new Map<object, object>()

  of<T>(value: T): T {
    if (typeof value !== 'object' || value === null) return value
    let view = this.views.get(value)
    if (view === undefined) this.views.set(value, view = new Proxy(value, this))
    return view as T
  }
  /** @throws Mistake when somebody tried to write. */
  expectUnwritten(): void { if (this.tried !== null) throw new Mistake(this.tried) }

  get(of: object, name: string | symbol): unknown { return this.of(Reflect.get(of, name) as unknown) }
  getOwnPropertyDescriptor(of: object, name: string | symbol): PropertyDescriptor | undefined {
    return viewed(of, name, value => this.of(value))
  }
  set(_: object, name: string | symbol): never { return this.refuse(name) }
  deleteProperty(_: object, name: string | symbol): never { return this.refuse(name) }
  defineProperty(_: object, name: string | symbol): never { return this.refuse(name) }
  setPrototypeOf(): never { return this.refuse('__proto__') }
  preventExtensions(): never { return this.refuse('(extensions)') }
  private refuse(name: string | symbol): never {
    this.tried = `writes '${String(name)}' of what is only to be read`
    throw new Mistake(this.tried)
  }
}
function viewed(of: object, name: string | symbol, view: (value: unknown) => unknown): PropertyDescriptor | undefined {
  const found = Reflect.getOwnPropertyDescriptor(of, name)
  return found === undefined || !('value' in found) ? found : { ...found, value: view(found.value) }
}

/** A state that a recipe may change. What is put into it is copied then and there; one thing put in two places is one
 *  copy. */
export class Draft implements ProxyHandler<object> {
  private readonly views = new Map<object, object>()
  private readonly behind = new Map<object, object>()
  /** Of each object that was put: its copy, and what it held then. */
  private readonly copies = new Map<object, { readonly copy: object; readonly held: Map<string | symbol, unknown> }>()

  /** What the recipe sees of a part of the state. */
  of(part: unknown): unknown {
    if (typeof part !== 'object' || part === null) return part
    let view = this.views.get(part)
    if (view === undefined) {
      this.views.set(part, view = new Proxy(part, this))
      this.behind.set(view, part)
    }
    return view
  }
  get(of: object, name: string | symbol): unknown { return this.of(Reflect.get(of, name)) }
  getOwnPropertyDescriptor(of: object, name: string | symbol): PropertyDescriptor | undefined {
    return viewed(of, name, value => this.of(value))
  }
  set(of: object, name: string | symbol, value: unknown): boolean { return Reflect.set(of, name, this.own(value)) }
  defineProperty(of: object, name: string | symbol, how: PropertyDescriptor): boolean {
    return Reflect.defineProperty(of, name, 'value' in how ? { ...how, value: this.own(how.value) } : how)
  }

  /** The part of the state that a value is from now on. */
  private own(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value
    const known = this.behind.get(value) ?? this.copies.get(value)?.copy
    if (known !== undefined) return known
    const copy: object = Array.isArray(value) ? [] : {}
    const held = new Map<string | symbol, unknown>()
    this.copies.set(value, { copy, held })
    for (const name of Reflect.ownKeys(value)) {
      const found = Object.getOwnPropertyDescriptor(value, name)!
      held.set(name, found.value)
      Object.defineProperty(copy, name,
        'value' in found ? { ...found, value: this.own(found.value), ...writable(name) } : found)
    }
    return copy
  }

  /** What of the state `value` is made of: a copy in which nothing is a part of the draft. */
  settled(value: unknown): unknown {
    if (value === undefined || typeof value === 'number' && !Number.isFinite(value))
      throw new Mistake(`tells ${value}`)
    if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value
    const part = this.behind.get(value) ?? value
    return Array.isArray(part) ? Array.from(part, one => this.settled(one))
      : Object.fromEntries(Object.entries(part).filter(([, one]) => one !== undefined)
        .map(([name, one]) => [name, this.settled(one)]))
  }

  /** @throws Mistake when an object was changed by its old name after it was put into the state. */
  expectLeftAlone(): void {
    for (const [value, { held }] of this.copies) {
      const names = Reflect.ownKeys(value)
      const isSame = names.length === held.size
        && names.every(name =>
          held.has(name) && Object.is(Object.getOwnPropertyDescriptor(value, name)!.value, held.get(name)))
      if (!isSame) throw new Mistake('changes an object by another name than the state\'s, after it was put there')
    }
  }
}
/** A frozen thing that is put into the state is no frozen part of it. */
const writable = (name: string | symbol): PropertyDescriptor =>
  name === 'length' ? { writable: true } : { writable: true, configurable: true }
