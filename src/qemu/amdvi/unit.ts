/** The AMD unit by its registers (AMD 48882 rev 3.05, ch. 3): what software does to program it. */
import { commandLayouts, decode, encode, registers } from '../../../spec/amdvi/index.ts'
import type { RegisterName } from '../../../spec/amdvi/index.ts'
import { atLeast } from '../find.ts'
import type { UnitKind } from '../machine.ts'
import { bytesOf } from '../memory.ts'
import type { Qtest } from '../qtest.ts'

/** Where QEMU's unit stands, guest-physical. */
export const amdviAt = 0xfed8_0000
/** Log2 of the entries of its command buffer, the least that there is, and of the event log. */
const entriesLog2 = 8
const ringBytes = 16 * 2 ** entriesLog2
const pageBytes = 4096

/** Removes everything. */
export const invalidateAll = encode(commandLayouts[8], { OP: 8 })
/** Stores `data` (32 bits) at `address`, a multiple of 8. */
export const storeWait = (address: number, data: number): Uint32Array =>
  encode(commandLayouts[1], { OP: 1, S: 1, STOREL: address / 8, DATAL: data })

/** Bits of the control register. */
export type Control = Readonly<Partial<ReturnType<typeof controlOf>>>
const controlOf = (words: ArrayLike<number>) => decode(registers.IommuControl.layout, words)

/** Writes are posted, as all of `Qtest`. */
export class AmdviUnit {
  readonly #qtest: Qtest
  /** EFR, as two dwords. */
  readonly features: readonly [number, number]
  #control: Control = {}
  #ring = 0
  #tail = 0

  constructor(qtest: Qtest, features: readonly [number, number]) {
    this.#qtest = qtest
    this.features = features
  }
  static async of(qtest: Qtest): Promise<AmdviUnit> {
    const at = amdviAt + registers.ExtFeature.offset
    return new AmdviUnit(qtest, await Promise.all([qtest.readl(at), qtest.readl(at + 4)]))
  }

  read(name: RegisterName): Promise<bigint> { return this.#qtest.readq(amdviAt + registers[name].offset) }
  write(name: RegisterName, words: ArrayLike<number>): void {
    this.#qtest.writeq(amdviAt + registers[name].offset, BigInt(words[1] ?? 0) << 32n | BigInt(words[0]!))
  }
  /** Tables and rings in their places, translation on. `pages`: of the device table. @returns the control register */
  start({ deviceTable, pages, commands, events, control }: {
    readonly deviceTable: number; readonly pages: number; readonly commands: number; readonly events: number
    readonly control: Control
  }): Uint32Array {
    this.#control = { ...control, IommuEn: 1, CmdBufEn: 1, EventLogEn: 1 }
    this.#ring = commands
    this.write('DevTabBase', encode(registers.DevTabBase.layout, { BASE: deviceTable / pageBytes, SIZE: pages - 1 }))
    this.write('CmdBufBase', encode(registers.CmdBufBase.layout, { BASE: commands / pageBytes, LEN: entriesLog2 }))
    this.write('EventLogBase', encode(registers.EventLogBase.layout, { BASE: events / pageBytes, LEN: entriesLog2 }))
    this.restart()
    return encode(registers.IommuControl.layout, this.#control)
  }
  /** IommuEn; what was set at `start` stays. */
  enable(on: boolean): void {
    this.#control = { ...this.#control, IommuEn: on ? 1 : 0 }
    this.write('IommuControl', encode(registers.IommuControl.layout, this.#control))
  }
  /** Puts commands into the buffer, in order, and moves the tail. QEMU's head does not wrap, so the buffer begins anew
   *  before it is full. */
  submit(commands: readonly Uint32Array[]): void {
    if (this.#tail + 16 * commands.length >= ringBytes) this.restart()
    for (const words of commands) {
      this.#qtest.memwrite(this.#ring + this.#tail, bytesOf(words))
      this.#tail += 16
    }
    this.#qtest.writel(amdviAt + registers.CmdTail.offset, this.#tail)
  }
  /** The buffer empty, and on. Head and tail may be written while it is off. */
  restart(): void {
    this.write('IommuControl', encode(registers.IommuControl.layout, { ...this.#control, CmdBufEn: 0 }))
    this.write('CmdHead', [0])
    this.write('CmdTail', [0])
    this.write('IommuControl', encode(registers.IommuControl.layout, this.#control))
    this.#tail = 0
  }
}

/** AMD-Vi in a machine. The accesses that mark the trace are reads of half of EFR; nothing else reads so. From QEMU 10
 *  on the unit translates only without pass-through. */
export const amdviUnit: UnitKind<AmdviUnit> = {
  device: (_, version) => `amd-iommu,intremap=on${atLeast(version, 10) ? ',pt=off' : ''}`,
  of: qtest => AmdviUnit.of(qtest),
  marks: {
    event: 'amdvi_mmio_read',
    mark: qtest => { qtest.readl(amdviAt + registers.ExtFeature.offset).catch(() => undefined) },
    of: event => event.name === 'amdvi_mmio_read' && event.offset === BigInt(registers.ExtFeature.offset)
      && event.size === 4 ? 'next' : null,
  },
}
