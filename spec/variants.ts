/** The kinds of hardware that a protocol is tried on: the standard unit, and units that differ from it in one
 *  capability. */
import type { Bounds } from './bounds.ts'
import { capabilityNames } from './bounds.ts'
import { capabilities } from './iommus.ts'
import type { CapabilityName } from './iommus.ts'
import type { Design } from './kernel/design.ts'
import { partsOfCall } from './sharing.ts'

export interface Hardware {
  /** The switch, as bounds take it. */
  readonly name: string
  readonly says: string
  readonly switches: Partial<Bounds>
  /** Whether the switch can make a difference to a call. */
  readonly matters: (call: string, design: Design) => boolean
}

const differing = (name: CapabilityName): Hardware => {
  const { standard, says, matters } = capabilities[name], value = 1 - standard
  return {
    name: `${name}=${value}`, says: `${says.split(':')[0]!}: ${value === 1 ? 'yes' : 'no'}`,
    switches: { [name]: value }, matters: (call, design) => partsOfCall(call).some(part => matters(part, design)),
  }
}
/** Whether a capability makes a difference to some design: one that only bounds ask about has no variant. */
const isAsked = (name: CapabilityName): boolean =>
  (['memory', 'interrupts'] as const).some(part =>
    capabilities[name].matters(part, { remapsDma: true, remapsInterrupts: true, interruptTables: 2 }))
const asked = capabilityNames.filter(isAsked)

/** In the order reports show them. */
export const hardwares: readonly Hardware[] = [
  { name: 'standard', says: 'what current hardware reports', switches: {}, matters: () => true },
  ...asked.map(differing),
]
const standard = Object.fromEntries(asked.map(name => [name, capabilities[name].standard])) as Partial<Bounds>

/** The sizes of one world on other hardware. */
export const onHardware = (b: Bounds, { switches }: Hardware): Bounds => ({ ...b, ...standard, ...switches })
