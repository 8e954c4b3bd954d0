/** Nothing that was found is lost: not by a folder that cannot be written, a signal, or another run with the same
 *  file. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkWritable, readCheckpoint, writeCheckpoint } from '../../src/check/checkpoint-file.ts'
import { run } from './run.ts'

const cwd = mkdtempSync(join(tmpdir(), 'remapcheck-findings-'))
afterAll(() => { rmSync(cwd, { recursive: true, force: true }) })

describe('a finding is printed, and then the file that cannot be written is told', () => {
  // A file stands where the folder of traces would be.
  writeFileSync(join(cwd, 'traces'), '')
  it.each([
    ['--save', 'check ring0-strict~unmap/invalidatePage --iommu vtd --scope mapping --property no-dma-escape --save'],
    ['a random run',
      'check ring0-strict~unmap/invalidatePage --iommu vtd --scope mapping --property no-dma-escape --driver random '
        + '--seed 1 --runs 400'],
    ['--save-known',
      'check ring0-deferred-early --iommu vtd --scope mapping --property no-dma-escape --save-known '
        + `${join(cwd, 'traces', 'known')}`],
  ])('%s', async (_, line) => {
    const { code, out, err } = await run(line, { cwd })
    expect(out).toContain('✗ no-dma-escape')
    expect(out).toContain('← violates')
    expect(err).toContain('[E-TRACE-WRITE]')
    expect(code).toBe(2)
  })
})

const about = { version: '1', design: 'd', machine: 'm', bounds: 'b', symmetry: 's', code: 'c' }
const snapshot = (of: string) => ({ facts: { of } as never, parts: [new Uint8Array([1, 2, 3])] })

describe('a checkpoint', () => {
  it('leaves alone what another process is writing, and takes away what a killed one left', async () => {
    const file = join(cwd, 'kept')
    const gone = spawn(process.execPath, ['-e', ''])
    await once(gone, 'close')
    const [others, left] = [`${file}.${process.ppid}.unfinished`, `${file}.${gone.pid}.unfinished`]
    for (const path of [others, left, `${file}.unfinished`, `${file}.notes.unfinished`]) writeFileSync(path, 'half')
    checkWritable(file)
    writeCheckpoint(file, about, 'again', snapshot('this'))
    expect(readdirSync(cwd).filter(name => name.startsWith('kept')).sort())
      .toEqual(['kept', `kept.${process.ppid}.unfinished`, 'kept.notes.unfinished', 'kept.unfinished'])
    expect(readCheckpoint(file, about).facts).toEqual({ of: 'this' })
  })
})

describe('SIGTERM', () => {
  it('ends a search like Ctrl-C: a report, a checkpoint, and the exit code of an interrupted run', async () => {
    const kept = join(cwd, 'stopped')
    const { FORCE_COLOR: _, ...env } = process.env
    // Progress is printed every ten seconds: its clock goes a hundred times as fast.
    const hurry = 'data:text/javascript,const now = performance.now.bind(performance); '
      + 'performance.now = () => 100 * now()'
    const bounds = 'cpus=2,callers=2,devices=2,domains=2,frames=3,iovas=2,levels=2,tables=2'
    const child = spawn(process.execPath,
      ['--import', hurry, resolve('bin/remapcheck.js'),
        'check', 'driver-server@vtd', '--bounds', bounds, '--checkpoint', kept],
      { cwd, env: { ...env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = '', err = ''
    child.stdout.on('data', (text: Buffer) => { out += text.toString() })
    // The first word of progress: the search runs.
    child.stderr.on('data', (text: Buffer) => { if (err === '') child.kill('SIGTERM'); err += text.toString() })
    const [code] = await once(child, 'close') as [number]
    expect({ code, signal: child.signalCode }).toEqual({ code: 130, signal: null })
    expect(out).toContain(`--resume ${kept}`)
    expect(existsSync(kept)).toBe(true)
  })
})

describe('what nothing was asked of', () => {
  it('is no green run, also beside a design of which something was', async () => {
    expect(await run('check ring0-strict@vtd no-iommu --bounds sources=1,vectors=1,cpus=2,migrate=1 --property '
      + 'no-lost-edge')).toMatchObject({ code: 0 })
    const { code, out } = await run('check ring0-strict@vtd no-iommu --property no-wrong-permission')
    expect(out).toContain('no claim was judged of no-iommu')
    expect(code).toBe(4)
  })
  it('because a design has scopes of its own, says so', async () => {
    const { code, out } = await run('check l4re-io --scope mapping')
    expect(out).toMatch(/no claim was judged: none of these scopes is about it; `remapcheck explain\s+DESIGN`/)
    expect(code).toBe(4)
  })
  it('has no row among those that nobody named, and is named below', async () => {
    const { code, out } = await run('check --iommu vtd --scope mapping --property no-dma-escape '
      + '--bounds cpus=1,callers=1,devices=1,domains=1,frames=1,iovas=1')
    expect(code).toBe(0)
    expect(out).toMatch(/\nring0-strict .* ✓ /)
    expect(out).not.toMatch(/\nl4re-io/)
    expect(out.replace(/\s+/g, ' ')).toMatch(/none of these scopes is about pistachio-irq, .* l4re-io,/)
  })
  it('of a log, is told: a line that shows nothing ends as vacuous', async () => {
    const log = join(cwd, 'one.log')
    writeFileSync(log, 'vtd_context_cache_reset \n')
    const { code, out } = await run(['validate', log])
    expect(out).toMatch(/no-faults +the log has no request that could have/)
    expect(out).not.toContain('✓')
    expect(code).toBe(4)
  })
})

describe('bounds with a line break', () => {
  it('are a mistake of who typed them', async () => {
    for (const bounds of ['cpus=2\n', 'cpus\n=2', '\n']) {
      const { code, err } = await run(['check', 'ring0-strict', '--bounds', bounds])
      expect(err).toContain('[E-BOUNDS]')
      expect(code).toBe(2)
    }
  })
})
