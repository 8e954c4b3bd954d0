/** A claim about kernel designs: a property, when it applies, and what must have been reached before it means
 *  anything. */
import { propertiesOf } from '../src/model/index.ts'
import type { Property } from '../src/model/index.ts'
import type { Bounds } from './bounds.ts'
import type { Ledger } from './ledger.ts'
import type { MachineObservation } from './observations.ts'
import type { State } from './state.ts'
import type { Design, Own } from './step.ts'

export type RemapProperty = Property<State, Ledger, MachineObservation>

export interface Claim {
  readonly property: RemapProperty
  /** Whether bounds and design have what the claim is about; elsewhere it would hold of nothing. */
  readonly appliesTo: (design: Design, b: Bounds) => boolean
  /** `sometimes` properties: a run that reaches none of this shows nothing. */
  readonly witnesses: readonly Witness[]
}
export interface Witness {
  readonly property: RemapProperty
  /** Where the design or the bounds rule the witness out. */
  readonly appliesTo?: (design: Design, b: Bounds) => boolean
}

/** A claim as a design or a module states it: a property alone is asked everywhere, and has no witness. */
export type ClaimSource = RemapProperty | {
  readonly property: RemapProperty
  readonly appliesTo?: Claim['appliesTo']
  readonly witnesses?: readonly (RemapProperty | Witness)[]
}
/** @throws RangeError where it has a field that nothing reads: a witness under another name would be lost. */
export function claimOf(source: ClaimSource): Claim {
  if (!('property' in source)) return { property: source, appliesTo: () => true, witnesses: [] }
  const { property, appliesTo = () => true, witnesses = [], ...others } = source
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    throw new RangeError(`claim '${property.name}' has no field '${unknown}': it has property, appliesTo, witnesses`)
  return { property, appliesTo, witnesses: witnesses.map(one => 'property' in one ? one : { property: one }) }
}

/** Constructors of properties of the machine that all designs share. */
export const { always, step, monitor, sometimes, eventually, leadsTo, recovers } =
  propertiesOf<State, Ledger, MachineObservation>()
/** The same for a design that keeps state of its own: `const { always } = claimsOn<{ state: …, registers: … }>()`. */
export const claimsOn = <O extends Own>() =>
  propertiesOf<State & { own: O['state'] }, Ledger, MachineObservation>()
