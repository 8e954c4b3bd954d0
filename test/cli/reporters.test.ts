/** Every kind of report by every reporter; files of --out; documents of runs that end by a mistake. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SaxesParser } from 'saxes'
import type { Log } from 'sarif'
import { afterAll, describe, expect, it } from 'vitest'
import { Tally } from '../../src/qemu/oracle/judged.ts'
import { formats } from '../../src/report/head.ts'
import type { PageDoc } from '../../src/page/data.ts'
import { families } from '../../src/report/page/cost.ts'
import { pagesOf } from '../../src/report/page/index.ts'
import type { Report, ReportKind } from '../../src/report/report.ts'
import { reporterNames, reporters } from '../../src/report/reporters.ts'
import type { ReporterName } from '../../src/report/reporters.ts'
import { theme } from '../../src/text/theme.ts'
import { writeWholeFrom } from '../../src/whole.ts'
import { units } from '../../spec/costs/units.ts'
import { kinds, wrongIn } from '../documents.ts'
import { run } from './run.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-reporters-'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })

const tables = 'traces/linux/vtd-strict.tables.json-pages.gz'
writeFileSync(join(dir, 'policy.json'), '{ "format": "remapcheck-policy/1", "devices": {} }')
/** A command for each kind that a command without QEMU can make, and its exit code. */
const lines: Readonly<Partial<Record<ReportKind, readonly [string, number]>>> = {
  check: ['check no-iommu test/cli/fixtures/leaky.ts --scope mapping --property no-dma-escape', 1],
  ablate: ['ablate ring0-strict --call unmap --scope mapping --hardware standard --states 200', 6],
  cost: ['cost test/cli/fixtures/leaky.ts no-iommu', 0],
  compose: ['cost compose test/cli/fixtures/counts.json', 0],
  compare: ['compare no-iommu', 0],
  timed: ['cost --timed no-iommu --steps 500', 0],
  throughput: ['cost --throughput no-iommu', 0],
  derivation: ['cost --explain map no-iommu', 0],
  worst: ['cost --worst no-iommu', 0],
  replay: ['replay traces/known/no-dma-escape-*.json', 0],
  validate: ['validate traces/linux/vtd-sm.trace.log.gz', 0],
  'validate-trace': ['validate traces/linux/vtd-first-stage.ftrace.txt.gz --expect lazy', 0],
  diagnose: ['diagnose test/real-machines/cases/15-xen-vtd-rmrr.txt', 1],
  audit: [`audit ${tables}`, 0],
  'audit-diff': [`audit ${tables} --diff traces/linux/vtd-sm.tables.json-pages.gz`, 5],
  error: ['check nope', 2],
}
const hostile = 'a <b attr="x">&amp;]]>\u0000\u0008\u001b[31m\ud800\ufffe\u202e\n::error::%0A,end\r\n'
const comparison = { request: hostile, model: hostile, qemu: hostile, clause: null }
/** What needs QEMU, or judges nothing; names and words are as bad as can be. */
const made: Readonly<Partial<Record<ReportKind, Report>>> = {
  list: { kind: 'list', exit: 'holds', named: true, lists: [{ name: 'exits', says: hostile, rows: [[hostile]] }] },
  'oracle-replay': { kind: 'oracle-replay', exit: 'violated', suite: 'walks', setup: hostile,
    requests: [{ ...comparison, verdict: 'different' }, { ...comparison, verdict: 'same' }] },
  oracle: { kind: 'oracle', exit: 'violated', saved: new Map(), oracle: {
    iommu: 'vtd', reasons: [{ code: 1, shown: true }], states: ['hit'], exceptions: [],
    version: { major: 7, minor: 2, micro: 0 }, seed: 1, cases: 3, tally: new Tally(), interrupted: false, elapsed: 0,
    skipped: [],
    setups: [{ suite: 'walks', setup: hostile, cases: 3 }, { suite: 'walks', setup: 'well', cases: 3 }],
    differences: [{ suite: 'walks', setup: hostile, seed: 1, shrinks: 2, one: {}, differences: [comparison] }],
    time: { generate: 1, encode: 1, model: 1, qemu: 1, judge: 1 },
  } },
  error: { kind: 'error', exit: 'usage', error: { code: 'E-X', subject: hostile, problem: hostile, next: hostile,
    below: [hostile] } },
}
const view = { program: { tool: 'remapcheck', version: '1' }, theme: theme(false), full: false, stats: false,
  form: 'steps' as const, traces: { clause: () => null, hides: /^$/ } }
