/** Layouts as data: named bit fields of the manual's structures, and what derives from them: reading, writing, judging,
 *  printing.
 *  Bits count from 0, the lowest of the first dword; memory is little endian. */

/** `ro` is never written by software, `wo` reads as 0, `rw1c` is cleared by writing 1. Structures in memory are all
 *  `rw`. */
export type AccessKind = 'rw' | 'ro' | 'wo' | 'rw1c'
/** A run of bits, at most 52 wide, so that numbers are exact. */
export interface Field<N extends string = string> {
  readonly name: N; readonly low: number; readonly width: number
  /** Must be 0. Bits the manual ignores are fields too, named `ignored…`. */
  readonly reserved: boolean
  /** Reserved in a unit without this feature. */
  readonly needs: string | null
  /** A host address: its bits from the host address width up are reserved. */
  readonly address: boolean
  /** It holds part of an address or number: the bit of that at which the part begins. */
  readonly from: number
  /** The value by which the structure is known among its like, such as the code of a command. */
  readonly is: number | null
  readonly access: AccessKind
  readonly says: string
}
export type Bits = 32 | 64 | 128 | 256 | 512
/** `fields` cover all `bits`, lowest first, without overlap. Names are the manual's. */
export interface Layout<N extends string = string> {
  readonly name: string; readonly section: string; readonly bits: Bits; readonly fields: readonly Field<N>[]
}
/** A place as the manual writes it: `high` bit, `low` bit. */
export interface BitRange {
  readonly high: number; readonly low: number; readonly says: string
  readonly needs?: string; readonly address?: true; readonly from?: number; readonly is?: number
  readonly access?: AccessKind
}
type More = Pick<BitRange, 'needs' | 'address' | 'from' | 'is' | 'access'>
export const bits = (high: number, low: number, says: string, more: More = {}): BitRange => ({ high, low, says,
  ...more })
export const bit = (at: number, says: string, more: More = {}): BitRange => bits(at, at, says, more)
export const ignored = (high: number, low = high): BitRange => bits(high, low, 'ignored')

/** What no place names is reserved. @throws RangeError where places overlap or leave the structure: a mistake in the
 *  declaration. */
export function layout<N extends string>(name: string, section: string, size: Bits,
  places: Readonly<Record<N, BitRange>>, access: AccessKind = 'rw'): Layout<N> {
  const named = (Object.entries(places) as [N, BitRange][]).sort(([, a], [, b]) => a.low - b.low)
  const fields: Field<N>[] = []
  let next = 0
  const gap = (upTo: number): void => {
    // Wide gaps are split, so that every field stays exact as a number.
    for (; next < upTo; next = Math.min(upTo, (next - next % 32) + 32))
      fields.push({ name: `reserved${next}` as N, low: next, width: Math.min(upTo, next - next % 32 + 32) - next,
        reserved: true, needs: null, address: false, from: 0, is: null, access, says: 'reserved' })
  }
  for (const [field, place] of named) {
    const { high, low, says, needs = null, address = false, from = address ? low % 64 : 0, is = null } = place
    if (low < next || high < low || high >= size || high - low > 51)
      throw new RangeError(`${name}: ${field} does not fit at ${high}:${low}`)
    gap(low)
    fields.push({ name: field, low, width: high - low + 1, reserved: false, needs, address, from, is,
      access: place.access ?? access, says })
    next = high + 1
  }
  gap(size)
  return { name, section, bits: size, fields }
}

const fieldOf = <N extends string>(of: Layout<N>, name: N): Field<N> => of.fields.find(field => field.name === name)!

/** A structure in memory: dwords, lowest first, from index `at`. */
export type Dwords = ArrayLike<number>
export type Getter = (words: Dwords, at: number) => number

/** Reads one field, fast: for the walkers. */
export const getter = <N extends string>(of: Layout<N>, name: N): Getter => spanGetter(of, name, name)

/** Reads fields that stand side by side as one number, `first` lowest. */
export function spanGetter<N extends string>(of: Layout<N>, first: N, last: N): Getter {
  const { low } = fieldOf(of, first), { low: from, width: rest } = fieldOf(of, last), width = from + rest - low
  const index = low >>> 5
  const shift = low & 31
  if (shift + width <= 32) {
    const mask = width === 32 ? 0xffffffff : 2 ** width - 1
    return (words, at) => (words[at + index]! >>> shift & mask) >>> 0
  }
  const carry = 2 ** (32 - shift)
  const mask = 2 ** (shift + width - 32) - 1
  return (words, at) => (words[at + index]! >>> shift) + ((words[at + index + 1]! & mask) >>> 0) * carry
}

const gettersOf = new WeakMap<Layout, readonly (readonly [string, Getter])[]>()
function allGetters(of: Layout): readonly (readonly [string, Getter])[] {
  let found = gettersOf.get(of)
  if (found === undefined) gettersOf.set(of, found = of.fields.map(({ name }) => [name, getter(of, name)]))
  return found
}

