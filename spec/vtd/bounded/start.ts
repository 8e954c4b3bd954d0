/** The unit as firmware and kernel leave it: remapping on as the design asks, every device in its first domain, every
 *  source at its first place. */
import { apicIdOf } from '../../apic/ids.ts'
import type { FirstPlaces } from '../../iommu/iommu.ts'
import type { Setup } from '../../setup.ts'
import type { VtdState } from './state.ts'
import { admitted } from './tables.ts'

/** With extended interrupts, software writes 32-bit destinations; the unit takes them where ECAP.EIM is set. */
export function start({ unit }: VtdState, { bounds: b, caps, design }: Setup,
  { domains, sources, vcpus }: FirstPlaces): void {
  unit.tes = design.remapsDma
  unit.ires = design.remapsInterrupts
  unit.cfis = !design.blocksUnremapped
  unit.tables.rootPresent = true
  unit.tables.wideDestinations = design.wideDestinations === 'always' || caps.eim
  unit.eime = unit.tables.wideDestinations && caps.eim
  if (design.remapsDma)
    domains.forEach((domain, device) => { unit.tables.context[device]!.now = { domain, root: domain } })
  if (design.remapsInterrupts) sources.forEach((place, source) => {
    const verify = admitted(source, design, b)
    unit.tables.irt[0]![source]!.now = design.postsInterrupts
      ? { cpu: 0, vector: 0, verify, descriptor: source } : { ...place, verify }
  })
  if (design.postsInterrupts) unit.tables.descriptors!.forEach((descriptor, vcpu) => {
    const cpu = vcpus[vcpu]!
    Object.assign(descriptor, { sn: cpu === null, cpu: cpu ?? 0 })
  })
}

/** CPUs whose ids have more than eight bits can be named by an IRTE with 32-bit destinations only. */
export const canStartAt = (cpu: number, { bounds: b, caps, design }: Setup): boolean =>
  apicIdOf(cpu, b) <= 0xff || design.remapsInterrupts && caps.eim
