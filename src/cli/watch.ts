/** `--watch`: a command runs again whenever a module changes that it loaded. */
import { createHash } from 'node:crypto'
import { readFileSync, watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { exitCode } from '../exit.ts'
import { editedName } from '../../spec/kernel/edits.ts'
import type { Io } from './io.ts'

/** One run: ends early when `signal` is aborted, and tells each file of the user's that it loads. Gives the exit
 *  code. */
export type Run = (signal: AbortSignal, loaded: (file: string) => void) => Promise<number>

/** Until `io.signal` is aborted. A change ends the run that goes on. Gives the exit code. */
export async function runAgain(io: Io, modules: readonly string[], run: Run): Promise<number> {
  const named = modules.map(path => resolve(io.cwd, editedName(path)?.base ?? path))
  for (;;) {
    const changes = new Changes(named)
    const again = new AbortController()
    try {
      if (io.stdout.isTTY === true) io.stdout.write('\x1b[2J\x1b[3J\x1b[H')
      const running = run(again.signal, file => { changes.add(file) })
        .then(code => {
          if (!again.signal.aborted && !io.signal.aborted)
            io.stderr.write(`watching ${changes.size} ${changes.size === 1 ? 'file' : 'files'}; Ctrl-C ends\n`)
          return code
        })
      const changed = await Promise.race([changes.next, aborted(io.signal)])
      if (changed !== null) again.abort()
      await running
      if (changed === null) return exitCode('interrupted')
      io.stderr.write(`changed  ${changed}\n`)
    } finally { changes.close() }
  }
}
const aborted = (signal: AbortSignal): Promise<null> => new Promise(settle => {
  if (signal.aborted) settle(null)
  else signal.addEventListener('abort', () => { settle(null) }, { once: true })
})

/** Editors write a file in several steps, or lay another in its place. */
const settle_ms = 50

/** Files whose contents matter. Folders are watched: whoever replaces a file ends what watches that. */
class Changes {
  readonly #digests = new Map<string, string | null>()
  readonly #watchers = new Map<string, FSWatcher>()
  #waiting: NodeJS.Timeout | undefined
  #found: (file: string) => void = () => {}
  /** The name of the first that changes. */
  readonly next = new Promise<string>(settle => { this.#found = settle })

  constructor(files: readonly string[]) { for (const file of files) this.add(file) }
  get size(): number { return this.#digests.size }

  add(file: string): void {
    if (this.#digests.has(file)) return
    this.#digests.set(file, digestOf(file))
    const folder = dirname(file)
    if (this.#watchers.has(folder)) return
    try {
      const watcher = watch(folder, () => { this.#look() })
      watcher.on('error', () => {}) // the folder is gone
      this.#watchers.set(folder, watcher)
    } catch { /* there is no such folder: the run says so */ }
  }
  #look(): void {
    clearTimeout(this.#waiting)
    this.#waiting = setTimeout(() => {
      const changed = [...this.#digests].find(([file, before]) => digestOf(file) !== before)
      if (changed !== undefined) this.#found(basename(changed[0]))
    }, settle_ms)
  }
  close(): void {
    clearTimeout(this.#waiting)
    for (const watcher of this.#watchers.values()) watcher.close()
  }
}
/** Null while there is no such file. */
function digestOf(file: string): string | null {
  try { return createHash('sha256').update(readFileSync(file)).digest('hex') } catch { return null }
}
