/** `compare` says that something holds only where `check` does. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { compareDesigns } from '../../src/check/compare.ts'
import { measureDesign } from '../../src/check/measure.ts'
import { judgedIn } from '../../src/check/verdicts.ts'
import { exitOf } from '../../src/cli/verbs/compare.ts'
import type { Exploration, Outcome, PropertyResult, StopReason } from '../../src/explore/result.ts'
import type { DesignReport, ScopeReport } from '../../src/report/check.ts'
import { findingsOf } from '../../src/report/findings/index.ts'
import type { View } from '../../src/report/view.ts'
import { xeon } from '../../spec/costs/index.ts'
import { ring0Strict } from '../../spec/index.ts'
import { run } from './run.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-compare-'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })

it('asks a design in its own scopes, and tells CI of what it breaks and does not give up', async () => {
  const files = ['a.txt', 'a.xml', 'a.sarif', 'a.github', 'a.md'].map(name => join(dir, name))
  const { code, err } = await run(['compare', './test/cli/fixtures/own-scope.ts', '--reporter',
    'text,junit,sarif,github,markdown', '--out', files.join(',')])
  const [text, junit, sarif, github, markdown] = files.map(file => readFileSync(file, 'utf8'))
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('✗ no-dma-escape  mine, scope tiny') })
  expect(text).toMatch(/^mine {17}✗ {3}– {3}✓ /m)
  expect(text).toMatch(/check\s+'test\/cli\/fixtures\/own-scope\.ts'\s+--scope tiny\s+--property no-dma-escape/)
  expect(junit).toMatch(/^<testsuites .* failures="1" errors="0" skipped="1">$/m)
  expect(sarif).toMatch(/"level": "error"/)
  expect(github).toMatch(/^::error file=test\/cli\/fixtures\/own-scope\.ts,title=mine%3A isolation::/m)
  expect(markdown).toMatch(/^\| ✗ \| mine \| isolation \|/m)
})

it('takes no design for a built-in one of its name', async () => {
  expect(await run('compare ./test/cli/fixtures/named-alike.ts ring0-strict+source-masked')).toMatchObject({
    code: 2, out: '', err: expect.stringMatching(/^ring0-strict: a built-in design of this name.*\[E-DESIGN\]/) })
})

const result = (property: string, outcome: Outcome, more: Partial<PropertyResult> = {}): PropertyResult => ({
  property, outcome, kind: outcome === 'reached' || outcome === 'unreached' ? 'sometimes' : 'step', reachedBy: null,
  violation: outcome !== 'violated' ? null : { property, because: 'stale', witness: {}, ops: [], loop: null,
    shortest: true }, ...more })
const scope = (results: readonly PropertyResult[], stopped: StopReason | null = null): ScopeReport => {
  const exploration: Exploration = { driver: 'exhaustive', machine: 'm', complete: stopped === null, stopped, results,
    states: 1, transitions: 1, depth: 1, seconds: 0, coverage: { observations: [], actions: {}, clauses: {} },
    random: null, engine: null }
  return { scope: 's', says: '', bounds: '', exploration }
}
const failed: ScopeReport = { ...scope([], 'mistake'),
  failure: { code: 'E-X', subject: 'x', problem: 'boom', next: 'mend it', below: [], exit: 'usage' } }
const isolated = scope([result('no-dma-escape', 'holds'), result('a-dma-lands', 'reached')])
const { counts } = measureDesign({ design: ring0Strict, path: null })

/** What comes of a search that found this. */
function compared(scopes: readonly ScopeReport[], more: Partial<DesignReport> = {}, isBegun = true) {
  const report: DesignReport = { design: ring0Strict.name, says: '', givesUp: {}, full: true, scopes, saved: {},
    ...more }
  const searched = { designs: isBegun ? [report] : [], named: true }
  const compare = compareDesigns([{ design: ring0Strict, path: null, counts, wait: null }],
    new Map(searched.designs.map(one => [one.design, judgedIn(one)])), [], xeon)
  const { isolation, interrupts } = compare.designs[0]!, exit = exitOf(compare, searched)
  // Findings of this kind show nothing of a view.
  const findings = findingsOf({ kind: 'compare', compare, searched, exit, evidence: () => null }, {} as View)
  return { isolation: isolation.standing, interrupts: interrupts.standing, exit, says: isolation.says,
    bad: findings.flatMap(({ rule, standing }) => standing === 'bad' ? rule : []) }
}

describe('a verdict', () => {
  it.each<[string, Parameters<typeof compared>, Partial<ReturnType<typeof compared>>]>([
    ['holds', [[isolated]], { isolation: 'holds', interrupts: 'none', exit: 'holds', bad: [] }],
    ['is open, of each claim, where a scope failed before it was known what to ask', [[isolated, failed]],
      { isolation: 'open', interrupts: 'open', exit: 'usage', bad: ['runs'],
        says: 'isolation not decided: boom (scope s)' }],
    ['is open where the run ended before the last scope', [[isolated], { cutShort: true }],
      { isolation: 'open', interrupts: 'open', exit: 'incomplete' }],
    ['is open where the run ended before the design', [[], {}, false], { isolation: 'open', interrupts: 'open' }],
    ['is open where a search was cut short', [[scope([result('no-dma-escape', 'incomplete')], 'states')]],
      { isolation: 'open', interrupts: 'none', exit: 'incomplete' }],
    ['is open where nothing came that a claim judges',
      [[scope([result('no-dma-escape', 'holds', { vacuous: true })])]],
      { isolation: 'open', exit: 'vacuous', bad: ['no-dma-escape'] }],
    ['is open where a witness was not reached',
      [[scope([result('no-dma-escape', 'holds'), result('a-dma-lands', 'unreached')])]],
      { isolation: 'open', exit: 'vacuous', bad: ['a-dma-lands'] }],
    ['is open where what the design gives up is not found', [[isolated], { givesUp: { 'no-dma-escape': 'why' } }],
      { isolation: 'open', exit: 'vacuous', bad: ['no-dma-escape'] }],
    ['is bad where a claim is broken', [[scope([result('no-dma-escape', 'violated')])]],
      { isolation: 'violated', exit: 'violated', bad: ['isolation'] }],
    ['is not bad where the design gives it up',
      [[scope([result('no-dma-escape', 'violated')])], { givesUp: { 'no-dma-escape': 'why' } }],
      { isolation: 'violated', exit: 'holds', bad: [] }],
    ['is none where nothing is asked, and the run shows nothing', [[scope([])]],
      { isolation: 'none', exit: 'vacuous', bad: ['judged'] }],
  ])('%s', (_name, asked, expected) => { expect(compared(...asked)).toMatchObject(expected) })
})
