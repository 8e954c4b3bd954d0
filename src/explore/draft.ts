/** A draft that logs: plain objects with identity over one packed state, made as they are looked at. What a recipe reads of the state is
 *  logged in order, what it leaves behind is compared at the end; aliases and moved elements behave as in plain JavaScript. */
import { decodeScalar, ModelError } from '../model/index.ts'
import type { Place, Shape } from '../model/index.ts'

/** The first reads of a run, in order: where, how many bits, what was there. */
export interface ReadLog { readonly at: number[]; readonly bits: number[]; readonly raw: number[] }

/** What a run may do with the draft. */
type Mode = 'free' | 'read-only' | 'over'

/** More looks at the state than any honest recipe takes. A loop that never looks cannot be seen from here. */
const mostLooks = 1_000_000

/** One run over one packed state. Drafts made in it know it; when it is over they refuse to be written. */
export class Run {
  mode: Mode = 'free'
  readonly log: ReadLog = { at: [], bits: [], raw: [] }
  readonly words: Uint32Array
  readonly offset: number
  private readonly seen = new Set<number>()
  private looks = 0

  constructor(words: Uint32Array, offset: number) { this.words = words; this.offset = offset }

  raw(at: number, bits: number): number {
    if (bits === 0) return 0
    return this.words[this.offset + (at >>> 5)]! >>> (at & 31) & 2 ** bits - 1
  }

  /** A read that the outcome may depend on. */
  read(at: number, bits: number): number {
    const raw = this.raw(at, bits)
    if (bits > 0 && !this.seen.has(at)) {
      this.seen.add(at)
      this.log.at.push(at); this.log.bits.push(bits); this.log.raw.push(raw)
    }
    return raw
  }

  look(): void {
    if (this.mode === 'over') throw new TypeError('reads a part of a state whose step is over; keep nothing of a state between steps')
    if (++this.looks > mostLooks) throw new RangeError(`does not end: it has looked at the state ${mostLooks.toLocaleString('en-US')} times`)
  }
}

type Key = string | symbol
type Target = Record<Key, unknown>
export type Composite = Exclude<Shape, { kind: 'scalar' | 'optional' }>

/** What stands behind each proxy. */
export class Node implements ProxyHandler<Target> {
  readonly run: Run
  readonly shape: Composite
  /** Where in the state it came from, in bits. */
  readonly at: number
  /** What was there when it was first looked at. A name that is missing was written before it was read, or never looked at. */
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
    const target: unknown = shape.kind === 'table' ? holes(shape.elements.length) : shape.kind === 'list' ? holes(run.read(at, shape.length.bits)) : {}
    this.target = target as Target
    this.proxy = new Proxy(this.target, this)
    // What is past the end of a list is no part that waits to be looked at, also when the list grows.
    if (shape.kind === 'list') for (let i = Number(this.target['length']); i < shape.elements.length; i++) this.found.set(String(i), undefined)
  }

  /** The parts that exist by this node's own state: of a variant, those of its case. */
  parts(): ReadonlyMap<string, Place> {
    if (this.places !== null) return this.places
    const { shape } = this
    switch (shape.kind) {
      case 'struct': return this.places = named(shape, shape.fields)
      case 'variant': return this.places = named(shape.cases[this.run.read(this.at, shape.which.bits)]!, shape.cases[this.run.read(this.at, shape.which.bits)]!.fields)
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
    const { shape, target } = this
    if (shape.kind === 'table' || shape.kind === 'list') return /^\d+$/.test(key) && Number(key) < (target as unknown as unknown[]).length && this.parts().has(key)
    return shape.kind === 'variant' && key === shape.tag || this.parts().has(key)
  }
  private reveal(): void {
    const { shape } = this
    if (shape.kind === 'variant' && this.isHidden(shape.tag)) this.fetch(shape.tag)
    for (const key of this.parts().keys()) if (this.isHidden(key)) this.fetch(key)
  }

  get(target: Target, key: Key, asked: unknown): unknown {
    if (key === behind) return asked === this.proxy ? this : undefined
    this.run.look()
    if (typeof key === 'string' && this.isHidden(key)) return this.fetch(key)
    return Reflect.get(target, key)
  }
  set(target: Target, key: Key, value: unknown): boolean {
    this.writing(key)
    // What is cut off unread does not come back when the array grows again.
    if (key === 'length' && Array.isArray(target)) for (let i = Number(value); i < target.length; i++) this.found.set(String(i), undefined)
    return Reflect.set(target, key, value)
  }
  deleteProperty(target: Target, key: Key): boolean {
    this.writing(key)
    if (this.isHidden(key)) this.fetch(key)
    this.late = (this.late ?? new Set()).add(key)
    return Reflect.deleteProperty(target, key)
  }
  defineProperty(target: Target, key: Key, descriptor: PropertyDescriptor): boolean {
    this.writing(key)
    return Reflect.defineProperty(target, key, descriptor)
  }
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
    if (this.run.mode === 'read-only') throw new ReadOnly(String(key))
    if (this.run.mode === 'over') throw new TypeError(`writes '${String(key)}' of a state whose step is over; keep nothing of a state between steps`)
    this.run.look()
    this.mark()
  }
  private mark(): void {
    if (this.isWritten) return
    this.isWritten = true
    this.parent?.mark()
  }
}

/** Nothing has been looked at yet. */
function holes(length: number): unknown[] {
  const array: unknown[] = []
  array.length = length
  return array
}

/** Something that only reads has written. */
export class ReadOnly extends ModelError {
  constructor(key: string) { super(`writes '${key}'`) }
}

/** Asked of a draft, this gives its node. A `WeakMap` from one to the other is dear in the garbage collector. */
const behind = Symbol('node')
/** The node behind a draft; null for everything else. */
export const nodeOf = (value: unknown): Node | null => typeof value === 'object' && value !== null ? (value as { readonly [behind]?: Node })[behind] ?? null : null

/** The value of a part as a recipe sees it: a scalar is read here, an optional's presence too, what is inside when it is looked at. */
export function draftOf(run: Run, shape: Shape, at: number, parent: Node | null = null): unknown {
  if (shape.kind === 'scalar') return decodeScalar(shape, run.read(at, shape.bits))
  if (shape.kind === 'optional') return run.read(at, 1) === 0 ? null : draftOf(run, shape.of.shape, at + shape.of.at, parent)
  return new Node(run, shape, at, parent).proxy
}

/** A copy without drafts, for what outlives the run; reading it is logged as any other. */
export function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? value.map(plain) : Object.fromEntries(Object.entries(value).map(([name, of]) => [name, plain(of)]))
}

const structs = new WeakMap<object, ReadonlyMap<string, Place>>()
function named(owner: object, fields: readonly { readonly name: string; readonly at: number; readonly shape: Shape }[]): ReadonlyMap<string, Place> {
  let map = structs.get(owner)
  if (map === undefined) structs.set(owner, map = new Map(fields.map(field => [field.name, field])))
  return map
}
function numbered(elements: readonly Place[]): ReadonlyMap<string, Place> {
  let map = structs.get(elements)
  if (map === undefined) structs.set(elements, map = new Map(elements.map((place, i) => [String(i), place])))
  return map
}
