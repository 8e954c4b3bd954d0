/** What a run did to the packed state, for every state that has the same values where it read: constants and moved
 *  bits. */
import { nodeOf } from './draft.ts'
import type { Node } from './draft.ts'
import { encodeScalar } from './layout.ts'
import type { Place, Shape } from './layout.ts'
import { ModelError } from './mistake.ts'

/** At most 32 bits within one word, from the state before to the state after. */
export interface Move { readonly from: number; readonly to: number; readonly bits: number }
/** `after[w] = before[w] & keep[w] | set[w]`, and the moves on top of it. */
export interface Effect { readonly keep: Uint32Array; readonly set: Uint32Array; readonly moves: readonly Move[] }

export const isSameEffect = (a: Effect, b: Effect): boolean =>
  a.keep.every((word, w) => word === b.keep[w]) && a.set.every((word, w) => word === b.set[w])
  && a.moves.length === b.moves.length
  && a.moves.every(({ from, to, bits }, i) => {
    const other = b.moves[i]!
    return from === other.from && to === other.to && bits === other.bits
  })

const mask = (bits: number): number => bits === 32 ? 0xffffffff : 2 ** bits - 1

class Writer {
  readonly keep: Uint32Array
  readonly set: Uint32Array
  readonly moves: Move[] = []
  constructor(words: number) { this.keep = new Uint32Array(words).fill(0xffffffff); this.set = new Uint32Array(words) }

  put(at: number, bits: number, raw: number): void {
    if (bits === 0) return
    const word = at >>> 5, shift = at & 31, m = mask(bits) << shift
    this.keep[word]! &= ~m
    this.set[word] = this.set[word]! & ~m | raw << shift
  }
  clear(at: number, bits: number): void { this.pieces(at, bits, (from, n) => { this.put(from, n, 0) }) }
  move(from: number, to: number, bits: number): void {
    this.clear(to, bits)
    this.pieces(to, bits, (at, n) => { this.moves.push({ from: from + at - to, to: at, bits: n }) })
  }
  /** By words. Source and target stand alike in their words, or both within one. */
  private pieces(at: number, bits: number, each: (at: number, bits: number) => void): void {
    for (let done = 0; done < bits;) {
      const n = Math.min(bits - done, 32 - (at + done & 31))
      each(at + done, n)
      done += n
    }
  }

  /** Writes any value at a place. */
  write(shape: Shape, at: number, value: unknown, path: string): void {
    if (shape.kind === 'scalar') {
      const raw = encodeScalar(shape, value)
      if (raw < 0) throw outside(path)
      this.put(at, shape.bits, raw)
      return
    }
    if (shape.kind === 'optional') {
      this.clear(at, shape.bits)
      if (value === null) return
      this.put(at, 1, 1)
      this.write(shape.of.shape, at + shape.of.at, value, path)
      return
    }
    const node = nodeOf(value)
    if (node !== null && node.shape === shape) { this.writeMoved(node, at, path); return }
    this.clear(at, shape.bits)
    this.writePlain(shape, at, value, path)
  }

  private writePlain(shape: Shape, at: number, value: unknown, path: string): void {
    if (typeof value !== 'object' || value === null) throw outside(path)
    const of = value as Readonly<Record<string, unknown>>
    switch (shape.kind) {
      case 'struct': this.writeFields(shape.fields, at, of, path, null); return
      case 'variant': {
        const which = encodeScalar(shape.which, of[shape.tag])
        if (which < 0) throw outside(`${path}.${shape.tag}`)
        this.put(at, shape.which.bits, which)
        this.writeFields(shape.cases[which]!.fields, at, of, path, shape.tag)
        return
      }
      case 'table': case 'list': {
        if (!Array.isArray(value)) throw outside(path)
        if (shape.kind === 'table' ? value.length !== shape.elements.length : value.length > shape.elements.length)
          throw outside(path)
        if (shape.kind === 'list') this.put(at, shape.length.bits, value.length)
        for (let i = 0; i < value.length; i++) {
          const place = shape.elements[i]!
          this.write(place.shape, at + place.at, value[i], `${path}[${i}]`)
        }
        return
      }
      default: throw new TypeError(shape.kind)
    }
  }
  private writeFields(fields: readonly (Place & { readonly name: string })[], at: number,
    of: Readonly<Record<string, unknown>>, path: string, tag: string | null): void {
    for (const name of Object.keys(of))
      if (name !== tag && !fields.some(field => field.name === name)) throw noField(path, name)
    const missing = fields.find(({ name }) => !Object.hasOwn(of, name))
    if (missing !== undefined) throw outside(`${path}.${missing.name}`)
    for (const { name, at: offset, shape } of fields) this.write(shape, at + offset, of[name], `${path}.${name}`)
  }

  /** A draft away from its home: what nobody looked at moves as bits. */
  private writeMoved(node: Node, at: number, path: string): void {
    const { shape, target } = node
    if (node.run.mode === 'over') throw new ModelError(`${path}: holds a part of another step's state`)
    if (isRetagged(node)) { this.writeRetagged(node, at, path); return }
    checkWhole(node, path)
    const touched = Object.keys(target)
    const isArray = Array.isArray(target)
    if (touched.length === 0
      && !(shape.kind === 'list' && isArray && target.length !== node.run.raw(node.at, shape.length.bits))) {
      this.move(node.at, at, shape.bits)
      return
    }
    this.clear(at, shape.bits)
    if (shape.kind === 'list') this.put(at, shape.length.bits, (target as unknown as unknown[]).length)
    if (shape.kind === 'variant') this.put(at, shape.which.bits, node.run.raw(node.at, shape.which.bits))
    for (const [name, place] of node.parts()) {
      if (isArray && Number(name) >= target.length) break
      if (Object.hasOwn(target, name)) this.write(place.shape, at + place.at, target[name], partOf(node, path, name))
      else this.move(node.at + place.at, at + place.at, place.shape.bits)
    }
  }

