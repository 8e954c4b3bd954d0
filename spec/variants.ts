/** The kinds of hardware that a protocol is tried on: the standard unit, and units that differ from it in one capability. */
import { boundNames, boundSpecs } from './bounds.ts'
import type { BoundName, Bounds } from './bounds.ts'
import type { Design } from './kernel/design.ts'
import type { CallName } from './state.ts'

export interface Hardware {
  /** The switch, as bounds take it. */
  readonly name: string
  readonly says: string
  readonly switches: Partial<Bounds>
  /** Whether the switch can make a difference to a call. */
  readonly matters: (call: CallName, design: Design) => boolean
}

const movesInterrupts = (call: CallName): boolean => call === 'migrateInterrupt'
const translates = (call: CallName, { remapsDma }: Design): boolean => remapsDma && !movesInterrupts(call)
const remaps = (call: CallName, { remapsInterrupts }: Design): boolean => remapsInterrupts && movesInterrupts(call)
const either = (call: CallName, design: Design): boolean => translates(call, design) || remaps(call, design)

const differing = (name: BoundName, matters: Hardware['matters']): Hardware => {
  const value = 1 - boundSpecs[name].standard
  return { name: `${name}=${value}`, says: `${boundSpecs[name].says.split(':')[0]!}: ${value === 1 ? 'yes' : 'no'}`, switches: { [name]: value }, matters }
}

/** In the order reports show them. */
export const hardwares: readonly Hardware[] = [
  { name: 'standard', says: 'what current hardware reports', switches: {}, matters: () => true },
  differing('cm', either), differing('rwbf', either), differing('coherent', either), differing('psi', translates), differing('drain', translates),
  differing('esirtps', (call, design) => remaps(call, design) && design.interruptTables === 2), differing('interruptDrain', remaps),
]
const switchNames = boundNames.filter(name => ['cm', 'rwbf', 'coherent', 'psi', 'drain', 'esirtps', 'interruptDrain'].includes(name))
const standard = Object.fromEntries(switchNames.map(name => [name, boundSpecs[name].standard])) as Partial<Bounds>

/** The sizes of one world on other hardware. */
export const onHardware = (b: Bounds, { switches }: Hardware): Bounds => ({ ...b, ...standard, ...switches })
