/** The remapping unit by its registers (VT-d rev 5.10, 11.4): what software does to program it, with raw words. */
import type { Qtest } from './qtest.ts'

/** Where QEMU's unit stands, guest-physical. */
export const unitAt = 0xfed9_0000

/** Offsets in bytes of the registers that stand in a fixed place, and which of them have 64 bits. */
const narrow = {
  VER: 0x00, GCMD: 0x18, GSTS: 0x1c, FSTS: 0x34, FECTL: 0x38, FEDATA: 0x3c, FEADDR: 0x40, FEUADDR: 0x44,
  ICS: 0x9c, IECTL: 0xa0, IEDATA: 0xa4, IEADDR: 0xa8, IEUADDR: 0xac,
} as const
const wide = { CAP: 0x08, ECAP: 0x10, RTADDR: 0x20, CCMD: 0x28, IQH: 0x80, IQT: 0x88, IQA: 0x90, IQERCD: 0xb0, IRTA: 0xb8 } as const
export const register = { ...narrow, ...wide } as const
export type FixedRegister = keyof typeof register
/** Those whose place CAP.FRO and ECAP.IRO tell; of FRCD the low half. */
export type RegisterName = FixedRegister | 'FRCD' | 'IVA' | 'IOTLB'

/** Bits of GCMD and GSTS. */
export const command = { TE: 1 << 31 >>> 0, SRTP: 1 << 30, QIE: 1 << 26, IRE: 1 << 25, SIRTP: 1 << 24, CFI: 1 << 23 } as const
type Enable = 'TE' | 'QIE' | 'IRE' | 'CFI'
/** Bits of FSTS that are cleared by writing 1: PFO, AFO, APF, IQE, ICE, ITE. */
const clearable = 0x7d
const faultBit = 0x8000_0000
/** FECTL.IM. */
const eventMasked = 0x8000_0000

/** A descriptor of 128 bits: low and high word. */
export type RawDescriptor = readonly [low: bigint, high: bigint]

/** The fault recording register of QEMU's unit (it has one), and FSTS. */
export interface FaultState {
  readonly fsts: number
  readonly low: bigint
  readonly high: bigint
}
/** Whether a record is there: F. */
export const faulted = ({ high }: FaultState): boolean => high >> 63n === 1n

const descriptor_bytes = 16
const queue_bytes = 4096

export class Unit {
  readonly #qtest: Qtest
  /** GCMD as last written, without its one-shot bits. */
  #enabled = 0
  /** Of one page of 256 descriptors. */
  #queue = 0
  #tail = 0
  #tickets = 0

  readonly cap: bigint
  readonly ecap: bigint
  readonly #frcd: number
  readonly #iva: number

  constructor(qtest: Qtest, cap: bigint, ecap: bigint) {
    this.#qtest = qtest
    this.cap = cap
    this.ecap = ecap
    this.#frcd = 16 * Number(cap >> 24n & 0x3ffn)
    this.#iva = 16 * Number(ecap >> 8n & 0x3ffn)
  }
  /** The unit of a machine, which is asked for its capabilities. */
  static async of(qtest: Qtest): Promise<Unit> {
    const [cap, ecap] = await Promise.all([qtest.readq(unitAt + register.CAP), qtest.readq(unitAt + register.ECAP)])
    return new Unit(qtest, cap, ecap)
  }

