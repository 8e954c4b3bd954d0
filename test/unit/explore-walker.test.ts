/** Trees walked in WebAssembly lead where they lead in JavaScript. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ReadLog } from '../../src/model/run.ts'
import type { Effect } from '../../src/model/effect.ts'
import { StateStore } from '../../src/explore/store.ts'
import { apply, changedWords } from '../../src/model/effect.ts'
import { leafOf, Trees, unknown } from '../../src/explore/trees.ts'
import type { TreeSpace } from '../../src/explore/trees.ts'
import { own, record } from '../../src/explore/wasm/memory.ts'

const words = 3, roots = 4
const word = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 0xffffffff))
const state = fc.array(word, { minLength: words, maxLength: words })
const field = fc.record({ at: fc.nat(words * 32 - 1), bits: fc.integer({ min: 1, max: 32 }) })
  .map(({ at, bits }) => ({ at, bits: Math.min(bits, 32 - at % 32) }))
/** Sets some bits and moves others into bits that are kept clear for them. */
const effect: fc.Arbitrary<Effect> = fc.record({ set: state, keep: state,
  moves: fc.array(fc.tuple(field, fc.nat(words * 32 - 1)), { maxLength: 3 }) }).map(({ set, keep, moves }) => {
  const kept = Uint32Array.from(keep), into = Uint32Array.from(set, (bits, w) => bits & ~kept[w]!)
  const placed = moves.map(([{ at, bits }, to]) => ({ from: at, to, bits: Math.min(bits, 32 - to % 32) }))
  for (const { to, bits } of placed) {
    const mask = (bits === 32 ? 0xffffffff : 2 ** bits - 1) << to % 32
    kept[to >>> 5]! &= ~mask
    into[to >>> 5]! &= ~mask
  }
  return { keep: kept, set: into, moves: placed }
})
const unchanged: Effect = { keep: new Uint32Array(words).fill(0xffffffff), set: new Uint32Array(words), moves: [] }
/** What a root reads: one field after the other, on after an odd one; and which of its leaves follows. */
const recipe = fc.record({
  fields: fc.uniqueArray(field, { minLength: 1, maxLength: 4, selector: ({ at }) => at >>> 3 })
    .map(fields => fields.map(({ at, bits }) => ({ at: at & ~7, bits: Math.min(bits, 6) }))),
  leaves: fc.array(fc.option(effect), { minLength: 1, maxLength: 4 }),
})
type Recipe = typeof recipe extends fc.Arbitrary<infer R> ? R : never

function run({ fields, leaves }: Recipe,
  of: readonly number[]): { readonly log: ReadLog; readonly leaf: Effect | null } {
  const log: ReadLog = { at: [], bits: [], raw: [] }
  let sum = 0
  for (const { at, bits } of fields) {
    const raw = of[at >>> 5]! >>> at % 32 & 2 ** bits - 1
    log.at.push(at); log.bits.push(bits); log.raw.push(raw)
    sum += raw
    if (raw % 2 === 0) break
  }
  return { log, leaf: leaves[sum % leaves.length]! }
}
/** What the kernel says of a state: unknown, or what it wrote and how often it counted. */
function walked(store: StateStore, root: number, of: readonly number[]) {
  const { kernel, plan, words32, local, scratch, candidate } = store
  words32.set(of, scratch)
  words32.fill(0, candidate - (record.words >>> 2), candidate + words)
  const at = 4 * candidate - record.words, fired = (local + plan.fired >>> 2) + 2 * (root + 1), before = words32[fired]!
  const next = kernel.walk(77, root, at)
  return next === 0 ? null : {
    fired: words32[fired]! - before, parent: words32[at + record.parent >>> 2]!,
    label: words32[at + record.label >>> 2]!,
    words: next === at ? null : [...words32.subarray(candidate, candidate + words)],
  }
}
const small = ({ roots, nodes, children, leafAt, leaves }: TreeSpace,
  by: 'nodes' | 'children' | 'leafAt' | 'leaves'): TreeSpace =>
  ({ roots, nodes, children, leafAt, leaves,
    [by]: { nodes, children, leafAt, leaves }[by].subarray(0, { nodes: 16, children: 80, leafAt: 3, leaves: 30 }[by]) })

function expectSame(recipes: readonly Recipe[], states: readonly (readonly number[])[],
  by: Parameters<typeof small>[1] | null): { readonly told: number; readonly untold: number } {
  const store = new StateStore({ keys: { words, pieces: null }, fanout: 1, roots, threads: 1, maxMemory: 16e6,
    maxStates: Infinity, symmetry: null })
  let told = 0, untold = 0
  try {
    const trees = new Trees(roots, root => `root ${root}`, by === null ? store.trees : small(store.trees, by))
    for (const of of states) for (const [root, recipe] of recipes.entries()) {
      const packed = Uint32Array.from(of)
      const known = trees.walk(root, packed, 0)
      const { log, leaf } = run(recipe, of)
      const found = walked(store, root, of)
      if (found === null) untold++
      else {
        told++
        const after = new Uint32Array(words)
        const { effect } = trees.leaves[leafOf(known)]!
        if (effect !== null) apply(effect, packed, 0, after, 0)
        const changes = leaf !== null && changedWords(leaf).length > 0
        expect(found).toEqual(leaf === null ? { fired: 0, parent: 0, label: 0, words: null }
          : { fired: 1, parent: changes ? 77 : 0, label: changes ? (root + 1 | 3 << record.changedShift) >>> 0 : 0,
            words: changes ? [...after] : null })
      }
      if (by === null) expect(found === null).toBe(known === unknown)
      if (known === unknown)
        trees.extend(root, log, packed, 0, trees.leaf(leaf === null ? null : root + 1, leaf), false)
    }
    expect(store.ownWord(0, own.walked)).toBe(told)
  } finally { store.free() }
  return { told, untold }
}

const cases = fc.record({
  recipes: fc.array(fc.oneof({ weight: 5, arbitrary: recipe },
    { weight: 1, arbitrary: recipe.map(one => ({ ...one, leaves: [unchanged] })) }),
  { minLength: roots, maxLength: roots }),
  states: fc.array(state, { minLength: 1, maxLength: 12 }).map(states => [...states, ...states]),
})
test('a walk is the same in WebAssembly, as the trees grow', () => {
  fc.assert(fc.property(cases, ({ recipes, states }) => {
    const { told } = expectSame(recipes, states, null)
    expect(told).toBeGreaterThanOrEqual(states.length / 2 * roots)
  }), { numRuns: 200, seed: 2026 })
})
test.each(['nodes', 'children', 'leafAt',
  'leaves'] as const)('trees with too many %s are not walked any more, and stay what they are', by => {
  let outgrown = 0
  fc.assert(fc.property(cases, ({ recipes, states }) => {
    const { untold } = expectSame(recipes, states, by)
    if (untold > states.length / 2 * roots) outgrown++
  }), { numRuns: 100, seed: 2026 })
  expect(outgrown).toBeGreaterThan(20)
})
