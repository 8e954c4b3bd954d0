/** The ACPI table of AMD-Vi (AMD 48882 rev 3.10, ch. 5). One unit has a block in each form that some kernel reads; the
 *  richest whole one counts. */
import { deviceName, structuresOf } from './firmware.ts'
import type { DeviceSpan, Firmware, FirmwareRegion, FirmwareUnit, Special } from './firmware.ts'

const blockTypes = [0x10, 0x11, 0x40]
const headBytes = (type: number): number => type === 0x10 ? 24 : 40

interface Entries {
  readonly devices: DeviceSpan[]; readonly aliases: { readonly span: DeviceSpan; readonly as: string }[]
  readonly specials: Special[]; readonly behind: string[]
  rest: boolean
}

function entriesOf(of: Buffer, at: number, segment: number): Entries {
  const found: Entries = { devices: [], aliases: [], specials: [], behind: [], rest: false }
  let open: { readonly from: number; readonly as: number | null } | null = null
  const add = (from: number, to: number, as: number | null): void => {
    const span = { from, to, segment }
    if (as === null) found.devices.push(span)
    else found.aliases.push({ span, as: deviceName(as, segment) })
  }
  while (at + 4 <= of.length) {
    const type = of[at]!
    const length = type === 0xf0 ? 22 + (of[at + 21] ?? 0) : 4 << (type >> 6)
    if (at + length > of.length) break
    const id = of.readUInt16LE(at + 1)
    const alias = type === 0x42 || type === 0x43 ? of.readUInt16LE(at + 5) : null
    if (type === 1) found.rest = true
    if (type === 2 || type === 0x42 || type === 0x46) add(id, id, alias)
    if (type === 3 || type === 0x43 || type === 0x47) open = { from: id, as: alias }
    if (type === 4 && open !== null) { add(open.from, id, open.as); open = null }
    if (type === 0x48) found.specials.push({ kind: of[at + 7] === 2 ? 'HPET' : 'I/O APIC', id: of[at + 4]!,
      device: deviceName(of.readUInt16LE(at + 5), segment) })
    if (type === 0xf0) found.behind.push(`ACPI device ${of.toString('latin1', at + 4, at + 12).replace(/\0.*$/s,
      '')} as `
      + deviceName(id, segment))
    at += length
  }
  return found
}

interface Block { readonly type: number; readonly isWhole: boolean; readonly unit: FirmwareUnit }

export function readIvrs(bytes: Buffer, doubts: string[]): Firmware {
  const blocks = new Map<string, Block[]>()
  const regions: FirmwareRegion[] = []
  for (const { type, length, at, of } of structuresOf(bytes, false, doubts)) {
    const isWhole = of.length === length
    if (blockTypes.includes(type)) {
      if (!isWhole) doubts.push(`the block at byte ${at} (type ${type.toString(16)}h) is cut off`)
      if (of.length < 18) continue
      const segment = of.readUInt16LE(16), base = of.readBigUInt64LE(8)
      const device = deviceName(of.readUInt16LE(4), segment)
      const list = blocks.get(`${device} ${base}`) ?? []
      blocks.set(`${device} ${base}`, [...list, { type, isWhole, unit: { name: `IVHD ${device}`, base, segment,
        ...entriesOf(of, headBytes(type), segment) } }])
    }
    if (type >= 0x20 && type <= 0x22 && of.length >= 32) regions.push(regionOf(type, of))
  }
  return {
    table: 'IVRS', haw: widthOf(bytes.readUInt32LE(36)), flags: [], x2apicOptOut: false,
    units: [...blocks.values()].map(list => list.toSorted((a, b) => Number(b.isWhole) - Number(a.isWhole)
      || b.type - a.type)[0]!.unit),
    regions, doubts,
    notes: [...blocks.values()].flatMap(list => list.length < 2 ? [] : [`${list[0]!.unit.name} has blocks `
      + `${list.map(({ type }) => `${type.toString(16)}h`).join(', ')} for one unit`]),
  }
}
/** Physical address size: bits 14:8 of IVinfo. */
const widthOf = (info: number): number | null => (info >> 8 & 0x7f) || null

function regionOf(type: number, of: Buffer): FirmwareRegion {
  const flags = of[1]!, first = of.readUInt16LE(4), last = of.readUInt16LE(6)
  const from = of.readBigUInt64LE(16), length = of.readBigUInt64LE(24)
  const isExcluded = (flags & 8) !== 0
  const rights = isExcluded ? 'rw' : `${(flags & 2) !== 0 ? 'r' : ''}${(flags & 4) !== 0 ? 'w' : ''}` || 'none'
  const to = type === 0x22 ? last : first
  return { from, to: from + (length > 0n ? length - 1n : 0n), rights, behind: [],
    devices: type === 0x20 ? [] : [{ from: first, to, segment: 0 }] }
}
