/** The comparison with Spin: what it generates, that it tells agreement from disagreement, and, where Spin is
 *  installed, its verdicts. Never timed. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it, test } from 'vitest'
import { cases } from '../../bench/peers/cases.ts'
import { petersonPromela, twoPhaseCommitPromela } from '../../bench/peers/classic.ts'
import { disagreements, median, panExtra } from '../../bench/peers/figures.ts'
import type { Figures } from '../../bench/peers/figures.ts'
import { absent, bfs, build, readPan, runPan } from '../../bench/peers/pan.ts'
import { referencePromela } from '../../bench/peers/promela.ts'
import { settingsOf } from '../../bench/peers/settings.ts'
import { table } from '../../bench/peers/table.ts'
import { exploreExhaustively } from '../../src/index.ts'
import { peterson } from '../models/peterson.ts'
import { reference } from '../models/reference.ts'

test('the Promela of the reference protocol, s, is the one that was compared', async () => {
  await expect(cases['s']!.promela()).toMatchFileSnapshot('../golden/reference-s.pml')
})

const ours: Figures = {
  states: 100, transitions: 300, depth: 9, seconds: 1, rssBytes: 1000, bytesPerState: 10, storedBytes: 700,
  engine: 'default', complete: true, violated: false,
}
describe('two searches', () => {
  const stepped = { states: 1, transitions: 2, depth: 1 }
  it('agree when pan has what it always has more', () => {
    expect(panExtra(referencePromela(reference.s.sizes))).toEqual(stepped)
    expect(panExtra(petersonPromela())).toEqual({ states: 0, transitions: 1, depth: 0 })
    expect(disagreements(ours, { ...ours, states: 101, transitions: 302, depth: 10 }, stepped)).toEqual([])
  })
  it('disagree with both numbers', () => {
    expect(disagreements(ours, { ...ours, states: 100, transitions: 302, depth: 700, violated: true }, stepped))
      .toEqual([
        'states: ours 100, pan 100 less 1 = 99', 'depth: ours 9, pan 700 less 1 = 699',
        'verdict: ours holds, pan violated',
      ])
    expect(disagreements(ours, { ...ours, states: 101, transitions: 302, depth: 700 }, stepped, false)).toEqual([])
  })
  it('disagree when one was cut short', () => {
    expect(disagreements({ ...ours, complete: false }, { ...ours, states: 101, transitions: 302, depth: 10 }, stepped))
      .toEqual(['ours did not see the whole space'])
  })
})

describe('output of pan', () => {
  const out = 'State-vector 52 byte, depth reached 31, errors: 0\n 20802497 states, stored\n191014674 transitions (= '
    + 'stored+matched)\n'
    + 'pan: elapsed time 78.3 seconds\nVmHWM:\t 3414000 kB\n'
  it('is read', () => {
    expect(readPan(out, 'pan'))
      .toMatchObject({ states: 20_802_497, transitions: 191_014_674, depth: 31, seconds: 78.3, rssBytes: 3_495_936_000,
        complete: true, violated: false })
    expect(readPan(out.replace('VmHWM', ''), 'pan')).toMatchObject({ rssBytes: null, bytesPerState: null })
  })
  it('of a search that was cut short is not complete', () => {
    for (const said of ['Warning: Search not completed', 'error: max search depth too small',
      '12 states lost (lack of queue memory)'])
      expect(readPan(`${out}${said}\n`, 'pan').complete, said).toBe(false)
  })
  it('that lacks a figure, or rounds it, is an error that names it', () => {
    expect(() => readPan('   12 states, stored\n', 'pan')).toThrow('does not tell its transitions')
    expect(() => readPan(out.replace('191014674', '1.9101467e+08'), 'pan')).toThrow('does not tell its transitions')
  })
})

test('the table has medians, and ratios to its first row', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5])
  const rounds = (title: string, each: readonly number[], bytesPerState: number) => ({ title,
    rounds: each.map(seconds => ({ ...ours, states: 1e6, engine: title, seconds, bytesPerState,
      storedBytes: title === 'pan' ? null : 24e6, rssBytes: 2 ** 24, process_s: seconds + 0.5, waited: 0.031 })) })
  expect(table([rounds('pan', [4, 9, 3], 100), rounds('ours', [0.5, 0.2, 0.25], 40)]).split('\n')
    .map(line => line.trim().split(/\s{2,}/))).toEqual([
    ['seconds', 'faster', 'start', 'peak MiB', 'B/state', 'stored', 'smaller', 'waited', 'each round, s'],
    ['pan', '4.00', '1.00x', '0.50', '16', '100', '-', '1.00x', '3 %', '4.00 9.00 3.00'],
    ['ours', '0.25', '16.0x', '0.50', '16', '40', '24', '2.50x', '3 %', '0.50 0.20 0.25'],
  ])
})

describe('the command', () => {
  const runs = async (flags: readonly string[], env: NodeJS.ProcessEnv = process.env) =>
    promisify(execFile)(process.execPath, ['--import', 'tsx', 'bench/peers/run.ts', ...flags], { env })
  it('skips aloud where Spin is absent', async () => {
    const { stdout } = await runs([], { PATH: '/nonexistent' })
    expect(stdout)
      .toMatch(/^bench:peers skipped, nothing was compared: no spin and no gcc here; on Debian: apt-get install .*\n$/)
  })
  it('refuses a model it does not have', () => {
    expect(() => settingsOf(['--configs', 's,peterso'])).toThrow(expect.objectContaining({ exitCode: 2,
      next: "did you mean 'peterson'?" }))
  })
})

const missing = absent()
describe.skipIf(missing.length > 0)('pan '
  + `itself${missing.length > 0 ? `, skipped: no ${missing.join(' and no ')}` : ''}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'remapcheck-peers-test-'))
  afterAll(() => { rmSync(dir, { recursive: true, force: true }) })
  // Compiled for one small search: to optimise it takes longer than the search.
  const mode = { ...bfs, compile: [...bfs.compile, '-O0'] }
  const panOf = (name: string, promela: string, states: number, errors = 0): Figures =>
    runPan(dir, build(dir, name, promela, mode).program, states, mode, errors)

  it.each(['2pc-3', 'peterson', 'die-hard'])('%s: counts and verdict are ours', async name => {
    const { promela, states, search, judge = search } = cases[name]!
    const found = await search({}), violated = (await judge({})).results.some(({ outcome }) => outcome === 'violated')
    expect(found.states).toBe(states)
    expect(disagreements({
      ...ours, states: found.states, transitions: found.transitions, depth: found.depth,
      complete: found.complete, violated },
    panOf(name, promela(), states), panExtra(promela()))
    ).toEqual([])
  })
  it('the reference protocol, s: the known counts', () => {
    const promela = cases['s']!.promela()
    expect(disagreements({ ...ours, ...reference.s }, panOf('s', promela, reference.s.states), panExtra(promela)))
      .toEqual([])
  })
  it('finds what is wrong with the broken ones, as we do', async () => {
    expect((await exploreExhaustively(peterson({ gentle: false }))).results[0]!.outcome).toBe('violated')
    expect(panOf('peterson-broken', petersonPromela({ gentle: false }), 20, 1).violated).toBe(true)
    expect(panOf('careless', twoPhaseCommitPromela(3, { careless: true }), 288, 1).violated).toBe(true)
    expect(panOf(
      'not-strict', referencePromela({ ...reference.s.sizes, strict: false }), reference.s.states, 1).violated)
      .toBe(true)
  })
})
