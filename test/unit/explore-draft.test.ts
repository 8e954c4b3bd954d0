/** Recipes on a logging draft beside the same recipes on plain objects: what they leave behind is the same, there and
 *  in every other state that looks alike to them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bool, keyCount, list, optional, packing, range, struct, table, variant } from '../../src/index.ts'
import { layoutOf } from '../../src/model/index.ts'
import type { Domain, Fields, Shape } from '../../src/model/index.ts'
import { draftOf, nodeOf } from '../../src/model/draft.ts'
import { Run } from '../../src/model/run.ts'
import type { ReadLog } from '../../src/model/run.ts'
import { effectOf } from '../../src/model/effect.ts'
import type { Effect } from '../../src/model/effect.ts'
import { apply } from '../../src/model/effect.ts'
import { domains, valueOf } from './domains.ts'

type Bag = Record<string, unknown>
interface Spot { readonly holder: Bag; readonly key: string; readonly domain: Domain }

/** A domain that holds others in several places each, so that parts can be moved about. */
const worlds = fc.tuple(domains, domains).map(([one, two]) => struct({
  a: one, b: one, rows: table([range(0, 2)], one), queue: list(one, 3), spare: list(one, 2),
  maybe: one.kind === 'optional' ? one : optional(one), pair: struct({ x: one, y: two }),
  pairs: list(struct({ x: one, y: two }), 2),
  call: variant('phase', { idle: {}, busy: { of: one, by: two }, done: { of: one, flag: bool } }),
}))

/** A recipe made of numbers: what each op does depends on them and on what it finds. Never leaves the domain. */
class Recipe {
  private at = 0
  private readonly kept: { readonly value: unknown; readonly domain: Domain }[] = []
  private readonly numbers: readonly number[]
  private readonly world: Domain
  constructor(world: Domain, numbers: readonly number[]) { this.world = world; this.numbers = numbers }

  private below(n: number): number { return n <= 1 ? 0 : this.numbers[this.at++ % this.numbers.length]! % n }
  run(root: unknown): void {
    while (this.at < this.numbers.length) {
      const op = ops[this.numbers[this.at++]! % ops.length]!
      op(this, root)
    }
  }

  make(domain: Domain): unknown {
    switch (domain.kind) {
      case 'bool': return this.below(2) === 1
      case 'range': return domain.low + this.below(domain.high - domain.low + 1)
      case 'oneOf': return domain.values[this.below(domain.values.length)]
      case 'scalarset': return this.below(domain.size)
      case 'optional': return isEmpty(domain.of) || this.below(2) === 0 ? null : this.make(domain.of)
      case 'struct': return this.fields(domain.fields)
      case 'table': return Array.from({ length: keyCount(domain.key) }, () => this.make(domain.of))
      case 'list':
        return Array.from({ length: isEmpty(domain.of) ? 0 : this.below(domain.max + 1) }, () => this.make(domain.of))
      case 'variant': {
        const [name, fields] = Object.entries(domain.cases)[this.below(Object.keys(domain.cases).length)]!
        return { [domain.tag]: name, ...this.fields(fields) }
      }
    }
  }
  private fields(fields: Fields): Bag {
    return Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, this.make(of)]))
  }

  /** Somewhere below; null where that is the whole. */
  spot(from: unknown, domain: Domain = this.world): Spot | null {
    let spot: Spot | null = null, value = from, of = domain
    while (spot === null || this.below(4) > 0) {
      if (of.kind === 'optional' && value !== null) of = of.of
      if (typeof value !== 'object' || value === null) break
      const holder = value as Bag
      const parts = Array.isArray(value)
        ? Array.from({ length: value.length }, (_, i): [string, Domain] => [String(i), (of as { of: Domain }).of])
        : Object.entries(of.kind === 'variant' ? of.cases[holder[of.tag] as string]!
          : (of as { fields: Fields }).fields)
      if (parts.length === 0) break
      const [key, inner] = parts[this.below(parts.length)]!
      spot = { holder, key, domain: inner }
      value = holder[key]
      of = inner
    }
    return spot
  }
  /** Two places of one domain, the second met by chance. */
  two(root: unknown): readonly [Spot, Spot] | null {
    const one = this.spot(root)
    for (let i = 0; one !== null && i < 12; i++) {
      const other = this.spot(root)
      if (other !== null && other.domain === one.domain) return [one, other]
    }
    return null
  }
  listAt(root: unknown): { readonly items: unknown[]; readonly of: Domain; readonly max: number } | null {
    for (let i = 0; i < 6; i++) {
      const spot = this.spot(root)
      if (spot?.domain.kind === 'list')
        return { items: spot.holder[spot.key] as unknown[], of: spot.domain.of, max: spot.domain.max }
    }
    return null
  }
  keep(value: unknown, domain: Domain): void { this.kept.push({ value, domain }) }
  recall(): { readonly value: unknown; readonly domain: Domain } | null {
    return this.kept.length === 0 ? null : this.kept[this.below(this.kept.length)]!
  }
  /** A kept value of the domain, or a new one. */
  something(domain: Domain): unknown {
    return this.kept.findLast(one => one.domain === domain)?.value ?? this.make(domain)
  }
  coin(n: number): number { return this.below(n) }
}
/** Has no value. */
const isEmpty = (domain: Domain): boolean =>
  domain.kind === 'range' ? domain.high < domain.low : domain.kind === 'scalarset' ? domain.size === 0
    : domain.kind === 'table' ? keyCount(domain.key) > 0 && isEmpty(domain.of)
      : domain.kind === 'struct' ? Object.values(domain.fields).some(isEmpty) : false

