/** Modules of a user that loop, wait for ever or end the program: the command line says so, and Ctrl-C works. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { modulesOf } from '../../src/cli/guard.ts'
import { run, withoutProgress } from './run.ts'

const cwd = mkdtempSync(join(tmpdir(), 'remapcheck-guarded-'))
afterAll(() => { rmSync(cwd, { recursive: true, force: true }) })
const fixture = (name: string): string => resolve('test/cli/fixtures', name)

interface Ended { readonly status: number | null; readonly out: string; readonly err: string }
/** The real program; `act` on it once the module has written something. */
function program(args: readonly string[], env: Readonly<Record<string, string>> = {},
  act?: (pid: number) => void): Promise<Ended> {
  const { FORCE_COLOR: _, ...plain } = process.env
  const child = spawn(process.execPath, [resolve('bin/remapcheck.js'), ...args],
    { cwd, env: { ...plain, NO_COLOR: '1', ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let out = '', err = ''
  child.stdout.on('data', (part: Buffer) => { out += part.toString() })
  child.stderr.on('data', (part: Buffer) => { err += part.toString() })
  child.stdout.once('data', () => { act?.(child.pid!) })
  return new Promise(settle => {
    child.on('close', status => { settle({ status, out, err: withoutProgress(err) }) })
  })
}
const check = (name: string): string[] => ['check', fixture(name), '--scope', 'mapping']

describe('a module of a user', () => {
  it.concurrent.each([
    ['endless-step.mjs', 'looping\n', 'recipe of map/loopsHere(cpu=0) does not return: it has worked for 0.3 s'],
    ['endless-module.mjs', '', 'the module itself does not return: it has worked for 0.3 s'],
    ['sleeping-step.mjs', '',
      'guard of map/sleepsHere(cpu=0) does not return: it waits, but nothing runs that could wake it'],
  ])('%s is stopped with a message', async (name, written, what) => {
    const { status, out, err } = await program(check(name), { REMAPCHECK_STUCK_MS: '300' })
    expect(err).toBe(`${fixture(name)}: ${what} [E-DESIGN-HANGS]\n`
      + '  → look for a loop that does not end; a step does one thing and returns; to wait, give it a `when`\n')
    expect({ status, out }).toEqual({ status: 2, out: written })
  })
  it.concurrent.each([['exits.mjs', '(with 0)'], ['awaits.mjs', 'never settles']])('%s does not end the program unseen',
    async (name, words) => {
      const { status, out, err } = await program(check(name))
      expect(err).toMatch(/: the module ended the program.* \[E-DESIGN-MODULE\]\n {2}→ .*\n$/)
      expect(err).toContain(words)
      expect({ status, out, lines: err.split('\n').length }).toEqual({ status: 2, out: '', lines: 3 })
    })
  it.concurrent('that is honest gives what it gives without another process', async () => {
    const line = ['check', fixture('leaky.ts'), fixture('straying.ts'), '--scope', 'mapping', '--states', '2000']
    const { status, out, err } = await program(line)
    expect({ code: status, out, err }).toEqual(await run(line, { cwd }))
  })
})

describe('Ctrl-C', () => {
  // SIGTERM goes the same way: see the next test, and src/cli/guard.ts.
  it.concurrent('ends a step that never returns', async () => {
    const { status, out, err } = await program(check('endless-step.mjs'), { REMAPCHECK_STUCK_MS: '500' },
      pid => { process.kill(-pid, 'SIGINT') })
    expect(err)
      .toBe(`remapcheck: stopped without a report: recipe of map/loopsHere(cpu=0) in ${fixture('endless-step.mjs')} `
        + `does not return\n`)
    expect({ status, out }).toEqual({ status: 130, out: 'looping\n' })
  })
  it.concurrent.each([['SIGINT', true],
    ['SIGTERM', false]] as const)('gets the partial report of an honest module (%s, to the group: %s)',
    async (signal, toGroup) => {
      const { status, out, err } = await program(['check', fixture('honest.ts')], {},
        pid => { process.kill(toGroup ? -pid : pid, signal) })
      expect(out).toMatch(/^loaded\nremapcheck [^]*repeat {2}npx remapcheck check/)
      expect(status).toBe(130)
      // What was found by then, and how far it was, on a slow machine.
      expect(err).toMatch(/^(?:.*: hint: .*\n {2}→ .*\n)?(?:.*\bscope .*\n)*$/)
    })
})

describe('what is watched', () => {
  it('is what runs a module, and nothing else', async () => {
    const of = (line: string): Promise<string[]> => modulesOf(line.split(' '))
    expect(await of('check ./a.mjs ring0-strict b.ts --time 1000h')).toEqual(['./a.mjs', 'b.ts'])
    expect(await of('check ring0-strict --save-known ./traces')).toEqual([])
    expect(await of('replay traces/known --design ./a.mjs')).toEqual(['./a.mjs'])
    expect(await of('replay traces/known --design=a.mts')).toEqual(['a.mts'])
    for (const line of ['replay traces/known/a.json', 'validate ./boot.log', 'explain VTD:6.5/wait',
      'check ./a.mjs --nonsense', './a.mjs', '']) expect(await of(line)).toEqual([])
  })
})
