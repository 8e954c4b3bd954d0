/** PCI configuration space by the ports of a PC (PCI Local Bus 3.0, 3.2.2.3.2: configuration mechanism). */
import type { Qtest } from './qtest.ts'

const addressPort = 0xcf8
const dataPort = 0xcfc

/** `bus << 8 | device << 3 | function`: what the manuals call source id. */
export const sourceId = (bus: number, device: number, fn: number): number => bus << 8 | device << 3 | fn
export const busOf = (sid: number): number => sid >> 8
export const deviceOf = (sid: number): number => sid >> 3 & 31
export const functionOf = (sid: number): number => sid & 7
/** `00:03.0` */
export const sidText = (sid: number): string =>
  `${busOf(sid).toString(16).padStart(2, '0')}:${deviceOf(sid).toString(16).padStart(2, '0')}.${functionOf(sid)}`

/** Dwords of configuration space; `offset` is a multiple of 4. */
export class Pci {
  readonly #qtest: Qtest
  constructor(qtest: Qtest) { this.#qtest = qtest }

  read(sid: number, offset: number): Promise<number> {
    this.#select(sid, offset)
    return this.#qtest.inl(dataPort)
  }
  write(sid: number, offset: number, value: number): void {
    this.#select(sid, offset)
    this.#qtest.outl(dataPort, value)
  }
  #select(sid: number, offset: number): void { this.#qtest.outl(addressPort, 0x8000_0000 | sid << 8 | offset) }
}
