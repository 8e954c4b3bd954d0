/** What a log knows besides its faults: units, reserved regions, resets, and trouble of other drivers. Bounded, however
 *  long the log is. No manual: facts that readers found. */
import type { Conclusion, Group, Known, Line, Region, Unit } from './happening.ts'
import { Beside } from './beside.ts'
import { Mappings } from './mappings.ts'
import { between_s, deviceOf } from './text.ts'

const most = { units: 64, regions: 64, resets: 256, troubles: 2000, facts: 64 } as const

/** Trouble that other drivers have when DMA or interrupts fail. */
const trouble = new RegExp(['watchdog: .*LOCKUP', 'Watchdog detected hard LOCKUP', 'soft lockup', ' timeout, (?:reset|'
  + 'disable|aborting|completion polled)', 'qc timeout', 'blk_update_request: I/O error', 'NETDEV WATCHDOG',
'GPU HANG', 'device lost', 'Disabling IRQ #', 'Kernel panic', 'HARDWARE ERROR', 'blocked for more than']
  .join('|'))
const reset = /([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]): (?:.*\breset(?:ting)?\b|.*\bFLR\b|enabling device)/i
export const knownWords = new RegExp(`${trouble.source}|resett?ing|reset done|enabling device| FLR|DMI: |`
  + 'BIOS-e820: |\\(XEN\\)  \\[?[0-9a-f]{16}|\\] type [0-9a-f]{2} ')

export class Notebook implements Known {
  readonly units = new Map<string, Unit | null>()
  readonly #regions: Region[] = []
  readonly trace = new Mappings()
  readonly beside = new Beside()
  others: Known['others'] = []
  readonly #facts = new Map<string, Line>()
  readonly #troubles: Line[] = []
  readonly #resets: { readonly device: string; readonly line: Line }[] = []

  /** True where the line tells something of this. */
  take(line: Line): boolean {
    const found = reset.exec(line.text)
    if (found !== null) {
      this.#resets.push({ device: deviceOf(found[1]!), line })
      if (this.#resets.length > most.resets) this.#resets.shift()
    }
    const isTrouble = trouble.test(line.text)
    if (isTrouble && this.#troubles.length < most.troubles) this.#troubles.push(line)
    this.beside.machine.take(line.text)
    if (/DMI: .*(?:QEMU|KVM|Bochs)/.test(line.text)) this.note('emulated machine', line)
    return found !== null || isTrouble
  }

  unit(name: string, values: Unit['values'], at: Line): void {
    this.beside.texts.take(at.text)
    const before = this.units.get(name)
    if (before === undefined && this.units.size < most.units) this.units.set(name, { name, values, at })
    else if (before && Object.entries(values).some(([key, value]) => (before.values[key] ?? value) !== value))
      this.units.set(name, null) // two machines: neither is believed
    else if (before) this.units.set(name, { ...before, values: { ...before.values, ...values } })
  }
  region(region: Region): void { if (this.#regions.length < most.regions) this.#regions.push(region) }
  /** Those of the firmware's own tables name their devices, so they come first. */
  get regions(): readonly Region[] { return [...this.beside.regions, ...this.#regions] }
  /** Adds a device to the region last named, which is printed before its devices. */
  regionOf(device: string): void {
    const last = this.#regions.pop()
    if (last !== undefined) this.#regions.push({ ...last, devices: [...last.devices, device].slice(0, 32) })
  }
  note(name: string, line: Line): void {
    if (!this.#facts.has(name) && this.#facts.size < most.facts) this.#facts.set(name, line)
  }

  mappings(group: Group): readonly Conclusion[] { return this.trace.conclusions(group) }
  fact(name: string): Line | null { return this.#facts.get(name) ?? null }
  after(at: Line, within_s: number): readonly Line[] {
    return this.#troubles.filter(line => {
      const gap = between_s(at, line)
      return line.file === at.file && line.number > at.number && gap !== null && gap >= 0 && gap <= within_s
    })
  }
  resetBefore(device: string, at: Line): Line | null {
    return this.#resets.findLast(({ device: of, line }) =>
      of === device && line.file === at.file && line.number < at.number && (between_s(line, at) ?? 0) <= 60)?.line
      ?? null
  }
}
