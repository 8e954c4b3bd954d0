/** The report of `check`: what stands in the table, in the JSON document, and which exit class it comes to. */
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { nearest, UserError } from '../../src/errors.ts'
import { exitClasses, exitCode } from '../../src/exit.ts'
import type { Exploration, Outcome, PropertyResult, StopReason } from '../../src/explore/result.ts'
import { exitOf } from '../../src/report/check.ts'
import type { CheckReport, DesignReport } from '../../src/report/check.ts'
import { json } from '../../src/report/json/index.ts'
import { checkText as text } from '../../src/report/text/check.ts'
import { theme, themeFor } from '../../src/text/theme.ts'
import type { Theme } from '../../src/text/theme.ts'
import { toyTrace } from '../golden/toy.ts'

const violation = (property: string) => ({ property, because: 'stale', witness: { frame: 1 }, ops: toyTrace().ops,
  loop: null, shortest: true })
function result(property: string, outcome: Outcome): PropertyResult {
  const kind = outcome === 'reached' || outcome === 'unreached' ? 'sometimes' : 'step'
  const found = outcome === 'violated' ? violation(property) : null
  return { property, kind, outcome, violation: found, reachedBy: outcome === 'reached' ? [] : null }
}
function exploration(results: PropertyResult[], stopped: StopReason | null = null): Exploration {
  return {
    driver: 'exhaustive', machine: 'toy', complete: stopped === null, stopped, results,
    states: 12345, transitions: 67890, depth: 14, seconds: 0.84,
    coverage: { observations: [], actions: {}, clauses: {} }, random: null, engine: null,
  }
}
const design = (name: string, found: Exploration, givesUp: readonly string[] = [], scope = 'dma'): DesignReport => ({
  design: name, says: `about ${name}`, full: true, saved: {},
  givesUp: Object.fromEntries(givesUp.map(property => [property, 'accepted'])),
  scopes: [{ scope, says: `all about ${scope}`, bounds: 'devices=1,frames=2', exploration: found }],
})
const claims = ['no-dma-escape', 'no-access-after-unmap', 'no-lost-edge', 'settles', 'p', 'q']
const report = (...designs: DesignReport[]): CheckReport => ({
  seed: 42, claims, designs, witnesses: {}, clauses: [], named: false, goOn: null, climbs: [], regressions: [],
  notBegun: [], questions: [], left: [], leftOut: [], notAsked: [], repeat: 'npx remapcheck check',
  interrupted: designs.some(({ scopes }) => scopes.some(({ exploration: { stopped } }) => stopped === 'interrupted')),
})

const reporters = { text: (...of: Parameters<typeof text>) => [text(...of)], json } as const
/** All of it, by one reporter. */
const shown = (by: 'text' | 'json', check: CheckReport, of = theme(false)): string => [...reporters[by](
  { kind: 'check', exit: exitOf(check), check, evidence: () => null, says: {} },
  { program: { tool: 'remapcheck', version: '0.1.0' }, theme: of, full: false, stats: false, form: 'steps',
    traces: { clause: () => null } },
)].join('')
const checkText = (check: CheckReport, of: Theme): string => shown('text', check, of)

const strict = design('ring0-strict',
  exploration([result('no-dma-escape', 'holds'), result('no-access-after-unmap', 'holds'),
    result('dma-lands', 'reached')]))
const deferred = design('ring0-deferred',
  exploration([result('no-dma-escape', 'holds'), result('no-access-after-unmap', 'violated'),
    result('dma-lands', 'reached')]),
  ['no-access-after-unmap'])
const random = design('driver-server', {
  ...exploration([result('no-dma-escape', 'passed'), result('no-lost-edge', 'violated'),
    result('dma-lands', 'unreached')]),
  driver: 'random', complete: false,
  random: { seed: 42, runs: 1000, ops: 38000, refused: 5700, meanLength: 38, distinctStates: 900 },
}, [], 'interrupts')
const cut = design('no-iommu',
  exploration([result('no-dma-escape', 'incomplete'), result('settles', 'unchecked')], 'time'))
const lost = design('user-port-io', exploration([result('no-dma-escape', 'holds')]), ['no-dma-escape'])
/** The known violation shows in the second scope only. */
const twoScopes: DesignReport = { ...lost,
  scopes: [...lost.scopes, ...design('x', exploration([result('no-dma-escape', 'violated')]), [], 'other').scopes] }

const failed = (exit: 'usage' | 'internal', results: PropertyResult[]): DesignReport => {
  const of = design('x', exploration(results, 'mistake'))
  const failure = { code: 'E-X', subject: 'x', problem: 'boom', next: 'mend it', below: ['1  op'], exit }
  return { ...of, scopes: of.scopes.map(scope => ({ ...scope, failure })) }
}