async function textOf(report: Report, by: ReporterName): Promise<string> {
  let text = ''
  for await (const piece of (await reporters[by]())(report, view)) text += piece
  return text
}

interface Tag { readonly name: string; readonly attributes: Readonly<Record<string, string>> }
/** The elements of a document, in order. @throws where it is not well-formed. */
function elements(text: string): Tag[] {
  const found: Tag[] = []
  const parser = new SaxesParser()
  parser.on('error', error => { throw error })
  parser.on('opentag', ({ name, attributes }) => { found.push({ name, attributes }) })
  parser.write(text).close()
  return found
}
/** What each form demands of a text, and how many things it says are wrong. */
const judges: Readonly<Record<ReporterName, (text: string) => number | null>> = {
  text: () => null,
  json: text => { expect(wrongIn(JSON.parse(text))).toBe(null); return null },
  junit: text => {
    const [root, ...others] = elements(text)
    expect(root!.name).toBe('testsuites')
    const count = (...names: readonly string[]): number => others.filter(({ name }) => names.includes(name)).length
    const { tests, failures, errors, skipped } = root!.attributes
    expect([tests, failures, errors, skipped].map(Number))
      .toEqual([count('testcase'), count('failure'), count('error'), count('skipped')])
    const suites = others.filter(({ name }) => name === 'testsuite').map(({ attributes }) => attributes['name'])
    expect(new Set(suites).size).toBe(suites.length)
    return count('failure', 'error')
  },
  github: text => {
    const commands = text.trimEnd().split('\n').slice(0, -1)
    expect(commands.filter(line => !/^::(?:error|warning|notice) [^\r]*::[^\r]*$/.test(line))).toEqual([])
    return commands.filter(line => line.startsWith('::error ')).length
  },
  markdown: text => {
    const rows = text.split('\n').filter(line => line.startsWith('| ') && !/^\| -+:? \|/.test(line))
    // Whatever a cell holds, it stays one of four, and no element but these.
    expect(rows.filter(row => row.replaceAll('\\|', '').split('|').length !== 6)).toEqual([])
    expect(text.match(/<(?!\/?(?:details|summary|code|br)>)/g)).toBe(null)
    return rows.filter(row => row.startsWith('| ✗ |')).length
  },
  sarif: text => {
    const { runs: [only], version } = JSON.parse(text) as Log
    const { results = [], tool, invocations } = only!
    expect(version).toBe('2.1.0')
    for (const { ruleId, ruleIndex, kind, level } of results) {
      expect(tool.driver.rules![ruleIndex!]!.id).toBe(ruleId)
      expect(kind === 'fail').toBe(level !== 'none')
    }
    return results.filter(({ level }) => level === 'error').length
      + (invocations![0]!.toolExecutionNotifications ?? []).length
  },
}

/** Of a page: its data, after what it promises was looked at. */
function dataOf(text: string): PageDoc {
  const [, data = ''] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(text) ?? []
  expect(text.match(/<script/g)).toHaveLength(2)
  expect(text).toContain("default-src 'none'")
  return JSON.parse(data) as PageDoc
}
const parts = { script: 'void 0', style: 'p {}', terms: { frame: 'one page of memory' } }
const ownPage = ['check', 'ablate', 'cost', 'compare', 'timed', 'derivation', 'worst', 'compose', 'throughput',
  'replay', 'validate', 'audit', 'diagnose']
/** A run that ends by a mistake makes the folder at most. */
function expectPages(folder: string, kind: string): void {
  const files = readdirSync(folder)
  expect(files.includes('index.html')).toBe(kind !== 'error')
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8'), { body, repeat } = dataOf(text)
    expect(repeat).toMatch(/^npx remapcheck \w+ .*--report \S+$/)
    expect([dir, process.cwd()].filter(path => text.includes(path))).toEqual([])
    expect(body.kind).toBe(ownPage.includes(kind) ? kind : 'findings')
  }
}

