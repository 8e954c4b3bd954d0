/** QEMU's qtest protocol: one line a command, one line an answer, in order.
 *
 *  Everything asked for in one turn of the event loop goes out in one write, so a batch costs one round trip. Commands
 *  of one batch run in one turn of QEMU's main loop too: its clock stands still meanwhile, and what is polled must be
 *  asked again in a later turn (`await` between). */
import type { UserError } from '../errors.ts'
import { look_ms } from '../patience.ts'
import type { Patience } from '../patience.ts'
import { qemuError } from './errors.ts'

/** An address in the memory of the machine. */
export type Address = number | bigint

/** Takes an answer without its `OK `. */
type Taker = (answer: string) => void
interface Pending {
  readonly text: string
  readonly take: Taker | null
  readonly refuse: ((cause: UserError) => void) | null
}

export interface Wire {
  /** Lines for QEMU. */
  send(text: string): void
  /** No answer comes: QEMU is not to be trusted any more. */
  silent(): void
}

const hex = (value: Address): string => `0x${value.toString(16)}`

/** Reads are promises; writes are posted, as on the bus: order is kept, and what goes wrong with one is told by the
 *  next read. */
export class Qtest {
  readonly #wire: Wire
  readonly #patience: Patience
  readonly #looks: NodeJS.Timeout
  #outgoing = ''
  #pending: Pending[] = []
  /** First of `#pending` that has no answer yet. */
  #next = 0
  #rest = ''
  #failure: UserError | null = null
  #roundTrips = 0

  constructor(wire: Wire, patience: Patience) {
    this.#wire = wire
    this.#patience = patience
    this.#looks = setInterval(() => { this.#look() }, look_ms).unref()
  }

  /** Batches sent so far. */
  get roundTrips(): number { return this.#roundTrips }
  /** Why nothing can be asked any more; null while QEMU answers. */
  get failure(): UserError | null { return this.#failure }

  readb(address: Address): Promise<number> { return this.#number(`readb ${hex(address)}`) }
  readw(address: Address): Promise<number> { return this.#number(`readw ${hex(address)}`) }
  readl(address: Address): Promise<number> { return this.#number(`readl ${hex(address)}`) }
  readq(address: Address): Promise<bigint> { return this.#ask(`readq ${hex(address)}`, BigInt) }
  inl(port: number): Promise<number> { return this.#number(`inl ${hex(port)}`) }
  writeb(address: Address, value: number): void { this.post(`writeb ${hex(address)} ${hex(value)}`) }
  writew(address: Address, value: number): void { this.post(`writew ${hex(address)} ${hex(value)}`) }
  writel(address: Address, value: number): void { this.post(`writel ${hex(address)} ${hex(value >>> 0)}`) }
  writeq(address: Address, value: Address): void { this.post(`writeq ${hex(address)} ${hex(value)}`) }
  outl(port: number, value: number): void { this.post(`outl ${hex(port)} ${hex(value >>> 0)}`) }
  /** Sets `size` bytes to one value. */
  fill(address: Address, size: number, value = 0): void { this.post(`memset ${hex(address)} ${size} ${hex(value)}`) }
  memwrite(address: Address, bytes: Uint8Array): void {
    if (bytes.length > 0)
      this.post(`b64write ${hex(address)} ${bytes.length} `
        + `${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}`)
  }
  memread(address: Address, size: number): Promise<Uint8Array> {
    return size === 0 ? Promise.resolve(new Uint8Array())
      : this.#ask(`b64read ${hex(address)} ${size}`, text => Buffer.from(text, 'base64'))
  }
  /** The level of an input line of a device, named by its path in QEMU's object tree. */
  setIrq(path: string, pin: number, level: 0 | 1): void {
    this.post(`set_irq_in ${path} unnamed-gpio-in ${pin} ${level}`)
  }

  /** Resolves when all that was posted so far is done. */
  settled(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    const last = this.#pending.at(-1)
    return last === undefined || this.#next === this.#pending.length ? Promise.resolve()
      : this.#ask('endianness', () => undefined)
  }

  /** A command without result. */
  post(text: string): void { this.#command({ text, take: null, refuse: null }) }

  #number(text: string): Promise<number> { return this.#ask(text, Number) }
  #ask<T>(text: string, parse: (answer: string) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) { reject(this.#failure); return }
      this.#command({ text, take: answer => { resolve(parse(answer)) }, refuse: reject })
    })
  }
  #command(one: Pending): void {
    if (this.#failure !== null) return
    if (this.#outgoing === '') queueMicrotask(() => { this.#flush() })
    this.#outgoing += `${one.text}\n`
    this.#pending.push(one)
  }
  #flush(): void {
    if (this.#failure !== null) return
    const text = this.#outgoing
    this.#outgoing = ''
    this.#roundTrips++
    this.#patience.renew()
    this.#wire.send(text)
  }

  /** What QEMU wrote. */
  receive(text: string): void {
    this.#patience.renew()
    const all = this.#rest + text
    let from = 0
    for (let end = all.indexOf('\n'); end >= 0; end = all.indexOf('\n', from)) {
      this.#answer(all.slice(from, end))
      from = end + 1
    }
    this.#rest = all.slice(from)
    if (this.#next === this.#pending.length) {
      this.#pending = []
      this.#next = 0
    }
  }
  #answer(line: string): void {
    const one = this.#pending[this.#next]
    if (one === undefined) return // nothing was asked: an interrupt line that somebody intercepted
    this.#next++
    if (line.startsWith('OK')) one.take?.(line.slice(3))
    else this.#refused(one, line)
  }
  /** A refused write has nobody to tell, so everything after it fails. */
  #refused(one: Pending, line: string): void {
    const cause = qemuError('REFUSED', `it refused '${one.text.slice(0, 80)}': ${line}`,
      'this is a mistake of the program or a QEMU that differs: please report it')
    if (one.refuse === null) this.fail(cause)
    else one.refuse(cause)
  }

  /** Ends the conversation: what is pending and all that comes is refused with this. The first cause stays. */
  fail(cause: UserError): void {
    if (this.#failure !== null) return
    this.#failure = cause
    clearInterval(this.#looks)
    const pending = this.#pending.slice(this.#next)
    this.#pending = []
    this.#next = 0
    for (const { refuse } of pending) refuse?.(cause)
  }
  #look(): void {
    if (this.#next === this.#pending.length) return
    const how = this.#patience.look()
    if (how === null) return
    const { text } = this.#pending[this.#next]!
    this.fail(qemuError('SILENT',
      `it ${how === 'works' ? 'works on' : 'sleeps'} and does not answer (to '${text.slice(0, 80)}')`,
      'run it again; if it is silent there again, report the case'))
    this.#wire.silent()
  }
}
