/** Reads boot lines about VT-d: units with their capabilities, reserved regions, modes (Linux and Xen; VT-d rev 5.10,
 *  ch. 8). They tell of no fault, and answers ask for them. */
import type { Line, Reader, Reading } from '../happening.ts'
import type { Notebook } from '../known.ts'
import { bigHex, deviceOf, form, whenOf } from '../text.ts'

/** Before 4.2 a unit is `IOMMU 0`, and the prefix is in small letters. */
const unit = form(String.raw`\b(?:dmar|IOMMU )(\d+): reg_base_addr <hex> ver \S+ cap <hex> ecap <hex>`)
const region = form('RMRR base: <hex> end: <hex>')
const regionXen = form(String.raw`RMRR address range <hex>\.\.<hex>( not in reserved memory)?`)
const endpoint = form(String.raw`\[VT-D\] *endpoint: <device>`)
/** Before 5.3 Linux says for which device it maps a region of firmware. */
const identity = form(String.raw`Setting identity map for device <device> \[<hex> - <hex>\]`)
const facts: readonly (readonly [RegExp, string])[] = [
  [/Enable scalable mode if hardware supports/, 'scalable mode'], [/DMAR-IR: Enabled IRQ remapping/, 'interrupt '
    + 'remapping'],
  [/Translation already enabled|Copied translation tables/i, 'copied tables'],
  [/iommu: Default domain type: Passthrough/i, 'pass-through'],
]
const plain = new RegExp(['Host address width', 'DRHD base', 'ATSR flags', 'SATC flags', 'IOMMU enabled', 'IOAPIC id',
  'HPET id', 'Queued invalidation will be', 'Intel.R. Virtualization', 'No (?:ATSR|RMRR|SATC) found', 'dmar\\d+: Using '
  + 'Queued', 'IOMMU feature \\w+ inconsistent', 'x2apic', 'ACPI_DMAR_\\w+:', 'drhd->address', 'cap = [0-9a-f]+ ecap',
  'PCI endpoint', 'MSI HPET', 'IOAPIC: ', 'RHSA base', 'ANDD device', 'Firmware (?:Bug|Warn)', 'Copied IR table',
  'IRQ remapping was', 'Failed to copy', 'Using Register based', 'batching disallowed', 'batched IOTLB', 'RMRR:',
  'unity mapping', 'identity map', 'for graphics', 'write-buffer flush', 'force enabled', 'No DMAR devices',
  'scope type', 'no mapping iommu', 'seq_id', 'Disable GFX', 'uses a private', 'x2apic opt out', 'intremap=',
  'Unknown DMAR', 'IOMMU disabled'].join('|'))

export class UnitBoot implements Reader {
  readonly name = 'boot line about VT-d'
  readonly words = /DMAR|dmar: |VT-D|iommu: Default domain/
  readonly #known: Notebook
  #inRegion = false

  constructor(known: Notebook) { this.#known = known }

  read(line: Line): Reading {
    const { text } = line
    const one = unit.exec(text)
    if (one !== null) {
      this.#known.unit(`dmar${one[1]}`, { base: bigHex(one[2]!), cap: bigHex(one[3]!), ecap: bigHex(one[4]!) }, line)
      return 'context'
    }
    const reserved = region.exec(text) ?? regionXen.exec(text)
    if (reserved !== null) {
      this.#known.region({ from: bigHex(reserved[1]!), to: bigHex(reserved[2]!), devices: [],
        by: `RMRR of the boot lines, ${whenOf(line)}`, unmapped: reserved[3] !== undefined, open: false })
      this.#inRegion = true
      return 'context'
    }
    const mapped = identity.exec(text)
    if (mapped !== null && bigHex(mapped[2]!) > 0n) this.#known.region({ from: bigHex(mapped[2]!),
      to: bigHex(mapped[3]!),
      devices: [deviceOf(mapped[1]!)], by: `identity map of the boot lines, ${whenOf(line)}`, unmapped: false,
      open: false })
    const device = endpoint.exec(text)
    if (device !== null) {
      if (this.#inRegion) this.#known.regionOf(deviceOf(device[1]!))
      return 'context'
    }
    if (/ACPI_DMAR_/.test(text)) this.#inRegion = false
    const fact = facts.find(([form]) => form.test(text))
    if (fact !== undefined) this.#known.note(fact[1], line)
    return fact !== undefined || plain.test(text) ? 'context' : 'other'
  }
}
