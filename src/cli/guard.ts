/** A command line that runs a user's own module runs in a process of its own, watched from here: a loop in the module would stop
 *  the time limit and Ctrl-C, and its `process.exit` would look like a verdict. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import inspector from 'node:inspector'
import { UserError } from '../errors.ts'
import { exitCode } from '../exit.ts'
import type { ExitName } from '../exit.ts'
import { parse } from './args.ts'
import { isPath } from './designs.ts'
import { forgetNotes, lastNote, placeForNotes } from './notes.ts'
import { verbs } from './verbs/index.ts'

/** What the watched process tells: that its event loop turns, that it waits for the reader of what it writes, its exit code. */
export type Sign = { readonly remapcheck: 'alive' | 'writing' } | { readonly remapcheck: 'ended'; readonly code: number }
/** What it is told: to end with what it has. */
export interface Order { readonly remapcheck: 'stop' }

export const isSign = (given: unknown): given is Sign => typeof given === 'object' && given !== null && 'remapcheck' in given
/** Whether this process is a watched one. The mark alone does not make it one: a module may start the program itself. */
export const isWatched = (): boolean => process.env[mark] === '1' && process.connected

const mark = 'REMAPCHECK_CHILD'
/** Where a watched process writes what it does. */
const notesMark = 'REMAPCHECK_NOTES'
export const notesPath = (): string | null => process.env[notesMark] || null
export const beat_ms = 500
/** Searches breathe twenty times a second, and no other work here takes a second; so 20 beats can be missed on a busy machine only by
 *  a module that does not return. */
const stuck_ms = 10_000
/** Time for a partial report, which is printed within one. */
const grace_ms = 2000
const tick_ms = 100
/** What node exits with when a top-level await is never settled. */
export const unsettled = 13

/** Verbs whose operands may be modules; those of `replay` and `validate` are data. */
const ofDesigns: readonly string[] = ['check', 'ablate', 'cost', 'explain']

/** The user's modules that a command line will run; none where it is wrong anyway, or somebody debugs it and may halt as long as they like. */
export function modulesOf(argv: readonly string[]): string[] {
  const found = verbs.find(({ verb }) => verb.name === argv[0])
  if (found === undefined || inspector.url() !== undefined) return []
  try {
    const { flags, operands } = parse(found.verb, argv.slice(1))
    const { design } = flags
    return [...ofDesigns.includes(found.verb.name) ? operands : [], ...typeof design === 'string' ? [design] : []].filter(isPath)
  } catch (cause) {
    if (cause instanceof UserError) return []
    throw cause
  }
}

/** Runs this process' command line in another one, watches it, and gives its exit code. */
export async function runWatched(modules: readonly string[]): Promise<number> {
  const notes = placeForNotes()
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)],
    { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: { ...process.env, [mark]: '1', [notesMark]: notes ?? '' } })
  const watch = new Watch(child, Number(process.env['REMAPCHECK_STUCK_MS']) || stuck_ms)
  const stop = (): void => { watch.stop() }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  try {
    const [status, signal] = await once(child, 'close') as [number | null, NodeJS.Signals | null]
    const end: End = { why: watch.killed ?? (watch.stopping ? 'interrupted' : null), status, signal, silence_ms: watch.stuck_ms, ran: lastNote(notes) }
    return watch.ended ?? tell(modules, end)
  } catch (cause) {
    return say(modules, `no process can be started for it: ${(cause as Error).message}`, 'close other programs, then again', 'MODULE', 'incomplete')
  } finally {
    watch.end()
    forgetNotes(notes)
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

class Watch {
  /** Exit code of a run that came to its end. */
  ended: number | null = null
  /** Why it was killed. */
  killed: 'stuck' | 'late' | null = null
  stopping = false
  readonly stuck_ms: number
  private readonly child: ChildProcess
  private state: 'starting' | 'alive' | 'writing' = 'starting'
  /** Ticks, not clock time: while both processes are suspended, none passes. */
  private silent_ms = 0
  private stopping_ms = 0
  private readonly timer = setInterval(() => { this.tick() }, tick_ms)

  constructor(child: ChildProcess, silence_ms: number) {
    this.child = child
    this.stuck_ms = silence_ms
    child.on('message', given => { if (isSign(given)) this.hear(given) })
  }

  /** May come twice for one Ctrl-C (npx sends on what the terminal sent already), so it is an order and not a signal that is sent on. */
  stop(): void {
    if (this.stopping) return
    this.stopping = true
    this.child.send({ remapcheck: 'stop' } satisfies Order, () => {}) // it may have ended just now
  }
  end(): void { clearInterval(this.timer) }

  private hear(sign: Sign): void {
    this.silent_ms = 0
    if (sign.remapcheck === 'ended') this.ended = sign.code
    else this.state = sign.remapcheck
  }
  /** Until the first sign nothing of the user's has run. Who reads the output may take their time. */
  private tick(): void {
    if (this.state === 'writing') return
    if (this.stopping && (this.stopping_ms += tick_ms) >= grace_ms) this.kill('late')
    if (this.state === 'alive' && this.ended === null && (this.silent_ms += tick_ms) >= this.stuck_ms) this.kill('stuck')
  }
  private kill(why: 'stuck' | 'late'): void {
    this.killed ??= why
    this.child.kill('SIGKILL')
  }
}

/** How a watched process ended that did not tell an exit code. */
interface End {
  readonly why: Watch['killed'] | 'interrupted'; readonly status: number | null; readonly signal: string | null; readonly silence_ms: number
  /** Guard or recipe that ran last; null where none did. */
  readonly ran: string | null
}
/** Says on stderr why there is no result. */
function tell(modules: readonly string[], { why, status, signal, silence_ms, ran }: End): number {
  if (why === 'interrupted') return exitCode('interrupted')
  if (why === 'late') {
    write(`remapcheck: stopped without a report: ${ran ?? 'the module'} in ${modules.join(', ')} did not return within ${grace_ms / 1000} s`)
    return exitCode('interrupted')
  }
  if (why === 'stuck') return say(modules, `${ran ?? 'the module itself'} has not returned for ${silence_ms / 1000} s`,
    'look for a loop that does not end; a step does one thing and returns, and waits by its `when`', 'HANGS')
  if (signal !== null) return say(modules, `the process that ran it was ended by ${signal}${ran === null ? '' : `, in ${ran}`}`,
    'where memory ran out, look there for something that grows without end, or take smaller bounds or --states N', 'MODULE', 'incomplete')
  return status === unsettled
    ? say(modules, 'the module ended the program: a top-level await of it never settles', 'let the module await only what comes')
    : say(modules, `the module ended the program (with ${status})`, 'take process.exit, and what throws after loading, out of the module')
}
function say(modules: readonly string[], problem: string, next: string, code = 'MODULE', exit: ExitName = 'usage'): number {
  const error = new UserError({ code: `E-DESIGN-${code}`, subject: modules.join(', '), problem, next, exit })
  write(error.text())
  return error.exitCode
}
/** Over the line of progress that may be there. */
const write = (text: string): void => { process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[2K' : ''}${text}\n`) }
