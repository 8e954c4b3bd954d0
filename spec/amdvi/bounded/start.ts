/** The unit as firmware and kernel leave it: on as the design asks, every device in its first domain, every source at
 *  its first place. */
import { apicIdOf } from '../../apic/ids.ts'
import type { FirstPlaces } from '../../iommu/iommu.ts'
import type { Setup } from '../../setup.ts'
import { fetchDevice } from './caches.ts'
import { lengthOf } from './tables.ts'
import type { AmdviState } from './state.ts'

/** Each device has an interrupt table of its own, unless the design lets devices use each other's entries: then all
 *  have that of the first. A design that lets unmapped messages pass leaves IV=0. */
export function start({ unit }: AmdviState, { bounds: b, caps, design }: Setup,
  { domains, sources }: FirstPlaces): void {
  unit.enabled = design.remapsDma || design.remapsInterrupts
  unit.translates = design.remapsDma
  unit.remaps = design.remapsInterrupts
  unit.running = true
  unit.tables.wideDestinations = design.wideDestinations === 'always' || caps.xt
  unit.xt = unit.tables.wideDestinations && caps.xt
  const ownerOf = (device: number): number => design.verifiesSource ? device : 0
  if (unit.enabled) domains.forEach((domain, device) => {
    const translation = design.remapsDma ? { tv: true, mode: b.levels, root: domain, domain, ir: true, iw: true }
      : { tv: false, mode: 0, root: null, domain: null, ir: false, iw: false }
    unit.tables.devices[device]!.now = {
      v: design.remapsDma, ...translation, iv: design.remapsInterrupts && design.blocksUnremapped, intCtl: 2,
      intTabLen: lengthOf(b), owner: ownerOf(device), copy: 0,
    }
    fetchDevice(unit, device)
  })
  if (design.remapsInterrupts) sources.forEach((place, source) => {
    unit.tables.interrupts[0]![ownerOf(source % b.devices)]![source]!.now = { ...place }
  })
}

/** CPUs whose ids have more than eight bits can be named by interrupt entries with 32-bit destinations only. */
export const canStartAt = (cpu: number, { bounds: b, caps, design }: Setup): boolean =>
  apicIdOf(cpu, b) <= 0xff || design.remapsInterrupts && caps.xt