describe('the exit class', () => {
  it.each<[string, DesignReport[], string]>([
    ['all as expected', [strict, deferred], 'holds'],
    ['a violation that nobody expects', [strict, random, cut, lost], 'violated'],
    ['a known violation that is gone', [strict, lost, cut], 'vacuous'],
    ['what must be reached is not', [design('x', exploration([result('dma-lands', 'unreached')]))], 'vacuous'],
    ['a run cut short', [strict, cut], 'incomplete'],
    ['a random run that misses a known violation', [design('x', exploration([result('p', 'passed')]), ['p'])],
      'incomplete'],
    ['a random run that comes to nothing that a claim judges',
      [strict, design('x', exploration([{ ...result('p', 'passed'), vacuous: true }]))], 'incomplete'],
    ['left over when all else was violated',
      [design('x', exploration([result('p', 'violated'), result('q', 'incomplete')]), ['p'])], 'holds'],
    ['a known violation that shows in one scope of two', [twoScopes], 'holds'],
    ['a known violation that a part of the scopes does not show', [{ ...lost, full: false }], 'holds'],
    ['a step that fails', [strict, cut, failed('usage', [result('p', 'incomplete')])], 'usage'],
    ['one of ours', [failed('usage', []), failed('internal', [])], 'internal'],
    ['a violation beside it', [failed('internal', [result('p', 'violated')])], 'violated'],
    ['interrupted', [random, design('x', exploration([], 'interrupted'))], 'interrupted'],
  ])('%s', (_name, designs, exit) => { expect(exitOf(report(...designs))).toBe(exit) })

  it('is violated by a saved counterexample that still violates, and only by that', () => {
    const saved = { path: 'x.json', design: 'ring0-strict', property: 'no-dma-escape', because: 'stale', known: false }
    expect(exitOf({ ...report(strict), regressions: [saved] })).toBe('violated')
    expect(exitOf({ ...report(strict), regressions: [{ ...saved, because: null }, { ...saved, known: true }] }))
      .toBe('holds')
  })
  it('has one number, and each number one class', () => {
    expect(exitClasses.map(row => row.code)).toEqual([0, 1, 2, 3, 4, 5, 6, 69, 70, 130])
    for (const { code, name, meaning } of exitClasses) {
      expect(exitCode(name)).toBe(code)
      expect(meaning).not.toBe('')
    }
    expect(new Set(exitClasses.map(row => row.name)).size).toBe(exitClasses.length)
  })
})

describe('the table', () => {
  it('of everything that can happen', async () => {
    await expect(checkText(report(strict, deferred, random, cut, lost), theme(false)))
      .toMatchFileSnapshot('../golden/check.txt')
  })
  it('of a green run', async () => {
    await expect(checkText(report(strict, deferred), theme(false))).toMatchFileSnapshot('../golden/check-green.txt')
  })
  it('parts its marks at any width, keeps long names whole, and lists where there is no room', () => {
    const named = [...claims, 'r', 's', 't', 'u', 'v', 'w']
    const all = named.map((claim, i) => result(claim, i % 2 === 0 ? 'violated' : 'holds'))
    const long = design('ring0-strict~migrateInterrupt/awaitOldVectorIdle+releaseOldVector', exploration(all))
    for (const width of [40, 60, 80]) {
      const out = checkText({ ...report(long), claims: named }, theme(false, width))
      expect(out).toContain(long.design)
      expect(out).not.toMatch(/[✓✗]!?[✓✗]/u)
      const table = out.split('\n\n')[1]!.split('\n').filter(line => line !== long.design)
      expect(Math.max(...table.map(line => line.length))).toBeLessThanOrEqual(width)
    }
    expect(checkText({ ...report(long), claims: named }, theme(false, 40)))
      .toMatch(/^ {2}✗! no-dma-escape\n {2}✓ {2}no-access-after-unmap$/m)
  })
  it('says why a claim is open that no scope left open', () => {
    const left = { ...design('x', exploration([result('p', 'holds')])), cutShort: true }
    expect(checkText({ ...report(left), notBegun: ['y', 'z'] }, theme(false)))
      .toMatch(/not decided\n {2}x {2}p {2}\(in scopes that were not started\)\n\nnot started\n {2}y, z\n/)
  })
  it('says in few lines what a violation or a failure left open, and what failed', () => {
    const left = exploration([result('p', 'violated'), result('q', 'incomplete'), result('settles', 'incomplete')],
      'violation')
    expect(checkText(report(design('x', left)), theme(false)))
      .toMatch(/1 of 1 search ended at a violation \(--all goes on\)[^]*\nnot decided, for .*\n {2}x\n {4}q, settles\n/)
    const shown = checkText(report(failed('usage', [result('q', 'incomplete')])), theme(false))
    expect(shown).toMatch(/what failed, and ended its scope\n {2}x: boom \[E-X\]\n {4}→ mend it\n {4}in dma\n/)
    expect(shown).toMatch(/not decided, for what failed ended a search\n {2}x\n {4}q\n/)
  })
  it('says the same with colour as without', () => {
    const full = report(strict, deferred, random, cut, lost)
    const colored = checkText(full, theme(true))
    expect(colored).not.toBe(checkText(full, theme(false)))
    expect(stripVTControlCharacters(colored)).toBe(checkText(full, theme(false)))
  })
})

