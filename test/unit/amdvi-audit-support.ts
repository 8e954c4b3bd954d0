/** Machines made for the tests of `audit` on AMD-Vi: tables in memory, and a dump of them. */
import type { AmdviDump } from '../../src/dump/dump.ts'
import { amdviRegistersOf } from '../../src/dump/amdvi.ts'
import type { AmdviValues } from '../../src/dump/amdvi.ts'
import type { Budget } from '../../src/audit/spaces.ts'
import {
  deviceTableEntry, encode, gcr3Entry, guestPageEntry, hostPage, hostTable,
} from '../../spec/amdvi/layout/index.ts'
import { MemoryImage } from '../../spec/iommu/image.ts'
import { auditOf } from './audit-support.ts'

export type Fields<L extends { readonly fields: readonly { readonly name: string }[] }> =
  Partial<Record<L['fields'][number]['name'], number>>
const values: AmdviValues = { DevTabBase: 0x1000n, IommuControl: 0x21005n, ExtFeature: 0x2000_00c0n,
  CmdBufBase: 0x0800_0000_0030_0000n, EventLogBase: 0x0800_0000_0031_0000n }

/** Device table at 0x1000 (128 devices, each blocked), tables from 0x400000 on. */
export class Machine {
  readonly memory = new MemoryImage()
  #next = 0x400000
  constructor(readonly registers: AmdviValues = {}) {
    for (let device = 0; device < 128; device++) this.device(device, { V: 1, IV: 1 })
  }
  device(device: number, fields: Fields<typeof deviceTableEntry>): void {
    this.memory.write(0x1000 + 32 * device, encode(deviceTableEntry, fields))
  }
  table(): number {
    this.memory.cover(this.#next / 4096)
    this.#next += 4096
    return this.#next - 4096
  }
  /** Translated through a table of `levels`, and no interrupts; the table. */
  host(device: number, domain: number, levels = 3, more: Fields<typeof deviceTableEntry> = {}): number {
    const root = this.table()
    this.device(device, { V: 1, TV: 1, IV: 1, IR: 1, IW: 1, MODE: levels, ROOT: root / 4096, DOMAIN: domain, ...more })
    return root
  }
  link(table: number, index: number, level: number): number {
    const next = this.table()
    this.memory.write(table + 8 * index, encode(hostTable, { PR: 1, IR: 1, IW: 1, NEXT: level, ADDR: next / 4096 }))
    return next
  }
  page(table: number, index: number, output: number, more: Fields<typeof hostPage> = {}): void {
    this.memory.write(table + 8 * index, encode(hostPage, { PR: 1, IR: 1, IW: 1, ADDR: output / 4096, ...more }))
  }
  dump(): AmdviDump {
    return { iommu: 'amdvi', path: 'made', format: 'image', unit: null, haw: 46, queue: null,
      told: [],
      shows: { translation: true, interrupts: true, root: true }, memory: this.memory, bytes: 0, close: () => {},
      ...amdviRegistersOf('made', { ...values, ...this.registers }) }
  }
  audit(budget?: Budget) { return auditOf(this.dump(), budget) }
}

/** GTEn, and what entries with guest tables need of the unit. */
export const guestsOn: AmdviValues = { IommuControl: 0x31005n, ExtFeature: 0x1_0000_2000_00d0n }

/** Fields of a device table entry for a GCR3 table, which stands in three pieces. */
export const gcr3At = (table: number): Fields<typeof deviceTableEntry> => ({
  GCR3L: Math.floor(table / 2 ** 12) % 8, GCR3M: Math.floor(table / 2 ** 15) % 2 ** 16,
  GCR3H: Math.floor(table / 2 ** 31),
})

/** Tables of a guest. `toGuest` gives the address that the guest has for a table. */
export class GuestTables {
  readonly root: number
  readonly #tables = new Map<string, number>()
  constructor(private readonly machine: Machine, private readonly levels: 4 | 5 = 4,
    private readonly toGuest: (table: number) => number = table => table) { this.root = toGuest(this.#table('')) }
  #table(key: string): number {
    const known = this.#tables.get(key)
    if (known !== undefined) return known
    const table = this.machine.table()
    this.#tables.set(key, table)
    return table
  }
  /** The entry of `level` at `input`, with the tables on the way, and the address where it stands. */
  put(input: number, level: number, fields: Fields<typeof guestPageEntry>): number {
    let path = '', table = this.#table(path)
    for (let at = this.levels; ; at--) {
      const index = Math.floor(input / 2 ** (12 + 9 * (at - 1))) % 512, place = table + 8 * index
      if (at === level) {
        this.machine.memory.write(place, encode(guestPageEntry, { P: 1, RW: 1, ...fields }))
        return place
      }
      path += `/${index}`
      table = this.#table(path)
      this.machine.memory.write(place, encode(guestPageEntry, { P: 1, RW: 1, ADDR: this.toGuest(table) / 4096 }))
    }
  }
  map(input: number, output: number, more: Fields<typeof guestPageEntry> = {}, level = 1): void {
    this.put(input, level, { PS: level > 1 ? 1 : 0, ADDR: output / 4096, ...more })
  }
}

/** Writes entry `index` of a GCR3 table. */
export function gcr3(machine: Machine, table: number, index: number, address: number,
  more: Fields<typeof gcr3Entry> = {}): void {
  machine.memory.write(table + 8 * index, encode(gcr3Entry, { V: 1, ADDR: address / 4096, ...more }))
}

/** Mode=0, with a GCR3 table of one level: its address. */
export function guest(machine: Machine, more: Parameters<Machine['device']>[1] = {}, device = 3): number {
  const table = machine.table()
  machine.device(device,
    { V: 1, TV: 1, IR: 1, IW: 1, IV: 1, DOMAIN: device, GV: 1, GIOV: 1, ...gcr3At(table), ...more })
  return table
}
/** Below host tables of one level, where frame n of the guest is host page 0x1000 + n for n from 256, and each table
 *  has the number of a frame below 256. Gives the GCR3 table, and what takes host tables to the guest. */
export function nested(machine: Machine, device = 3) {
  const root = machine.host(device, device, 1), table = machine.table()
  machine.device(device, { V: 1, TV: 1, IR: 1, IW: 1, IV: 1, MODE: 1, ROOT: root / 4096, DOMAIN: device, GV: 1, GIOV: 1,
    ...gcr3At(table) })
  for (let frame = 256; frame < 320; frame++) machine.page(root, frame, 0x1000000 + frame * 4096)
  let next = 0
  const toGuest = (host: number): number => { machine.page(root, next, host); return next++ * 4096 }
  return { root, table, toGuest }
}

/** What only VT-d has, or calls so. */
const foreign = new RegExp([
  String.raw`\b(?:S?SRTP|SIRTP|RTADDR|IRTA|GSTS|GCMD|TES?|IRES?|CFIS?|EIME|TTM|PGTT|SVT|SID|SSLPS|FS1GP)\b`,
  String.raw`\b(?:RMRR|DMAR|E?CAP)\b|[Ii]nvalidation queue|clear P\b`,
  String.raw`\b(?:VT-d|VTD:|Intel|[Ff]ault \w+h|TT=|DTE=0|[Rr]oot table|[Rr]oot entr|[Rr]oot, context|[Cc]ontext)\b`,
  String.raw`[Ff]irst[- ]stage|[Ss]econd[- ]stage|[Dd]omain-id|PASID (?:table|directory)`,
  String.raw`flush the IOTLB|compatibility format|[Dd]escriptor`,
].join('|'), 'g')
/** Words of VT-d in a text on an AMD unit. */
export const foreignIn = (text: string): readonly string[] => text.match(foreign) ?? []
