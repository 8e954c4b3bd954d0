/** QEMU's `edu` device: a PCI function that does DMA and sends interrupts when told to (QEMU's docs/specs/edu). */
import { qemuError } from './errors.ts'
import type { Pci } from './pci.ts'
import type { Address, Qtest } from './qtest.ts'

/** Registers in BAR 0, in bytes. */
const raise = 0x60, acknowledge = 0x64, dmaSource = 0x80, dmaTarget = 0x88, dmaCount = 0x90, dmaCommand = 0x98
const run = 1, fromDevice = 2
/** Where the device's buffer of 4 KiB begins, as its own DMA engine counts. */
const buffer = 0x4_0000
/** Bytes of the buffer that can be used: one that reaches its last byte ends QEMU 7.2. */
export const bufferBytes = 4092
export const barBytes = 0x10_0000

const command = 0x04, bar0 = 0x10, msi = 0x40
const memoryAndMaster = 0x6
const msiEnable = 1 << 16
/** No DMA takes this many polls while QEMU's clock runs. */
const pollsAtMost = 1_000_000

/** One transfer. `offset` is into the device's buffer, 0 where not given; `bytes` 4 where not given. */
export interface Transfer {
  /** `write`: to memory. `read`: from memory into the buffer. */
  readonly direction: 'read' | 'write'
  /** As the device sees it: what the unit translates. */
  readonly address: Address
  readonly bytes?: number
  readonly offset?: number
}

export class Edu {
  readonly sid: number
  /** Guest-physical address of BAR 0. */
  readonly bar: number
  readonly #qtest: Qtest
  readonly #pci: Pci

  constructor(qtest: Qtest, pci: Pci, sid: number, bar: number) {
    this.sid = sid
    this.bar = bar
    this.#qtest = qtest
    this.#pci = pci
  }

  /** Places the BAR, and lets the device answer and do DMA. */
  setUp(): void {
    this.#pci.write(this.sid, bar0, this.bar)
    this.#pci.write(this.sid, command, memoryAndMaster)
  }

  /** Starts one and returns; it runs when QEMU's clock goes on, so not before `finish`. While one runs, starting
   *  another does nothing. */
  start({ direction, address, bytes = 4, offset = 0 }: Transfer): void {
    if (bytes < 1 || offset < 0 || offset + bytes > bufferBytes)
      throw new RangeError(`edu: ${bytes} bytes at ${offset} do not fit into the buffer of ${bufferBytes}`)
    const own = buffer + offset
    this.#qtest.writeq(this.bar + dmaSource, direction === 'write' ? own : address)
    this.#qtest.writeq(this.bar + dmaTarget, direction === 'write' ? address : own)
    this.#qtest.writeq(this.bar + dmaCount, bytes)
    this.#qtest.writeq(this.bar + dmaCommand, run | (direction === 'write' ? fromDevice : 0))
  }
  /** Waits for what runs. `look` may ask for what is wanted afterwards: it goes in the same batch as the poll, and its
   *  last answer is given. */
  finish<T>(look: () => Promise<T>): Promise<T> { return finish([this], look) }
  /** Start and finish. */
  async transfer(one: Transfer): Promise<void> {
    this.start(one)
    await finish([this], nothing)
  }
  async busy(): Promise<boolean> { return (await this.#qtest.readl(this.bar + dmaCommand) & run) !== 0 }

  /** What the buffer holds after set-up: in each dword its own offset, and the device's source id in bits 31:16. Reads
   *  replace it where they go. */
  pattern(offset: number, bytes: number): Uint8Array {
    const whole = new DataView(new ArrayBuffer(bufferBytes))
    for (let at = 0; at < bufferBytes; at += 4) whole.setUint32(at, (this.sid << 16 | at) >>> 0, true)
    return new Uint8Array(whole.buffer, offset, bytes)
  }
  /** A write of one dword with any value: what an interrupt message is on the bus. The dword goes through memory at
   *  `staging`, which the device must be able to read at that same address, and the first 4 bytes of the buffer. */
  async message(address: Address, data: number, staging: number): Promise<void> {
    this.#qtest.writel(staging, data)
    await this.transfer({ direction: 'read', address: staging })
    await this.transfer({ direction: 'write', address })
  }

  /** Switches MSI on with this message; the capability is at 0x40, with a 64-bit address. */
  setMsi(address: Address, data: number): void {
    const wide = BigInt(address)
    this.#pci.write(this.sid, msi + 4, Number(BigInt.asUintN(32, wide)))
    this.#pci.write(this.sid, msi + 8, Number(wide >> 32n))
    this.#pci.write(this.sid, msi + 12, data)
    this.#pci.write(this.sid, msi, msiEnable)
  }
  /** Sends the MSI (without MSI: raises INTx), then takes the cause away. */
  interrupt(): void {
    this.#qtest.writel(this.bar + raise, 1)
    this.#qtest.writel(this.bar + acknowledge, 1)
  }
}

const nothing = (): Promise<void> => Promise.resolve()

/** Waits until none of them runs any more; see `Edu.finish`. All polls of a turn are one round trip. */
export async function finish<T>(edus: readonly Edu[], look: () => Promise<T>): Promise<T> {
  const poll = async (): Promise<boolean> => (await Promise.all(edus.map(edu => edu.busy()))).includes(true)
  await poll() // in the batch that starts them, so surely too early; but its answer says that the clock could go on
  for (let polls = 0; polls < pollsAtMost; polls++) {
    const [busy, seen] = await Promise.all([poll(), look()])
    if (!busy) return seen
  }
  throw qemuError('SILENT', `a DMA has not ended after ${pollsAtMost} polls`,
    'run it again; if it stays there again, report the case')
}
