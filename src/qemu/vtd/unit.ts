/** The remapping unit by its registers (VT-d rev 5.10, 11.4): what software does to program it. Words are raw;
 *  `spec/vtd/layout` makes and reads them. */
import { decode, descriptorLayouts, encode, getter, maskOf, registers } from '../../../spec/vtd/index.ts'
import type { Dwords, RegisterName } from '../../../spec/vtd/index.ts'
import { bytesOf, wordsOf } from '../memory.ts'
import type { UnitKind } from '../machine.ts'
import type { MachineOptions } from '../options.ts'
import type { Qtest } from '../qtest.ts'

/** Where QEMU's unit stands, guest-physical. */
export const unitAt = 0xfed9_0000

const gcmd = registers.GCMD.layout
const bitOf = (name: 'TE' | 'SRTP' | 'QIE' | 'IRE' | 'SIRTP' | 'CFI'): number => maskOf(gcmd, name)[0]!
/** Bits of GCMD; those that stay are in the same place of GSTS. */
export const command = { TE: bitOf('TE'), SRTP: bitOf('SRTP'), QIE: bitOf('QIE'), IRE: bitOf('IRE'),
  SIRTP: bitOf('SIRTP'), CFI: bitOf('CFI') } as const
type Enable = 'TE' | 'QIE' | 'IRE' | 'CFI'

const rw1c = registers.FSTS.layout.fields.filter(({ access }) => access === 'rw1c')
const clearable = rw1c.reduce((mask, { name }) => (mask | maskOf(registers.FSTS.layout, name)[0]!) >>> 0, 0)
const frcd = registers.FRCD.layout
const recorded = getter(frcd, 'F')
const recordBytes = frcd.bits / 8
const faultBit = maskOf(frcd, 'F')[3]!
const eventMasked = maskOf(registers.FECTL.layout, 'IM')[0]!

/** FSTS, and the fault recording register of QEMU's unit (it has one) as dwords. */
export interface FaultState { readonly fsts: number; readonly record: Dwords }
/** The fields of the record; null where none is there. */
export const faultOf = ({ record }: FaultState): ReturnType<typeof decode<FaultField>> | null =>
  recorded(record, 0) === 1 ? decode(frcd, record) : null
type FaultField = (typeof frcd)['fields'][number]['name']

export interface QueueShape {
  /** IQA.QS: 2^QS pages; 0 where not given. */
  readonly size?: number
  /** IQA.DW: descriptors of 256 bits; only with ECAP.SMTS. */
  readonly wide?: boolean
}

/** Invalidates everything, and is refused by no unit. */
export const invalidateContexts = encode(descriptorLayouts[1], { TYPE: 1, G: 1 })
export const invalidateIotlb = encode(descriptorLayouts[2], { TYPE: 2, G: 1 })
export const invalidateInterrupts = encode(descriptorLayouts[4], { TYPE: 4 })
/** A wait that writes `data` to `status` (an address below 2^52, a multiple of 4). */
export const statusWait = (status: number, data: number): Uint32Array =>
  encode(descriptorLayouts[5], { TYPE: 5, SW: 1, DATA: data, STATUS: status / 4 })

/** Writes are posted, as all of `Qtest`: what is done in one turn goes out in one batch. */
export class Unit {
  readonly #qtest: Qtest
  readonly cap: bigint
  readonly ecap: bigint
  readonly #bases: Readonly<Record<'unit' | 'IRO' | 'FRO', number>>
  /** GCMD as last written, without its one-shot bits. */
  #enabled = 0
  #queue = { address: 0, bytes: 4096, stride: 16 }
  #tail = 0
  #tickets = 0

  constructor(qtest: Qtest, cap: bigint, ecap: bigint) {
    this.#qtest = qtest
    this.cap = cap
    this.ecap = ecap
    this.#bases = { unit: 0, FRO: 16 * Number(cap >> 24n & 0x3ffn), IRO: 16 * Number(ecap >> 8n & 0x3ffn) }
  }
  /** The unit of a machine, which is asked for its capabilities. */
  static async of(qtest: Qtest): Promise<Unit> {
    const [cap, ecap] = await Promise.all([qtest.readq(unitAt + registers.CAP.offset),
      qtest.readq(unitAt + registers.ECAP.offset)])
    return new Unit(qtest, cap, ecap)
  }

