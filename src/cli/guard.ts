/** A command line that runs a user's own module runs in a process of its own, watched from here: a loop in the module
 *  would stop the time limit and Ctrl-C, and its `process.exit` would look like a verdict. */
import { once } from 'node:events'
import { printable, UserError } from '../errors.ts'
import { exitCode } from '../exit.ts'
import type { ExitName } from '../exit.ts'
import { meterOf } from '../meter.ts'
import { look_ms } from '../patience.ts'
import type { Limits } from '../patience.ts'
import { parse } from './args.ts'
import { isPath } from './paths.ts'
import { lastRunningOp, makeHeartbeatFile, removeHeartbeatFile } from './heartbeat-file.ts'
import type { RunningOp } from './heartbeat-file.ts'
import type { Io } from './io.ts'
import { printError } from './print.ts'
import { verbNamed } from './verbs/index.ts'
import { Watchdog } from './watchdog.ts'
import type { Verdict } from './watchdog.ts'

/** What the watched process sends: that its event loop turns, that it waits for the reader of its output, which files
 *  it has loaded, and last its exit code. */
export type ChildMessage = { readonly remapcheck: 'alive' | 'writing' }
  | { readonly remapcheck: 'loaded'; readonly file: string }
  | { readonly remapcheck: 'ended'; readonly code: number }
/** What it receives: the order to end with what it has. */
export interface ParentMessage { readonly remapcheck: 'stop' }

export const isMessage = (given: unknown): given is ChildMessage =>
  typeof given === 'object' && given !== null && 'remapcheck' in given
/** Whether this process is a watched one. The variable alone does not make it one: a module may start the
 *  program itself. */
export const isWatched = (): boolean => process.env[childVariable] === '1' && process.connected

const childVariable = 'REMAPCHECK_CHILD'
/** The heartbeat file of a watched process. */
const heartbeatVariable = 'REMAPCHECK_HEARTBEAT'
export const heartbeatPath = (): string | null => process.env[heartbeatVariable] || null
export const beat_ms = 500
/** Searches breathe twenty times a second: only what does not return gives no sign of life in ten seconds of its own
 *  work, or in forty looks that find it asleep. */
const usual: Limits = { work_ms: 10_000, sleeps: 40 }
/** Those limits for so much work; tests have no ten seconds. */
const limits = (work_ms = Number(process.env['REMAPCHECK_STUCK_MS']) || usual.work_ms): Limits =>
  ({ work_ms, sleeps: Math.ceil(usual.sleeps * work_ms / usual.work_ms) })
/** Where no file can be made, all that runs may be the module's. */
const unknownOp: RunningOp = { run: 0, ran: 'the module' }
/** What node exits with when a top-level await is never settled. */
export const unsettled = 13

/** Verbs whose operands may be modules; those of `replay` and `validate` are data. */
const ofDesigns: readonly string[] = ['check', 'ablate', 'cost', 'explain', 'explore']

/** The user's modules that a command line will run; none where it is wrong anyway, or somebody debugs it and may halt
 *  as long as they like. */
export async function modulesOf(argv: readonly string[]): Promise<string[]> {
  const found = await verbNamed(argv[0])
  if (found === null) return []
  try {
    const { flags, operands } = parse(found, argv.slice(1))
    const named = [flags['design'], flags['claims']].filter(one => typeof one === 'string')
    const modules = [...ofDesigns.includes(found.name) ? operands : [], ...named]
      .filter(path => isPath(path) && !path.endsWith('.json'))
    return modules.length === 0 || process.getBuiltinModule('node:inspector').url() !== undefined ? [] : modules
  } catch (cause) {
    if (cause instanceof UserError) return []
    throw cause
  }
}

/** Runs this process' command line in another one, watches it, and gives its exit code. It ends without a word when
 *  `again` is aborted. */
