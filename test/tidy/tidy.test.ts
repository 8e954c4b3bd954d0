/** The style rules as a test: on the repository, and on a bad one where each must complain. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  circles, fileSize, firstComment, folderCircles, formatsApart, functionSize, importDirection, longLines, most, noAny,
  noClock, noDeadlines, noDeadlinesOfScripts, noPlaces, proseWidth, sameVendorFiles, vendorImports, vendorsApart,
} from './rules.ts'
import { readSources } from './sources.ts'

const root = process.cwd()
const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' }).trimEnd()
  .split('\n')
const isText = (path: string): boolean => !path.startsWith('traces/linux/')
  && /\.(?:tsx?|css|js|json|md|yml|txt)$|(?:^|\/)(?:run|\.npmrc|\.gitignore)$/.test(path)
const texts = tracked.filter(isText)
  // deleted, not yet committed
  .flatMap(path => { try { return [{ path, text: readFileSync(path, 'utf8') }] } catch { return [] } })
const sources = readSources(root)

describe('the repository', () => {
  it('is seen whole', () => {
    const seen = new Set(sources.map(({ path }) => path))
    const code = texts.filter(({ path }) => /^(?:src|spec|properties|test)\/.*\.tsx?$/.test(path))
    expect(code.filter(({ path }) => !seen.has(path))).toEqual([])
    expect(sources.flatMap(({ functions }) => functions).length).toBeGreaterThan(1000)
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(500)
  })
  it.each([importDirection, circles, folderCircles, fileSize, functionSize, longLines, firstComment, noAny, noClock,
    noDeadlines, vendorsApart, vendorImports, formatsApart, sameVendorFiles])('%o', rule => {
    expect(rule(sources)).toEqual([])
  })
  it('names no machine and no registry', () => { expect(noPlaces(texts)).toEqual([]) })
  it('has prose that fits', () => { expect(proseWidth(texts)).toEqual([]) })
  it('has no deadline in what CI runs', () => { expect(noDeadlinesOfScripts(texts)).toEqual([]) })
})

/** Each file breaks one rule. */
const bad: Readonly<Record<string, string>> = {
  'tsconfig.json': '{ "compilerOptions": { "allowImportingTsExtensions": true, "noEmit": true, "module": "nodenext", '
    + '"types": [] }, "include": ["."] }',
  'src/model/up.ts': "/** imports what it may not */\nimport '../../spec/a.ts'\n",
  'src/explore/spec.ts': '/** imports what it may not, for types only */\nimport type { a } from '
    + "'../../spec/a.ts'\nexport type B = typeof a\n",
  'src/nowhere/lost.ts': '/** of no layer */\nexport {}\n',
  'spec/a.ts': "/** half a circle */\nimport { b } from './b.ts'\nexport const a = (): unknown => b\n",
  'spec/b.ts': "/** the other half */\nimport { a } from './a.ts'\nexport const b = (): unknown => a\n",
  'spec/long.ts': `/** long */\nexport const lines = [\n${'  1,\n'.repeat(most.fileLines)}]\n`,
  'spec/big.ts': `/** big */\nexport function big(): number {\n  const s = `
    + `'{{{'\n${'  void s\n'.repeat(most.functionLines)}  return 1\n}\n`,
  'spec/any.ts': '/** any */\nexport const x = 1 as any\n',
  'spec/clock.ts': '/** clock */\nexport const now = (): number => Date.now() + Math.random()\n',
  'spec/bare.ts': 'export {}\n',
  'spec/vtd/walk.ts': '/** a vendor\'s inside */\nexport const walk = 1\n',
  'spec/kernel/inside.ts': "/** enters it */\nexport { walk } from '../vtd/walk.ts'\n",
  'src/logs/formats/one.ts': '/** a format of logs */\nexport const one = 1\n',
  'src/logs/replay/reads.ts': "/** a replay that knows it */\nexport { one } from '../formats/one.ts'\n",
  'src/audit/inside.ts': '/** an adapter, not by the door */\n'
    + "import { walk } from '../../spec/vtd/walk.ts'\nvoid walk\n",
  'spec/iommus.ts': "/** the registry may */\nexport { walk } from './vtd/walk.ts'\n",
  'spec/wide.ts': `/** wide */
export const fits = '${'é'.repeat(most.columns - 22)}'
export const wide = '${'é'.repeat(most.columns - 21)}'
`,
  'test/late.test.ts': `/** waits, and judges how long it took */
import { setTimeout as rest } from 'node:timers/promises'
declare const run: (line: string) => void, seconds: number
test('a', { timeout: 120_000 }, () => { setTimeout(() => {}, 100) })
test('b', () => { run('check x --time 20s'); run('check x --time 0.001ms') }, 60_000)
test('c', () => { expect(seconds).toBeLessThan(9.5) })
test('d', () => { const start = performance.now(), at = new Date(); while (Date.now() < 5); void [start, at] })
test('e', () => { run('exec sleep 60'); explore({ maxSeconds: 1 }); explore({ maxSeconds: 0 }) })
test('f', async () => { await rest(5); Atomics.wait(cell, 0, 0, 100) })
`,
  'src/report/vendor.ts': '/** for Intel */\nexport {}\n',
  'src/report/price.ts': "/** half a circle of folders */\nimport type { P } from '../cost/p.ts'\nexport type Q = P\n",
  'src/cost/p.ts':
    "/** the other half, of other files */\nimport type { V } from '../report/v.ts'\nexport type P = V\n",
  'src/report/v.ts': '/** V */\nexport type V = 1\n',
  'spec/kernel/vendor.ts': "/** branch */\nexport const f = (vendor: string): number => vendor === 'amd' ? 1 : 2\n",
}

