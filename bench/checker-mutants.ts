/** Puts one fault after the other into a copy of the checker and runs the suites that have to find it:
 *  `npm run mutants:checker -- [--list] [--only A,B]`. Exit 1 where one is missed. */
import { execFile } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { edited, edits } from '../test/mutants/checker.ts'
import type { Edit } from '../test/mutants/checker.ts'

const { values: { list, only } } = parseArgs({
  options: { list: { type: 'boolean', default: false }, only: { type: 'string' } },
})
const names = only?.split(',') ?? []
const unknown = names.filter(name => !edits.some(edit => edit.name === name || edit.name.startsWith(`${name}:`)))
if (unknown.length > 0) {
  console.error(`no fault is named ${unknown.join(', ')}; --list shows all`)
  process.exit(2)
}
const asked = edits.filter(({ name }) =>
  names.length === 0 || names.some(one => name === one || name.startsWith(`${one}:`)))
if (list) {
  for (const { name, fault } of asked) console.log(`${name.padEnd(34)} ${fault}`)
  process.exit(0)
}

const differential = 'test/naive/differential.test.ts'
/** A fault can make a search endless: no suite takes so many times as long as all of them do without any fault. */
const patience = 4
let patience_ms = 60 * 60_000
const parts = ['src', 'spec', 'properties', 'test', 'bin', 'package.json', 'tsconfig.json', 'vitest.config.ts']

const copy = mkdtempSync(join(tmpdir(), 'checker-mutants-'))
process.on('exit', () => { rmSync(copy, { recursive: true, force: true }) })
let child: ChildProcess | null = null
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => { child?.kill('SIGKILL'); process.exit(130) })
for (const part of parts) cpSync(part, join(copy, part), { recursive: true })
symlinkSync(resolve('node_modules'), join(copy, 'node_modules'))

interface Run { readonly failed: boolean; readonly by: string }
/** Runs suites one after the other until one fails. */
async function run(suites: readonly string[]): Promise<Run> {
  for (const suite of suites) {
    const args = [join('node_modules', 'vitest', 'vitest.mjs'), 'run', suite, '--bail', '1', '--maxWorkers', '1',
      '--reporter', 'json']
    const by = await new Promise<string | null>(resolve => {
      child = execFile(process.execPath, args, { cwd: copy, timeout: patience_ms, killSignal: 'SIGKILL',
        maxBuffer: 1 << 28 }, (error, stdout) => {
        if (error === null) return resolve(null)
        resolve(error.killed === true ? `${suite} does not end` : failure(suite, stdout))
      })
    })
    if (by !== null) return { failed: true, by }
  }
  return { failed: false, by: '' }
}
interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[]
  }[]
}
function failure(suite: string, stdout: string): string {
  const report = stdout.slice(stdout.indexOf('{'))
  try {
    const tests = (JSON.parse(report) as Report).testResults.flatMap(({ assertionResults }) => assertionResults)
    return `${suite}: ${tests.find(({ status }) => status === 'failed')?.title ?? 'does not begin'}`
  } catch { return `${suite}: ends without a report` }
}

async function caught(edit: Edit): Promise<Run> {
  const path = join(copy, edit.file), text = readFileSync(path, 'utf8')
  writeFileSync(path, edited(edit, text))
  try { return await run([...edit.also ?? [], differential]) } finally { writeFileSync(path, text) }
}

const suites = [...new Set([differential, ...asked.flatMap(({ also = [] }) => also)])]
const begun = performance.now()
const sound = await run(suites)
patience_ms = Math.ceil(patience * (performance.now() - begun))
if (sound.failed) {
  console.error(`without any fault: ${sound.by}`)
  process.exit(1)
}
let missed = 0
for (const edit of asked) {
  const { failed, by } = await caught(edit)
  if (!failed) missed++
  console.log(failed ? `caught  ${edit.name.padEnd(34)} ${by}` : `MISSED  ${edit.name.padEnd(34)} ${edit.fault}`)
}
console.log(`${asked.length} faults, ${asked.length - missed} caught, ${missed} missed`)
process.exitCode = missed === 0 ? 0 : 1