  /** A variant of another case than it was: fields that both have stay, unread where nobody looked at them. */
  private writeRetagged(node: Node, at: number, path: string): void {
    const { shape, target } = node
    if (shape.kind !== 'variant') return
    const which = encodeScalar(shape.which, target[shape.tag])
    if (which < 0) throw outside(`${path}.${shape.tag}`)
    const { fields } = shape.cases[which]!
    const before = node.parts()
    const names = new Set([...Object.keys(target), ...[...before.keys()].filter(name => !node.found.has(name)),
      shape.tag])
    for (const name of names)
      if (name !== shape.tag && !fields.some(field => field.name === name)) throw noField(path, name)
    this.clear(at, shape.bits)
    this.put(at, shape.which.bits, which)
    for (const { name, at: offset, shape: of } of fields) {
      const old = before.get(name)
      if (isMissing(node, name)) throw outside(`${path}.${name}`)
      if (Object.hasOwn(target, name) || old?.shape !== of) this.write(of, at + offset,
        (node.proxy as Readonly<Record<string, unknown>>)[name], `${path}.${name}`)
      else this.move(node.at + old.at, at + offset, of.bits)
    }
  }

  /** A draft at home: only what is no longer as it was found. */
  compare(node: Node, path: string): void {
    if (!node.isWritten) return
    const { shape, target, at, found } = node
    if (isRetagged(node)) { this.writeRetagged(node, at, path); return }
    checkWhole(node, path)
    if (shape.kind === 'list') this.compareLength(node)
    const parts = node.parts()
    for (const name of Object.keys(target)) {
      const place = parts.get(name)
      if (place !== undefined)
        this.compareValue(place, at + place.at, target[name], found.get(name),
          partOf(node, path, name))
    }
  }
  private compareValue({ shape }: Place, at: number, value: unknown, found: unknown, path: string): void {
    if (value === found && value !== undefined) {
      const node = nodeOf(value)
      if (node !== null) this.compare(node, path)
      return
    }
    this.write(shape, at, value, path)
  }
  private compareLength({ shape, target, at, run }: Node): void {
    if (shape.kind !== 'list') return
    const { length } = target as unknown as unknown[]
    const before = run.raw(at, shape.length.bits)
    if (length === before) return
    this.put(at, shape.length.bits, length)
    for (let i = length; i < before; i++) this.clear(at + shape.elements[i]!.at, shape.elements[i]!.shape.bits)
  }
}

/** It was there and is no more. */
const isMissing = ({ target, found }: Node, name: string): boolean =>
  found.has(name) && !Object.hasOwn(target, name) && !(Array.isArray(target) && Number(name) >= target.length)
const isRetagged = ({ shape, target, found }: Node): boolean =>
  shape.kind === 'variant' && Object.hasOwn(target, shape.tag) && target[shape.tag] !== found.get(shape.tag)

const partOf = ({ target }: Node, path: string, name: string): string =>
  Array.isArray(target) ? `${path}[${name}]` : `${path}.${name}`

/** All parts are there, none is too many: not what was deleted or cut off, nor a hole where a list grew. A name that
 *  the domain does not know would be lost silently. */
function checkWhole(node: Node, path: string): void {
  const { shape, target } = node
  if (shape.kind === 'table' || shape.kind === 'list') {
    const { length } = target as unknown as unknown[]
    if (shape.kind === 'table' ? length !== shape.elements.length : length > shape.elements.length) throw outside(path)
  }
  for (const name of node.found.keys()) if (isMissing(node, name)) throw outside(partOf(node, path, name))
  if (Array.isArray(target)) return
  for (const name of Object.keys(node.target))
    if (!node.parts().has(name) && !(shape.kind === 'variant' && name === shape.tag)) throw noField(path, name)
}
const noField = (path: string, name: string): ModelError => new ModelError(`${path}.${name}: no such field`)
/** Which value, and what may stand there, is for who knows the domain to say. */
const outside = (path: string): ModelError => new ModelError(`${path}: outside its domain`)

/** What the run did to the state behind `root`. @throws ModelError naming the field that is outside its domain. */
export function effectOf(root: Node, words: number, path: string): Effect {
  const writer = new Writer(words)
  writer.compare(root, path)
  return { keep: writer.keep, set: writer.set, moves: writer.moves }
}

export function changedWords({ keep, set: constant }: Effect): number[] {
  return Array.from(keep, (_, w) => w).filter(w => keep[w] !== 0xffffffff || constant[w] !== 0)
}

/** The state after an effect, into `out`. */
export function apply({ keep, set, moves }: Effect, words: Uint32Array, offset: number, out: Uint32Array,
  to: number): void {
  for (let w = 0; w < keep.length; w++) out[to + w] = words[offset + w]! & keep[w]! | set[w]!
  for (const { from, to: target, bits } of moves) {
    const raw = words[offset + (from >>> 5)]! >>> (from & 31) & (bits === 32 ? -1 : 2 ** bits - 1)
    out[to + (target >>> 5)]! |= raw << (target & 31)
  }
}
