/** The packed package in a project that has it installed: modules, TypeScript designs, sample paths, `init`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allVerbs } from '../../src/cli/verbs/index.ts'
import { entries } from '../../src/cli/package.ts'
import { kinds } from '../documents.ts'
import { packed } from './project.ts'
import { withoutProgress } from '../cli/run.ts'

const project = packed()
const plain = project('plain')
const typescript = `import { awaitInvalidation, ring0Strict, without } from 'remapcheck/spec'
const edits: readonly object[][] = [awaitInvalidation]
export default without(ring0Strict, 'unmap', ...edits)
`
const oneSearch = ['--scope', 'mapping', '--property', 'no-dma-escape'] as const

describe('modules', () => {
  it.each([...entries.keys()].filter(name => name !== 'remapcheck/vitest'))('%s loads, and is that of the program',
    name => {
      plain.write('load.mjs', `import * as all from '${name}'\nconsole.log(Object.keys(all).length)\n`)
      const { status, stdout, stderr } = plain.node('../load.mjs')
      expect({ status, stderr, some: Number(stdout) > 0 }).toEqual({ status: 0, stderr: '', some: true })
    })
  it('have types that a strict project takes, and the matcher extends vitest', () => {
    const { node, write } = project('typed', 'all')
    write('package.json', '{ "type": "module" }')
    write('a.test.ts', `import { expect, test } from 'vitest'
import { checkMachine, renderViolation } from 'remapcheck'
import { driverServer, remapMachine, scopes, type Design } from 'remapcheck/spec'
import { accept } from 'remapcheck/spec/apic'
import { post, reset, run } from 'remapcheck/spec/vtd'
import { propertiesFor } from 'remapcheck/properties'
import 'remapcheck/vitest'
export const own: Design = driverServer
test('a', async () => {
  await expect(own).toHold({ scope: 'mapping', bounds: { cm: 1 }, properties: ['no-dma-escape'] })
  // @ts-expect-error no such option
  await expect(own).toHold({ scop: 'mapping' })
  const machine = remapMachine(own, scopes[0]!.bounds, propertiesFor(own, scopes[0]!.bounds))
  const { results } = await checkMachine(machine)
  for (const { violation } of results) if (violation !== null) renderViolation(machine, violation, { width: 80 })
})
export const used = [accept, post, reset, run]
`)
    write('tsconfig.json', JSON.stringify({ include: ['*.ts'], compilerOptions: { module: 'nodenext', target: 'es2022',
      strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: true, noEmit: true,
      lib: ['es2023'], types: ['node'] } }))
    const { status, stdout } = node('typescript/bin/tsc')
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  })
  it('schemas are there for every document', () => {
    const folder = join(plain.folder, 'node_modules/remapcheck/schemas')
    expect(readdirSync(folder).toSorted()).toEqual(kinds.map(kind => `${kind}.schema.json`).toSorted())
  })
})

describe('a design in TypeScript', () => {
  it.each([
    ['typescript', '{ "type": "module" }'], ['commonjs', '{ "type": "commonjs" }'], ['unsaid', '{}'],
  ])('loads with tsx in a project of type %s',
    (name, manifest) => {
      const { remapcheck, write } = project(name, ['tsx', 'esbuild'])
      write('package.json', manifest)
      write('other.mts', typescript)
      write('kernel.ts', "import { type Step } from 'remapcheck/spec'\nimport own from './other.mts'\n"
        + 'export const unused: Step | null = null\nexport const design: typeof own = own\n')
      const { status, stdout, stderr } = remapcheck('check', './kernel.ts', ...oneSearch)
      expect({ status, isHinted: stderr.startsWith('./kernel.ts: hint: '),
        found: stdout.includes('(exhaustive search, 10 ops; none is shorter)') })
        .toEqual({ status: 1, isHinted: true, found: true })
    })
  it('without tsx loads where Node reads it, else says what to install', () => {
    plain.write('kernel.ts', typescript)
    plain.write('package.json', '{ "type": "module" }')
    const { status, stderr } = plain.remapcheck('check', './kernel.ts', ...oneSearch)
    const isRead = Boolean((process.features as { typescript?: unknown }).typescript)
    expect({ status, told: stderr.includes('npm install --save-dev tsx') }).toEqual({ status: isRead ? 1 : 2,
      told: !isRead })
  })
})

describe('samples and pages', () => {
  const samples = ['README.md', 'docs/traces.md', 'docs/audit.md', 'docs/validate.md', 'docs/ci.md']
    .flatMap(page => [...readFileSync(page, 'utf8').matchAll(/npx remapcheck \w+[^\n`|#]*?(traces\/[\w./*-]+)/g)]
      .map(([, path]) => path!)).filter(path => !path.startsWith('traces/regressions'))
  it('that README, docs and help name are packed', async () => {
    const helped = (await allVerbs()).flatMap(({ examples }) =>
      examples.flatMap(([command]) => [...command.matchAll(/ (traces\/(?:known|linux)[\w./-]*)/g)]
        .map(([, path]) => path!)))
    const named = [...new Set([...samples, ...helped])].map(path => path.replace(/[^/]*\*.*|[^/]*-$/, ''))
    expect(named.length).toBeGreaterThan(4)
    expect(named.filter(path => !existsSync(join(plain.folder, 'node_modules/remapcheck', path)))).toEqual([])
  })
  it('are found from the folder of the project, which is said', () => {
    const saved = readdirSync('traces/known').length
    for (const [line, from, says] of [
      ['replay traces/known', 'traces/known', new RegExp(`${saved} of ${saved} traces reproduced`)],
      ['replay traces/known/no-lost-*.json', 'traces/known/no-lost-*.json', /2 of 2 traces reproduced/],
      ['audit traces/linux/vtd-strict.tables.json-pages.gz', 'traces/linux/vtd-strict.tables.json-pages.gz', /00:02/],
    ] as const) {
      const { status, stdout, stderr } = plain.remapcheck(...line.split(' '))
      expect({ status, stderr }).toEqual({ status: 0,
        stderr: `${from}: not here, so the sample of the package: node_modules/remapcheck/${from}\n` })
      expect(stdout).toMatch(says)
    }
  })
  it('of the same name in the project come first', () => {
    plain.write('traces/known/broken.json', '{}')
    const { status, stderr } = plain.remapcheck('replay', 'traces/known')
    expect({ status, foreign: stderr.includes('E-TRACE-FOREIGN') }).toEqual({ status: 2, foreign: true })
  })
  it('are named where they lie: the place of a claim, a page', () => {
    const { stdout } = plain.remapcheck('check', 'no-iommu', ...oneSearch)
    const [, place, line] = /\((node_modules\/remapcheck\/properties\/\S+):(\d+)\)/.exec(stdout)!
    const text = readFileSync(join(plain.folder, place!), 'utf8').split('\n')
    expect(text[Number(line) - 1]).toContain('no-dma-escape')
    plain.write('shapeless.mjs', 'export default { name: "x" }\n')
    const { stderr } = plain.remapcheck('check', './shapeless.mjs')
    const [page] = /node_modules\/remapcheck\/docs\/designs\.md/.exec(stderr)!
    expect(existsSync(join(plain.folder, page))).toBe(true)
    expect(plain.remapcheck('audit', '--help').stdout).toContain('(node_modules/remapcheck/docs/audit.md)')
  })
})

describe('docs/tests.md', () => {
  const page = readFileSync('docs/tests.md', 'utf8')
  const block = (name: string): string => page.split(`<!-- ${name} -->`)[1]!.split('```')[1]!.replace(/^js\n/, '')
  const { node, write } = project('pages', 'all')
  write('package.json', '{ "type": "module" }')
  it('has a suite that passes, and a script that shows a violation', () => {
    write('my.test.js', block('matcher'))
    expect(node('vitest/vitest.mjs', 'run', '--testTimeout', '0')).toMatchObject({ status: 0,
      stdout: expect.stringMatching(/Tests +2 passed/) as string })
    write('my.js', block('library'))
    const { status, stdout } = node('../my.js')
    expect({ status, lines: stdout.split('\n').filter(line => /^(?:no-dma-escape|calls-can-end) /.test(line)) })
      .toEqual({ status: 0, lines: ['no-dma-escape violated ✗ no-dma-escape   no-iommu   (exhaustive search, 2 ops; '
        + 'none is shorter)', 'calls-can-end holds '] })
  })
  it('names every module', () => {
    for (const name of entries.keys()) expect(page).toContain(`| \`${name}\` |`)
  })
})

describe('init', () => {
  const starter = project('starter', 'all')
  it('writes a project that passes', () => {
    const { status, stdout, stderr } = starter.remapcheck('init')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('npm install\n  npm test\n')
    const tests = starter.node('vitest/vitest.mjs', 'run')
    expect({ status: tests.status, passed: /Tests +4 passed/.test(tests.stdout) }).toEqual({ status: 0, passed: true })
    const check = /remapcheck (check .*)/.exec(
      (JSON.parse(readFileSync(join(starter.folder, 'package.json'), 'utf8')) as { scripts: { check: string } })
        .scripts.check)![1]!
    const checked = starter.remapcheck(...check.split(' '))
    expect({ status: checked.status, stderr: withoutProgress(checked.stderr) }).toEqual({ status: 0, stderr: '' })
  })
  it('in its workflow, runs what the program takes', () => {
    const workflow = readFileSync(join(starter.folder, '.github/workflows/remapcheck.yml'), 'utf8')
    const command = /npx remapcheck (check [^]*?)\n\s+- name/.exec(workflow)![1]!.split(/\s+/)
    const { status, stdout } = starter.remapcheck(...command)
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'holds: every verdict is the expected one (exit 0)\n' })
    for (const file of ['remapcheck.txt', 'remapcheck.xml', 'remapcheck.sarif'])
      expect(readFileSync(join(starter.folder, file), 'utf8'), file).toContain('remapcheck')
  })
  it('fails a test where the design forgets to drop its lock, with the trace', () => {
    const kernel = join(starter.folder, 'my-kernel.mjs')
    starter.write('my-kernel.mjs', readFileSync(kernel, 'utf8').replace('{ s.kernel.tableLock[call.domain] = null }',
      '{}'))
    const { status, stdout, stderr } = starter.node('vitest/vitest.mjs', 'run', '-t', 'drops its locks')
    expect({ status, trace: /✗ locks-are-held-by-calls[^]*map\/dropTableLock/.test(stdout + stderr) })
      .toEqual({ status: 1, trace: true })
  })
  it('overwrites nothing', () => {
    const before = readdirSync(starter.folder, { recursive: true }).length
    const again = starter.remapcheck('init')
    expect(again).toMatchObject({ status: 2, stdout: '' })
    expect(again.stderr).toMatch(/is there already; init overwrites nothing \[E-INIT-EXISTS\]\n {2}→ name a new folder/)
    expect(readdirSync(starter.folder, { recursive: true })).toHaveLength(before)
  })
  it('names this package as the project names it, and the folder', () => {
    plain.write('package.json', '{ "devDependencies": { "remapcheck": "file:../some/remapcheck.tgz" } }')
    expect(plain.remapcheck('init', 'deep/My Kernel').status).toBe(0)
    const manifest = JSON.parse(readFileSync(join(plain.folder, 'deep/My Kernel/package.json'), 'utf8')) as object
    expect(manifest).toMatchObject({ name: 'my-kernel',
      devDependencies: { remapcheck: 'file:../../../some/remapcheck.tgz' } })
    plain.write('package.json', '{ "devDependencies": { "remapcheck": "0.1.0" } }')
    expect(plain.remapcheck('init', 'other').status).toBe(0)
    expect(JSON.parse(readFileSync(join(plain.folder, 'other/package.json'), 'utf8')))
      .toMatchObject({ devDependencies: { remapcheck: expect.stringMatching(/^\^\d/) as string } })
  })
})
