/** What texts say of a machine besides its IOMMUs: where RAM is, and which devices there are (dmesg, /proc/iomem,
 *  lspci; facts about their texts). */

/** `to` inclusive. */
export interface Span { readonly from: bigint; readonly to: bigint; readonly what: string }

const e820 = /BIOS-e820: \[mem 0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})\] (usable|reserved|ACPI \w+|[\w ]+)/i
const xen = /\(XEN\)\s+(?:\[[^\]]*\] )?\[?([0-9a-f]{16})(?:,| -) ([0-9a-f]{16})\]? \((usable|reserved|ACPI \w+)\)/
const iomem = /^\s*([0-9a-f]{8,16})-([0-9a-f]{8,16}) : (.{1,60})$/
const device = /\bpci ([0-9a-f]{4}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7]): \[[0-9a-f]{4}:[0-9a-f]{4}\]/
const lspci = /^(?:([0-9a-f]{4}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-7]) "?[A-Z][\w/, -]{2,60}[:"]/
const most = 1 << 14

export class MachineText {
  readonly spans: Span[] = []
  /** Source-ids with their segment: `segment << 16 | id`. */
  readonly devices = new Set<number>()

  take(line: string): boolean {
    const span = e820.exec(line) ?? xen.exec(line) ?? iomem.exec(line)
    if (span !== null) {
      const from = BigInt(`0x${span[1]!}`), to = BigInt(`0x${span[2]!}`)
      // Without the right to see them, /proc/iomem shows zeros.
      if (to > 0n && this.spans.length < most) this.spans.push({ from, to, what: span[3]!.trim() })
      return true
    }
    const found = device.exec(line) ?? lspci.exec(line)
    if (found === null) return false
    const [, segment = '0', bus, slot, fn] = found
    if (this.devices.size < most) this.devices.add(parseInt(segment, 16) << 16 | parseInt(bus!, 16) << 8
      | parseInt(slot!, 16) << 3 | Number(fn))
    return true
  }

  /** The smallest span that has an address. */
  at(address: bigint): Span | null {
    return this.spans.filter(({ from, to }) => address >= from && address <= to)
      .reduce<Span | null>((best, one) => best === null || one.to - one.from < best.to - best.from ? one : best, null)
  }
  /** Memory that the system uses, which an address range overlaps. */
  ramIn(from: bigint, to: bigint): Span | null {
    return this.spans.find(span => /^(?:usable|System RAM)$/.test(span.what) && span.from <= to && span.to >= from)
      ?? null
  }
}
