/** The file in which a watched process records what it runs. The watching process reads it when no message comes any
 *  more: a recipe that never returns can send none. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onRun, showOp } from '../model/index.ts'
import type { Args } from '../model/index.ts'

export interface RunningOp {
  /** Number of runs so far: while it stays, one run goes on. */
  readonly run: number
  /** The module, guard or recipe of the user that runs; null while remapcheck's own code does. */
  readonly ran: string | null
}

/** A path for the file; null where no folder can be made, which makes error messages say less. */
export function makeHeartbeatFile(): string | null {
  try { return join(mkdtempSync(join(tmpdir(), 'remapcheck-')), 'running') } catch { return null }
}

/** Number of runs, and what runs: 0 is remapcheck's own code, 1 a module of the user, others guards and recipes. */
const shared = new Int32Array(new SharedArrayBuffer(8))
/** From now on records which guard or recipe runs, some times a second, from a thread of its own: to write each would
 *  take longer than to run it. */
export function recordRunningOp(path: string): void {
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  const writer = new Worker(writerCode, { eval: true, execArgv: [], workerData: { path, shared, every_ms } })
  writer.on('error', () => {}) // then no step is judged
  writer.unref()
  const known = { guard: new WeakMap<Args, number>(), recipe: new WeakMap<Args, number>() }
  let last = 1
  const numbered = (part: 'guard' | 'recipe', action: string, args: Args): number => {
    known[part].set(args, ++last)
    writer.postMessage([last, `${part} of ${showOp({ action, args })}`])
    return last
  }
  onRun({
    begins: (part, action, args) => {
      shared[0]!++
      shared[1] = known[part].get(args) ?? numbered(part, action, args)
    },
    ends: () => { shared[1] = 0 },
  })
}
/** Loads a module of the user's, which is their code too. */
export async function recordedLoad<T>(load: () => Promise<T>): Promise<T> {
  shared[0]!++
  shared[1] = 1
  try { return await load() } finally { shared[1] = 0 }
}

const every_ms = 200
/** Sleeps between looks; messages wait in the port meanwhile. */
const writerCode = `const { parentPort, receiveMessageOnPort, workerData } = require('node:worker_threads')
const { path, shared, every_ms } = workerData
const { writeFileSync } = require('node:fs')
const names = new Map([[0, ''], [1, 'the module itself']])
let written = ''
const look = () => {
  const run = Atomics.load(shared, 0), what = Atomics.load(shared, 1)
  for (let got; (got = receiveMessageOnPort(parentPort)) !== undefined;) names.set(...got.message)
  const text = run + '\\n' + names.get(what)
  // What changed between the two loads is looked at again.
  if (text === written || !names.has(what) || Atomics.load(shared, 0) !== run) return
  writeFileSync(path, text)
  written = text
}
setInterval(look, every_ms)`

/** What ran last; null where the file is missing, or being written. */
export function lastRunningOp(path: string | null): RunningOp | null {
  if (path === null) return null
  let text: string
  try { text = readFileSync(path, 'utf8') } catch { return null }
  const end = text.indexOf('\n')
  return end < 0 ? null : { run: Number(text.slice(0, end)), ran: text.slice(end + 1) || null }
}
export function removeHeartbeatFile(path: string | null): void {
  if (path !== null) rmSync(dirname(path), { recursive: true, force: true })
}
