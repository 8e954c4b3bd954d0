/** What the firmware's own tables give rise to: memory reserved for devices where the system has RAM, devices that no
 *  unit covers, units that refuse x2APIC (VT-d rev 5.10, ch. 8; AMD 48882, ch. 5). */
import { deviceName, inSpan, spanName } from '../dump/acpi/firmware.ts'
import type { Firmware, FirmwareRegion, FirmwareUnit } from '../dump/acpi/firmware.ts'
import type { MachineText } from '../dump/text/machine.ts'
import { printable } from '../errors.ts'
import { hang, wrapWords } from '../text/layout.ts'
import type { Theme } from '../text/theme.ts'
import { alarmKinds } from './alarms.ts'
import type { AlarmCode, Raised } from './alarms.ts'
import { several, size } from './format.ts'

/** Beside a dump: tables of the firmware, each with its file, and what texts say of the machine. */
export interface Beside {
  readonly firmware: readonly (Firmware & { readonly path: string })[]
  readonly machine: MachineText
}

export interface FirmwareRow {
  readonly path: string
  readonly table: string
  readonly flags: readonly string[]
  readonly units: readonly { readonly name: string; readonly base: string; readonly segment: number
    readonly covers: readonly string[] }[]
  readonly regions: readonly { readonly from: string; readonly to: string; readonly bytes: number
    readonly rights: string; readonly devices: readonly string[] }[]
  readonly notes: readonly string[]
  readonly doubts: readonly string[]
}

const hex = (value: bigint): string => `0x${value.toString(16)}`
const devicesOf = ({ devices, behind }: FirmwareRegion): string[] => [...devices.map(spanName), ...behind]
const nameOf = (region: FirmwareRegion): string => `${hex(region.from)} to ${hex(region.to)}`
  + ` (${devicesOf(region).join(', ') || 'all devices'})`

export const firmwareRows = ({ firmware }: Beside): readonly FirmwareRow[] =>
  firmware.map(({ path, table, haw, flags, units, regions, notes, doubts }) => ({
    path, table, flags: [...haw === null ? [] : [`addresses of ${haw} bits`], ...flags],
    units: units.map(({ name, base, segment, ...of }) => ({ name, base: hex(base), segment, covers: coversOf(of) })),
    regions: regions.map(region => ({ from: hex(region.from), to: hex(region.to),
      bytes: Number(region.to - region.from) + 1, rights: region.rights, devices: devicesOf(region) })),
    notes, doubts,
  }))
const coversOf = ({ rest, devices, behind, specials, aliases }: Omit<FirmwareUnit, 'name' | 'base' | 'segment'>):
  string[] => [
  ...devices.map(spanName), ...behind, ...aliases.map(({ span, as }) => `${spanName(span)}, which send as ${as}`),
  ...specials.map(({ kind, id, device }) => `${kind} 0x${id.toString(16)}, which sends as ${device}`),
  ...rest ? ['all devices that no other unit has'] : [],
]

const alarm = (code: AlarmCode, devices: readonly string[], because: string): Raised =>
  ({ code, severity: alarmKinds[code].severity, devices, because })

/** `sids`: devices that the dump has entries of. */
export function* firmwareAlarms({ firmware, machine }: Beside, sids: readonly number[]): Generator<Raised> {
  for (const of of firmware) {
    for (const region of of.regions) yield* ofRegion(region, machine)
    if (of.x2apicOptOut) yield alarm('x2apic-opt-out', [], `flag of the ${of.table} table`)
  }
  const units = firmware.flatMap(of => of.units)
  if (units.length === 0 || firmware.some(({ doubts }) => doubts.length > 0)) return
  const all = [...new Set([...machine.devices, ...sids])].sort((a, b) => a - b)
  const left = all.filter(id => !units.some(unit => covers(unit, id >>> 16, id & 0xffff)))
  // Which bus is behind a bridge only the running machine knows.
  const isOpen = units.some(({ behind }) => behind.length > 0)
  if (left.length > 0 && !isOpen) yield alarm('device-unscoped', left.map(id => deviceName(id & 0xffff, id >>> 16)),
    several(left.length, 'device'))
}
const covers = ({ segment, rest, devices, aliases, specials }: FirmwareUnit, of: number, id: number): boolean =>
  segment === of && (rest || devices.some(span => inSpan(id, span)) || aliases.some(({ span }) => inSpan(id, span))
    || specials.some(({ device }) => device === deviceName(id, segment)))

function* ofRegion(region: FirmwareRegion, machine: MachineText): Generator<Raised> {
  const devices = devicesOf(region)
  if (region.to < region.from) yield alarm('region-wrong', devices, `${nameOf(region)} ends before it begins`)
  else if ((region.from & 0xfffn) !== 0n || (region.to & 0xfffn) !== 0xfffn)
    yield alarm('region-wrong', devices, `${nameOf(region)} is not whole pages`)
  const ram = machine.ramIn(region.from, region.to)
  if (ram !== null) yield alarm('region-in-ram', devices,
    `${nameOf(region)} overlaps ${ram.what} at ${hex(ram.from)} to ${hex(ram.to)}`)
}

/** Regions that a device must reach at their own address. */
export const reservedFor = ({ firmware }: Beside, sids: readonly number[]): readonly FirmwareRegion[] =>
  firmware.flatMap(({ regions }) => regions.filter(({ devices, behind }) => behind.length > 0 || devices.length === 0
    || devices.some(span => sids.some(id => inSpan(id, span)))))

export function firmwareLines(rows: readonly FirmwareRow[], theme: Theme): string[] {
  const row = (text: string, indent = 2): string[] =>
    hang(' '.repeat(indent), indent + 2, wrapWords(printable(text), theme.width - indent - 2))
  return rows.flatMap(({ path, table, flags, units, regions, notes, doubts }) => ['',
    theme.strong(`firmware: ACPI ${table}`) + theme.dim(`  ${printable(path)}`),
    ...flags.length === 0 ? [] : row(flags.join(', ')),
    ...units.flatMap(({ name, base, segment, covers: of }) => [
      ...row(`${name}, registers at ${base}${segment === 0 ? '' : `, segment ${segment}`}`),
      ...of.flatMap(text => row(text, 4)),
    ]),
    ...regions.flatMap(({ from, to, bytes, rights, devices }) =>
      row(`reserved: ${from} to ${to}, ${size(bytes)}, ${rights}, for ${devices.join(', ') || 'all devices'}`)),
    ...regions.length > 0 ? [] : [`  reserved: no memory${doubts.length === 0 ? '' : ' in what is there'}`],
    ...notes.flatMap(text => row(`note: ${text}`)), ...doubts.flatMap(text => row(theme.warn(text))),
  ])
}
