/** The ACPI table of VT-d (VT-d rev 5.10, ch. 8). */
import { deviceName, structuresOf } from './firmware.ts'
import type { DeviceSpan, Firmware, FirmwareRegion, FirmwareUnit, Special } from './firmware.ts'

const flagTexts = ['interrupt remapping', 'opts out of x2APIC', 'asks for DMA to be blocked at boot (DMA_CTRL opt-in)']
const scopeTypes = ['', 'endpoint', 'bridge', 'I/O APIC', 'HPET', 'ACPI device'] as const

interface Scopes { readonly devices: DeviceSpan[]; readonly behind: string[]; readonly specials: Special[] }

/** Scopes from `at` on: type, length, flags, reserved, id, bus, then pairs of device and function. */
function scopesOf(of: Buffer, at: number, segment: number): Scopes {
  const found: Scopes = { devices: [], behind: [], specials: [] }
  while (at + 6 <= of.length) {
    const type = of[at]!, length = of[at + 1]!, id = of[at + 4]!, bus = of[at + 5]!
    if (length < 6) break
    const path = [...of.subarray(at + 6, at + length)]
    at += length
    if (path.length < 2) continue
    const source = bus << 8 | path[0]! << 3 | path[1]! & 7
    const kind = scopeTypes[type]
    if (kind === 'I/O APIC' || kind === 'HPET') {
      found.specials.push({ kind, id, device: deviceName(source, segment) })
      continue
    }
    const isDeep = path.length > 2
    const steps = Array.from({ length: path.length >> 1 }, (_, i) => `${path[2 * i]!.toString(16)}.${path[2 * i + 1]!}`)
    if (isDeep || kind === 'bridge') found.behind.push(isDeep
      ? `${kind ?? 'device'} at the end of ${deviceName(source, segment)} > ${steps.slice(1).join(' > ')}`
      : `all below the bridge ${deviceName(source, segment)}`)
    if (!isDeep) found.devices.push({ from: source, to: source, segment })
  }
  return found
}

export function readDmar(bytes: Buffer, doubts: string[]): Firmware {
  const units: FirmwareUnit[] = [], regions: FirmwareRegion[] = [], notes: string[] = []
  for (const { type, length, at, of } of structuresOf(bytes, true, doubts)) {
    const need = [16, 24, 8, 20, 8, 8][type] ?? 4
    if (of.length < Math.min(need, length)) { doubts.push(`the structure at byte ${at} is cut off`); break }
    if (type === 0 && of.length >= 16) {
      const segment = of.readUInt16LE(6)
      units.push({ name: `DRHD ${units.length}`, base: of.readBigUInt64LE(8), segment, rest: (of[4]! & 1) === 1,
        ...scopesOf(of, 16, segment), aliases: [] })
    }
    if (type === 1 && of.length >= 24) regions.push({ from: of.readBigUInt64LE(8), to: of.readBigUInt64LE(16),
      rights: 'rw', ...scopesOf(of, 24, of.readUInt16LE(6)) })
    if (type === 2) notes.push(`ATSR: ${(of[4]! & 1) === 1 ? 'ATS below every root port' : 'ATS below some root '
      + 'ports'}`)
    if (type === 5) notes.push('SATC: devices that need ATS are listed')
  }
  const flags = bytes[37]!
  return {
    table: 'DMAR', haw: bytes[36]! + 1, flags: flagTexts.filter((_, i) => (flags >> i & 1) === 1),
    x2apicOptOut: (flags & 2) !== 0, units, regions, doubts,
    notes: [...(flags & 1) === 0 ? ['interrupt remapping is not offered'] : [], ...notes],
  }
}
