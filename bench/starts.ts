/** How long `remapcheck list` takes beside `node -e 0`, in a clone and from an installed tarball, by turns:
 *  `npx tsx bench/starts.ts [ROUNDS]`. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const rounds = Number(process.argv[2] ?? 15)
const dir = mkdtempSync(join(tmpdir(), 'remapcheck-starts-'))
const run = (cwd: string, program: string, ...args: string[]): string =>
  execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
const seconds = (...args: string[]): number => {
  const start = performance.now()
  run(dir, process.execPath, ...args)
  return (performance.now() - start) / 1000
}
const median = (of: readonly number[]): number => of.toSorted((a, b) => a - b)[of.length >> 1]!

try {
  const packed = run('.', 'npm', 'pack', '--silent', '--pack-destination', dir).trim()
  run(dir, 'npm', 'init', '--yes')
  run(dir, 'npm', 'install', '--silent', '--no-audit', '--no-fund', join(dir, packed))
  const programs = {
    'node -e 0': ['-e', '0'],
    'list, installed': [join(dir, 'node_modules/remapcheck/bin/remapcheck.js'), 'list'],
    'list, in a clone': [resolve('bin/remapcheck.js'), 'list'],
  }
  const all = Object.entries(programs).map(([name, args]) => ({ name, args, taken: [] as number[] }))
  for (const { args } of all) seconds(...args)
  for (let round = 0; round < rounds; round++) for (const { args, taken } of all) taken.push(seconds(...args))
  const least = median(all[0]!.taken)
  for (const { name, taken } of all)
    console.log(`${name.padEnd(18)} ${median(taken).toFixed(3)} s  ${(median(taken) / least).toFixed(2)}x`)
} finally { rmSync(dir, { recursive: true }) }
