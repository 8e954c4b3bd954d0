/** Where a case keeps its tables in the machine's memory, and that memory as the model reads it. */
import { MemoryImage, pageDwords } from '../../../spec/iommu/image.ts'
import type { PhysicalMemory } from '../../../spec/iommu/image.ts'
import type { Qtest } from '../qtest.ts'

export const page = 4096
/** RAM of the machine, from address 0. */
const ram = 256 * 2 ** 20

/** Guest-physical addresses. Everything that a table can send a DMA to lies outside of `tables`. */
export const place = {
  tables: { first: 0x100_0000, bytes: 0x6_0000 },
  root: 0x100_0000,
  /** A page a bus. */
  context: (bus: number): number => 0x100_1000 + bus * page,
  /** Paging tables, `n` from 0 to 7 of each level up to 4. */
  paging: (level: number, n: number): number => 0x101_0000 + (level * 8 + n) * page,
  /** Two pages a device. */
  pasids: 0x104_0000,
  queue: 0x108_0000,
  status: 0x108_1000,
  staging: 0x108_2000,
  /** The last page of RAM: entries behind it cannot be read. */
  interruptTable: 0xfff_f000,
  /** Small pages that leaves map. */
  data: 0x200_0000,
  /** Large pages that leaves map, in RAM. */
  large: 0x220_0000,
  /** Where nothing answers; free of all that any page size needs to be 0. */
  hole: 0x2_0000_0000,
} as const

export const isTable = (address: number): boolean =>
  address >= place.tables.first && address < place.tables.first + place.tables.bytes
export const isRam = (address: number): boolean =>
  address >= 0 && address < ram && (address < 0xa_0000 || address >= 0x10_0000)

/** The machine's memory as the model reads it: RAM that is zero but for what was stored. */
export class RamImage implements PhysicalMemory {
  readonly #image = new MemoryImage()
  page(number: number): Uint32Array | undefined {
    return this.#image.page(number) ?? (isRam(number * page) ? zeros : undefined)
  }
  put(address: number, dwords: ArrayLike<number>): void { this.#image.write(address, dwords) }
}
/** The same, and what is stored goes to the machine as well. */
export class TableMemory extends RamImage {
  readonly #qtest: Qtest
  constructor(qtest: Qtest) {
    super()
    this.#qtest = qtest
  }
  /** A structure of 32 bits, or in words of 64. */
  override put(address: number, dwords: ArrayLike<number>): void {
    super.put(address, dwords)
    if (dwords.length === 1) this.#qtest.writel(address, dwords[0]!)
    else for (let i = 0; i < dwords.length; i += 2)
      this.#qtest.writeq(address + 4 * i, BigInt(dwords[i + 1]!) << 32n | BigInt(dwords[i]!))
  }
}
const zeros = new Uint32Array(pageDwords)

/** Sets some bits of a structure. */
export function setBits(dwords: Uint32Array, bits: readonly number[]): Uint32Array {
  for (const bit of bits) dwords[bit >>> 5] = (dwords[bit >>> 5]! | 1 << (bit & 31)) >>> 0
  return dwords
}