export async function runWatched(io: Io, modules: readonly string[], again?: AbortSignal): Promise<number> {
  const file = makeHeartbeatFile()
  // Most commands start no process: what that takes is loaded here.
  const { spawn } = process.getBuiltinModule('node:child_process')
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)],
    { stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, [childVariable]: '1', [heartbeatVariable]: file ?? '' } })
  const watchdog = new Watchdog(meterOf(child.pid ?? 0), limits())
  let ended: number | null = null, stopping = false
  child.on('message', given => {
    if (!isMessage(given)) return
    if (given.remapcheck === 'ended') ended = given.code
    else if (given.remapcheck === 'loaded') io.loaded?.(given.file)
    else watchdog.onMessage(given.remapcheck)
  })
  // May come twice for one Ctrl-C (npx sends on what the terminal sent already), so it is an order and not a signal
  // that is sent on.
  const stop = (): void => {
    if (!stopping) child.send({ remapcheck: 'stop' } satisfies ParentMessage, () => {}) // it may have ended just now
    stopping = true
    watchdog.stop()
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  again?.addEventListener('abort', () => { child.kill('SIGKILL') })
  const looks = setInterval(() => {
    if (ended === null) watchdog.look(file === null ? unknownOp : lastRunningOp(file))
    if (watchdog.verdict !== null) child.kill('SIGKILL')
  }, look_ms)
  try {
    const [status, signal] = await once(child, 'close') as [number | null, NodeJS.Signals | null]
    if (ended !== null || again?.aborted) return ended ?? exitCode('interrupted')
    if (watchdog.verdict !== null) return await reportStuck(io, modules, watchdog.verdict)
    return stopping ? exitCode('interrupted') : await reportEnd(io, modules, status, signal, lastRunningOp(file))
  } catch (cause) {
    return await report(io, modules, `no process can be started for it: ${(cause as Error).message}`,
      'close other programs, then again', 'MODULE', 'incomplete')
  } finally {
    clearInterval(looks)
    removeHeartbeatFile(file)
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

/** Says on stderr why there is no result: it was ended from here. */
async function reportStuck(io: Io, modules: readonly string[], { why, how, ran }: Verdict): Promise<number> {
  if (why === 'late') {
    cleared(io).stderr.write(`${printable(`remapcheck: stopped without a report: ${ran} in ${modules.join(', ')} `
      + 'does not return')}\n`)
    return exitCode('interrupted')
  }
  const since = how === 'works' ? `it has worked for ${limits().work_ms / 1000} s`
    : 'it waits, but nothing runs that could wake it'
  return await report(io, modules, `${ran} does not return: ${since}`,
    'look for a loop that does not end; a step does one thing and returns; to wait, give it a `when`', 'HANGS')
}
/** The same: it ended without an exit code. */
async function reportEnd(io: Io, modules: readonly string[], status: number | null, signal: string | null,
  op: RunningOp | null): Promise<number> {
  const ran = op?.ran ?? null
  if (signal !== null)
    return await report(io, modules, `${signal} ended the process that ran it${ran === null ? '' : `, in ${ran}`}`,
      'where memory ran out, look there for something that grows without end, or take smaller bounds or --states N',
      'MODULE', 'incomplete')
  return status === unsettled
    ? await report(io, modules, 'the module ended the program: its top-level await never settles',
      'await only what settles')
    : await report(io, modules, `the module ended the program (with ${status})`,
      'take process.exit, and what throws after loading, out of the module')
}
const report = (io: Io, modules: readonly string[], problem: string, next: string, code = 'MODULE',
  exit: ExitName = 'usage'): Promise<number> =>
  printError(cleared(io),
    new UserError({ code: `E-DESIGN-${code}`, subject: modules.join(', '), problem, next, exit }))
/** Over the line of progress that may be there. */
const cleared = (io: Io): Io => ({
  ...io, stderr: { write: text => io.stderr.write(`${io.stderr.isTTY === true ? '\r\x1b[2K' : ''}${text}`) },
})
