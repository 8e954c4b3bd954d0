/** A running QEMU: its streams, its end, and that it ends with us whatever we die of. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { qemuError } from './errors.ts'
import type { UserError } from '../errors.ts'

export interface ProcessListener {
  /** Answers. */
  stdout(text: string): void
  /** A line of stderr without its end. */
  stderr(line: string): void
  /** It has ended; called once. */
  ended(cause: UserError): void
}

const running = new Set<ChildProcess>()
function killAll(): void { for (const child of running) child.kill('SIGKILL') }

/** QEMU stays when its stdin closes. So a shell beside it reads a pipe that only we hold, and kills it when the pipe
 *  closes without a word: even SIGKILL cannot keep us from closing it. The QEMU itself takes the place of the shell
 *  that started it, and has that shell's process id. */
const guarded = '{ read -r _ <&3 || kill -9 $$; } </dev/null >/dev/null 2>&1 & exec "$@" 3<&-'
const shell = '/bin/sh'

/** What is kept of its complaints, for the word on why it ended. */
const complaintsKept = 100

/** Starts QEMU in a session of its own, so that Ctrl-C reaches only us. */
export class QemuProcess {
  readonly #child: ChildProcess
  readonly #listener: ProcessListener
  readonly #complaints: string[] = []
  readonly #over: Promise<void>
  #rest = ''
  #heard = false
  #closing = false

  constructor(binary: string, args: readonly string[], listener: ProcessListener) {
    this.#listener = listener
    const [program, list] = existsSync(shell) ? [shell, ['-c', guarded, shell, binary, ...args]] : [binary, args]
    if (running.size === 0) process.on('exit', killAll)
    this.#child = spawn(program, list, { stdio: ['pipe', 'pipe', 'pipe', 'pipe'], detached: true })
    running.add(this.#child)
    this.#over = new Promise(resolve => { this.#listen(resolve) })
  }

  get pid(): number | undefined { return this.#child.pid }
  send(text: string): void { this.#child.stdin!.write(text, 'latin1') }
  kill(): void { this.#child.kill('SIGKILL') }
  /** Ends it; resolves when it is gone. May be called again. */
  async close(): Promise<void> {
    this.#closing = true
    this.kill()
    await this.#over
  }

  #listen(over: () => void): void {
    const { stdin, stdout, stderr, stdio } = this.#child
    // Writing to one that has just ended fails; its end is told by 'close'.
    for (const stream of [stdin!, stdio[3] as Writable]) stream.on('error', () => {})
    stdout!.setEncoding('latin1').on('data', (text: string) => {
      this.#heard = true
      this.#listener.stdout(text)
    })
    stderr!.setEncoding('latin1').on('data', (text: string) => { this.#lines(text) })
    let failed: Error | null = null
    this.#child.on('error', error => { failed = error })
    // The word that lets the shell beside it go; 'close' waits for that.
    this.#child.on('exit', () => { (stdio[3] as Writable).end('\n') })
    this.#child.on('close', (status, signal) => {
      running.delete(this.#child)
      if (running.size === 0) process.off('exit', killAll)
      this.#listener.ended(this.#why(failed === null ? signal ?? `exit code ${status}` : failed.message))
      over()
    })
  }
  #lines(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) this.#listener.stderr(line)
  }
  /** A line of stderr that was no event. */
  complaint(line: string): void {
    if (this.#complaints.push(line) > complaintsKept) this.#complaints.shift()
  }
  #why(how: string): UserError {
    if (this.#closing) return qemuError('DIED', 'it was closed', 'ask nothing of a machine that is closed')
    const said = this.#complaints.filter(line => !/\bwarning:/.test(line))
      .map(line => line.replace(/^qemu-system-\w+: /, ''))
    if (!this.#heard)
      return qemuError('START', `it ended at once (${how})${quoted(said[0])}`,
        'check the options of the machine, and that this QEMU has q35, tcg, intel-iommu and edu')
    // What it says before it is ended from outside has nothing to do with that.
    const isEnded = how === 'SIGKILL' || how === 'SIGTERM'
    const last = isEnded ? undefined : said.findLast(line => /error|assert/i.test(line)) ?? said.at(-1)
    return qemuError('DIED', `it ended in mid-run (${how})${quoted(last)}`,
      'run it again; if it ends there again, report the case')
  }
}
const quoted = (line: string | undefined): string => line === undefined ? '' : `: ${line.slice(0, 160)}`
