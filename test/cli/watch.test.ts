/** `check --watch`: runs again when the module changes, or one that it imports; ends by Ctrl-C. */
import { spawn } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runAgain } from '../../src/cli/watch.ts'
import type { Run } from '../../src/cli/watch.ts'
import { run } from './run.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-watch-'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })
const file = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text)
  return name
}

/** Runs that are ended by hand, beside what was written. */
function watching(isTTY: boolean): {
  readonly runs: { end: (code: number) => void; readonly signal: AbortSignal; loaded: (file: string) => void }[]
  readonly ended: Promise<number>; readonly stop: () => void; readonly written: () => string
  readonly until: (words: string) => Promise<void>
} {
  const stop = new AbortController()
  let text = ''
  const waiting: { words: string; settle: () => void }[] = []
  const write = (part: string): void => {
    text += part
    for (const one of waiting) if (text.includes(one.words)) one.settle()
  }
  const runs: ReturnType<typeof watching>['runs'] = []
  const next: Run = (signal, loaded) => new Promise(end => {
    runs.push({ signal, loaded, end })
    signal.addEventListener('abort', () => { end(130) })
    write(`run ${runs.length}\n`)
  })
  const io = { argv: [], stdout: { write, isTTY }, stderr: { write }, env: {}, cwd: dir, signal: stop.signal }
  return {
    runs, ended: runAgain(io, ['./a.mjs', 'b.mjs~unmap/freeFrame'], next), stop: () => { stop.abort() },
    written: () => text,
    until: words => new Promise(settle => {
      if (text.includes(words)) settle()
      else waiting.push({ words, settle })
    }),
  }
}

describe('a watched command', () => {
  it('runs again for each file that it named or loaded, however an editor writes it', async () => {
    for (const name of ['a.mjs', 'b.mjs', 'c.mjs', 'd.mjs']) file(name, '1')
    const { runs, ended, stop, written, until } = watching(false)
    runs[0]!.end(0)
    await until('watching 2 files; Ctrl-C ends')
    file('a.mjs', '2')
    await until('run 2')
    runs[1]!.loaded(join(dir, 'c.mjs'))
    // It still goes on.
    renameSync(join(dir, file('c.mjs.new', '2')), join(dir, 'c.mjs'))
    await until('run 3')
    expect(runs[1]!.signal.aborted).toBe(true)
    // Of no interest, or the same as before.
    file('d.mjs', '2')
    file('a.mjs', '2')
    file('b.mjs', '2')
    await until('run 4')
    runs[3]!.end(1)
    stop()
    expect(await ended).toBe(130)
    expect(written().split('\n').filter(line => line.startsWith('changed')))
      .toEqual(['changed  a.mjs', 'changed  c.mjs', 'changed  b.mjs'])
    expect(written()).not.toContain('\x1b')
  })
  it('clears a terminal before each run', async () => {
    const { runs, ended, stop, until, written } = watching(true)
    runs[0]!.end(0)
    await until('watching')
    file('a.mjs', '3')
    await until('run 2')
    stop()
    runs[1]!.end(130)
    expect(await ended).toBe(130)
    expect(written().split('\x1b[2J\x1b[3J\x1b[H')).toHaveLength(3)
  })
  it('has a module to watch', async () => {
    expect(await run('check ring0-strict --watch')).toMatchObject({ code: 2, out: '',
      err: expect.stringMatching(/^--watch: watches modules of your own, and none is named/) as string })
  })
})

it('the program sees what a module imports, also when it cannot be loaded, and ends by Ctrl-C', async () => {
  const design = (edit: string): string => `import { awaitInvalidation, ring0Strict, without } from 'remapcheck/spec'
export const design = ${edit}
`
  file('part.mjs', design('without(ring0Strict, \'unmap\', awaitInvalidation)'))
  file('mine.mjs', "export { design } from './part.mjs'\n")
  const { FORCE_COLOR: _, ...env } = process.env
  const child = spawn(process.execPath, [resolve('bin/remapcheck.js'), 'check', './mine.mjs', '--scope', 'mapping',
    '--property', 'no-dma-escape', '--watch'], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  const until = (words: RegExp): Promise<void> => new Promise(settle => {
    const look = (): void => { if (words.test(text)) settle() }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    look()
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => { text += part.toString() })
  await until(/violated: [^]*watching 2 files/)
  file('part.mjs', 'export const design = {')
  await until(/changed {2}part\.mjs[^]*E-DESIGN-MODULE[^]*watching 2 files/)
  file('part.mjs', design('{ ...ring0Strict, name: \'mended\' }'))
  await until(/holds: [^]*watching 2 files/)
  child.kill('SIGINT')
  const status = await new Promise(settle => { child.on('close', settle) })
  expect({ status, cleared: text.includes('\x1b[2J') }).toEqual({ status: 130, cleared: false })
})
