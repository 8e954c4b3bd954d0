/** What oxlint is asked for: that it complains of what it should, and that it is lenient only where that is needed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

type Rule = 'complexity' | 'no-nested-ternary'
interface Config {
  readonly overrides: readonly {
    readonly files: readonly string[]
    readonly rules: Readonly<Record<string, unknown>>
  }[]
}

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-lint-'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })
const text = readFileSync('.oxlintrc.json', 'utf8').replace(/^\s*\/\/.*$/gm, '')
const config = JSON.parse(text) as Config

/** Files and rules that oxlint complains of, each once: `path rule`. */
function complaints(configPath: string, paths: readonly string[]): string[] {
  const program = join('node_modules', 'oxlint', 'bin', 'oxlint')
  const { stdout } = spawnSync(process.execPath, [program, '-c', configPath, '-f', 'unix', ...paths],
    { encoding: 'utf8' })
  const found = [...stdout.matchAll(/^(.+?):\d+:\d+: .*\[\w+\/@?[\w-]+\(([\w-]+)\)\]$/gm)].map(([, path, rule]) =>
    `${path} ${rule}`)
  return [...new Set(found)].toSorted()
}
const lenient = (rule: Rule): string[] =>
  config.overrides.filter(({ rules }) => rules[rule] === 'off').flatMap(({ files }) => files)

describe('oxlint', () => {
  it('refuses what is not in form', () => {
    const path = join(dir, 'form.ts')
    writeFileSync(path, 'export const sum = (a: number,b: number) => {\n   return a+b;\n}\n')
    const rules = ['comma-spacing', 'indent', 'semi', 'space-infix-ops']
    expect(complaints('format.oxlintrc.json', [path])).toEqual(rules.map(rule => `${path} ${rule}`))
  })

  it('refuses a conditional expression within another, and a function of too many paths', () => {
    const tests = Array.from({ length: 20 }, (_, i) => `  if (n === ${i}) return '${i}'\n`).join('')
    const planted = {
      'nested.ts': "export const sign = (n: number): string => n < 0 ? '-' : n > 0 ? '+' : ''\n",
      'many.ts': `export function digit(n: number): string {\n${tests}  return ''\n}\n`,
    }
    for (const [name, source] of Object.entries(planted)) writeFileSync(join(dir, name), source)
    const expected = [`${join(dir, 'many.ts')} complexity`, `${join(dir, 'nested.ts')} no-nested-ternary`]
    expect(complaints('.oxlintrc.json', Object.keys(planted).map(name => join(dir, name)))).toEqual(expected)
  })

  it.each(['complexity', 'no-nested-ternary'] as const)('is lenient about %s only where that is needed', rule => {
    const strict = { rules: { [rule]: rule === 'complexity' ? ['error', 20] : 'error' },
      categories: { correctness: 'off' } }
    const path = join(dir, `${rule}.json`)
    writeFileSync(path, JSON.stringify(strict))
    const found = complaints(path, ['src', 'spec', 'properties', 'bench', 'test'])
    expect(found.length).toBeGreaterThan(0)
    const needs = (entry: string): boolean =>
      found.some(one => one.startsWith(entry.endsWith('/**') ? entry.slice(0, -2) : `${entry} `))
    expect(lenient(rule).filter(entry => !needs(entry))).toEqual([])
  })
})
