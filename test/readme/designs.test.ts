/** The design in docs/designs.md and the commands below it do what is said there; its tables name all fields. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { designFields, stepFields } from '../../src/cli/design-schema.ts'
import { kindOf } from '../../src/cli/domain-words.ts'
import { stateParts, stateWords } from '../../spec/state-words.ts'
import { builtInCalls } from '../../spec/kernel/entries.ts'
import { callNames } from '../../spec/state.ts'
import { program } from '../cli/program.ts'

const page = (): string => readFileSync('docs/designs.md', 'utf8')
const dir = mkdtempSync(join(tmpdir(), 'remapcheck-designs-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const block = (name: string): string => page().split(`<!-- ${name} -->`)[1]!.split('```')[1]!.replace(/^\w+\n/, '')

test('the example checks, fails without its wait, replays and is priced', async () => {
  writeFileSync(join(dir, 'my-kernel.mjs'), block('example'))
  const ended = await Promise.all(block('commands').trim().split('\n').map(line =>
    program(line.replace('npx remapcheck ', '').split(' ').map(word => word.replaceAll("'", '')), dir)))
  expect(ended.map(({ status }) => status)).toEqual([0, 1, 0, 0])
})

const check = (file: string, ...flags: readonly string[]) => program(['check', file, ...flags], dir)

test('the softirq holds, with all that is its own; one that forgets pages does not', async () => {
  writeFileSync(join(dir, 'softirq.mjs'), block('softirq'))
  expect((await check('softirq.mjs')).status).toBe(0)
  const { out: explained } = await program(['explain', './softirq.mjs'], dir)
  for (const own of ['finished  for each cpu: a list of { domain: domain, iova: iova }', 'softirq  unmap the pages',
    'finished-pages-wait  a page', 'completions  two pages']) expect(explained).toContain(own)
  const taking = 's.own.finished[cpu].shift()'
  writeFileSync(join(dir, 'forgets.mjs'),
    block('softirq').replace(taking, `${taking}; s.own.finished[cpu] = []`))
  const { status, out } = await check('forgets.mjs')
  expect(status).toBe(1)
  expect(out).toMatch(/✗ finished-pages-wait {3}softirq[^]*- own.finished\[cpu0\]/)
})

test('EOI before the handler is looked up loses an edge, EOI last does not', async () => {
  writeFileSync(join(dir, 'handler.mjs'), block('handler'))
  const { status, out } = await check('handler.mjs', '--scope', 'interrupts', '--property', 'no-lost-edge')
  expect(status).toBe(1)
  expect(out).toMatch(/eoi-last +✓[^]*eoi-first +✗!/)
})

test('a machine that is no design is checked, with all kinds of claims', async () => {
  writeFileSync(join(dir, 'jugs.mjs'), block('jugs'))
  const { status, out } = await check('jugs.mjs')
  expect(status).toBe(1)
  expect(out)
    .toMatch(/water-jugs +✗! +… +15[^]*never-four {3}water-jugs {3}\(exhaustive search, 6 ops; none is shorter\)/)
})

test('each part of the state has its words, and its row', async () => {
  expect(stateParts().filter(([path]) => !Object.hasOwn(stateWords, path))).toEqual([])
  const rows = stateParts().map(([path, domain]) =>
    `| \`s.${path}\` | ${kindOf(domain).replaceAll('|', '\\|')} | ${stateWords[path]!} |`)
  const table = ['', '| part | holds | is |', '| --- | --- | --- |', ...rows, ''].join('\n')
  await expect(page().replace(/(<!-- state -->)[^]*(<!-- \/state -->)/, (_, from, to) => `${from}${table}${to}`))
    .toMatchFileSnapshot(resolve('docs/designs.md'))
})

test('the parts of the built-in calls are listed', async () => {
  const rows = Object.entries(builtInCalls).map(([name, { rules = {}, takes = {} }]) =>
    `| \`${name}\` | ${Object.keys(rules).join(', ') || '–'} | ${Object.keys(takes).join(', ') || '–'} |`)
  const table = ['', '| call | `rules` | `takes` |', '| --- | --- | --- |', ...rows, ''].join('\n')
  await expect(page().replace(/(<!-- parts -->)[^]*(<!-- \/parts -->)/, (_, from, to) => `${from}${table}${to}`))
    .toMatchFileSnapshot(resolve('docs/designs.md'))
})

test('every option, call and field of a step has its place', () => {
  const named = [...designFields.filter(field => field !== 'name' && field !== 'protocols'), ...callNames,
    ...stepFields.filter(field => field !== 'uses' && field !== 'endedBy')]
  expect(named.filter(field => !page().includes(`\`${field}\``))).toEqual([])
})