/** The value of each field, reserved ones included. */
export function decode<N extends string>(of: Layout<N>, words: Dwords, at = 0): Record<N, number> {
  const values: Record<string, number> = {}
  for (const [name, get] of allGetters(of)) values[name] = get(words, at)
  return values as Record<N, number>
}

/** The dwords of a structure with these fields, all others 0; reserved bits may be set too. @throws RangeError where a
 *  value does not fit its field. */
export function encode<N extends string>(of: Layout<N>, values: Readonly<Partial<Record<N, number>>>): Uint32Array {
  const words = new Uint32Array(of.bits / 32)
  for (const [name, value] of Object.entries(values) as [N, number][]) put(of, words, name, value)
  return words
}

/** Writes one field of the structure at `at`; the other bits stay. @throws RangeError where the value does not fit. */
export function put<N extends string>(of: Layout<N>, words: Uint32Array, name: N, value: number, at = 0): void {
  const { low, width } = fieldOf(of, name)
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** width)
    throw new RangeError(`${of.name}: ${value} does not fit ${name}, ${width} bits`)
  let rest = value
  for (let next = low, left = width; left > 0;) {
    const shift = next & 31
    const here = Math.min(left, 32 - shift)
    const mask = here === 32 ? 0xffffffff : (2 ** here - 1 << shift) >>> 0
    words[at + (next >>> 5)] = (words[at + (next >>> 5)]! & ~mask | rest % 2 ** here * 2 ** shift) >>> 0
    rest = Math.floor(rest / 2 ** here)
    next += here
    left -= here
  }
}

/** What decides whether a bit is reserved. `haw`: host address width in bits; 52 where it is not known, which finds no
 *  address too wide. */
export interface Rules { has(feature: string): boolean; readonly haw: number }

/** A unit that has everything: only what no capability un-reserves is reserved. */
export const anything: Rules = { has: () => true, haw: 52 }

/** The bits of one field, as dwords. */
export function maskOf<N extends string>(of: Layout<N>, name: N): Uint32Array {
  const { width } = fieldOf(of, name)
  return encode(of, { [name]: 2 ** width - 1 } as Partial<Record<N, number>>)
}

/** The bits that must be 0 under these rules, as dwords. */
export function reservedMask(of: Layout, { has, haw }: Rules): Uint32Array {
  const mask = new Uint32Array(of.bits / 32)
  const set = (low: number, end: number): void => {
    for (let at = low; at < end; at++) mask[at >>> 5] = (mask[at >>> 5]! | 1 << (at & 31)) >>> 0
  }
  for (const { low, width, reserved, needs, address } of of.fields) {
    if (reserved || needs !== null && !has(needs)) set(low, low + width)
    // Addresses stand where their bits are in the address, in whichever quadword they are.
    else if (address) set(Math.max(low, low - low % 64 + haw), low + width)
  }
  return mask
}
/** Whether any bit of the mask is set in the structure at `at`. */
export function anySet(mask: Uint32Array, words: Dwords, at = 0): boolean {
  for (let i = 0; i < mask.length; i++) if ((words[at + i]! & mask[i]!) !== 0) return true
  return false
}

/** Fields in which a bit is set that must be 0. */
export function reservedSet(of: Layout, words: Dwords, rules: Rules, at = 0): readonly Field[] {
  const wrong = reservedMask(of, rules).map((mask, i) => mask & words[at + i]!)
  return of.fields.filter(field => getter(of, field.name)(wrong, 0) !== 0)
}

/** `P=1 CTP=0x1001`: fields that are not 0, in order; reserved ones marked `!`. */
export function show(of: Layout, words: Dwords, at = 0): string {
  const shown = Object.entries(decode(of, words, at)).filter(([, value]) => value !== 0)
    .map(([name, value]) =>
      `${name.startsWith('reserved') ? '!' : ''}${name}=${value < 10 ? value : `0x${value.toString(16)}`}`)
  return shown.length === 0 ? 'all 0' : shown.join(' ')
}

/** Dwords of 64-bit words, lowest first. */
export function dwordsOf(...qwords: readonly bigint[]): Uint32Array {
  return Uint32Array.from(qwords.flatMap(word => [Number(word & 0xffffffffn), Number(word >> 32n & 0xffffffffn)]))
}
export function qwordsOf(words: Dwords, at = 0, length = words.length - at): bigint[] {
  return Array.from({ length: length / 2 },
    (_, i) => BigInt(words[at + 2 * i + 1]!) << 32n | BigInt(words[at + 2 * i]!))
}

/** One structure in the memory of a real machine. */
export interface RawEntry {
  readonly address: number
  readonly layout: Layout
  readonly words: Uint32Array
  readonly of: string
}
