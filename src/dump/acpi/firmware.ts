/** What firmware says of the IOMMUs of a machine, by its ACPI tables DMAR and IVRS: units, devices below them, memory
 *  reserved for devices, flags. */

/** A device, or a run of them: `00:02.0`, `00:00.3 to ff:1f.6`. */
export interface DeviceSpan { readonly from: number; readonly to: number; readonly segment: number }
/** Something that is in a unit's scope and no plain device. */
export interface Special { readonly kind: 'I/O APIC' | 'HPET'; readonly id: number; readonly device: string }
export interface FirmwareUnit {
  readonly name: string
  readonly base: bigint
  readonly segment: number
  /** All devices of the segment that no other unit has. */
  readonly rest: boolean
  readonly devices: readonly DeviceSpan[]
  /** Devices behind a bridge on the way, whose bus only a running machine knows. */
  readonly behind: readonly string[]
  readonly specials: readonly Special[]
  /** `from ff:00.0 to ff:1f.7, sends as 00:14.5`. */
  readonly aliases: readonly { readonly span: DeviceSpan; readonly as: string }[]
}
/** `to` inclusive. Devices of none: for all. */
export interface FirmwareRegion {
  readonly from: bigint; readonly to: bigint
  readonly devices: readonly DeviceSpan[]; readonly behind: readonly string[]
  readonly rights: string
}
export interface Firmware {
  readonly table: string
  /** Host address width in bits; null where the table does not say. */
  readonly haw: number | null
  readonly flags: readonly string[]
  readonly x2apicOptOut: boolean
  readonly units: readonly FirmwareUnit[]
  readonly regions: readonly FirmwareRegion[]
  /** What makes it less than whole. */
  readonly doubts: readonly string[]
  readonly notes: readonly string[]
}

const two = (value: number): string => value.toString(16).padStart(2, '0')
/** `00:1f.2` of a source-id; with its segment where that is not 0. */
export const deviceName = (id: number, segment = 0): string =>
  `${segment === 0 ? '' : `${segment.toString(16).padStart(4, '0')}:`}${two(id >> 8)}:${two(id >> 3 & 31)}.${id & 7}`
export const spanName = ({ from, to, segment }: DeviceSpan): string => from === to ? deviceName(from, segment)
  : `${deviceName(from, segment)} to ${deviceName(to, segment)}`
export const inSpan = (id: number, { from, to }: DeviceSpan): boolean => id >= from && id <= to

/** The structures behind the header of a table, cut ones included; stops where a length makes no sense. */
export function* structuresOf(bytes: Buffer, wide: boolean, doubts: string[]): Generator<{ readonly type: number
  readonly length: number; readonly at: number; readonly of: Buffer }> {
  for (let at = 48; at + 4 <= bytes.length;) {
    const type = wide ? bytes.readUInt16LE(at) : bytes[at]!
    const length = bytes.readUInt16LE(at + 2)
    if (length < 4) {
      doubts.push(`the structure at byte ${at} has a length of ${length}: what is behind it was not read`)
      return
    }
    yield { type, length, at, of: bytes.subarray(at, at + length) }
    at += length
  }
}
