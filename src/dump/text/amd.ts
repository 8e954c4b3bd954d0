/** Tables of AMD units as Linux lists them, a device at a time (devtbl and irqtbl in debugfs, 6.17 on; Linux
 *  drivers/iommu/amd/debugfs.c: facts about its texts), and the boot line with their features. The device table itself
 *  has no address in the text: it is put where no memory is, and devices that were not asked for let nothing pass. */
import { deviceTableEntry, encode } from '../../../spec/amdvi/index.ts'
import { dwordsOf } from '../../../spec/iommu/layout.ts'
import { MemoryImage } from '../../../spec/iommu/image.ts'
import { amdviRegistersOf } from '../amdvi.ts'
import type { AmdviDump } from '../dump.ts'

/** Quadwords, the lowest first. */
interface DeviceRow { readonly unit: string; readonly words: readonly bigint[] }

const id = '(?:[0-9a-f]{4}:)?([0-9a-f]{2}):([0-9a-f]{2})\\.([0-7])'
const word = String.raw`\s+([0-9a-f]{16})`
const row = new RegExp(`^${id}${word.repeat(4)}\\s+(\\S{1,32})$`, 'i')
const heading = new RegExp(`^DeviceId\\s+${id}$`, 'i')
const entry = /^\s*IRT\[(\d{1,4})\]\s+([0-9a-f]{16})\s+([0-9a-f]{16})$|^\s*IRT\[(\d{1,4})\]\s+([0-9a-f]{8})$/i
const features = /AMD-Vi: Extended features \((0x[0-9a-f]{1,16})(?:, (0x[0-9a-f]{1,16}))?\)/
const idOf = (bus: string, slot: string, fn: string): number =>
  parseInt(bus, 16) << 8 | parseInt(slot, 16) << 3 | Number(fn)
/** 2 MB at the top of 2^52, and all of its entries. */
const tableBytes = 2 ** 21, deviceTable = 2 ** 52 - tableBytes, most = 2 ** 16
/** IommuEn, EventLogEn, CmdBufEn; GAEn where entries have 128 bits. */
const on = 1n | 1n << 2n | 1n << 12n, wide = 1n << 17n

export class AmdTexts {
  readonly devices = new Map<number, DeviceRow>()
  /** Of a device, its interrupt entries; one or two words each, the lowest first. */
  readonly interrupts = new Map<number, Map<number, readonly bigint[]>>()
  #features: { readonly efr: bigint; readonly efr2: bigint | null } | null = null
  #open: number | null = null

  take(line: string): boolean {
    const device = row.exec(line), head = heading.exec(line), found = entry.exec(line)
    if (device !== null) {
      const [, bus, slot, fn, three, two, one, zero, unit] = device
      if (this.devices.size < most) this.devices.set(idOf(bus!, slot!, fn!), { unit: unit!,
        words: [zero, one, two, three].map(text => BigInt(`0x${text!}`)) })
      return true
    }
    if (head !== null) { this.#open = idOf(head[1]!, head[2]!, head[3]!); return true }
    if (found !== null && this.#open !== null) {
      const [, index, high, low, short, word] = found
      const of = this.interrupts.get(this.#open) ?? new Map<number, readonly bigint[]>()
      of.set(Number(index ?? short), word === undefined ? [BigInt(`0x${low!}`), BigInt(`0x${high!}`)]
        : [BigInt(`0x${word}`)])
      if (this.interrupts.size < most) this.interrupts.set(this.#open, of)
      return true
    }
    const said = features.exec(line)
    if (said !== null) this.#features = { efr: BigInt(said[1]!), efr2: said[2] === undefined ? null : BigInt(said[2]) }
    return said !== null || line.startsWith('DeviceId') && line.includes('QWORD')
  }

  get units(): readonly string[] { return [...new Set([...this.devices.values()].map(({ unit }) => unit))].sort() }

  dumpOf(unit: string, path: string): AmdviDump {
    const memory = new MemoryImage()
    const blocked = encode(deviceTableEntry, { V: 1, IV: 1 })
    for (let i = 0; i < 2 ** 16; i++) memory.write(deviceTable + i * 32, blocked)
    let isWide = true
    for (const [device, of] of this.devices) {
      if (of.unit !== unit) continue
      memory.write(deviceTable + device * 32, dwordsOf(...of.words))
      const table = Number(of.words[2]! & 0xfffffffffffc0n)
      for (const [index, words] of this.interrupts.get(device) ?? []) {
        isWide = words.length === 2
        memory.write(table + index * (isWide ? 16 : 4), isWide ? dwordsOf(...words) : [Number(words[0])])
      }
    }
    const { registers, assumed } = amdviRegistersOf(path, { DevTabBase: BigInt(deviceTable) | 511n,
      IommuControl: on | (isWide ? wide : 0n),
      ...this.#features === null ? {} : { ExtFeature: this.#features.efr,
        ...this.#features.efr2 === null ? {} : { ExtFeature2: this.#features.efr2 } } })
    return {
      iommu: 'amdvi', path, format: 'text', unit, registers, haw: 52, memory, bytes: this.devices.size * 32,
      shows: { translation: true, interrupts: this.interrupts.size > 0, root: false },
      assumed: [...assumed.filter(text => !text.startsWith('who can write')),
        'the unit is taken as on; who can write the device table and the rings is not judged',
        'devices that the text does not list are left out'],
      close: () => {},
    }
  }
}
