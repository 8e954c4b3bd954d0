/** The style rules as a test: on the repository, and on a bad one where each must complain. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { circles, fileSize, firstComment, functionSize, importDirection, most, noAny, noClock, noPlaces, vendorsApart } from './rules.ts'
import { readSources } from './sources.ts'

const root = process.cwd()
const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' }).trimEnd().split('\n')
const texts = tracked.filter(path => /\.(?:ts|js|json|md|yml|txt)$|(?:^|\/)(?:run|\.npmrc|\.gitignore)$/.test(path) && !path.startsWith('traces/linux/'))
  .flatMap(path => { try { return [{ path, text: readFileSync(path, 'utf8') }] } catch { return [] } }) // deleted, not yet committed
const sources = readSources(root)

describe('the repository', () => {
  it('is seen whole', () => {
    const seen = new Set(sources.map(({ path }) => path))
    expect(tracked.filter(path => /^(?:src|spec|properties|test)\/.*\.ts$/.test(path) && texts.some(one => one.path === path) && !seen.has(path))).toEqual([])
    expect(sources.flatMap(({ functions }) => functions).length).toBeGreaterThan(1000)
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(500)
  })
  it.each([importDirection, circles, fileSize, functionSize, firstComment, noAny, noClock, vendorsApart])('%o', rule => {
    expect(rule(sources)).toEqual([])
  })
  it('names no machine and no registry', () => { expect(noPlaces(texts)).toEqual([]) })
})

/** Each file breaks one rule. */
const bad: Readonly<Record<string, string>> = {
  'tsconfig.json': '{ "compilerOptions": { "allowImportingTsExtensions": true, "noEmit": true, "module": "nodenext", "types": [] }, "include": ["."] }',
  'src/model/up.ts': "/** imports what it may not */\nimport '../../spec/a.ts'\n",
  'src/explore/spec.ts': "/** imports what it may not, for types only */\nimport type { a } from '../../spec/a.ts'\nexport type B = typeof a\n",
  'src/nowhere/lost.ts': '/** of no layer */\nexport {}\n',
  'spec/a.ts': "/** half a circle */\nimport { b } from './b.ts'\nexport const a = (): unknown => b\n",
  'spec/b.ts': "/** the other half */\nimport { a } from './a.ts'\nexport const b = (): unknown => a\n",
  'spec/long.ts': `/** long */\nexport const lines = [\n${'  1,\n'.repeat(most.fileLines)}]\n`,
  'spec/big.ts': `/** big */\nexport function big(): number {\n  const s = '{{{'\n${'  void s\n'.repeat(most.functionLines)}  return 1\n}\n`,
  'spec/any.ts': '/** any */\nexport const x = 1 as any\n',
  'spec/clock.ts': '/** clock */\nexport const now = (): number => Date.now() + Math.random()\n',
  'spec/bare.ts': 'export {}\n',
  'src/report/vendor.ts': '/** for Intel */\nexport {}\n',
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
    [importDirection, ['src/explore/spec.ts: explore imports spec/a.ts', 'src/model/up.ts: model imports spec/a.ts', 'src/nowhere/lost.ts: belongs to no layer']],
    [circles, ['spec/a.ts -> spec/b.ts -> spec/a.ts']],
    [fileSize, [`spec/long.ts: ${most.fileLines + 3} lines, at most ${most.fileLines}`]],
    [functionSize, [`spec/big.ts:2: big has ${most.functionLines + 4} lines, at most ${most.functionLines}`]],
    [firstComment, ['spec/bare.ts: does not begin with a /** comment */']],
    [noAny, ['spec/any.ts:2: any']],
    [noClock, ['spec/clock.ts:2: Date.now', 'spec/clock.ts:2: Math.random']],
    [vendorsApart, ["spec/kernel/vendor.ts:2: branches on vendor === 'amd'", 'src/report/vendor.ts:1: Intel']],
  ]
  it.each(complaints)('%o complains', (rule, expected) => { expect(rule(found)).toEqual(expected) })
  it('places are found in any text', () => {
    const lines = ['cd /hom' + 'e/me', 'see C:\\Users' + '\\me', '"resolved": "https://registr' + 'y.example.com/x"', 'fine: ./wor' + 'k/x, src/ho' + 'me/x']
    expect(noPlaces([{ path: 'a.md', text: lines.join('\n') }]).map(complaint => complaint.slice(0, 7))).toEqual(['a.md:1:', 'a.md:2:', 'a.md:3:'])
  })
})
