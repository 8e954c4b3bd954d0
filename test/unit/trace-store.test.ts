/** Trace files on disk: written whole, never over another, and every unreadable place named. */
import {
  chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { UserError } from '../../src/errors.ts'
import { formatTrace, limit_bytes } from '../../src/trace/format.ts'
import { makeFolder } from '../../src/trace/folders.ts'
import { findTraces, loadTrace, loadTraces, saveTrace } from '../../src/trace/store.ts'
import { toyTrace } from '../golden/toy.ts'

const root = mkdtempSync(join(tmpdir(), 'remapcheck-store-'))
afterAll(() => { rmSync(root, { recursive: true, force: true }) })
let dir = root
let count = 0
beforeEach(() => { dir = join(root, `case${count++}`) })

function mistake(work: () => unknown): UserError {
  try { work() } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('was accepted')
}
const shorter = toyTrace({ ops: toyTrace().ops.slice(1) })

describe('saving', () => {
  it('makes the folder, names the file after the claim and the design, and leaves nothing else behind', () => {
    const path = saveTrace(join(dir, 'deep'), toyTrace())
    expect(basename(path)).toMatch(/^no-access-after-unmap-toy-deferred-[0-9a-f]{4}\.json$/)
    expect(readFileSync(path, 'utf8')).toBe(formatTrace(toyTrace()))
    expect(readdirSync(join(dir, 'deep'))).toEqual([basename(path)])
    expect(loadTrace(path)).toEqual(toyTrace())
  })

  it('writes the same ops once, however they were found, and others beside them', () => {
    const path = saveTrace(dir, toyTrace())
    expect(saveTrace(dir, toyTrace({ found: { driver: 'hand', shortest: false } }))).toBe(path)
    expect(readFileSync(path, 'utf8')).toBe(formatTrace(toyTrace()))
    expect(saveTrace(dir, shorter)).not.toBe(path)
    expect(readdirSync(dir)).toHaveLength(2)
  })

  it('takes a longer digest where another file has the name', () => {
    const path = saveTrace(dir, toyTrace())
    writeFileSync(path, 'notes of somebody')
    const other = saveTrace(dir, toyTrace())
    expect(basename(other)).toMatch(/-[0-9a-f]{8}\.json$/)
    expect(readFileSync(path, 'utf8')).toBe('notes of somebody')
    expect(loadTrace(other)).toEqual(toyTrace())
  })

  it('keeps names that are no file names inside the folder', () => {
    const path = saveTrace(dir, toyTrace({ design: '../../etc/x', property: 'a/b' }))
    expect(readdirSync(dir)).toEqual([basename(path)])
    expect(basename(path)).toMatch(/^a-b--etc-x-[0-9a-f]{4}\.json$/)
  })

  it('says where it cannot write', () => {
    mkdirSync(dir)
    writeFileSync(join(dir, 'file'), '')
    const error = mistake(() => saveTrace(join(dir, 'file'), toyTrace()))
    expect(error).toMatchObject({ code: 'E-TRACE-WRITE', subject: join(dir, 'file'), exitCode: 2 })
  })
})

describe('a file that cannot be read', () => {
  const write = (bytes: string | Uint8Array): string => {
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'x.json'), bytes)
    return join(dir, 'x.json')
  }
  it.each([
    ['missing', () => join(dir, 'none.json'), 'E-TRACE-FILE', /no such file/],
    ['below a file', () => join(write('{}'), 'y.json'), 'E-TRACE-FILE', /no such file/],
    ['a folder', () => { mkdirSync(dir); return dir }, 'E-TRACE-FILE', /folder/],
    ['a device', () => '/dev/null', 'E-TRACE-FILE', /not a regular file/],
    ['a link to itself', () => { mkdirSync(dir); symlinkSync('l', join(dir, 'l')); return join(dir, 'l') },
      'E-TRACE-FILE', /ELOOP/],
    ['gzip', () => write(gzipSync(formatTrace(toyTrace()))), 'E-TRACE-BINARY', /gzip/],
    ['binary', () => write(Uint8Array.of(0x7f, 0x45, 0, 1)), 'E-TRACE-BINARY', /binary/],
    ['another encoding', () => write(Uint8Array.of(0x22, 0xfc, 0x22)), 'E-TRACE-BINARY', /UTF-8/],
    ['too large', () => write(' '.repeat(limit_bytes + 1)), 'E-TRACE-SIZE', /at most/],
    ['too large to be read at all', () => { truncateSync(write(''), 3 * 2 ** 30); return join(dir, 'x.json') },
      'E-TRACE-SIZE', /at most/],
    ['empty', () => write(''), 'E-TRACE-EMPTY', /empty/],
  ])('%s', (_name, make, code, problem) => {
    const path = make()
    const error = mistake(() => loadTrace(path))
    expect(error.code).toBe(code)
    expect(error.subject).toBe(path)
    expect(error.message).toMatch(problem)
  })

  it.skipIf(process.getuid?.() === 0)('without permission', () => { // root may read everything
    const path = write('{}')
    chmodSync(path, 0)
    expect(mistake(() => loadTrace(path)).message).toMatch(/EACCES/)
  })

  it('may begin with a byte order mark', () => {
    expect(loadTrace(write(`\ufeff${formatTrace(toyTrace())}`))).toEqual(toyTrace())
  })
})

describe('finding traces', () => {
  it('takes files, folders and patterns, in order and each once', () => {
    const [a, b] = [saveTrace(join(dir, 'known'), toyTrace()), saveTrace(join(dir, 'known', 'deep'), shorter)]
    writeFileSync(join(dir, 'known', 'README.md'), 'no trace')
    writeFileSync(join(dir, 'known', '.hidden.json'), '{}')
    const paths = (...places: string[]): string[] => loadTraces(places).map(({ path }) => path)
    expect(paths(b, a)).toEqual([b, a])
    expect(paths(dir))
      .toEqual([b, a].sort((x, y) => x.includes('deep') === y.includes('deep') ? 0 : x.includes('deep') ? -1 : 1))
    expect(paths(join(dir, 'known', '*.json'), dir)).toEqual([a, b])
    expect(paths(join(dir, '**', '*.json')).sort()).toEqual([a, b].sort())
    expect(paths(join(dir, 'kn?wn', '*', 'no-*.json'))).toEqual([b])
  })

  it('says when a folder or pattern gives none', () => {
    mkdirSync(join(dir, 'none'), { recursive: true })
    expect(mistake(() => loadTraces([join(dir, 'none')])))
      .toMatchObject({ code: 'E-TRACE-NONE', subject: join(dir, 'none') })
    expect(mistake(() => loadTraces([join(dir, '*.json')])).code).toBe('E-TRACE-NONE')
    expect(mistake(() => loadTraces([join(dir, 'absent', '*.json')])).code).toBe('E-TRACE-NONE')
    expect(findTraces('absent.json')).toEqual(['absent.json'])
  })
})

it.skipIf(process.platform !== 'linux')('a folder below one that can hold none is refused', () => {
  expect(() => { makeFolder('/proc/none/of/them') }).toThrow(/ENOENT/)
})
