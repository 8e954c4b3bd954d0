/** A draft that logs: plain objects with identity over one packed state, made as they are looked at. What a recipe
 *  reads of the state is logged in order, what it leaves behind is compared at the end; aliases and moved elements
 *  behave as in plain JavaScript. */
import { decodeScalar } from './layout.ts'
import type { Place, Shape } from './layout.ts'
import { define, put, refusePrototype } from './put.ts'
import { behind, NoSuchPart } from './run.ts'
import type { Key, Run, Target } from './run.ts'

export type Composite = Exclude<Shape, { kind: 'scalar' | 'optional' }>

/** Names that JavaScript itself asks any object for: whether it is a promise, or says its JSON. */
const askedOfAny: ReadonlySet<string> = new Set(['then', 'toJSON'])

/** What stands behind each proxy. */
export class Node implements ProxyHandler<Target> {
  readonly run: Run
  readonly shape: Composite
  /** Where in the state it came from, in bits. */
  readonly at: number
  /** What was there when it was first looked at. A name that is missing was written before it was read, or never looked
   *  at. */
  readonly found = new Map<string, unknown>()
  readonly target: Target
  readonly proxy: object
  /** Names that were deleted, if any: where they come back, they come last. */
  private late: Set<Key> | null = null
  private places: ReadonlyMap<string, Place> | null = null
  /** Whether it was written, or something that was found in it. */
  isWritten = false
  private readonly parent: Node | null

  /** `parent` is the node it was found in. */
  constructor(run: Run, shape: Composite, at: number, parent: Node | null) {
    this.run = run
    this.shape = shape
    this.at = at
    this.parent = parent
    this.target = emptyOf(run, shape, at)
    this.proxy = new Proxy(this.target, this)
    // What is past the end of a list is no part that waits to be looked at, also when the list grows.
    if (shape.kind === 'list')
      for (let i = Number(this.target['length']); i < shape.elements.length; i++) this.found.set(String(i), undefined)
  }

  /** The parts that exist by this node's own state: of a variant, those of its case. */
  parts(): ReadonlyMap<string, Place> {
    if (this.places !== null) return this.places
    const { shape } = this
    switch (shape.kind) {
      case 'struct': return this.places = named(shape, shape.fields)
      case 'variant': {
        const found = shape.cases[this.run.read(this.at, shape.which.bits)]!
        return this.places = named(found, found.fields)
      }
      case 'table': case 'list': return this.places = numbered(shape.elements)
    }
  }

  private fetch(key: string): unknown {
    const { run, shape, target, found } = this
    if (shape.kind === 'variant' && key === shape.tag) {
      const { name } = shape.cases[run.read(this.at, shape.which.bits)]!
      found.set(key, name)
      return target[key] = name
    }
    if (Array.isArray(target) && !(Number(key) < target.length)) return undefined
    const place = this.parts().get(key)
    if (place === undefined) return undefined
    const value = draftOf(run, place.shape, this.at + place.at, this)
    found.set(key, value)
    return target[key] = value
  }

  /** Whether `key` names a part that has not been looked at. */
  private isHidden(key: Key): key is string {
    if (typeof key === 'symbol' || Object.hasOwn(this.target, key) || this.found.has(key)) return false
    const { target } = this
    return this.isPart(key) && !(Array.isArray(target) && Number(key) >= target.length)
  }
  private isPart(key: string): boolean {
    return this.shape.kind === 'variant' && key === this.shape.tag || this.parts().has(key)
  }
  private reveal(): void {
    const { shape } = this
    if (shape.kind === 'variant' && this.isHidden(shape.tag)) this.fetch(shape.tag)
    for (const key of this.parts().keys()) if (this.isHidden(key)) this.fetch(key)
  }