const onSpot = (act: (recipe: Recipe, spot: Spot) => void) => (recipe: Recipe, root: unknown): void => {
  const spot = recipe.spot(root)
  if (spot !== null) act(recipe, spot)
}
const onList = (act: (recipe: Recipe, items: unknown[], of: Domain) => void) => (recipe: Recipe,
  root: unknown): void => {
  const found = recipe.listAt(root)
  if (found !== null) act(recipe, found.items, found.of)
}
/** Makes room, then puts something in. */
const onRoom = (act: (recipe: Recipe, items: unknown[], value: unknown) => void) => (recipe: Recipe,
  root: unknown): void => {
  const found = recipe.listAt(root)
  if (found === null || found.max === 0 || isEmpty(found.of)) return
  if (found.items.length === found.max)
    recipe.keep(recipe.coin(2) === 0 ? found.items.shift() : found.items.pop(), found.of)
  act(recipe, found.items, recipe.something(found.of))
}
const isObject = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value)
const least = (value: unknown): string => JSON.stringify(value)

const ops: readonly ((recipe: Recipe, root: unknown) => void)[] = [
  onSpot((recipe, { holder, key, domain }) => { if (!isEmpty(domain)) holder[key] = recipe.make(domain) }),
  onSpot((recipe, { holder, key, domain }) => { recipe.keep(holder[key], domain) }),
  (recipe, root) => {
    const two = recipe.two(root)
    if (two !== null) two[0].holder[two[0].key] = two[1].holder[two[1].key]
  },
  (recipe, root) => {
    const two = recipe.two(root)
    if (two !== null) [two[0].holder[two[0].key], two[1].holder[two[1].key]] = [two[1].holder[two[1].key],
      two[0].holder[two[0].key]]
  },
  // Through an alias, wherever its object is by now.
  recipe => {
    const kept = recipe.recall()
    const spot = kept === null ? null : recipe.spot(kept.value, kept.domain)
    if (spot !== null && !isEmpty(spot.domain)) spot.holder[spot.key] = recipe.something(spot.domain)
  },
  onRoom((_, items, value) => { items.push(value) }), onRoom((_, items, value) => { items.unshift(value) }),
  onRoom((recipe, items, value) => { items.splice(recipe.coin(items.length + 1), 0, value) }),
  onList((recipe, items, of) => { if (items.length > 0) recipe.keep(items.pop(), of) }),
  onList((recipe, items, of) => { if (items.length > 0) recipe.keep(items.shift(), of) }),
  onList((recipe, items) => { items.splice(recipe.coin(items.length + 1), 1) }),
  onList((_, items) => { items.reverse() }),
  onList((_, items) => { items.sort((a, b) => least(a) < least(b) ? -1 : 1) }),
  onList((_, items) => { items.length = 0 }), onList((_, items) => { items.push(...items.splice(0, 1)) }),
  onSpot((_, { holder, key }) => {
    const value = holder[key]
    if (Array.isArray(value)) holder[key] = [...value as unknown[]]
    else if (isObject(value)) holder[key] = { ...value }
  }),
  onSpot((_, { holder, key }) => {
    const value = holder[key]
    if (isObject(value)) holder[key] = Object.assign({}, value)
  }),
  // Written into an object that stays where it is.
  (recipe, root) => {
    const two = recipe.two(root)
    const [to, from] = two === null ? [null, null] : [two[0].holder[two[0].key], two[1].holder[two[1].key]]
    if (two?.[0].domain.kind === 'struct' && isObject(to) && isObject(from)) Object.assign(to, from)
  },
  onSpot((_, { holder, key }) => {
    if (Array.isArray(holder)) return
    const value = holder[key]
    delete holder[key]
    holder[key] = value
  }),
  onSpot((recipe, { holder, key, domain }) => {
    const value = holder[key]
    if (domain.kind !== 'variant' || !isObject(value)) return
    const [name, fields] = Object.entries(domain.cases)[recipe.coin(Object.keys(domain.cases).length)]!
    if (Object.values(fields).some(isEmpty)) return
    const before = domain.cases[value[domain.tag] as string]!
    for (const old of Object.keys(before)) if (!(old in fields)) delete value[old]
    value[domain.tag] = name
    for (const [field, of] of Object.entries(fields)) if (before[field] !== of) value[field] = recipe.something(of)
  }),
  onSpot((recipe, { holder, key, domain }) => {
    if (domain.kind !== 'optional') return
    const value = holder[key]
    holder[key] = null
    if (recipe.coin(2) === 0) holder[key] = value
  }),
  onSpot((_, { holder, key }) => {
    if (Array.isArray(holder[key]) && (holder[key] as unknown[]).length > 1)
      (holder[key] as unknown[])[0] = (holder[key] as unknown[])[1]
  }),
]

