/** The classic models: published counts, known violations and shortest lengths, by both drivers. */
import { expect, test } from 'vitest'
import { exploreExhaustively, exploreProgress, exploreRandomly, machine, showOp } from '../../src/index.ts'
import type { Exploration } from '../../src/index.ts'
import { dieHard } from './die-hard.ts'
import { peterson } from './peterson.ts'
import { reference, referenceProtocol } from './reference.ts'
import { twoPhaseCommit } from './two-phase-commit.ts'

const outcomes = ({ results }: Exploration) => Object.fromEntries(results.map(r => [r.property, r.outcome]))
const traceOf = ({ results }: Exploration, property: string) =>
  results.find(r => r.property === property)!.violation!.ops.map(showOp)

test.each([[3, 288, 1_145], [5, 8_832, 58_145]])('two-phase commit, %i managers: %i states',
  async (managers, states, transitions) => {
    const all = await exploreExhaustively(twoPhaseCommit(managers))
    expect(all).toMatchObject({ complete: true, states, transitions })
    expect(outcomes(all)).toEqual({ consistent: 'holds', 'all commit': 'reached', 'all abort': 'reached' })
    expect(all.results[1]!.reachedBy).toHaveLength(3 * managers + 1)
    expect(all.results[2]!.reachedBy).toHaveLength(managers)
  })

test('two-phase commit at random reaches both ends and no inconsistency', async () => {
  expect(outcomes(await exploreRandomly(twoPhaseCommit(3), { seed: 1 })))
    .toEqual({ consistent: 'passed', 'all commit': 'reached', 'all abort': 'reached' })
})

test('a commit that waits for nobody is inconsistent in three steps', async () => {
  const shortest = traceOf(await exploreExhaustively(twoPhaseCommit(3, { careless: true })), 'consistent')
  expect(shortest).toHaveLength(3)
  expect(traceOf(await exploreRandomly(twoPhaseCommit(3, { careless: true }), { seed: 1 }), 'consistent'))
    .toHaveLength(shortest.length)
})

test('Peterson excludes, and both processes get in', async () => {
  const all = await exploreExhaustively(peterson())
  expect(all).toMatchObject({ complete: true, states: 20, transitions: 34,
    coverage: { clauses: { 'PETERSON:enter': 4 } } })
  expect(outcomes(all))
    .toEqual({ 'mutual exclusion': 'holds', 'one at a time': 'holds', 'second enters': 'reached',
      'each gets in': 'unchecked' })
  expect(outcomes(await exploreRandomly(peterson(), { seed: 1 })))
    .toMatchObject({ 'mutual exclusion': 'passed', 'one at a time': 'passed' })
})

test('Peterson that keeps the turn lets both in; six steps show it, to both drivers', async () => {
  const broken = peterson({ gentle: false })
  const all = await exploreExhaustively(broken)
  expect(traceOf(all, 'mutual exclusion')).toHaveLength(6)
  expect(traceOf(all, 'one at a time')).toEqual(traceOf(all, 'mutual exclusion'))
  for (const seed of [1, 2, 3]) {
    const random = await exploreRandomly(broken, { seed })
    expect(traceOf(random, 'mutual exclusion')).toHaveLength(6)
    expect(traceOf(random, 'one at a time')).toHaveLength(6)
  }
})

test('Peterson lets each in that wants, if who has begun goes on', async () => {
  expect(await exploreProgress(peterson()))
    .toMatchObject({ states: 20, edges: 34, stopped: null,
      results: [{ property: 'each gets in', outcome: 'holds', violation: null }] })
  const { results } = await exploreProgress(peterson({ fair: false }))
  expect(results[0]).toMatchObject({ outcome: 'violated', violation: {
    ops: [{ action: 'want', args: { process: 0 } }], loop: 1,
    because: 'the wait of process 0 begins with op 1 and never ends: after op 1 nothing more need happen',
  } })
})

test('Die Hard: 16 states, 96 transitions, four gallons in six steps', async () => {
  const model = dieHard()
  expect(await exploreExhaustively(machine({ ...model, properties: [] })))
    .toMatchObject({ complete: true, states: 16, transitions: 96 })
  expect(traceOf(await exploreExhaustively(model), 'not four')).toEqual(
    ['fill(jug=big)', 'pour(from=big)', 'empty(jug=small)', 'pour(from=big)', 'fill(jug=big)', 'pour(from=big)'])
  expect(traceOf(await exploreRandomly(model, { seed: 1 }), 'not four')).toHaveLength(6)
})

test('the reference protocol holds, with the counts of Spin, TLC and Stateright', async () => {
  const { sizes, ...counts } = reference.s
  const all = await exploreExhaustively(referenceProtocol(sizes))
  expect(all).toMatchObject({ complete: true, ...counts })
  expect(outcomes(all)).toEqual({
    'own pages only': 'holds', 'no merged edge': 'holds', 'right handler': 'holds',
    'write lands': 'reached', 'interrupt handled': 'reached',
  })
})

test('the reference protocol without waiting lets a device write a freed page', async () => {
  const cut = await exploreExhaustively(referenceProtocol({ ...reference.s.sizes, strict: false }),
    { maxStates: 20_000 })
  expect(cut).toMatchObject({ complete: false, stopped: 'states' })
  expect(traceOf(cut, 'own pages only')).toEqual(
    ['map(device=0, iova=0, page=0, write=true)', 'fill(device=0, iova=0)', 'write(device=0, iova=0)',
      'unmap(device=0, iova=0)',
      'submitIotlb(device=0)', 'free(device=0)', 'land(device=0)'])
  expect(outcomes(cut)).toMatchObject({ 'own pages only': 'violated', 'no merged edge': 'incomplete' })
})
