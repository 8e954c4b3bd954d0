/** Pages name no folder of whoever made them. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { handedOn, repeatOf } from '../../src/cli/handed-on.ts'
import type { Io } from '../../src/cli/io.ts'

const ioOf = (...argv: readonly string[]): Io => ({ argv, cwd: '/of/ann/kernel', env: {}, stdout: { write: () => 0 },
  stderr: { write: () => 0 }, signal: new AbortController().signal })

it.each([
  ['/of/ann/kernel/mine.mjs:3', 'mine.mjs:3'],
  ['in /of/ann/kernel', 'in .'],
  ['/of/ann/kernel-2/x', '/of/ann/kernel-2/x'],
  ['/logs/of/ann/boot.log.gz, line 3', 'boot.log.gz, line 3'],
  ['beside /logs/of/ann/other.txt', 'beside other.txt'],
  ['/traces/ann/one.json', 'one.json'],
  ['../secret/out', 'out'],
  ['/of/ann/secret/out/index.html', 'out/index.html'],
  [join(homedir(), 'x'), join('~', 'x')],
  ['map/storePte, 1/2, VTD:6/drain', 'map/storePte, 1/2, VTD:6/drain'],
])('%s: %s', (text, less) => {
  const io = ioOf('replay', '/logs/of/ann/boot.log.gz', '/traces/ann/*.json', '--report=../secret/out', '--seed', '1')
  expect(handedOn(io)(text)).toBe(less)
})
it('the command line is shown as a shell takes it, without the folders', () => {
  const io = ioOf('check', '/of/ann/kernel/my design.mjs', '--report', '/tmp/ann/out')
  expect(handedOn(io)(repeatOf(io))).toBe("npx remapcheck check 'my design.mjs' --report out")
})
