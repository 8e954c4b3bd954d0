/** What a recipe puts into the state: copies of plain objects and arrays, under names that a state can have. */
import { behind, Refusal } from './run.ts'
import type { Key, Run, Target } from './run.ts'

/** The state never holds an object that something outside it knows, for that may be a constant of the module, or an
 *  argument: it gets a copy, the same copy of the same object. Drafts stay what they are. */
export function put(run: Run, target: Target, key: Key, value: unknown): boolean {
  checkName(run, target, key)
  return Reflect.set(target, key, copied(run, value))
}

export function define(run: Run, target: Target, key: Key, descriptor: PropertyDescriptor): boolean {
  const { enumerable, writable, configurable, get, set, value } = { ...Reflect.getOwnPropertyDescriptor(target, key),
    ...descriptor }
  if (get !== undefined || set !== undefined)
    run.refuse(new Refusal(`defines '${String(key)}' by a getter or setter; a state holds values`))
  const isLength = Array.isArray(target) && key === 'length'
  if (writable !== true || !isLength && (enumerable !== true || configurable !== true))
    run.refuse(new Refusal(`defines '${String(key)}' hidden or fixed; assign it`))
  return put(run, target, key, value)
}

function checkName(run: Run, target: Target, key: Key): void {
  if (key === '__proto__') refusePrototype(run)
  if (typeof key === 'symbol') run.refuse(new Refusal(`writes ${String(key)}; a state has no symbols`))
  if (Array.isArray(target) && key !== 'length' && !isIndex(key))
    run.refuse(new Refusal(`writes '${String(key)}' of an array; an array has elements from 0 on, and a length`))
}
const isIndex = (key: Key): boolean => typeof key === 'string' && /^(?:0|[1-9]\d*)$/.test(key)

export const refusePrototype = (run: Run): never =>
  run.refuse(new Refusal('sets the prototype of a part of the state; a state holds plain objects'))

function copied(run: Run, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isDraft(value)) return value
  const known = run.puts.find(({ original }) => original === value)
  if (known !== undefined) return known.copy
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null)
    run.refuse(new Refusal(`puts a ${nameOf(prototype)} into the state; a state holds plain objects and arrays`))
  const target = (Array.isArray(value) ? [] : {}) as Target
  const copy = new Proxy(target, new Copy(run))
  copies.add(copy)
  const held: [Key, unknown][] = []
  run.puts.push({ original: value, held, copy })
  for (const key of Reflect.ownKeys(value)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(value, key)!
    held.push([key, descriptor.value])
    // What a constant froze is free in the copy.
    define(run, target, key, 'value' in descriptor ? { ...descriptor, writable: true, configurable: true } : descriptor)
  }
  return copy
}
interface Constructed { readonly constructor?: { readonly name?: string } }
const nameOf = (prototype: unknown): string => (prototype as Constructed).constructor?.name ?? 'special object'

const copies = new WeakSet()
const isDraft = (value: object): boolean =>
  copies.has(value) || (value as { readonly [behind]?: unknown })[behind] !== undefined

/** Stands behind a copy of a plain object that was put into the state. */
class Copy implements ProxyHandler<Target> {
  private readonly run: Run
  constructor(run: Run) { this.run = run }
  get(target: Target, key: Key): unknown {
    if (key !== behind) this.run.look()
    return Reflect.get(target, key)
  }
  set(target: Target, key: Key, value: unknown): boolean {
    this.run.writing(key)
    return put(this.run, target, key, value)
  }
  deleteProperty(target: Target, key: Key): boolean {
    this.run.writing(key)
    return Reflect.deleteProperty(target, key)
  }
  defineProperty(target: Target, key: Key, descriptor: PropertyDescriptor): boolean {
    this.run.writing(key)
    return define(this.run, target, key, descriptor)
  }
  setPrototypeOf(): boolean { return refusePrototype(this.run) }
}

/** A copy without drafts, for what outlives the run; reading it is logged as any other. Frozen: nobody who is told of
 *  it may change it for others. What is equal as JSON is equal: a field that is undefined is none, and -0 is 0.
 *  @throws TypeError when it holds itself, or what is no JSON. */
export function plain(value: unknown, within: readonly unknown[] = []): unknown {
  switch (typeof value) {
    case 'bigint': case 'function': case 'symbol': throw untold(`a ${typeof value}`)
    case 'undefined': throw untold('undefined')
    case 'number':
      if (!Number.isFinite(value)) throw untold(`${value}`)
      return value + 0
    default:
  }
  if (typeof value !== 'object' || value === null) return value
  if (within.includes(value)) throw new TypeError('tells an object that holds itself')
  const inner = [...within, value]
  return Object.freeze(Array.isArray(value) ? Array.from(value, one => plain(one, inner))
    : Object.fromEntries(Object.entries(value).flatMap(([name, of]) =>
      of === undefined ? [] : [[name, plain(of, inner)]])))
}
const untold = (what: string): TypeError =>
  new TypeError(`tells ${what}; tell finite numbers, strings, booleans, null, arrays and objects of these`)