it('every kind has an example', () => {
  expect(kinds.filter(kind => lines[kind] === undefined && made[kind] === undefined)).toEqual([])
})
describe.each(Object.entries(lines))('%s', (kind, [line, exit]) => {
  it.each(reporterNames)('by %s', async reporter => {
    // Pages are no reporter, and written besides: once is enough.
    const folder = join(dir, 'pages', kind), paged = reporter === 'text'
    const { code, out } = await run(`${line} --reporter ${reporter}${paged ? ` --report ${folder}` : ''}`)
    expect(code).toBe(exit)
    if (paged) expectPages(folder, kind)
    const wrong = judges[reporter](out)
    if (reporter === 'json') expect((JSON.parse(out) as { format: string }).format).toBe(formats[kind as ReportKind])
    // Whatever fails the run is there in each form; what was not decided is no fault.
    if (wrong !== null) expect(wrong > 0).toBe(exit !== 0 && exit !== 6)
  })
})
describe.each(Object.entries(made))('%s with hostile names', (_kind, report) => {
  it.each(reporterNames)('by %s', async reporter => {
    const wrong = judges[reporter](await textOf(report, reporter))
    expect(wrong === null || wrong > 0).toBe(report.exit !== 'holds' || wrong === null)
  })
})
describe('pages', () => {
  it.each(Object.entries(made))('of %s keep hostile names as text', (_, report) => {
    const [page] = pagesOf(report, view, parts, { repeat: '', handedOn: text => text })
    expect(JSON.stringify(dataOf(page!.text).body)).toContain(report.kind === 'list' ? '[]' : '<b attr=')
  })
  it.each([['file', 'it is no folder'], ['file/below', 'ENOTDIR|EEXIST']])(
    'a folder that cannot be written is refused before anything is searched: %s', async (name, why) => {
      writeFileSync(join(dir, 'file'), 'kept')
      const { code, out, err } = await run(['check', 'no-iommu', '--report', join(dir, name)])
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toMatch(new RegExp(`cannot be written \\((?:${why})\\) \\[E-OUT\\]`))
      expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('kept')
    })
  it('a folder that vanishes costs no report', async () => {
    const folder = join(dir, 'vanished')
    const { code, out, err } = await run(['check', 'no-iommu', '--scope', 'mapping', '--property', 'no-dma-escape',
      '--report', folder], { onWrite: () => { rmSync(folder, { recursive: true, force: true }) } })
    expect({ code, said: err.includes('[E-OUT-LATE]') }).toEqual({ code: 2, said: true })
    expect(out).toContain('no-dma-escape')
  })
  it('every unit of cost has a colour, and one only', () => {
    expect(Object.values(families).flat().toSorted()).toEqual(Object.keys(units).toSorted())
    expect(Object.keys(families).length).toBeLessThanOrEqual(8)
  })
})
it('a judge that is given rubbish says so', () => {
  expect(() => elements('<a b="\u0001"/>')).toThrow()
  expect(() => elements('<a>&nothing;</a>')).toThrow()
  expect(() => judges.github('::error title=x\nfoo\nlast\n')).toThrow()
})

it('an audit with a policy names each breach and each alarm that is not accepted', async () => {
  const { code, out } = await run(['audit', tables, '--policy', join(dir, 'policy.json'), '--reporter', 'github'])
  expect(code).toBe(1)
  expect(out).toMatch(/^::error file=traces\/linux\/vtd-strict.*,title=.*%3A policy::\S+ reaches 0x/m)
})
it('a broken rule of a boot is at its line', async () => {
  const { out } = await run('validate traces/linux/vtd-firmware-dma-fault.trace-tail.log.gz --reporter sarif')
  const results = (JSON.parse(out) as Log).runs[0]!.results!
  for (const { locations } of results)
    expect(locations![0]!.physicalLocation!.artifactLocation!.uri).toMatch(/^traces\/linux\/vtd-firmware/)
})

