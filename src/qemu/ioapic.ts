/** The I/O APIC of the machine, by its registers (82093AA datasheet, 3.0), and its input lines. */
import type { Qtest } from './qtest.ts'

const select = 0xfec0_0000, window = 0xfec0_0010
const firstRte = 0x10
const path = '/machine/q35/ioapic'

export class IoApic {
  readonly #qtest: Qtest
  constructor(qtest: Qtest) { this.#qtest = qtest }

  /** A redirection table entry of 64 bits. */
  setRte(pin: number, value: bigint): void {
    this.#write(firstRte + 2 * pin, Number(BigInt.asUintN(32, value)))
    this.#write(firstRte + 2 * pin + 1, Number(value >> 32n))
  }
  async rte(pin: number): Promise<bigint> {
    const [low, high] = await Promise.all([this.#read(firstRte + 2 * pin), this.#read(firstRte + 2 * pin + 1)])
    return BigInt(high) << 32n | BigInt(low)
  }
  /** The level of an input line. */
  setLine(pin: number, level: 0 | 1): void { this.#qtest.setIrq(path, pin, level) }
  /** One edge: up and down. */
  pulse(pin: number): void {
    this.setLine(pin, 1)
    this.setLine(pin, 0)
  }

  #write(register: number, value: number): void {
    this.#qtest.writel(select, register)
    this.#qtest.writel(window, value)
  }
  #read(register: number): Promise<number> {
    this.#qtest.writel(select, register)
    return this.#qtest.readl(window)
  }
}
