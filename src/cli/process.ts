/** The command line of this process: streams, Ctrl-C, closed pipes. The only file that ends the process. */
import { usage } from '../errors.ts'
import { exitCode } from '../exit.ts'
import { speakOnce } from './console.ts'
import { beat_ms, heartbeatPath, isMessage, isWatched, modulesOf, runWatched, unsettled } from './guard.ts'
import type { ChildMessage } from './guard.ts'
import type { Io, Stream } from './io.ts'
import { main } from './main.ts'
import { printError } from './print.ts'
import { recordRunningOp } from './heartbeat-file.ts'

export async function runProcess(): Promise<void> {
  const watched = isWatched()
  // `remapcheck list | head`: the reader has gone, which is no mistake.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') exit(Number(process.exitCode ?? 0))
      // Output that is lost must not look like a verdict.
      if (stream === process.stdout)
        process.stderr.write(`remapcheck: the output cannot be written: ${error.message}\n`)
      exit(exitCode('usage'))
    })
  // A step that is async goes on after its turn: only a user's design can do that.
  process.on('unhandledRejection', cause => {
    void printError(io, usage('remapcheck',
      `a step or guard is async, and failed later: ${cause instanceof Error ? cause.message : String(cause)}`,
      'steps are ordinary functions that return nothing; take async and await out', 'DESIGN-ASYNC')).then(exit)
  })
  const { stdout, stderr, env } = process
  const argv = process.argv.slice(2)
  const interrupt = new AbortController()
  let pressed = 0
  const stop = (): void => {
    if (++pressed > 1) exit(exitCode('interrupted')) // the second time at once
    interrupt.abort()
  }
  // `timeout`, CI and service managers send the second.
  const streams = watched ? { stdout: signalling(stdout), stderr: signalling(stderr) } : { stdout, stderr }
  const io: Io = { argv, ...streams, env, cwd: process.cwd(), signal: interrupt.signal,
    ...watched ? { loaded: file => { send({ remapcheck: 'loaded', file }) } } : {} }
  const modules = watched ? [] : await modulesOf(argv)
  if (modules.length > 0) {
    if (!argv.includes('--watch')) {
      process.exitCode = await runWatched(io, modules)
      return
    }
    process.on('SIGINT', () => { interrupt.abort() }).on('SIGTERM', () => { interrupt.abort() })
    const { runAgain } = await import('./watch.ts')
    exit(await runAgain(io, modules, (again, loaded) => runWatched({ ...io, loaded }, modules, again)))
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  speakOnce(console, io.stderr)
  const finish = watched ? startHeartbeat(interrupt) : (): void => {}
  process.exitCode = await main(io)
  finish()
}

function send(message: ChildMessage): void {
  if (process.connected) process.send!(message, () => {}) // the other may be gone; then `disconnect` ends us
}
/** Ends at once; a watched process says that it means to. */
function exit(code: number): never {
  if (isWatched()) send({ remapcheck: 'ended', code })
  process.exit(code)
}

/** Sends signs of life and takes orders, until the exit code is sent. Nothing of it keeps the process from ending. */
function startHeartbeat(interrupt: AbortController): () => void {
  let ended = false
  const path = heartbeatPath()
  if (path !== null) recordRunningOp(path)
  send({ remapcheck: 'alive' })
  const beat = setInterval(() => { send({ remapcheck: 'alive' }) }, beat_ms).unref()
  process.on('message', given => { if (isMessage(given)) interrupt.abort() })
  process.on('disconnect', () => { process.exit(exitCode('interrupted')) })
  process.channel!.unref()
  // Nothing is left to wait for, and yet the module is not loaded: without node's own words, the other process has
  // better ones.
  process.on('beforeExit', () => { if (!ended) process.exit(unsettled) })
  return () => {
    ended = true
    clearInterval(beat)
    send({ remapcheck: 'ended', code: Number(process.exitCode) })
  }
}

/** Writing waits for a slow reader (a pager), which is no sign of a loop. */
const signalling = (stream: NodeJS.WriteStream): Stream => ({
  get isTTY() { return stream.isTTY },
  get columns() { return stream.columns },
  write: text => {
    send({ remapcheck: 'writing' })
    stream.write(text)
    send({ remapcheck: 'alive' })
  },
})
