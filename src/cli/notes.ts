/** What a watched process does, in a file that the watching one reads when nothing else comes from it any more: a recipe that never returns
 *  can tell nothing itself. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { onRun, showOp } from '../model/index.ts'
import type { Args } from '../model/index.ts'

/** A place for notes; null where none can be made, which only makes messages say less. */
export function placeForNotes(): string | null {
  try { return join(mkdtempSync(join(tmpdir(), 'remapcheck-')), 'running') } catch { return null }
}

/** Writes down which guard or recipe runs, some times a second, from a thread of its own: to write each would take longer than to run it. */
export function takeNotes(path: string): void {
  const shared = new Int32Array(new SharedArrayBuffer(4))
  const scribe = new Worker(scribeCode, { eval: true, execArgv: [], workerData: { path, shared, every_ms } })
  scribe.on('error', () => {}) // then messages say less
  scribe.unref()
  const known = { guard: new WeakMap<Args, number>(), recipe: new WeakMap<Args, number>() }
  let last = 0
  const numbered = (part: 'guard' | 'recipe', action: string, args: Args): number => {
    known[part].set(args, ++last)
    scribe.postMessage([last, `${part} of ${showOp({ action, args })}`])
    return last
  }
  onRun((part, action, args) => { shared[0] = known[part].get(args) ?? numbered(part, action, args) })
}
const every_ms = 200
/** Sleeps between looks; messages wait in the port meanwhile. */
const scribeCode = `const { parentPort, receiveMessageOnPort, workerData: { path, shared, every_ms } } = require('node:worker_threads')
const { writeFileSync } = require('node:fs')
const names = new Map()
let written = 0
const look = () => {
  const now = Atomics.load(shared, 0)
  for (let got; (got = receiveMessageOnPort(parentPort)) !== undefined;) names.set(...got.message)
  if (now === written || !names.has(now)) return
  writeFileSync(path, names.get(now))
  written = now
}
setInterval(look, every_ms)`

/** What ran last; null where nothing of a design ran. */
export function lastNote(path: string | null): string | null {
  if (path === null) return null
  try { return readFileSync(path, 'utf8') || null } catch { return null }
}
export function forgetNotes(path: string | null): void {
  if (path !== null) rmSync(dirname(path), { recursive: true, force: true })
}