interface Ran { readonly log: ReadLog; readonly effect: Effect }
function onDraft(domain: Domain, numbers: readonly number[], words: Uint32Array): Ran {
  const run = new Run(words, 0)
  const root = draftOf(run, layoutOf(domain) as Shape, 0)
  new Recipe(domain, numbers).run(root)
  return { effect: effectOf(nodeOf(root)!, words.length, 'root'), log: run.log }
}
function onPlain(domain: Domain, numbers: readonly number[], words: Uint32Array): Uint32Array {
  const { pack, unpack } = packing<unknown>(domain)
  const value = unpack(words, 0)
  new Recipe(domain, numbers).run(value)
  const out = new Uint32Array(words.length)
  pack(value, out, 0)
  return out
}
const after = (effect: Effect, words: Uint32Array): Uint32Array => {
  const out = new Uint32Array(words.length)
  apply(effect, words, 0, out, 0)
  return out
}

/** `words` where nothing was read, and what was read as it was; null where that is no state. */
function alike(domain: Domain, log: ReadLog, words: Uint32Array): Uint32Array | null {
  const mixed = words.slice()
  log.at.forEach((at, i) => {
    const mask = (2 ** log.bits[i]! - 1) << (at & 31)
    mixed[at >>> 5] = mixed[at >>> 5]! & ~mask | log.raw[i]! << (at & 31)
  })
  const { pack, unpack } = packing<unknown>(domain)
  const out = new Uint32Array(words.length)
  try { pack(unpack(mixed, 0), out, 0) } catch { return null }
  return log.at.every((at, i) => (out[at >>> 5]! >>> (at & 31) & 2 ** log.bits[i]! - 1) === log.raw[i]) ? out : null
}

const recipes = fc.array(fc.nat({ max: 2 ** 30 }), { minLength: 1, maxLength: 60, size: 'max' })
const packed = (domain: Domain, value: unknown): Uint32Array => {
  const { words, pack } = packing<unknown>(domain)
  const out = new Uint32Array(words)
  pack(value, out, 0)
  return out
}

test('a recipe does to a draft what it does to plain objects, also in other states that look alike to it', () => {
  let others = 0, changed = 0
  const cases = worlds.chain(domain =>
    fc.tuple(fc.constant(domain), recipes, fc.array(valueOf(domain), { minLength: 5, maxLength: 5 })))
  fc.assert(fc.property(cases, ([domain, numbers, [value, ...rest]]) => {
    const words = packed(domain, value)
    const { effect, log } = onDraft(domain, numbers, words)
    expect(after(effect, words)).toEqual(onPlain(domain, numbers, words))
    for (const other of rest) {
      const same = alike(domain, log, packed(domain, other))
      if (same === null) continue
      others++
      if (same.join() !== words.join()) changed++
      expect(after(effect, same)).toEqual(onPlain(domain, numbers, same))
    }
  }), { numRuns: 350, seed: 5 })
  // Else the second half has shown nothing.
  expect(others).toBeGreaterThan(500)
  expect(changed).toBeGreaterThan(250)
})

test('a field is read from the state, whatever others gave to all objects by its name', () => {
  const all = Object.prototype as { should?: unknown }, shape = layoutOf(struct({ should: range(0, 3) }), 'world')
  Object.defineProperty(all, 'should', { get: () => 3, set: () => {}, configurable: true })
  try {
    const run = new Run(Uint32Array.of(2), 0, 'read-only')
    expect((draftOf(run, shape, 0) as Bag)['should']).toBe(2)
    expect(run.log).toEqual({ at: [0], bits: [2], raw: [2] })
  } finally { delete all.should }
})
