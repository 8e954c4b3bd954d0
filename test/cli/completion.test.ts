/** The scripts of `completion`: bash really completes; all of them have every verb and flag, and are well-formed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { shells } from '../../src/cli/completion.ts'
import { allVerbs } from '../../src/cli/verbs/index.ts'
import { run } from './run.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-completion-'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })
const verbs = await allVerbs()
const scripts = new Map<string, string>()
for (const shell of shells) scripts.set(shell, (await run(`completion ${shell}`)).out)
const isInstalled = (shell: string): boolean => spawnSync(shell, ['-c', ':']).status === 0

/** What bash offers for the last word. */
function offered(...words: readonly string[]): string[] {
  const { stdout } = spawnSync('bash', ['--norc', '-c', `${scripts.get('bash')!}
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _remapcheck; printf '%s\\n' "\${COMPREPLY[@]}"`,
  'bash', 'remapcheck', ...words], { encoding: 'utf8' })
  return stdout.split('\n').filter(line => line !== '')
}

describe.skipIf(!isInstalled('bash'))('bash completes', () => {
  it.each([
    [[''], verbs.map(({ name }) => name)], [['rep'], ['replay']],
    [['check', '--rep'], ['--reporter', '--report']], [['check', '--reporter', 's'], ['sarif']],
    [['check', '--scope', 'hostile'], ['hostile-move', 'hostile']],
    [['check', 'ring0-strict', '--property', 'no-lost'], ['no-lost-edge']],
    [['check', 'ring0-deferred'], ['ring0-deferred', 'ring0-deferred-early']],
    [['replay', '--expect', ''], ['violation', 'holds']], [['list', 'cla'], ['clauses']],
    [['completion', ''], [...shells]],
    // Files are the shell's.
    [['replay', 'traces'], []], [['check', '--out', 'x'], []], [['nothing', ''], []],
  ])('%j', (words, expected) => { expect(offered(...words)).toEqual(expected) })
})

describe.each([...scripts])('the script for %s', (shell, script) => {
  it('has every verb and flag', () => {
    for (const { name, options } of verbs) {
      expect(script).toContain(name)
      for (const flag of Object.keys(options)) expect(script).toMatch(new RegExp(`(?:--|-l )${flag}\\b`))
    }
  })
  it.skipIf(!isInstalled(shell))('is read by the shell', () => {
    const file = join(dir, shell)
    writeFileSync(file, script)
    const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})

it('another shell is refused', async () => {
  expect(await run('completion fisch')).toMatchObject({ code: 2,
    err: expect.stringMatching(/no script for 'fisch'.*\n {2}→ did you mean 'fish'/) as string })
  expect((await run('completion')).code).toBe(2)
})