  /** The tail as last written, in bytes. */
  get tail(): number { return this.#tail }

  offset(name: RegisterName): number {
    if (name === 'FRCD') return this.#frcd
    return name === 'IVA' ? this.#iva : name === 'IOTLB' ? this.#iva + 8 : register[name]
  }
  readl(offset: number): Promise<number> { return this.#qtest.readl(unitAt + offset) }
  readq(offset: number): Promise<bigint> { return this.#qtest.readq(unitAt + offset) }
  writel(offset: number, value: number): void { this.#qtest.writel(unitAt + offset, value) }
  writeq(offset: number, value: number | bigint): void { this.#qtest.writeq(unitAt + offset, value) }
  /** By name, with the width of the register. */
  async read(name: RegisterName): Promise<bigint> {
    return name in narrow ? BigInt(await this.readl(this.offset(name))) : this.readq(this.offset(name))
  }
  write(name: RegisterName, value: bigint): void {
    if (name in narrow) this.writel(this.offset(name), Number(value))
    else this.writeq(this.offset(name), value)
  }

  /** RTADDR as it is written: the address, and TTM in bits 11:10; then SRTP. */
  setRoot(rtaddr: number | bigint): void {
    this.writeq(register.RTADDR, rtaddr)
    this.writel(register.GCMD, this.#enabled | command.SRTP)
  }
  /** IRTA as it is written: the address, EIME in bit 11, size in bits 3:0; then SIRTP. */
  setInterruptTable(irta: number | bigint): void {
    this.writeq(register.IRTA, irta)
    this.writel(register.GCMD, this.#enabled | command.SIRTP)
  }
  /** One bit of GCMD, beside those that are on. */
  enable(bit: Enable, on = true): void {
    this.#enabled = (on ? this.#enabled | command[bit] : this.#enabled & ~command[bit]) >>> 0
    this.writel(register.GCMD, this.#enabled)
  }
  /** An empty queue of 256 descriptors in the page at `address`. Where one was on, it is replaced: so an invalidation queue error is left behind. */
  startQueue(address: number): void {
    if ((this.#enabled & command.QIE) !== 0) this.enable('QIE', false)
    this.#queue = address
    this.#tail = 0
    this.writeq(register.IQA, address)
    this.writeq(register.IQT, 0)
    this.enable('QIE')
  }

  /** As after reset where a case can see it, but with TE, IRE and both table pointers as they are (to switch TE costs QEMU half a millisecond a device): the queue
   *  of the page at `queue` empty and on, no fault recorded, no event pending, all caches invalidated. Posted: it joins the batch of the next case. */
  renew(queue: number): void {
    this.startQueue(queue)
    this.clearFaults()
    this.writel(register.FECTL, eventMasked)
    this.submit([[0x11n, 0n], [0x12n, 0n], [0x04n, 0n]])
  }

  /** Puts descriptors into the queue, in order, and moves the tail. At most 255 at once. */
  submit(descriptors: readonly RawDescriptor[]): void {
    for (const part of this.#parts(descriptors)) this.#qtest.memwrite(this.#queue + part.at, encode(part.descriptors))
    this.writeq(register.IQT, this.#tail)
  }
  /** As `submit`, with a wait descriptor that writes its status behind them.
   *  @param status address of a dword in RAM @returns whether the status was written: not after an error of the queue */
  async invalidate(descriptors: readonly RawDescriptor[], status: number): Promise<boolean> {
    const ticket = this.#tickets = this.#tickets + 1 >>> 0
    this.submit([...descriptors, waitDescriptor(status, ticket)])
    return await this.#qtest.readl(status) === ticket
  }
  #parts(descriptors: readonly RawDescriptor[]): { readonly at: number; readonly descriptors: readonly RawDescriptor[] }[] {
    const at = this.#tail, room = (queue_bytes - at) / descriptor_bytes
    this.#tail = (at + descriptors.length * descriptor_bytes) % queue_bytes
    return [{ at, descriptors: descriptors.slice(0, room) }, { at: 0, descriptors: descriptors.slice(room) }].filter(part => part.descriptors.length > 0)
  }

  async faults(): Promise<FaultState> {
    const [fsts, low, high] = await Promise.all([this.readl(register.FSTS), this.readq(this.#frcd), this.readq(this.#frcd + 8)])
    return { fsts, low, high }
  }
  /** Record and status bits; PPF goes with the record. */
  clearFaults(): void {
    this.writel(this.#frcd + 12, faultBit)
    this.writel(register.FSTS, clearable)
  }
}

/** Invalidation wait with SW (6.5.2.9). */
export const waitDescriptor = (status: number, data: number): RawDescriptor => [BigInt(data) << 32n | 0x25n, BigInt(status)]

function encode(descriptors: readonly RawDescriptor[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(descriptors.length * descriptor_bytes))
  descriptors.forEach(([low, high], i) => {
    bytes.setBigUint64(i * descriptor_bytes, low, true)
    bytes.setBigUint64(i * descriptor_bytes + 8, high, true)
  })
  return new Uint8Array(bytes.buffer)
}
