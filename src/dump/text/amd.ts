/** Tables of AMD units as Linux lists them, a device at a time (devtbl and irqtbl in debugfs, 6.17 on; Linux
 *  drivers/iommu/amd/debugfs.c: facts about its texts), the command buffer and registers of a unit (cmdbuf, mmio), and
 *  the boot line with its features. The device table has no address in the text: it is put where no memory is, and
 *  devices that were not asked for let nothing pass. */
import { deviceTableEntry, encode, registers as map } from '../../../spec/amdvi/index.ts'
import type { RegisterName } from '../../../spec/amdvi/index.ts'
import { dwordsOf } from '../../../spec/iommu/layout.ts'
import { MemoryImage } from '../../../spec/iommu/image.ts'
import { amdviRegistersOf, amdviStored, largeTables } from '../amdvi.ts'
import type { AmdviDump } from '../dump.ts'
import type { Queue } from './units.ts'

/** Quadwords, the lowest first. */
interface DeviceRow { readonly unit: string; readonly words: readonly bigint[] }
/** What texts say of one unit, besides its devices. Registers by their offsets. */
interface UnitPart { readonly registers: Map<number, bigint>; commands: Queue | null }

const id = '(?:[0-9a-f]{4}:)?([0-9a-f]{2}):([0-9a-f]{2})\\.([0-7])'
const word = String.raw`\s+([0-9a-f]{16})`
const row = new RegExp(`^${id}${word.repeat(4)}\\s+(\\S{1,32})$`, 'i')
const heading = new RegExp(`^DeviceId\\s+${id}$`, 'i')
const entry = /^\s*IRT\[(\d{1,4})\]\s+([0-9a-f]{16})\s+([0-9a-f]{16})$|^\s*IRT\[(\d{1,4})\]\s+([0-9a-f]{8})$/i
const features = /AMD-Vi: Extended features \((0x[0-9a-f]{1,16})(?:, (0x[0-9a-f]{1,16}))?\)/
/** Of 64 bits: a register of the PCI capability has 32. */
const register = /^Offset:0x([0-9a-f]{1,4}) Value:0x([0-9a-f]{16})$/i
const ring = /^CMD Buffer Head Offset:(\d{1,5}) Tail Offset:(\d{1,5})$/
const command = /^ *(\d{1,5}): ([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{8})$/i
const idOf = (bus: string, slot: string, fn: string): number =>
  parseInt(bus, 16) << 8 | parseInt(slot, 16) << 3 | Number(fn)
const big = (digits: string): bigint => BigInt(`0x${digits}`)
/** Folders are iommu00, rows say iommu0. */
const nameOf = (unit: string): string => unit.replace(/^iommu0*(?=\d)/, 'iommu')
/** 2 MB at the top of 2^52, and all of its entries. */
const tableBytes = 2 ** 21, deviceTable = 2 ** 52 - tableBytes, most = 2 ** 16, mostUnits = 64, mostCommands = 2 ** 15
/** IommuEn, EventLogEn, CmdBufEn, large interrupt tables; GAEn where entries have 128 bits. */
const on = 1n | 1n << 2n | 1n << 12n | largeTables, wide = 1n << 17n
/** DevTblSegEn: entries are listed by DeviceID, whichever segment they are in. */
const segments = 7n << 34n
/** Log2 of the entries of an interrupt table. */
const largest = 11
const lengthOf = (words: readonly bigint[]): number => Math.min(largest, Number(words[2]! >> 1n & 15n))
const pageOf = (address: number): number => Math.floor(address / 4096)
/** The unit of files whose place does not name it. */
const nameless = 'iommu'

export class AmdTexts {
  readonly devices = new Map<number, DeviceRow>()
  /** Of a device, its interrupt entries; one or two words each, the lowest first. */
  readonly interrupts = new Map<number, Map<number, readonly bigint[]>>()
  readonly #parts = new Map<string, UnitPart>()
  #features: { readonly efr: bigint; readonly efr2: bigint | null } | null = null
  #open: Map<number, readonly bigint[]> | null = null
  #unit = nameless

  /** The next lines are of this file: of debugfs its folder names the unit. */
  from(path: string): void {
    const folder = /(?:^|\/)(iommu\d{1,3})\/[^/]+$/.exec(path)?.[1]
    this.#unit = folder === undefined ? nameless : nameOf(folder)
  }

  take(line: string): boolean {
    const device = row.exec(line), head = heading.exec(line), found = entry.exec(line)
    if (device !== null) {
      const [, bus, slot, fn, three, two, one, zero, unit] = device
      if (this.devices.size < most) this.devices.set(idOf(bus!, slot!, fn!), { unit: nameOf(unit!),
        words: [zero, one, two, three].map(text => big(text!)) })
      return true
    }
    if (head !== null) { this.#interruptsOf(idOf(head[1]!, head[2]!, head[3]!)); return true }
    if (found !== null && this.#open !== null) {
      const [, index, high, low, short, word] = found
      this.#open.set(Number(index ?? short), word === undefined ? [big(low!), big(high!)] : [big(word)])
      return true
    }
    if (this.#ofUnit(line)) return true
    const said = features.exec(line)
    if (said !== null) this.#features = { efr: BigInt(said[1]!), efr2: said[2] === undefined ? null : BigInt(said[2]) }
    return said !== null || line.startsWith('DeviceId') && line.includes('QWORD')
  }

  #interruptsOf(device: number): void {
    this.#open = this.interrupts.get(device) ?? new Map<number, readonly bigint[]>()
    if (this.interrupts.size < most) this.interrupts.set(device, this.#open)
  }

  #ofUnit(line: string): boolean {
    const value = register.exec(line), head = ring.exec(line), one = command.exec(line)
    if (value !== null) this.#part()?.registers.set(parseInt(value[1]!, 16), big(value[2]!))
    const part = head === null ? this.#parts.get(this.#unit) : this.#part()
    if (head !== null && part !== undefined)
      part.commands = { head: Number(head[1]), tail: Number(head[2]), rows: [] }
    const rows = part?.commands?.rows
    if (one === null || rows === undefined) return value !== null || head !== null
    const [, index, ...words] = one
    if (rows.length < mostCommands) rows.push({ index: Number(index), status: 0n,
      words: [big(words[1]! + words[0]!), big(words[3]! + words[2]!)] })
    return true
  }
  #part(): UnitPart | undefined {
    const known = this.#parts.get(this.#unit)
    if (known !== undefined || this.#parts.size >= mostUnits) return known
    const made: UnitPart = { registers: new Map(), commands: null }
    this.#parts.set(this.#unit, made)
    return made
  }

  get units(): readonly string[] {
    const named = [...[...this.devices.values()].map(({ unit }) => unit), ...this.#parts.keys()]
      .filter(unit => unit !== nameless)
    return named.length === 0 && this.#parts.size > 0 ? [nameless] : [...new Set(named)].sort()
  }
  /** What has no name is of the unit, where there is one. */
  #partOf(unit: string): UnitPart {
    const own = this.#parts.get(unit), loose = this.units.length === 1 ? this.#parts.get(nameless) : undefined
    return { registers: new Map([...loose?.registers ?? [], ...own?.registers ?? []]),
      commands: own?.commands ?? loose?.commands ?? null }
  }

  dumpOf(unit: string, path: string): AmdviDump {
    const part = this.#partOf(unit), { memory, isWide, count } = this.#tablesOf(unit)
    const stored = amdviStored(part.registers)
    const control = stored.IommuControl as bigint | undefined
    const { registers, assumed } = amdviRegistersOf(path, {
      ...this.#features === null ? {} : { ExtFeature: this.#features.efr,
        ...this.#features.efr2 === null ? {} : { ExtFeature2: this.#features.efr2 } },
      ...stored, DevTabBase: BigInt(deviceTable) | 511n,
      IommuControl: control === undefined ? on | (isWide ? wide : 0n) : control & ~segments })
    return {
      iommu: 'amdvi', path, format: 'text', unit: unit === nameless ? null : unit, registers, haw: 52, memory,
      bytes: count * 32, queue: part.commands, told: toldOf(part),
      shows: { translation: count > 0, interrupts: this.interrupts.size > 0, root: false },
      assumed: [...count === 0 ? [] : assumed,
        ...control === undefined && count > 0 ? ['the unit is taken as on'] : [],
        ...count === 0 ? [] : ['who can write the device table is not judged: its place is not known',
          'devices that the text does not list are left out'],
        ...this.units.length > 1 && this.#parts.has(nameless)
          ? ['registers and commands whose file is in no folder of a unit are left out'] : []],
      close: () => {},
    }
  }

  #tablesOf(unit: string): { readonly memory: MemoryImage; readonly isWide: boolean; readonly count: number } {
    const memory = new MemoryImage()
    const blocked = encode(deviceTableEntry, { V: 1, IV: 1 })
    const listed = [...this.devices].filter(([, of]) => of.unit === unit)
    if (listed.length > 0) for (let i = 0; i < 2 ** 16; i++) memory.write(deviceTable + i * 32, blocked)
    let isWide = true
    for (const [device, of] of listed) {
      memory.write(deviceTable + device * 32, dwordsOf(...of.words))
      const table = Number(of.words[2]! & 0xfffffffffffc0n), entries = this.interrupts.get(device)
      for (const [index, words] of entries ?? []) {
        isWide = words.length === 2
        memory.write(table + index * (isWide ? 16 : 4), isWide ? dwordsOf(...words) : [Number(words[0])])
      }
      // Entries that are not listed are not enabled.
      const last = table + (isWide ? 16 : 4) * 2 ** lengthOf(of.words) - 1
      if (entries !== undefined) memory.cover(pageOf(table), pageOf(last) - pageOf(table) + 1)
    }
    return { memory, isWide, count: listed.length }
  }
}

/** Registers of the text that are known, by name. */
function toldOf({ registers }: UnitPart): AmdviDump['told'] {
  return Object.values(map).flatMap(({ name, offset, count, stride }) =>
    Array.from({ length: count }, (_, index) => ({ name: name as RegisterName, index,
      value: registers.get(offset + index * stride) })))
    .flatMap(({ value, ...of }) => value === undefined ? [] : [{ ...of, value }])
}