  get(target: Target, key: Key, asked: unknown): unknown {
    if (key === behind) return asked === this.proxy ? this : undefined
    this.run.look()
    // Most reads are of a part that was looked at before.
    if (Object.hasOwn(target, key)) return target[key]
    if (typeof key === 'string' && this.isHidden(key)) return this.fetch(key)
    const value = Reflect.get(target, key)
    if (value === undefined && typeof key === 'string' && !Reflect.has(target, key)) this.refuseUnknown(key)
    return value
  }
  /** A part that was never there is a mistake, as it is where one is written; one that was deleted, that another case
   *  of a variant has, or that a longer list would have, is not. */
  private refuseUnknown(key: string): void {
    const { run, shape, found } = this
    if (found.has(key) || shape.kind === 'list' || key in Object.prototype || askedOfAny.has(key)) return
    if (shape.kind === 'table') {
      if (!/^-?\d+$/.test(key) && key !== 'undefined' && key !== 'null' && key !== 'NaN') return
      const { length } = shape.elements
      run.refuse(new NoSuchPart(`reads ${this.path()}[${key}]: it holds ${length} element${length === 1 ? '' : 's'}, `
        + 'counted from 0', key, []))
    }
    if (shape.kind === 'variant' && shape.cases.some(({ fields }) => fields.some(({ name }) => name === key))) return
    run.refuse(new NoSuchPart(`reads ${this.path()}.${key}: no such field`, key, [...this.parts().keys()]))
  }
  /** `world.state.kernel.frames`: by the names under which it was found. */
  private path(): string {
    const { parent } = this
    if (parent === null) return 'world'
    const name = Object.keys(parent.target).find(key => nodeOf(parent.target[key]) === this) ?? '…'
    return Array.isArray(parent.target) ? `${parent.path()}[${name}]` : `${parent.path()}.${name}`
  }
  set(target: Target, key: Key, value: unknown): boolean {
    this.writing(key)
    // What is cut off unread does not come back when the array grows again.
    if (key === 'length' && Array.isArray(target))
      for (let i = Number(value); i < target.length; i++) this.found.set(String(i), undefined)
    return put(this.run, target, key, value)
  }
  deleteProperty(target: Target, key: Key): boolean {
    this.writing(key)
    if (this.isHidden(key)) this.fetch(key)
    // What was written unread, and is deleted, does not come back as what it was.
    if (typeof key === 'string' && !this.found.has(key) && this.isPart(key)) this.found.set(key, undefined)
    this.late = (this.late ?? new Set()).add(key)
    return Reflect.deleteProperty(target, key)
  }
  defineProperty(target: Target, key: Key, descriptor: PropertyDescriptor): boolean {
    this.writing(key)
    if (this.isHidden(key)) this.fetch(key)
    return define(this.run, target, key, descriptor)
  }
  setPrototypeOf(): boolean { return refusePrototype(this.run) }
  has(target: Target, key: Key): boolean {
    this.run.look()
    return Reflect.has(target, key) || this.isHidden(key)
  }
  /** In the order of a plain object, whichever was looked at first. */
  ownKeys(target: Target): Key[] {
    this.run.look()
    this.reveal()
    const keys = Reflect.ownKeys(target)
    if (Array.isArray(target)) return keys
    const declared = [...this.shape.kind === 'variant' ? [this.shape.tag] : [], ...this.parts().keys()]
      .filter(key => Object.hasOwn(target, key) && !(this.late?.has(key) ?? false))
    return [...declared, ...keys.filter(key => typeof key === 'symbol' || !declared.includes(key))]
  }
  getOwnPropertyDescriptor(target: Target, key: Key): PropertyDescriptor | undefined {
    if (this.isHidden(key)) this.fetch(key)
    return Reflect.getOwnPropertyDescriptor(target, key)
  }

  private writing(key: Key): void {
    this.run.writing(key)
    this.mark()
  }
  private mark(): void {
    if (this.isWritten) return
    this.isWritten = true
    this.parent?.mark()
  }
}

/** Nothing has been looked at yet. */
function emptyOf(run: Run, shape: Composite, at: number): Target {
  switch (shape.kind) {
    case 'table': return Array<unknown>(shape.elements.length) as unknown as Target
    case 'list': return Array<unknown>(run.read(at, shape.length.bits)) as unknown as Target
    default: return {} as Target
  }
}

/** The node behind a draft; null for everything else. */
export const nodeOf = (value: unknown): Node | null =>
  typeof value === 'object' && value !== null ? (value as { readonly [behind]?: Node })[behind] ?? null : null

/** The value of a part as a recipe sees it: a scalar is read here, an optional's presence too, what is inside when it
 *  is looked at. */
export function draftOf(run: Run, shape: Shape, at: number, parent: Node | null = null): unknown {
  if (shape.kind === 'scalar') return decodeScalar(shape, run.read(at, shape.bits))
  if (shape.kind === 'optional')
    return run.read(at, 1) === 0 ? null : draftOf(run, shape.of.shape, at + shape.of.at, parent)
  return new Node(run, shape, at, parent).proxy
}

const structs = new WeakMap<object, ReadonlyMap<string, Place>>()
function named(owner: object,
  fields: readonly {
    readonly name: string
    readonly at: number
    readonly shape: Shape
  }[]): ReadonlyMap<string, Place> {
  let map = structs.get(owner)
  if (map === undefined) structs.set(owner, map = new Map(fields.map(field => [field.name, field])))
  return map
}
function numbered(elements: readonly Place[]): ReadonlyMap<string, Place> {
  let map = structs.get(elements)
  if (map === undefined) structs.set(elements, map = new Map(elements.map((place, i) => [String(i), place])))
  return map
}
