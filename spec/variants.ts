/** The kinds of hardware that a protocol is tried on: the standard unit, and units that differ from it in one
 *  capability. */
import type { Bounds } from './bounds.ts'
import type { Capability } from './iommu/capability.ts'
import type { Iommu } from './iommu/iommu.ts'
import { capabilities } from './iommus.ts'
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

const differing = ([name, { standard, says, matters }]: readonly [string, Capability]): Hardware => {
  const value = 1 - standard
  return {
    name: `${name}=${value}`, says: `${says.split(':')[0]!}: ${value === 1 ? 'yes' : 'no'}`,
    switches: { [name]: value }, matters: (call, design) => partsOfCall(call).some(part => matters(part, design)),
  }
}
/** Whether a capability makes a difference to some design: one that only bounds ask about has no variant. */
const isAsked = ([, { matters }]: readonly [string, Capability]): boolean =>
  (['memory', 'interrupts'] as const).some(part =>
    matters(part, { remapsDma: true, remapsInterrupts: true, interruptTables: 2 }))

/** Of an IOMMU, in the order reports show them. */
export const hardwaresOf = ({ capabilities: own }: Pick<Iommu, 'capabilities'>): readonly Hardware[] => [
  { name: 'standard', says: 'what current hardware reports', switches: {}, matters: () => true },
  ...Object.entries(own).filter(isAsked).map(differing),
]
const standard = Object.fromEntries(Object.entries<Capability>(capabilities).filter(isAsked)
  .map(([name, one]) => [name, one.standard])) as Partial<Bounds>

/** The sizes of one world on other hardware. */
export const onHardware = (b: Bounds, { switches }: Hardware): Bounds => ({ ...b, ...standard, ...switches })