describe('the document', () => {
  it('is one, versioned, with the standing of each result beside the outcome', () => {
    const saved = { ...deferred, saved: { 'no-access-after-unmap': 'traces/regressions/x.json' } }
    const text = shown('json', report(strict, saved))
    const document = JSON.parse(text) as { designs: { scopes: { exploration: Exploration }[] }[] }
    expect(document).toMatchObject({ format: 'remapcheck-check/1', tool: 'remapcheck', seed: 42,
      exit: { code: 0, name: 'holds' } })
    expect(document.designs[1]).toMatchObject({
      saved: { 'no-access-after-unmap': 'traces/regressions/x.json' },
      verdicts: [
        { property: 'no-dma-escape', standing: 'fine', proved: true, ops: null },
        { property: 'no-access-after-unmap', standing: 'known', proved: false, ops: 4, scope: 'dma' },
        { property: 'dma-lands', kind: 'sometimes', standing: 'fine' },
      ],
    })
    expect(document.designs[1]!.scopes[0]!.exploration).toMatchObject({ states: 12345, complete: true })
    expect(document.designs[1]!.scopes[0]!.exploration.results.map(r => r.outcome))
      .toEqual(['holds', 'violated', 'reached'])
    expect(text.endsWith('}\n')).toBe(true)
  })
})

describe('colour', () => {
  const tty = { isTTY: true, columns: 120 }
  const colored = (...args: Parameters<typeof themeFor>): boolean => themeFor(...args).bad('x') !== 'x'
  it.each<[string, Parameters<typeof themeFor>, boolean]>([
    ['a terminal', [tty, {}], true],
    ['a pipe', [{}, {}], false],
    ['a dumb terminal', [tty, { TERM: 'dumb' }], false],
    ['NO_COLOR', [tty, { NO_COLOR: '1' }], false],
    ['an empty NO_COLOR', [tty, { NO_COLOR: '' }], true],
    ['FORCE_COLOR in a pipe', [{}, { FORCE_COLOR: '1' }], true],
    ['FORCE_COLOR=0', [tty, { FORCE_COLOR: '0' }], false],
    ['both', [{}, { FORCE_COLOR: '1', NO_COLOR: '1' }], true],
    ['--no-color before FORCE_COLOR', [tty, { FORCE_COLOR: '1' }, false], false],
  ])('%s', (_name, args, on) => { expect(colored(...args)).toBe(on) })

  it('and width: a terminal its columns, but what can be read at least; else 80', () => {
    const themes = [themeFor(tty, {}), themeFor({ isTTY: true, columns: 40 }, {}), themeFor({ columns: 300 }, {})]
    expect(themes.map(t => t.width)).toEqual([120, 40, 80])
  })
})

describe('a mistake of a user', () => {
  it('says place, cause, code and what to do, without a stack', () => {
    const error = new UserError({ code: 'E-X', subject: '--bounds', problem: 'too large', next: 'use less' })
    expect(error.text()).toBe('--bounds: too large [E-X]\n  → use less')
    expect(error.exitCode).toBe(2)
    expect(new UserError({ code: 'E-X', subject: '', problem: '', next: '', exit: 'diverged' }).exitCode).toBe(5)
  })
  it('finds the name that was meant, or none', () => {
    const known = ['ring0-strict', 'ring0-deferred', 'no-iommu']
    expect(nearest('ring0-stirct', known)).toBe('ring0-strict')
    expect(nearest('ring0-d', known)).toBe('ring0-deferred')
    expect(nearest('windows', known)).toBeNull()
    expect(nearest('x', [])).toBeNull()
  })
})

describe('many designs', () => {
  const many = Array.from({ length: 13 }, (_, i) => design(`design-${i}`, exploration(i % 2 === 0
    ? [result('no-dma-escape', 'holds'), result('settles', 'holds')] : [result('settles', 'holds')])))
  const questions = [{ asks: 'Isolated?', claims: ['no-dma-escape'] }, { asks: 'Ends?', claims: ['settles'] }]
  it('have a table for each question, of those that it is asked of; the last has all, with states', () => {
    const [first, second] = checkText({ ...report(...many), questions }, theme(false)).split('Ends?')
    expect(first!.split('Isolated?')[1]!.match(/^design-\d+.*$/gm)).toEqual(
      many.filter((_, i) => i % 2 === 0).map(one => expect.stringMatching(new RegExp(`^${one.design} +✓$`)) as string))
    expect(second!.split('✓ holds')[0]!.match(/^design-\d+ +✓ +12,345$/gm)).toHaveLength(13)
  })
  it('have one table where a single question is asked, and so have few', () => {
    expect(checkText({ ...report(...many.slice(0, 12)), questions }, theme(false))).not.toContain('Ends?')
    expect(checkText({ ...report(...many), questions: questions.slice(0, 1), claims: ['no-dma-escape'] }, theme(false)))
      .not.toContain('Isolated?')
  })
  it('that were left out are named', () => {
    expect(checkText({ ...report(strict), left: ['x@y', 'z'] }, theme(false))).toContain('left to --all\n  x@y, z\n')
  })
})
