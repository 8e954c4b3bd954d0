/** QEMU's monitor (QMP), for what no register shows: the state of a local APIC whose processor never runs. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { qemuError } from './errors.ts'
import type { UserError } from '../errors.ts'

interface Answer { readonly return?: unknown; readonly error?: { readonly desc: string } }
interface Pending { readonly resolve: (value: unknown) => void; readonly reject: (cause: UserError) => void }

export class Monitor {
  readonly #socket: Socket
  #rest = ''
  #pending: Pending[] = []
  #ended = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('utf8').on('data', (text: string) => { this.#receive(text) })
    socket.on('close', () => { this.#end() })
  }

  /** `path`: the socket of a QEMU that listens. */
  static async open(path: string): Promise<Monitor> {
    const socket = connect(path)
    try { await once(socket, 'connect') } catch (cause) {
      throw qemuError('DIED', `its monitor cannot be reached (${(cause as NodeJS.ErrnoException).code})`,
        'run it again')
    }
    socket.on('error', () => {}) // 'close' follows
    const monitor = new Monitor(socket)
    await monitor.execute('qmp_capabilities')
    return monitor
  }

  execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended) { reject(gone()); return }
      this.#pending.push({ resolve, reject })
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`)
    })
  }
  /** What the monitor for people says. */
  async hmp(line: string): Promise<string> {
    return String(await this.execute('human-monitor-command', { 'command-line': line }))
  }

  /** Vectors that the local APIC of a processor has as requested (IRR), ascending. */
  async requested(cpu = 0): Promise<readonly number[]> {
    const text = await this.hmp(`info lapic ${cpu}`)
    return [.../^IRR\s+(.*)$/m.exec(text)?.[1]?.matchAll(/\d+/g) ?? []].map(([vector]) => Number(vector))
  }
  /** The machine as after power-on: all registers, BARs too. */
  async reset(): Promise<void> { await this.execute('system_reset') }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) {
      const answer = JSON.parse(line) as Answer
      if (!('return' in answer) && !('error' in answer)) continue // the greeting, and events
      const one = this.#pending.shift()
      if (answer.error !== undefined) one?.reject(qemuError('REFUSED', `its monitor refused: ${answer.error.desc}`,
        'this is a QEMU that differs: please report it'))
      else one?.resolve(answer.return)
    }
  }
  #end(): void {
    this.#ended = true
    for (const { reject } of this.#pending.splice(0)) reject(gone())
  }
}
const gone = (): UserError =>
  qemuError('DIED', 'it has ended, and its monitor with it', 'run it again; if it ends there again, report the case')
