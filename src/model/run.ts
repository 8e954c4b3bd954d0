/** One look at a packed state, by a guard, a recipe or a claim: what it read, what it may do, and what it was
 *  refused. */
import type { Effect } from './effect.ts'

/** The first reads of a run, in order: where, how many bits, what was there. */
export interface ReadLog { readonly at: number[]; readonly bits: number[]; readonly raw: number[] }

/** What a run may do with its drafts. */
type Mode = 'free' | 'read-only' | 'over'

/** More looks at the state than any honest recipe takes. A loop that never looks cannot be seen from here. */
const mostLooks = 1_000_000

/** One run over one packed state. Drafts made in it know it; when it is over they refuse to be written. */
export class Run {
  mode: Mode
  readonly log: ReadLog
  readonly words: Uint32Array
  readonly offset: number
  /** The first refusal, also where the recipe caught it. */
  refused: Refusal | null = null
  /** Objects that were put into the state. */
  readonly puts: Put[] = []
  /** Of each word, the bits at which a read began. */
  private readonly seen: number[]
  private looks = 0

  /** `before`: another run over the same state, whose log goes on. */
  constructor(words: Uint32Array, offset: number, mode: Mode = 'free', before: Run | null = null) {
    this.words = words
    this.offset = offset
    this.mode = mode
    this.log = before?.log ?? { at: [], bits: [], raw: [] }
    this.seen = before?.seen ?? []
  }

  raw(at: number, bits: number): number {
    if (bits === 0) return 0
    return this.words[this.offset + (at >>> 5)]! >>> (at & 31) & 2 ** bits - 1
  }

  /** A read that the outcome may depend on. */
  read(at: number, bits: number): number {
    const raw = this.raw(at, bits)
    if (bits === 0) return raw
    const { seen, log } = this, word = at >>> 5, bit = 1 << (at & 31)
    while (seen.length <= word) seen.push(0)
    if ((seen[word]! & bit) !== 0) return raw
    seen[word]! |= bit
    log.at.push(at); log.bits.push(bits); log.raw.push(raw)
    return raw
  }

  look(): void {
    if (this.mode === 'over')
      throw new TypeError('reads a part of a state whose step is over; keep nothing of a state between steps')
    if (++this.looks > mostLooks)
      throw new RangeError(`does not end: it has looked at the state ${mostLooks.toLocaleString('en-US')} times`)
  }

  /** Ends what runs; a recipe that catches it does not get away with it: see `settle`. */
  refuse(why: Refusal): never {
    this.refused ??= why
    throw why
  }

  writing(key: Key): void {
    if (this.mode === 'read-only') this.refuse(new ReadOnly(String(key)))
    if (this.mode === 'over')
      throw new TypeError(`writes '${String(key)}' of a state whose step is over; `
        + 'keep nothing of a state between steps')
    this.look()
  }

  /** @throws Refusal when something was refused, also where that was caught; or when the recipe changed what it had put
   *  into the state by another way than the state: the state has a copy. */
  settle(): void {
    if (this.refused !== null) throw this.refused
    const changed = this.puts.find(isChanged)
    if (changed !== undefined) {
      const what = Array.isArray(changed.original) ? 'an array' : 'an object'
      throw new Refusal(`changes ${what} after it put it into the state; change it before, or through the state`)
    }
  }
}

export type Key = string | symbol
export type Target = Record<Key, unknown>

/** Asked of a draft, this gives its node. A `WeakMap` from one to the other is dear in the garbage collector. */
export const behind = Symbol('node')

/** What no guard, recipe or claim may do. */
export class Refusal extends Error {}
/** Something that only reads has written. */
export class ReadOnly extends Refusal {
  constructor(key: string) { super(`writes '${key}'`) }
}

/** Something has asked for a part that the state does not have: a plain object would have answered `undefined`. */
export class NoSuchPart extends Refusal {
  /** The names that there are in its place; none where parts are numbered. */
  readonly known: readonly string[]
  readonly part: string
  constructor(message: string, part: string, known: readonly string[]) {
    super(message)
    this.part = part
    this.known = known
  }
}

/** An object that a recipe put into the state, what it held then, and the copy that the state has. */
export interface Put {
  readonly original: object
  readonly held: readonly (readonly [Key, unknown])[]
  readonly copy: object
}

const isChanged = ({ original, held }: Put): boolean => {
  const keys = Reflect.ownKeys(original)
  return keys.length !== held.length
    || held.some(([key, value], i) => keys[i] !== key || !Object.is((original as Target)[key], value))
}

/** The state after a step, as claims see it. What they read of it is logged as what it comes from in the state
 *  before. */
export class After extends Run {
  private readonly before: Run
  private readonly effect: Effect

  constructor(before: Run, effect: Effect, words: Uint32Array) {
    super(words, 0, 'read-only', before)
    this.before = before
    this.effect = effect
  }

  override read(at: number, bits: number): number {
    const source = sourceOf(this.effect, at, bits)
    if (source !== null) this.before.read(source, bits)
    return this.raw(at, bits)
  }
}

/** Where a field of the state after comes from; null where the step wrote it. A field lies within one word, and is
 *  written or moved as a whole. */
function sourceOf({ keep, moves }: Effect, at: number, bits: number): number | null {
  if (bits === 0) return null
  const kept = keep[at >>> 5]! & (2 ** bits - 1) << (at & 31)
  if (kept !== 0) return at
  const move = moves.find(({ to, bits: moved }) => to <= at && at + bits <= to + moved)
  return move === undefined ? null : move.from + at - move.to
}