  /** The tail as last written, in bytes. */
  get tail(): number { return this.#tail }
  /** From the base of the unit, in bytes. */
  offset(name: RegisterName): number { return this.#bases[registers[name].relative] + registers[name].offset }

  readl(offset: number): Promise<number> { return this.#qtest.readl(unitAt + offset) }
  readq(offset: number): Promise<bigint> { return this.#qtest.readq(unitAt + offset) }
  writel(offset: number, value: number): void { this.#qtest.writel(unitAt + offset, value) }
  writeq(offset: number, value: number | bigint): void { this.#qtest.writeq(unitAt + offset, value) }
  /** By name, with the width of the register; of FRCD the low half. */
  async read(name: RegisterName): Promise<bigint> {
    return narrow(name) ? BigInt(await this.readl(this.offset(name))) : this.readq(this.offset(name))
  }
  write(name: RegisterName, value: number | bigint): void {
    if (narrow(name)) this.writel(this.offset(name), Number(value))
    else this.writeq(this.offset(name), value)
  }

  /** RTADDR as it is written: the address, and TTM in bits 11:10; then SRTP. */
  setRoot(rtaddr: number | bigint): void {
    this.write('RTADDR', rtaddr)
    this.write('GCMD', this.#enabled | command.SRTP)
  }
  /** IRTA as it is written: the address, EIME in bit 11, size in bits 3:0; then SIRTP. */
  setInterruptTable(irta: number | bigint): void {
    this.write('IRTA', irta)
    this.write('GCMD', this.#enabled | command.SIRTP)
  }
  /** One bit of GCMD, beside those that are on. QEMU takes half a millisecond a device to switch TE, and none for the
   *  others. */
  enable(bit: Enable, on = true): void {
    this.#enabled = (on ? this.#enabled | command[bit] : this.#enabled & ~command[bit]) >>> 0
    this.write('GCMD', this.#enabled)
  }
  /** An empty queue at `address`, switched on. Where one was on, it is replaced: so an invalidation queue error is left
   *  behind. */
  startQueue(address: number, { size = 0, wide = false }: QueueShape = {}): void {
    if ((this.#enabled & command.QIE) !== 0) this.enable('QIE', false)
    this.#queue = { address, bytes: 4096 << size, stride: wide ? 32 : 16 }
    this.#tail = 0
    const iqa = encode(registers.IQA.layout, { QS: size, DW: wide ? 1 : 0 })[0]!
    this.write('IQA', address + iqa)
    this.write('IQT', 0)
    this.enable('QIE')
  }
  /** As after reset where a case can see it, but with TE, IRE and both table pointers as they are: the queue at
   *  `address` empty and on, no fault recorded, no event pending or unmasked, all caches invalidated. */
  renew(address: number, shape: QueueShape = {}): void {
    this.startQueue(address, shape)
    this.clearFaults()
    this.write('FECTL', eventMasked)
    this.submit([invalidateContexts, invalidateIotlb, invalidateInterrupts])
  }

  /** Puts descriptors into the queue, in order, and moves the tail. They must be fewer than the queue has places;
   *  128-bit ones are padded where it is wide. */
  submit(descriptors: readonly Dwords[]): void {
    const { address, bytes, stride } = this.#queue
    const from = this.#tail, length = descriptors.length * stride
    if (length >= bytes)
      throw new RangeError(`${descriptors.length} descriptors do not fit into a queue of ${bytes / stride}`)
    const words = new Uint32Array(length / 4)
    descriptors.forEach((one, i) => { words.set(one, i * stride / 4) })
    const room = (bytes - from) / 4
    this.#qtest.memwrite(address + from, bytesOf(words.subarray(0, room)))
    this.#qtest.memwrite(address, bytesOf(words.subarray(room)))
    this.#tail = (from + length) % bytes
    this.write('IQT', this.#tail)
  }
  /** As `submit`, with a wait behind them that writes a status, each time another.
   *  @param status address of a dword in RAM @returns whether the status was written: not after an error of the
   *  queue */
  async invalidate(descriptors: readonly Dwords[], status: number): Promise<boolean> {
    const ticket = this.#tickets = this.#tickets + 1 >>> 0
    this.submit([...descriptors, statusWait(status, ticket)])
    return await this.#qtest.readl(status) === ticket
  }

  async faults(): Promise<FaultState> {
    const [fsts, record] = await Promise.all([this.readl(registers.FSTS.offset),
      this.#qtest.memread(unitAt + this.offset('FRCD'), recordBytes)])
    return { fsts, record: wordsOf(record) }
  }
  /** Record and status bits; PPF goes with the record. */
  clearFaults(): void {
    this.writel(this.offset('FRCD') + recordBytes - 4, faultBit)
    this.write('FSTS', clearable)
  }
}
const narrow = (name: RegisterName): boolean => registers[name].layout.bits === 32

/** VT-d in a machine. Marks are writes of the version register, which is read-only: nothing changes, and the value is
 *  printed. */
export const vtdUnit: UnitKind<Unit> = {
  device: deviceOf, of: qtest => Unit.of(qtest),
  marks: {
    event: 'vtd_reg_write', mark: (qtest, value) => { qtest.writel(unitAt, value) },
    of: event => event.name === 'vtd_reg_write' && event.offset === 0 ? Number(event.value) : null,
  },
}
function deviceOf({ addressWidth = 39, cachingMode, snoopControl, scalable, firstStage, eim }: MachineOptions): string {
  return [
    'intel-iommu', 'intremap=on', `aw-bits=${addressWidth}`,
    ...cachingMode === true ? ['caching-mode=on'] : [], ...snoopControl === true ? ['snoop-control=on'] : [],
    ...scalable === true ? ['x-scalable-mode=on'] : [], ...firstStage === true ? ['x-flts=on'] : [],
    // Without KVM only under this name.
    ...eim === true ? ['x-buggy-eim=on', 'eim=on'] : ['eim=off'],
  ].join(',')
}
