/** How a packed state becomes a key of one 64-bit word. Packed fields take whole bits each and leave gaps, so a state
 *  that does not fit may still do so when its gaps go, and parts that take few of their patterns (a list, an optional,
 *  a variant) are counted instead. */
import type { Place, Shape } from '../model/index.ts'

/** Numbers of the patterns that a part can show, and the patterns by number. */
export interface Rank { readonly of: Uint16Array; readonly raw: Uint16Array }
/** `bits` bits of a state's word, from `shift` on, as `width` bits of the key, from `to` on: as they are, or their
 *  number. */
export interface Piece {
  readonly word: number
  readonly shift: number
  readonly bits: number
  readonly to: number
  readonly width: number
  readonly rank: Rank | null
}
export interface Keys {
  /** 32-bit words of a state. */
  readonly words: number
  /** Null where a state has no such key; empty where its words are it. */
  readonly pieces: readonly Piece[] | null
}

/** A key has a bit that is always set. */
const keyBits = 63
/** Bits of a part that is counted, at most: its table is to stay in the nearest cache. */
const mostRanked = 12

/** `count`: how many patterns it can show; null where they are too many to count. */
interface Part {
  readonly at: number; readonly bits: number; readonly count: number | null; readonly raws: () => readonly number[]
}

export function keysOf(shape: Shape): Keys {
  const words = Math.max(2, Math.ceil(shape.bits / 32))
  if (shape.bits <= keyBits) return { words, pieces: [] }
  const parts = merged(partsOf(shape, 0))
  const widths = parts.map(({ bits }) => bits)
  let total = widths.reduce((sum, width) => sum + width, 0)
  const savings = parts.map(({ bits, count }, i) => ({ i, saved: count === null ? 0 : bits - widthOf(count) }))
    .sort((a, b) => b.saved - a.saved)
  for (const { i, saved } of savings) {
    if (total <= keyBits) break
    widths[i]! -= saved
    total -= saved
  }
  return { words, pieces: total > keyBits ? null : piecesOf(parts, widths) }
}
const widthOf = (count: number): number => Math.ceil(Math.log2(count))

function countOf(shape: Shape): number {
  const all = (places: readonly Place[]): number => places.reduce((count, place) => count * countOf(place.shape), 1)
  switch (shape.kind) {
    case 'scalar': return shape.count
    case 'optional': return 1 + countOf(shape.of.shape)
    case 'struct': return all(shape.fields)
    case 'table': return all(shape.elements)
    case 'list': return shape.elements.reduce((sum, _, n) => sum + all(shape.elements.slice(0, n + 1)), 1)
    case 'variant': return shape.cases.reduce((sum, { fields }) => sum + all(fields), 0)
  }
}
/** Every pattern of a part, relative to where it begins. */
function rawsOf(shape: Shape): readonly number[] {
  const all = (places: readonly Place[], first: number): readonly number[] =>
    places.reduce<readonly number[]>((raws, place) => product(raws, rawsOf(place.shape), place.at), [first])
  switch (shape.kind) {
    case 'scalar': return Array.from({ length: shape.count }, (_, raw) => raw)
    case 'optional': return [0, ...all([shape.of], 1)]
    case 'struct': return all(shape.fields, 0)
    case 'table': return all(shape.elements, 0)
    case 'list':
      return Array.from({ length: shape.elements.length + 1 }, (_, n) => all(shape.elements.slice(0, n), n)).flat()
    case 'variant': return shape.cases.flatMap(({ fields }, which) => all(fields, which))
  }
}
const product = (a: readonly number[], b: readonly number[], shift: number): number[] =>
  a.flatMap(low => b.map(high => (low | high << shift) >>> 0))

/** The parts of a shape that are small enough to be counted, and what is between them. What a list or an optional does
 *  not hold is 0, which every part can be. */
function partsOf(shape: Shape, at: number): Part[] {
  if (shape.bits === 0) return []
  if (shape.bits <= mostRanked) return [{ at, bits: shape.bits, count: countOf(shape), raws: () => rawsOf(shape) }]
  const all = (places: readonly Place[]): Part[] => places.flatMap(place => partsOf(place.shape, at + place.at))
  switch (shape.kind) {
    case 'scalar': return [uncounted(at, shape.bits)]
    case 'optional': return [uncounted(at, 1), ...all([shape.of])]
    case 'struct': return all(shape.fields)
    case 'table': return all(shape.elements)
    case 'list': return [...partsOf(shape.length, at), ...all(shape.elements)]
    // Its cases lie over each other.
    case 'variant': return [...partsOf(shape.which, at), ...plain(at + shape.which.bits, at + shape.bits)]
  }
}
const uncounted = (at: number, bits: number): Part => ({ at, bits, count: null, raws: () => [] })
function plain(from: number, end: number): Part[] {
  const parts: Part[] = []
  for (let at = from; at < end;) {
    const next = Math.min(end, (at >>> 5) + 1 << 5)
    parts.push(uncounted(at, next - at))
    at = next
  }
  return parts
}

/** Neighbours are counted together where that takes less than counting each, or leaving it. */
function merged(parts: readonly Part[]): Part[] {
  const done: Part[] = []
  for (const part of parts) {
    const last = done.at(-1)
    const bits = (last?.bits ?? 0) + part.bits
    if (last !== undefined && last.count !== null && part.count !== null && last.at + last.bits === part.at
      && last.at >>> 5 === part.at >>> 5 && bits <= mostRanked)
      done[done.length - 1] = { at: last.at, bits, count: last.count * part.count,
        raws: () => product(last.raws(), part.raws(), last.bits) }
    else done.push(part)
  }
  return done
}

/** Parts one behind the other in the key; neighbours that stay as they are go together. */
function piecesOf(parts: readonly Part[], widths: readonly number[]): Piece[] {
  const pieces: Piece[] = []
  let to = 0
  for (const [i, { at, bits, raws }] of parts.entries()) {
    const width = widths[i]!, word = at >>> 5, shift = at & 31
    const last = pieces.at(-1)
    if (width === bits && last !== undefined && last.rank === null && last.word === word
      && last.shift + last.bits === shift)
      pieces[pieces.length - 1] = { ...last, bits: last.bits + bits, width: last.width + width }
    else pieces.push({ word, shift, bits, to, width, rank: width === bits ? null : rankOf(raws(), bits) })
    to += width
  }
  return pieces
}
function rankOf(raws: readonly number[], bits: number): Rank {
  const of = new Uint16Array(2 ** bits), raw = Uint16Array.from([...raws].sort((a, b) => a - b))
  raw.forEach((pattern, number) => { of[pattern] = number })
  return { of, raw }
}