describe('--out', () => {
  const check = 'check no-iommu --scope mapping --property no-dma-escape'
  it('writes each report to its file, in folders that it makes, and what is left to stdout', async () => {
    const { code, out, err } = await run(`${check} --reporter text,junit,sarif --out -,new/a.xml,b.sarif`, { cwd: dir })
    expect({ code, err }).toEqual({ code: 0, err: 'written  new/a.xml\nwritten  b.sarif\n' })
    expect(out).toMatch(/^remapcheck /)
    expect(judges.junit(readFileSync(join(dir, 'new/a.xml'), 'utf8'))).toBe(0)
    expect(judges.sarif(readFileSync(join(dir, 'b.sarif'), 'utf8'))).toBe(0)
    expect(readdirSync(join(dir, 'new'))).toEqual(['a.xml'])
  })
  it.each([
    ['--reporter json,junit', /^--reporter: json cannot share stdout/],
    ['--reporter junit,sarif --out a.xml', /^--out: 2 reporters need as many files, given 1/],
    ['--reporter junti', /^--reporter: no reporter is named 'junti' .*\n {2}→ did you mean 'junit'/],
    ['--out DIR', /: cannot be written \(it is no regular file\) \[E-OUT\]/],
    ['--out DIR/file/x', /: cannot be written \((?:ENOTDIR|EEXIST)\) \[E-OUT\]/],
  ])('%s is refused before anything is searched', async (flags, says) => {
    writeFileSync(join(dir, 'file'), 'kept')
    const { code, out, err } = await run(`${check} ${flags}`.split(' ').map(word => word.replace('DIR', dir)))
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(says)
    expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('kept')
  })
  it('a report whose file vanished is printed instead', async () => {
    const folder = join(dir, 'gone')
    const reader = new AbortController()
    mkdirSync(folder)
    const { code, out, err } = await run(`${check} --reporter text,json --out -,gone/a.json`, { cwd: dir,
      signal: reader.signal, onWrite: () => { rmSync(folder, { recursive: true, force: true }) } })
    expect({ code, err: err.includes('gone/a.json: cannot be written (ENOENT) [E-OUT-LATE]') })
      .toEqual({ code: 2, err: true })
    expect(out).toContain('"format": "remapcheck-check/1"')
  })
  it('leaves what was there, and no draft, where a reporter fails half-way', async () => {
    const file = join(dir, 'whole.txt')
    writeFileSync(file, 'before')
    const failing = function* (): Generator<string> { yield 'half'; throw new Error('half-way') }
    await expect(writeWholeFrom(file, failing())).rejects.toThrow('half-way')
    expect(readFileSync(file, 'utf8')).toBe('before')
    await writeWholeFrom(file, ['a', 'b'])
    expect({ text: readFileSync(file, 'utf8'), drafts: readdirSync(dir).filter(name => name.endsWith('.part')) })
      .toEqual({ text: 'ab', drafts: [] })
  })
})

describe('a mistake', () => {
  it.each([['check nope --json', 'E-DESIGN'], ['check --scop x --json', 'E-USAGE'], ['chekc --json', 'E-VERB'],
    ['replay nowhere.json --reporter json', 'E-TRACE-FILE'], ['validate nowhere.log --reporter=json', 'E-LOG-MISSING'],
    ['check no-iommu --json --reporter junit', 'E-USAGE']])('%s: one document with its code', async (line, code) => {
    const ran = await run(line)
    const document = JSON.parse(ran.out) as { exit: object; error: { code: string; subject: string; next: string } }
    expect(document).toMatchObject({ exit: { code: 2, name: 'usage' }, error: { code } })
    expect(ran.err).toContain(`${document.error.subject}: `)
    expect(ran.err).toContain(document.error.next)
    expect(ran.code).toBe(2)
  })
  it('goes to the file that waits for it', async () => {
    const { out } = await run('check nope --json --out wrong.json', { cwd: dir })
    expect(out).toBe('')
    expect(wrongIn(JSON.parse(readFileSync(join(dir, 'wrong.json'), 'utf8')))).toBe(null)
  })
  it('of which no document was asked prints nothing on stdout', async () => {
    expect(await run('check nope')).toMatchObject({ code: 2, out: '' })
    expect(existsSync('junit.xml')).toBe(false)
  })
})