describe('a bad repository', () => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'remapcheck-tidy-')))
  for (const [path, text] of Object.entries(bad)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  const found = readSources(dir)
  rmSync(dir, { recursive: true, force: true })
  const complaints: readonly (readonly [(sources: typeof found) => string[], readonly (string | RegExp)[]])[] = [
    [importDirection, ['src/cost/p.ts: cost imports src/report/v.ts', 'src/explore/spec.ts: explore imports spec/a.ts',
      'src/model/up.ts: model imports spec/a.ts', 'src/nowhere/lost.ts: belongs to no layer']],
    [circles, ['spec/a.ts -> spec/b.ts -> spec/a.ts']],
    [folderCircles, ['src/cost -> src/report -> src/cost']],
    [fileSize, [`spec/long.ts: ${most.fileLines + 3} lines, at most ${most.fileLines}`]],
    [functionSize, [`spec/big.ts:2: big has ${most.functionLines + 4} lines, at most ${most.functionLines}`]],
    [firstComment, ['spec/bare.ts: does not begin with a /** comment */']],
    [noAny, ['spec/any.ts:2: any']],
    [noClock, ['spec/clock.ts:2: Date.now', 'spec/clock.ts:2: Math.random']],
    [noDeadlines, [
      "test/late.test.ts:2: setTimeout as rest } from 'node:timers", 'test/late.test.ts:4: setTimeout',
      'test/late.test.ts:4: timeout: 120_000',
      'test/late.test.ts:5: test(…, 60_000)', 'test/late.test.ts:5: --time 20s',
      'test/late.test.ts:6: expect(seconds).toBeLessThan',
      'test/late.test.ts:7: performance.now', 'test/late.test.ts:7: Date.now', 'test/late.test.ts:7: new Date()',
      'test/late.test.ts:8: maxSeconds: 1', 'test/late.test.ts:8: sleep 60', 'test/late.test.ts:9: Atomics.wait',
    ]],
    [vendorsApart, ["spec/kernel/vendor.ts:2: branches on vendor === 'amd'", 'src/report/vendor.ts:1: Intel']],
    [vendorImports, ['spec/kernel/inside.ts: imports spec/vtd/walk.ts',
      'src/audit/inside.ts: imports spec/vtd/walk.ts']],
    [formatsApart, ['src/logs/replay/reads.ts: imports src/logs/formats/one.ts']],
  ]
  it.each(complaints)('%o complains', (rule, expected) => { expect(rule(found)).toEqual(expected) })
  it('files are missed that each vendor has', () => {
    expect(sameVendorFiles(found)).toContain('spec/vtd/: has no bounded/actions.ts')
  })
  it('long lines are found', () => {
    expect(longLines(found)).toEqual(['spec/wide.ts:3: 121 columns, at most 120'])
  })
  it('deadlines are found in what CI runs', () => {
    const text = 'set -e\ntimeout 120 apt-get update\ntimeout -k 5 60 x\nsleep 5\nnpm test # no timeout\n'
    expect(noDeadlinesOfScripts([{ path: '.ci/run', text }, { path: 'a.md', text }]))
      .toEqual(['.ci/run:2: timeout 120', '.ci/run:3: timeout -k 5', '.ci/run:4: sleep 5'])
    expect(noDeadlinesOfScripts([{ path: 'vitest.config.ts', text: 'test: {\n  testTimeout: 60_000,\n}' }]))
      .toEqual(['vitest.config.ts:2: testTimeout: 60'])
  })
  it('wide prose is found, and what cannot be wrapped is left', () => {
    const wide = 'word '.repeat(30), link = `[${wide}](docs/a.md)`
    const text = [
      '# Title', wide, '', `# ${wide}`, `# ${link}`, `| ${wide} |`, `    ${wide}`, '', `    ${wide}`, '```sh', wide,
      '```', wide, '~~~', '```', wide, '~~~', link, `- ${link}`,
      `see ${link}`, `- ${wide}`, `    ${wide}`, '', `    ${wide}`, '', 'é'.repeat(120), 'é'.repeat(121),
    ].join('\n')
    const at = (line: number, columns: number): string =>
      `docs/a.md:${line}: ${columns} columns, at most ${most.proseColumns}`
    expect(proseWidth([{ path: 'docs/a.md', text }, { path: 'src/a.ts', text }])).toEqual(
      [at(2, 150), at(4, 152), at(7, 154), at(13, 150), at(20, 167), at(21, 152), at(22, 154), at(24, 154),
        at(27, 121)])
  })
  it('places are found in any text', () => {
    const lines = ['cd /hom' + 'e/me', 'see C:\\Users' + '\\me', '"resolved": "https://registr' + 'y.example.com/x"',
      'fine: ./wor' + 'k/x, src/ho' + 'me/x']
    expect(noPlaces([{ path: 'a.md', text: lines.join('\n') }]).map(complaint => complaint.slice(0, 7)))
      .toEqual(['a.md:1:', 'a.md:2:', 'a.md:3:'])
  })
})
